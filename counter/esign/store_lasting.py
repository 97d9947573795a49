"""How long the documents of a case last, as screens show it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from counter.esign.archive import Level
from counter.esign.store_archive_table import esign_archive
from counter.esign.store_tables import ceremony, esign_ticket
from counter.ids import Digest, DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long a document lasts, as screens show it."""

    level: Level
    archived_sha256: Digest | None
    "Of the newest revision of the archive."
    pending: str
    """What is still to come: empty, `timestamp` (it is signed, and no service answers), `archive`,
    or the code of why the archive does not get on."""


def lasting_of(conn: Connection, case_id: str) -> dict[DocumentId, Lasting]:
    """Of each document of a case that has a signature."""
    found: dict[DocumentId, Lasting] = {}
    begun = (
        select(ceremony.c.document_id)
        .join(esign_ticket, esign_ticket.c.ceremony_id == ceremony.c.id)
        .where(
            ceremony.c.case_id == case_id,
            ceremony.c.state == "signing",
            esign_ticket.c.value.is_not(None),
            esign_ticket.c.revision_sha256.is_(None),
        )
    )
    for row in conn.execute(begun):
        found[DocumentId(row.document_id)] = Lasting(
            level=Level.B_B, archived_sha256=None, pending="timestamp"
        )
    jobs = (
        select(esign_archive)
        .where(esign_archive.c.case_id == case_id)
        .order_by(esign_archive.c.owed_at, esign_archive.c.work)
    )
    for row in conn.execute(jobs):
        document = DocumentId(row.document_id)
        if row.work == "archive":
            found[document] = Lasting(
                level=Level.B_LTA if row.child_sha256 else Level.B_T,
                archived_sha256=row.child_sha256,
                pending="" if row.child_sha256 else row.last_error or "archive",
            )
        else:
            found[document] = Lasting(
                level=Level.B_LTA,
                archived_sha256=row.child_sha256 or row.revision_sha256,
                pending=row.last_error or "",
            )
    return found
