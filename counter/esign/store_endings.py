"""Commands that end a document in another way than by its seal, with the reason that screens say.

Each one is one transaction, and locks the ceremony first.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter.esign.ceremony import (
    Consented,
    Declined,
    Prepared,
    Presented,
    Sealed,
    Signed,
    Voided,
    Withdrawn,
)
from counter.esign.store_attendance import (
    READING,
    Calls,
    attendance_of,
    attendance_row,
    write_attendance,
)
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_ceremony import change, find, forget_ink, not_now, stage_of
from counter.esign.store_page_times import close_page
from counter.esign.store_tables import ceremony
from counter.ids import CeremonyId, Digest
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all


def decline(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    audiences: Audiences,
    now: datetime,
    reason: str = "other",
) -> None:
    """The citizen says no, before the ink; again is the same.  reason: a `DeclineReason`."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Declined):
        return
    if not isinstance(stage, Presented | Consented):
        raise not_now(row, "ceremony.decline")
    stage.declined()
    end(conn, row, "declined", f"citizen:{case_id}", audiences, now, reason=reason)


def withdraw(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The agent takes it back, before the seal; again is the same."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Withdrawn):
        return
    if not isinstance(stage, Prepared | Presented | Consented | Signed):
        raise not_now(row, "ceremony.withdraw")
    stage.withdrawn()
    if isinstance(stage, Prepared):
        _unseen(conn, ceremony_id, now)
    end(conn, row, "withdrawn", by, audiences, now)


def void(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    reason: str,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> Digest | None:
    """What was signed does not count: a new fact; the document stays and is not given out.

    Answers the sealed document that counts no more, if there is one.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Voided):
        return None
    if not isinstance(stage, Signed | Sealed):
        raise not_now(row, "ceremony.void")
    stage.voided()
    set_reason(conn, ceremony_id, reason)
    conn.execute(update(ceremony).where(ceremony.c.id == ceremony_id).values(voided_at=now))
    end(conn, row, "voided", by, audiences, now, reason=reason)
    return stage.sealed_sha256 if isinstance(stage, Sealed) else None


def abandon(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    reason: str,
    audiences: Audiences,
    now: datetime,
) -> bool:
    """The citizen has gone, before the ink.  Answers False for what nobody was reading."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if not isinstance(stage, Presented | Consented):
        return False
    close_page(conn, row, now)
    stage.abandoned()
    set_reason(conn, ceremony_id, reason)
    end(conn, row, "abandoned", by, audiences, now, reason=reason)
    return True


def expire(
    conn: Connection,
    ceremony_id: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Carry out what time has decided, if it still holds."""
    row = find(conn, None, ceremony_id)
    here = attendance_row(conn, ceremony_id)
    stage = stage_of(conn, row)
    if here is None or not isinstance(stage, Presented | Consented):
        return
    fate = attendance_of(conn, here, calls).expire(now)
    if fate is None:
        return
    close_page(conn, row, now)
    reason = "idle" if fate == "abandoned" else "line"
    set_reason(conn, ceremony_id, reason)
    end(conn, row, fate, "counter:esign", audiences, now, reason=reason)


def overdue(conn: Connection, calls: Calls, now: datetime) -> tuple[CeremonyId, ...]:
    """Ceremonies that time has decided about."""
    rows = conn.execute(
        select(ceremony_attendance)
        .join(ceremony, ceremony.c.id == ceremony_attendance.c.ceremony_id)
        .where(ceremony.c.state.in_(READING))
        .order_by(ceremony_attendance.c.touched_at)
    ).all()
    return tuple(
        CeremonyId(row.ceremony_id) for row in rows if attendance_of(conn, row, calls).expire(now)
    )


def set_reason(conn: Connection, ceremony_id: str, reason: str) -> None:
    """Why it ended; screens say it."""
    write_attendance(conn, ceremony_id, reason=reason)


def end(
    conn: Connection,
    row: Row[Any],
    state: str,
    by: str,
    audiences: Audiences,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    """It is over: write the state, journal and tell.

    What the citizen gave before the seal is evidence, and stays for `EVIDENCE_KEPT`.
    """
    change(conn, row, state=state)
    if row.state != "signing":
        forget_ink(conn, row.id)
    why = {"reason": reason} if reason else {}
    record(
        conn,
        actor=by,
        action=f"ceremony.{state}",
        subject=f"ceremony:{row.id}",
        facts={"was": row.state, "sha256": row.sha256, **why},
        now=now,
    )
    body = {"ceremony_id": row.id, "state": state, **why}
    tell_all(conn, audiences, row.case_id, f"ceremony.{state}", body, now)


def _unseen(conn: Connection, ceremony_id: str, now: datetime) -> None:
    """Nobody has read it; what it said is let go like all that nobody signed."""
    conn.execute(
        insert_for(conn, ceremony_attendance)
        .values(ceremony_id=ceremony_id, touched_at=now, corrected=[], revision=1)
        .on_conflict_do_nothing()
    )
