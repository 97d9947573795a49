"""What is done with papers sent before the visit: plain functions of a connection.

Whoever calls one holds the appointment's row in the same transaction, so of two photographs of one
paper at the same instant the second finds the first.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, update

from counter.documents.advance import (
    SHOWN,
    AdvancePaper,
    AdvanceState,
    NewAdvance,
    Reason,
    state_of_new,
)
from counter.documents.refusals import OtherPhotograph, PageUnknown
from counter.documents.store_advance import (
    TAKEN_BACK,
    advance_paper,
    blobs_of,
    may_take,
    paper_of,
    row_of,
    row_of_any,
)
from counter.ids import AppointmentId, Digest, PageId
from counter.store.journal_sql import record

CITIZEN = "citizen"
COUNTER = "counter"


def take(
    conn: Connection, new: NewAdvance, now: datetime
) -> tuple[AdvancePaper, tuple[Digest, ...]]:
    """Keep a photograph instead of an older one of that paper; which bytes nobody needs now.

    The same photograph twice is one.  Raises `PaperReady`, `TooManyPhotographs`.
    """
    known = may_take(conn, new.appointment_id, new.item, new.original_sha256, now)
    if known is not None:
        return known, new.blobs
    older = row_of_any(conn, new.appointment_id, new.item)
    if older is not None:
        conn.execute(delete(advance_paper).where(advance_paper.c.id == older.id))
    look = new.look
    first, *further = new.sheets
    conn.execute(
        advance_paper.insert().values(
            id=new.paper_id,
            appointment_id=new.appointment_id,
            item=new.item,
            state=state_of_new(look.advice),
            photographs=older.photographs + 1 if older is not None else 1,
            original_sha256=new.original_sha256,
            page_blob=first.page_blob,
            thumb_blob=first.thumb_blob,
            wrapped_key=new.wrapped_key,
            width_px=first.width_px,
            height_px=first.height_px,
            more=[asdict(sheet) for sheet in further] or None,
            findings=look.found,
            advice=look.advice,
            taken_at=now,
        )
    )
    row = _row(conn, new.appointment_id, new.item)
    _record(conn, row, "paper.photographed", CITIZEN, now, state=row.state, advice=look.advice)
    return paper_of(row), blobs_of(older)


def use(conn: Connection, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
    """Send a paper in spite of the advice; harmless when it was sent.  Raises `PageUnknown`."""
    row = _row(conn, appointment_id, item)
    if row.state == AdvanceState.ADVISED:
        row = _changed(conn, row, state=AdvanceState.SENT)
        _record(conn, row, "paper.used", CITIZEN, now, advice=row.advice)
    return paper_of(row)


def take_back(
    conn: Connection, appointment_id: AppointmentId, item: str, now: datetime
) -> tuple[Digest, ...]:
    """Forget a paper, as its citizen wishes; which bytes nobody needs now.

    How often it was photographed is not forgotten.
    """
    row = row_of(conn, appointment_id, item)
    if row is None:
        return ()
    conn.execute(
        update(advance_paper)
        .where(advance_paper.c.id == row.id)
        .values(
            state=TAKEN_BACK,
            original_sha256="",
            page_blob="",
            thumb_blob="",
            wrapped_key=b"",
            more=None,
            findings={},
            advice=None,
            reason=None,
        )
    )
    _record(conn, row, "paper.taken_back", CITIZEN, now)
    return blobs_of(row)


def decide(
    conn: Connection,
    appointment_id: AppointmentId,
    item: str,
    paper_id: PageId,
    reason: Reason | None,
    *,
    by: str,
    now: datetime,
) -> bool:
    """The agent's word: ready, or for a reason please again.  Whether that is news.

    paper_id: the photograph that was looked at.  Raises `PageUnknown`; `OtherPhotograph` when the
    citizen sent another one meanwhile.
    """
    row = row_of(conn, appointment_id, item)
    if row is None or row.state not in SHOWN:
        raise PageUnknown(f"appointment {appointment_id} sent no such paper")
    if row.id != paper_id:
        raise OtherPhotograph(f"paper {item} of appointment {appointment_id} was sent anew")
    wanted = AdvanceState.READY if reason is None else AdvanceState.AGAIN
    if (row.state, row.reason) == (wanted, reason):
        return False
    row = _changed(conn, row, state=wanted, reason=reason, decided_at=now, decided_by=by)
    _record(conn, row, f"paper.{wanted}", by, now, reason=reason)
    return True


def forget(conn: Connection, appointment_ids: Sequence[str], now: datetime) -> tuple[Digest, ...]:
    """Forget all papers of these appointments; which bytes nobody needs now."""
    gone = conn.execute(
        delete(advance_paper)
        .where(advance_paper.c.appointment_id.in_(appointment_ids))
        .returning(advance_paper)
    ).all()
    papers = [row for row in gone if row.state != TAKEN_BACK]
    for row in papers:
        _record(conn, row, "paper.forgotten", COUNTER, now)
    return tuple(blob for row in papers for blob in blobs_of(row))


def _changed(conn: Connection, row: Row[Any], **values: Any) -> Row[Any]:
    conn.execute(update(advance_paper).where(advance_paper.c.id == row.id).values(**values))
    return _row(conn, row.appointment_id, row.item)


def _row(conn: Connection, appointment_id: str, item: str) -> Row[Any]:
    row = row_of(conn, appointment_id, item)
    if row is None:
        raise PageUnknown(f"appointment {appointment_id} has no such paper")
    return row


def _record(
    conn: Connection, row: Row[Any], action: str, actor: str, now: datetime, **facts: str | None
) -> None:
    record(
        conn,
        actor=actor,
        action=action,
        subject=f"appointment:{row.appointment_id}",
        facts={"paper": row.id, "item": row.item, "page": row.page_blob, **facts},
        now=now,
    )
