"""Puts a corrected form in the place of the one that is being read."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from counter import SOFTWARE
from counter.esign.ceremony import Consented, Presented
from counter.esign.reading_ports import Correction
from counter.esign.record_ports import NewRevision
from counter.esign.refusals import DigestMismatch
from counter.esign.store_attendance import write_attendance
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_ceremony import add_revision, change, find, not_now, stage_of
from counter.esign.store_certificate import forget_certificate
from counter.esign.store_page_times import close_page
from counter.esign.store_presenting import digest_of
from counter.esign.store_tables import esign_document, esign_ticket
from counter.esign.store_tickets import drop_ticket
from counter.esign.ticket import FIELDS, ORIGIN
from counter.ids import DocumentId
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all


def correct(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    new: Correction,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Another revision takes the place of the one that is being read; all is read anew.

    It is prepared, and presented once the department has certified it.  Raises `DigestMismatch`
    when it is not the one that was corrected.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if row.sha256 == new.sha256:
        return
    if not isinstance(stage, Presented | Consented):
        raise not_now(row, "form.correct")
    if row.sha256 != new.parent_sha256:
        raise DigestMismatch(f"case {case_id}: another correction came first; look at it again")
    close_page(conn, row, now)
    document = DocumentId(row.document_id)
    drawn = NewRevision(kind="prepared", sha256=new.sha256, size_bytes=new.size_bytes)
    add_revision(conn, document, drawn, new.parent_sha256, now)
    # The department certifies the new one; its signature of the old one stays in that file.
    conn.execute(
        delete(esign_ticket).where(
            esign_ticket.c.ceremony_id == ceremony_id, esign_ticket.c.field == ORIGIN
        )
    )
    drop_ticket(conn, ceremony_id)
    forget_certificate(conn, ceremony_id)
    was = conn.execute(
        select(esign_document.c.data_sha256).where(esign_document.c.id == document)
    ).scalar_one()
    data_sha256 = digest_of(new.data)
    conn.execute(
        update(esign_document)
        .where(esign_document.c.id == document)
        .values(data=new.data, data_sha256=data_sha256)
    )
    change(
        conn,
        row,
        state="prepared",
        sha256=new.sha256,
        pages=0,
        seen=[],
        consented_at=None,
        agreed=None,
        presented_by=by,
        fields=list(FIELDS),
    )
    write_attendance(
        conn,
        ceremony_id,
        corrected=list(new.corrected),
        revision=ceremony_attendance.c.revision + 1,
        touched_at=now,
    )
    record(
        conn,
        actor=by,
        action="document.corrected",
        subject=f"ceremony:{ceremony_id}",
        facts={
            "was": row.state,
            "fields": list(new.corrected),
            "sha256": new.sha256,
            "was_sha256": row.sha256,
            "data_sha256": data_sha256,
            "was_data_sha256": was,
            "template_sha256": new.template_sha256,
            "software": SOFTWARE,
        },
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "sha256": new.sha256}
    tell_all(conn, audiences, case_id, "document.corrected", body, now)
