"""What is kept of documents that nobody signed to the end, and what stays once it is forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from counter.esign.attendance import EVIDENCE_KEPT
from counter.esign.reading_ports import Remains
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_ceremony import forget_ink
from counter.esign.store_tables import (
    SIGNED_ONLY,
    ceremony,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from counter.ids import CaseId, CeremonyId, Digest, DocumentId
from counter.store.journal_sql import record
from counter.store.metadata import insert_for


def remains(conn: Connection, now: datetime) -> tuple[Remains, ...]:
    """What is still kept of documents that ended before the ink, however they did.

    Of those that ended between the ink and the seal, once `EVIDENCE_KEPT` is over.
    """
    before_ink = ceremony.c.state.in_(
        ("abandoned", "expired", "declined", "withdrawn")
    ) & ceremony.c.signed_at.is_(None)
    rows = conn.execute(
        select(ceremony)
        # Nobody read what older versions took back before it was presented.
        .outerjoin(ceremony_attendance, ceremony_attendance.c.ceremony_id == ceremony.c.id)
        .where(
            before_ink | (SIGNED_ONLY & (ceremony.c.signed_at <= now - EVIDENCE_KEPT)),
            ceremony_attendance.c.forgotten_at.is_(None),
        )
    ).all()
    return tuple(_remains(conn, row) for row in rows)


def forgotten(conn: Connection, one: Remains, now: datetime) -> None:
    """Its files are out of the blobs: what it said goes too; digests and the journal stay.

    Page images go with the rows that named them, by the collector: others may look the same.
    """
    of_document = esign_page_image.c.document_id == one.document_id
    conn.execute(delete(esign_page_image).where(of_document))
    conn.execute(
        update(esign_document).where(esign_document.c.id == one.document_id).values(data={})
    )
    conn.execute(
        insert_for(conn, ceremony_attendance)
        .values(
            ceremony_id=one.ceremony_id, touched_at=now, corrected=[], revision=1, forgotten_at=now
        )
        .on_conflict_do_update(index_elements=["ceremony_id"], set_={"forgotten_at": now})
    )
    signed_at = conn.execute(
        select(ceremony.c.signed_at).where(ceremony.c.id == one.ceremony_id)
    ).scalar_one()
    if signed_at is not None:
        forget_ink(conn, one.ceremony_id)
        conn.execute(delete(esign_ticket).where(esign_ticket.c.ceremony_id == one.ceremony_id))
        record(
            conn,
            actor="counter:esign",
            action="ceremony.forgotten",
            subject=f"ceremony:{one.ceremony_id}",
            facts={"signed_at": signed_at.isoformat(), "days": EVIDENCE_KEPT.days},
            now=now,
        )


def _remains(conn: Connection, row: Row[Any]) -> Remains:
    mine = esign_revision.c.document_id == row.document_id
    named = [set(conn.execute(select(esign_revision.c.sha256).where(mine)).scalars())]
    begun = esign_ticket.c.ceremony_id == row.id
    for column in (esign_ticket.c.hole_sha256, esign_ticket.c.revision_sha256):
        named.append(set(conn.execute(select(column).where(begun)).scalars()) - {None})
    files = set().union(*named)
    # The same form drawn twice in one moment is the same file.
    foreign = select(esign_revision.c.sha256).where(esign_revision.c.sha256.in_(files), ~mine)
    return Remains(
        ceremony_id=CeremonyId(row.id),
        case_id=CaseId(row.case_id),
        document_id=DocumentId(row.document_id),
        files=tuple(Digest(one) for one in sorted(files - set(conn.execute(foreign).scalars()))),
    )
