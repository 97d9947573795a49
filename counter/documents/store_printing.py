"""Prints at terminals as rows; each step is told to both screens and journalled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Column, Connection, Index, Integer, Row, String, Table, func, select, update

from counter.documents.bundle_refusals import TooMuchToPrint
from counter.documents.printing import (
    ANSWERED_WITHIN,
    MOST_SHEETS,
    OPEN,
    Maker,
    Print,
    PrintState,
    Reason,
    What,
    ends_with,
    leads,
    room_for,
)
from counter.errors import NotAllowedNow, NotFound
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

print_job = Table(
    "print_job",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("terminal_id", String(40), nullable=False),
    Column("what", String(12), nullable=False),
    Column("ref", String(80), nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(12)),
    Column("maker", String(8), nullable=False, server_default="page"),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
Index(
    "ix_print_job_open",
    print_job.c.changed_at,
    sqlite_where=print_job.c.state.in_([state.value for state in OPEN]),
    postgresql_where=print_job.c.state.in_([state.value for state in OPEN]),
)


def ask(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    print_id: str,
    *,
    terminal_id: str,
    what: What,
    ref: str,
    sheets: int,
    maker: Maker = "page",
    by: str,
    now: datetime,
) -> Print:
    """Ask a terminal for a print; the same id again is the same print.

    The case's row is locked by who calls, so that two asks count each other's sheets.
    Raises `TooMuchToPrint`, `NotFound` for an id of another case.
    """
    known = conn.execute(select(print_job).where(print_job.c.id == print_id)).one_or_none()
    if known is not None:
        if known.case_id != case_id:
            raise NotFound(f"print {print_id} is of another case")
        return _print(known)
    if not room_for(_sheets(conn, case_id), sheets):
        raise TooMuchToPrint(f"case {case_id}: {sheets} sheets more; a visit has {MOST_SHEETS}")
    conn.execute(
        insert_for(conn, print_job).values(
            id=print_id,
            case_id=case_id,
            terminal_id=terminal_id,
            what=what,
            ref=ref,
            sheets=sheets,
            maker=maker,
            state=PrintState.ASKED,
            asked_at=now,
            changed_at=now,
        )
    )
    made = _print(conn.execute(select(print_job).where(print_job.c.id == print_id)).one())
    _say(conn, audiences, made, by=by, now=now)
    return made


def move(
    conn: Connection,
    audiences: Audiences,
    terminal_id: str,
    print_id: str,
    to: PrintState,
    *,
    reason: Reason | None,
    maker: Maker = "page",
    now: datetime,
) -> Print:
    """What the terminal says of a print of its own.

    The same word again changes nothing; `printing` again is heard: it is not given up yet.

    maker: who says it.
    Raises `NotFound`, also for what the other of the two prints, and `NotAllowedNow` for a step
    there is not.
    """
    row = conn.execute(
        select(print_job)
        .where(
            print_job.c.id == print_id,
            print_job.c.terminal_id == terminal_id,
            print_job.c.maker == maker,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"terminal {terminal_id} has no print {print_id}")
    before = _print(row)
    if before.state is to:
        if to is PrintState.PRINTING:
            heard = update(print_job).where(print_job.c.id == print_id).values(changed_at=now)
            conn.execute(heard)
        return before
    if not leads(before.state, to):
        raise NotAllowedNow(f"print {print_id} is {before.state}: it cannot become {to} now")
    return _set(conn, audiences, before, to, reason, by=f"terminal:{terminal_id}", now=now)


def give_up(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    reason: Reason,
    now: datetime,
    *,
    by: str | None = None,
    document: str | None = None,
) -> None:
    """Nobody is to take it any more: what can still be taken back has failed.

    by: whose doing it is; None: the terminal's.  document: only prints of this signed document.
    """
    for one in prints_of(conn, case_id):
        meant = document is None or (one.what, one.ref) == ("document", document)
        if meant and ends_with(one, reason):
            who = by or f"terminal:{one.terminal_id}"
            _set(conn, audiences, one, PrintState.FAILED, reason, by=who, now=now)


def give_up_silent(conn: Connection, audiences: Audiences, now: datetime) -> None:
    """Prints of which nothing was heard for too long have failed."""
    rows = conn.execute(
        select(print_job).where(
            print_job.c.state.in_([state.value for state in OPEN]),
            print_job.c.changed_at < now - ANSWERED_WITHIN,
        )
    ).all()
    for row in rows:
        _set(
            conn,
            audiences,
            _print(row),
            PrintState.FAILED,
            "no_answer",
            by="counter:printing",
            now=now,
        )


def print_of(conn: Connection, print_id: str, terminal_id: str) -> Print:
    """One that this terminal's program prints now.  Raises `NotFound`, also when it is over."""
    row = conn.execute(
        select(print_job).where(
            print_job.c.id == print_id,
            print_job.c.terminal_id == terminal_id,
            print_job.c.maker == "program",
            print_job.c.state.in_([state.value for state in OPEN]),
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"terminal {terminal_id} has no print {print_id} to make")
    return _print(row)


def print_now(prints: Sequence[Print]) -> Print | None:
    """The one under way: begun, else the oldest that was asked for.  prints: oldest first."""
    waiting = [one for one in prints if one.state in OPEN]
    begun = (one for one in waiting if one.state is PrintState.PRINTING)
    return next(begun, waiting[0] if waiting else None)


def prints_of(conn: Connection, case_id: str) -> list[Print]:
    """All prints of a case, oldest first."""
    rows = conn.execute(
        select(print_job)
        .where(print_job.c.case_id == case_id)
        .order_by(print_job.c.asked_at, print_job.c.id)
    )
    return [_print(row) for row in rows]


def _sheets(conn: Connection, case_id: str) -> int:
    """Printed or on the way; what failed took no paper that counts."""
    count: int = conn.execute(
        select(func.coalesce(func.sum(print_job.c.sheets), 0)).where(
            print_job.c.case_id == case_id, print_job.c.state != PrintState.FAILED
        )
    ).scalar_one()
    return count


def _set(
    conn: Connection,
    audiences: Audiences,
    before: Print,
    to: PrintState,
    reason: Reason | None,
    *,
    by: str,
    now: datetime,
) -> Print:
    """The print afterwards; nothing changes when another one was first."""
    changed = conn.execute(
        update(print_job)
        .where(print_job.c.id == before.id, print_job.c.state == before.state)
        .values(state=to, reason=reason, changed_at=now)
    ).rowcount
    after = _print(conn.execute(select(print_job).where(print_job.c.id == before.id)).one())
    if changed:
        _say(conn, audiences, after, by=by, now=now)
    return after


def _say(conn: Connection, audiences: Audiences, one: Print, *, by: str, now: datetime) -> None:
    body = {"print_id": one.id, "what": one.what, "reason": one.reason}
    tell_all(conn, audiences, one.case_id, f"print.{one.state}", body, now)
    record(
        conn,
        actor=by,
        action=f"print.{one.state}",
        subject=f"case:{one.case_id}",
        facts={**body, "ref": one.ref, "sheets": one.sheets},
        now=now,
    )


def _print(row: Row[Any]) -> Print:
    return Print(
        id=row.id,
        case_id=row.case_id,
        terminal_id=row.terminal_id,
        what=cast(What, row.what),
        ref=row.ref,
        sheets=row.sheets,
        maker=cast(Maker, row.maker),
        state=PrintState(row.state),
        reason=cast("Reason | None", row.reason),
        asked_at=row.asked_at,
        changed_at=row.changed_at,
    )
