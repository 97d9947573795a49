"""Questions about files: which of a document's a case may have, and which one is its newest."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from counter.esign.store_tables import (
    SIGNED_ONLY,
    ceremony,
    esign_document,
    esign_page_image,
    esign_revision,
)
from counter.ids import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A finished document, as one of its files."""

    sha256: Digest
    size_bytes: int


def owns_document(conn: Connection, case_id: str, sha256: str) -> bool:
    """Whether the case may have it: presented, sealed or archived; never half-signed or voided.

    Of one taken back between the pen and the seal nothing: it is evidence, and given out by nobody.
    """
    found = conn.execute(
        select(esign_revision.c.kind)
        .join(esign_document, esign_document.c.id == esign_revision.c.document_id)
        .join(ceremony, ceremony.c.document_id == esign_document.c.id)
        .where(
            esign_document.c.case_id == case_id,
            esign_revision.c.sha256 == sha256,
            ~SIGNED_ONLY,
            or_(
                # What was only drawn was shown until the department certified first.
                esign_revision.c.kind.in_(("prepared", "certified")),
                and_(
                    esign_revision.c.kind.in_(("sealed", "archived")), ceremony.c.state == "sealed"
                ),
            ),
        )
    )
    return found.first() is not None


def line_of(conn: Connection, document_id: str, sealed_sha256: str) -> tuple[Given, ...]:
    """The sealed document and what the archive made of it, each from the one before; newest last.

    Each was given out once, so each may be asked for; who asks for the document gets the last.
    """
    children = {
        row.parent_sha256: Given(sha256=Digest(row.sha256), size_bytes=row.size_bytes)
        for row in conn.execute(
            select(esign_revision).where(
                esign_revision.c.document_id == document_id,
                esign_revision.c.kind.in_(("sealed", "archived")),
            )
        )
    }
    sealed = next(one for one in children.values() if one.sha256 == sealed_sha256)
    line = [sealed]
    while (child := children.get(line[-1].sha256)) is not None:
        line.append(child)
    return tuple(line)


def owns_image(conn: Connection, case_id: str, sha256: str) -> bool:
    """Whether this page image belongs to the case, and not only to what `owns_document` denies."""
    found = conn.execute(
        select(esign_page_image.c.page)
        .join(esign_document, esign_document.c.id == esign_page_image.c.document_id)
        .join(ceremony, ceremony.c.document_id == esign_document.c.id)
        .where(
            esign_document.c.case_id == case_id, esign_page_image.c.sha256 == sha256, ~SIGNED_ONLY
        )
    )
    return found.first() is not None
