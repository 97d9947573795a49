"""What is read of recordings: by the counter that keeps them, and by who looks after them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, literal, or_, select

from counter.media.recording import KEPT, LOOKED_AT_EVERY, NO_DUMPS, NOBODY_HAS_IT, TAPED, State
from counter.media.store_recordings import Calls
from counter.media.store_recordings_tables import (
    recording,
    recording_consent,
    recording_file,
    recording_pause,
)
from counter.store.alerts import alert

AT_ONCE: Final = 20
LOOKED_FOR_AT_ONCE: Final = 500
MISSING: Final = "recording.missing"
"Kind of the alert: the file is not in the store now."
UNFINISHED: Final = or_(
    recording.c.state == State.STOPPED,
    and_(recording.c.state == State.FAILED, recording.c.reason == NO_DUMPS),
)
"A file can still be made of it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Taped:
    """A recording that a media process shall know of, or shall know no more."""

    recording_id: str
    call_id: str
    state: State
    worker: str | None
    "None: the call is over, or has no worker now."
    is_on: bool
    "The call goes on."
    wrapped_key: bytes | None
    began: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A finished recording in the store."""

    sha256: str
    size_bytes: int
    began_at: datetime
    duration_ms: int
    tracks: Sequence[dict[str, Any]]
    gaps_ms: Sequence[tuple[int, int]]
    unopened_dumps: int = 0
    "Of legs that are not in it, because the beginning of their dump was changed on the disk."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recording that may have something on a disk."""

    recording_id: str
    state: State
    stopped_at: datetime
    began: bool
    wrapped_key: bytes | None
    sha256: str | None
    "Of its file in the store."
    missing: bool
    "There is an alert that it is not there."
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    "From and to, in order; only of one that is claimed."


def taped(conn: Connection, calls: Calls) -> list[Taped]:
    """Every recording that is going on, or was a moment ago."""
    rows = conn.execute(
        select(recording).where(recording.c.state.in_([State.PROPOSED, *TAPED]))
    ).all()
    found = []
    for row in rows:
        on = calls.on(conn, row.call_id)
        found.append(
            Taped(
                recording_id=row.id,
                call_id=row.call_id,
                state=State(row.state),
                worker=on.worker if on else None,
                is_on=on is not None,
                wrapped_key=row.wrapped_key,
                began=row.began_at is not None,
            )
        )
    return found


def unfinished(conn: Connection, here: Sequence[str]) -> list[Kept]:
    """Of these, whose dumps are here, what has no file yet."""
    return kept(conn, and_(UNFINISHED, recording.c.id.in_(here)))


def missed(conn: Connection, here: Sequence[str], now: datetime) -> list[Kept]:
    """Stopped, without a file, not among these, and for long nobody has said that he has it."""
    long_ago = now - NOBODY_HAS_IT
    unclaimed = or_(recording.c.claimed_until.is_(None), recording.c.claimed_until <= long_ago)
    stopped = and_(recording.c.state == State.STOPPED, recording.c.stopped_at <= long_ago)
    return kept(conn, and_(stopped, unclaimed, recording.c.id.not_in(here)))


def unlooked(conn: Connection, without: Collection[str], now: datetime) -> list[Kept]:
    """Whose files nobody has read for a while, the longest unread first; some at once.

    without: these, and those that are missing, are left out.
    """
    return kept(
        conn,
        and_(
            recording.c.state == State.MUXED,
            recording_file.c.looked_at <= now - LOOKED_AT_EVERY,
            alert.c.id.is_(None),
            recording.c.id.not_in(without),
        ),
    )


def promised(conn: Connection, after: str) -> list[Kept]:
    """Whose files are said to be in the store, by name: `LOOKED_FOR_AT_ONCE` of those after one."""
    return kept(
        conn,
        and_(recording.c.state == State.MUXED, recording.c.id > after),
        order=[recording.c.id],
        limit=LOOKED_FOR_AT_ONCE,
    )


def missing(conn: Connection) -> list[Kept]:
    """Promised, and an alert says that they are not there; some at once."""
    return kept(
        conn,
        and_(recording.c.state == State.MUXED, alert.c.id.is_not(None)),
        limit=LOOKED_FOR_AT_ONCE,
    )


def expired(conn: Connection, now: datetime) -> list[Kept]:
    """Whose time is over."""
    return kept(conn, and_(recording.c.state.in_(KEPT), recording.c.keep_until <= now))


def unremoved(conn: Connection) -> list[Kept]:
    """Erased, and their files may lie in the store still; some at once."""
    return kept(conn, and_(recording.c.state == State.ERASED, recording_file.c.sha256.is_not(None)))


def known(conn: Connection, recording_ids: Sequence[str]) -> set[str]:
    """Which of these may still need what is on the disk."""
    rows = conn.execute(
        select(recording.c.id).where(
            recording.c.id.in_(recording_ids),
            recording.c.state.in_([*TAPED, State.STOPPED, State.FAILED]),
        )
    )
    return set(rows.scalars())


def pauses(conn: Connection, recording_id: str) -> tuple[tuple[datetime, datetime | None], ...]:
    """From and to, in order; None: it was not resumed."""
    rows = conn.execute(
        select(recording_pause.c.at, recording_pause.c.resumed_at)
        .where(recording_pause.c.recording_id == recording_id)
        .order_by(recording_pause.c.at)
    )
    return tuple((row.at, row.resumed_at) for row in rows)


def listed(conn: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """The newest recordings and what became of them, as JSON holds it."""
    rows = conn.execute(
        select(recording, recording_file.c.duration_ms, recording_file.c.size_bytes)
        .outerjoin(recording_file, recording_file.c.recording_id == recording.c.id)
        .order_by(recording.c.proposed_at.desc())
        .limit(limit)
    )
    return [
        {
            "recording": row.id,
            "case": row.case_id,
            "state": row.state,
            "reason": row.reason,
            "proposed_at": row.proposed_at.isoformat(),
            "keep_until": row.keep_until.isoformat() if row.keep_until else None,
            "duration_ms": row.duration_ms,
            "size_bytes": row.size_bytes,
        }
        for row in rows
    ]


def consents(conn: Connection, recording_id: str) -> dict[str, tuple[str, bool]]:
    """Side -> who, and whether they agreed."""
    rows = conn.execute(
        select(recording_consent).where(recording_consent.c.recording_id == recording_id)
    )
    return {row.side: (row.who, row.agreed) for row in rows}


def kept(
    conn: Connection,
    which: ColumnElement[bool],
    *,
    order: Sequence[Column[Any]] = (recording_file.c.looked_at, recording.c.stopped_at),
    limit: int = AT_ONCE,
) -> list[Kept]:
    missed = and_(
        alert.c.kind == MISSING,
        alert.c.subject == literal("recording:") + recording.c.id,
        alert.c.settled_at.is_(None),
    )
    rows = conn.execute(
        select(recording, recording_file.c.sha256, alert.c.id.label("alert"))
        .outerjoin(recording_file, recording_file.c.recording_id == recording.c.id)
        .outerjoin(alert, missed)
        .where(which)
        .order_by(*order)
        .limit(limit)
    )
    return [
        Kept(
            recording_id=row.id,
            state=State(row.state),
            stopped_at=row.stopped_at,
            began=row.began_at is not None,
            wrapped_key=row.wrapped_key,
            sha256=row.sha256,
            missing=row.alert is not None,
        )
        for row in rows
    ]
