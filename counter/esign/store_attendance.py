"""Commands about who reads a document, and in which call.

Each one is one transaction, and locks the ceremony first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter.esign.attendance import Attendance, Turned
from counter.esign.refusals import CeremonyPaused, IdentityFirst
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_ceremony import find, not_now
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all

READING = ("presented", "consented")
"States in which a citizen has a document before him."


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is asked about conversations, inside the transaction."""

    now: Callable[[Connection, str], str | None]
    "The call of a case that is on, by its id."
    ended_at: Callable[[Connection, str], datetime | None]
    "When a call ended; None: it is on."
    last: Callable[[Connection, str], str | None]
    "The newest call of a case that has ended, by its id."
    known_again: Callable[[Connection, str, str], bool]
    "Whether the citizen of this case is identified in this call, as far as he ever was."
    turned: Callable[[Connection, str], Turned | None] = lambda conn, case_id: None
    "Which page was turned to last in the call of a case that is on."


NO_CALLS = Calls(
    now=lambda conn, case_id: None,
    ended_at=lambda conn, call_id: None,
    last=lambda conn, case_id: None,
    known_again=lambda conn, case_id, call_id: True,
)
"A counter without conversations: nobody watches over ceremonies."


def require_known(conn: Connection, case_id: str, calls: Calls) -> None:
    """Raise `IdentityFirst` in a call in which the citizen was not identified anew."""
    call_id = calls.now(conn, case_id)
    if call_id is not None and not calls.known_again(conn, case_id, call_id):
        raise IdentityFirst(f"case {case_id}: identify the citizen in this call first")


def _watched_by(conn: Connection, case_id: str, calls: Calls) -> str | None:
    """The call in which a document that appears now is read.

    That of before, where there is none now or nobody was identified anew in it: the document waits
    then, as every other one whose call was interrupted.
    """
    call_id = calls.now(conn, case_id)
    if call_id is not None and calls.known_again(conn, case_id, call_id):
        return call_id
    return calls.last(conn, case_id) or call_id


def begin(conn: Connection, case_id: str, ceremony_id: str, *, calls: Calls, now: datetime) -> None:
    """A document appears on the screen, anew when it was corrected."""
    if attendance_row(conn, ceremony_id) is not None:
        write_attendance(conn, ceremony_id, touched_at=now)
    else:
        conn.execute(
            ceremony_attendance.insert().values(
                ceremony_id=ceremony_id,
                call_id=_watched_by(conn, case_id, calls),
                touched_at=now,
                corrected=[],
                revision=1,
            )
        )


def attendance_of(conn: Connection, row: Row[Any], calls: Calls) -> Attendance:
    """Of a row of `ceremony_attendance`."""
    ended_at = None if row.call_id is None else calls.ended_at(conn, row.call_id)
    return Attendance(touched_at=row.touched_at, call_id=row.call_id, call_ended_at=ended_at)


def attend(
    conn: Connection, case_id: str, ceremony_id: str, *, calls: Calls, now: datetime
) -> Row[Any]:
    """The citizen does something: the ceremony's row, locked.

    Raises `CeremonyPaused` while the call in which it is read is interrupted.
    """
    row = going(conn, case_id, ceremony_id, calls=calls)
    if row.state in READING:
        write_attendance(conn, ceremony_id, touched_at=now)
    return row


def going(conn: Connection, case_id: str, ceremony_id: str, *, calls: Calls) -> Row[Any]:
    """The same where a page says something by itself: that is nobody's touch."""
    row = find(conn, case_id, ceremony_id)
    here = attendance_row(conn, ceremony_id)
    if here is not None and row.state in READING and attendance_of(conn, here, calls).paused:
        raise CeremonyPaused(f"ceremony {ceremony_id} waits until somebody resumes it")
    return row


def require_going(conn: Connection, ceremony_id: str, *, calls: Calls) -> None:
    """Raise `CeremonyPaused` as `attend` does, for somebody else than the citizen."""
    here = attendance_row(conn, ceremony_id)
    if here is not None and attendance_of(conn, here, calls).paused:
        raise CeremonyPaused(f"ceremony {ceremony_id} waits until somebody resumes it")


def touch(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen is there.  Raises `CeremonyPaused`."""
    attend(conn, case_id, ceremony_id, calls=calls, now=now)
    tell_all(conn, audiences, case_id, "ceremony.here", {"ceremony_id": ceremony_id}, now)


def resume(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Go on in the call that is on now; what was read before stays read.

    Raises `IdentityFirst` before the citizen was identified anew in it.
    """
    row = find(conn, case_id, ceremony_id)
    here = attendance_row(conn, ceremony_id)
    call_id = calls.now(conn, case_id)
    if here is None or call_id is None or row.state not in READING:
        raise not_now(row, "ceremony.resume")
    if here.call_id == call_id:
        return
    require_known(conn, case_id, calls)
    write_attendance(conn, ceremony_id, call_id=call_id, touched_at=now)
    record(
        conn,
        actor=by,
        action="ceremony.resumed",
        subject=f"ceremony:{ceremony_id}",
        facts={"call": call_id, "was_call": here.call_id, "sha256": row.sha256},
        now=now,
    )
    tell_all(conn, audiences, case_id, "ceremony.resumed", {"ceremony_id": ceremony_id}, now)


def attendance_row(conn: Connection, ceremony_id: str) -> Row[Any] | None:
    return conn.execute(
        select(ceremony_attendance).where(ceremony_attendance.c.ceremony_id == ceremony_id)
    ).one_or_none()


def write_attendance(conn: Connection, ceremony_id: str, **values: Any) -> None:
    conn.execute(
        update(ceremony_attendance)
        .where(ceremony_attendance.c.ceremony_id == ceremony_id)
        .values(**values)
    )
