"""What each command of signing does with the row of a ceremony: find, read its stage, change it.

Who finds it to change it has locked it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter.errors import NotAllowedNow
from counter.esign.ceremony import (
    Abandoned,
    Ceremony,
    Consented,
    Declined,
    Expired,
    Prepared,
    Presented,
    Sealed,
    Signed,
    Voided,
    Withdrawn,
)
from counter.esign.ink import Ink
from counter.esign.record_ports import NewImage, NewRevision
from counter.esign.refusals import CeremonyUnknown
from counter.esign.store_tables import (
    ceremony,
    ceremony_certificate,
    ceremony_ink,
    esign_page_image,
    esign_revision,
)
from counter.ids import CaseId, Digest, DocumentId


def find(conn: Connection, case_id: str | None, ceremony_id: str, *, lock: bool = True) -> Row[Any]:
    """The row of a ceremony, of this case unless None.  Raises `CeremonyUnknown`."""
    asked = select(ceremony).where(ceremony.c.id == ceremony_id)
    if case_id is not None:
        asked = asked.where(ceremony.c.case_id == case_id)
    row = conn.execute(asked.with_for_update() if lock else asked).one_or_none()
    if row is None:
        raise CeremonyUnknown(f"case {case_id} has no ceremony {ceremony_id}")
    return row


def stage_of(conn: Connection, row: Row[Any]) -> Ceremony:
    """The stage that a row stands for."""
    case_id, sha256 = CaseId(row.case_id), Digest(row.sha256)
    match row.state:
        case "prepared":
            return Prepared(case_id=case_id, sha256=sha256)
        case "presented":
            return Presented(
                case_id=case_id, sha256=sha256, pages=row.pages, seen=frozenset(row.seen)
            )
        case "consented":
            return Consented(case_id=case_id, sha256=sha256, consented_at=row.consented_at)
        case "signing":
            strokes = conn.execute(
                select(ceremony_ink.c.strokes).where(ceremony_ink.c.ceremony_id == row.id)
            ).scalar_one_or_none()
            return Signed(
                case_id=case_id,
                sha256=sha256,
                ink=None if strokes is None else Ink.load(strokes),
                signed_at=row.signed_at,
            )
        case "sealed":
            return Sealed(
                case_id=case_id,
                signed_sha256=Digest(row.signed_sha256),
                sealed_sha256=Digest(row.sealed_sha256),
            )
        case "declined":
            return Declined(case_id=case_id)
        case "abandoned":
            return Abandoned(case_id=case_id)
        case "expired":
            return Expired(case_id=case_id)
        case "voided":
            return Voided(case_id=case_id)
        case _:
            return Withdrawn(case_id=case_id)


def not_now(row: Row[Any], asked: str) -> NotAllowedNow:
    """What to raise when the stage does not allow it."""
    return NotAllowedNow(f"ceremony {row.id} is {row.state}: {asked} is not possible now")


def change(conn: Connection, row: Row[Any], **values: Any) -> None:
    """Write columns of a ceremony that is locked; its version rises."""
    conn.execute(
        update(ceremony)
        .where(ceremony.c.id == row.id, ceremony.c.version == row.version)
        .values(version=row.version + 1, **values)
    )


def forget_ink(conn: Connection, ceremony_id: str) -> None:
    """The strokes go, and which key it was at the provider; digests stay."""
    conn.execute(
        update(ceremony_ink).where(ceremony_ink.c.ceremony_id == ceremony_id).values(strokes=None)
    )
    conn.execute(
        update(ceremony_certificate)
        .where(ceremony_certificate.c.ceremony_id == ceremony_id)
        .values(credential_id=None)
    )


def add_revision(
    conn: Connection,
    document_id: DocumentId,
    new: NewRevision,
    parent_sha256: str | None,
    now: datetime,
    images: Sequence[NewImage] = (),
    *,
    pages: int | None = None,
) -> None:
    """One more revision of a document, and what it looks like."""
    conn.execute(
        esign_revision.insert().values(
            document_id=document_id,
            sha256=new.sha256,
            parent_sha256=parent_sha256,
            kind=new.kind,
            pages=len(images) if pages is None else pages,
            size_bytes=new.size_bytes,
            created_at=now,
        )
    )
    for image in images:
        conn.execute(
            esign_page_image.insert().values(
                document_id=document_id,
                revision_sha256=new.sha256,
                page=image.page,
                sha256=image.sha256,
                width_px=image.width_px,
                height_px=image.height_px,
            )
        )
