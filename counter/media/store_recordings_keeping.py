"""What the counter does to recordings: notes that one began or ended, keeps its file, erases it.

What is read of them is in `store_recordings_reading.py`.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, or_, select, update

from counter.errors import NotFound
from counter.media.recording import (
    KEPT,
    NO_DUMPS,
    NOBODY_HAS_IT,
    TAPED,
    State,
    after,
    kept_until,
)
from counter.media.store_recordings import Calls, change, locked
from counter.media.store_recordings_reading import (
    MISSING,
    UNFINISHED,
    Kept,
    StoredFile,
    kept,
    pauses,
)
from counter.media.store_recordings_tables import recording, recording_file
from counter.store.alerts import raise_alert, settle_alert
from counter.store.journal_sql import record
from counter.store.metadata import insert_for

ACTOR: Final = "counter:recordings"
FAILED: Final = "recording.failed"
"Kind of the alert: there is no file that plays."
INCOMPLETE: Final = "recording.incomplete"
"Kind of the alert: somebody's dump did not open, and what he sent is not in the file."
LOCKED: Final = "recording.locked"
"Kind of the alert: its key was wrapped by another site's key."
CLAIM: Final = timedelta(minutes=30)
"Longer than making a file takes; after it another node may try."


def began(conn: Connection, calls: Calls, recording_id: str, now: datetime) -> None:
    """The media process tapes it.  Harmless when it began before, or has ended."""
    row = locked(conn, recording_id)
    if row.state == State.AGREED:
        state = after(State.AGREED, "counter", "begin")
        change(conn, calls, row, state, ACTOR, "begin", now, began_at=row.began_at or now)


def ended(
    conn: Connection, calls: Calls, recording_id: str, reason: str, days: int, now: datetime
) -> None:
    """The call is over, or cannot be recorded any more.  Harmless when it has ended."""
    row = locked(conn, recording_id)
    if row.state not in (State.PROPOSED, *TAPED):
        return
    state = after(State(row.state), "counter", "end")
    values: dict[str, Any] = {"reason": reason}
    if state is State.STOPPED:
        values |= {"stopped_at": now, "keep_until": kept_until(now, days)}
    facts = {"reason": reason}
    change(conn, calls, row, state, ACTOR, "end", now, facts=facts, **values)


def claim(conn: Connection, recording_id: str, now: datetime) -> Kept | None:
    """Take an unfinished recording to make its file; None when another node is at it."""
    taken = conn.execute(
        update(recording)
        .where(
            recording.c.id == recording_id,
            UNFINISHED,
            or_(recording.c.claimed_until.is_(None), recording.c.claimed_until <= now),
        )
        .values(claimed_until=now + CLAIM)
    )
    if not taken.rowcount:
        return None
    (one,) = kept(conn, recording.c.id == recording_id)
    return replace(one, pauses=pauses(conn, recording_id))


def made(conn: Connection, recording_id: str, file: StoredFile, now: datetime) -> bool:
    """Its file is about to be put into the store: whatever happens next, it is known there.

    False: it is not wanted any more.
    """
    if not _is_unfinished(locked(conn, recording_id)):
        return False
    values = asdict(file) | {"looked_at": now}
    del values["unopened_dumps"]
    conn.execute(
        insert_for(conn, recording_file)
        .values(recording_id=recording_id, **values)
        .on_conflict_do_update(index_elements=["recording_id"], set_=values)
    )
    return True


def finished(
    conn: Connection, calls: Calls, recording_id: str, file: StoredFile, now: datetime
) -> bool:
    """The file that was made is in the store.  False: it is not wanted any more."""
    row = locked(conn, recording_id)
    stored = select(recording_file.c.sha256).where(recording_file.c.recording_id == recording_id)
    if conn.execute(stored).scalar_one_or_none() != file.sha256:
        return False
    if row.state == State.MUXED or not _is_unfinished(row):
        return bool(row.state == State.MUXED)
    lacks = {"unopened_dumps": file.unopened_dumps} if file.unopened_dumps else {}
    facts = {"sha256": file.sha256, "duration_ms": file.duration_ms, **lacks}
    state = after(State(row.state), "counter", "finish")
    reason = row.reason if row.state == State.STOPPED else None
    change(
        *(conn, calls, row, state, ACTOR, "finish", now),
        facts=facts,
        reason=reason,
        claimed_until=None,
    )
    for kind in (FAILED, LOCKED):
        settle_alert(conn, kind, f"recording:{recording_id}", now)
    if lacks:
        raise_alert(conn, INCOMPLETE, f"recording:{recording_id}", lacks, now)
    return True


def failed(
    conn: Connection, calls: Calls, recording_id: str, reason: str, now: datetime, *, was: State
) -> None:
    """There is no file that plays, and somebody must look.  Harmless when it is not what it was."""
    row = locked(conn, recording_id)
    if row.state == was and (was is State.MUXED or _is_unfinished(row)):
        _fail(conn, calls, row, reason, now, alert=True)


def give_up(conn: Connection, calls: Calls, recording_id: str, now: datetime) -> None:
    """No machine has its dumps.  Harmless when one has said otherwise meanwhile."""
    row = locked(conn, recording_id)
    if row.state == State.STOPPED and _since(row) <= now - NOBODY_HAS_IT:
        _fail(conn, calls, row, NO_DUMPS, now, alert=row.began_at is not None)


def _is_unfinished(row: Row[Any]) -> bool:
    """See `UNFINISHED`."""
    return bool(
        row.state == State.STOPPED or (row.state == State.FAILED and row.reason == NO_DUMPS)
    )


def _since(row: Row[Any]) -> datetime:
    """Since when nobody says that he has its dumps."""
    stopped_at: datetime = row.stopped_at
    return max(stopped_at, row.claimed_until or stopped_at)


def _fail(
    conn: Connection, calls: Calls, row: Row[Any], reason: str, now: datetime, *, alert: bool
) -> None:
    state = after(State(row.state), "counter", "fail")
    facts = {"reason": reason}
    change(conn, calls, row, state, ACTOR, "fail", now, facts=facts, reason=reason)
    if alert:
        raise_alert(conn, FAILED, f"recording:{row.id}", facts, now)


def miss(conn: Connection, recording_id: str, now: datetime) -> None:
    """Its file is not in the store now, and somebody must look.  Harmless when repeated."""
    if locked(conn, recording_id).state == State.MUXED:
        raise_alert(conn, MISSING, f"recording:{recording_id}", {}, now)


def found(conn: Connection, recording_id: str, now: datetime) -> None:
    """Its file is there again."""
    settle_alert(conn, MISSING, f"recording:{recording_id}", now)


def lock_out(conn: Connection, recording_id: str, now: datetime) -> None:
    """Its key does not open under the site's key that is here.  Harmless when repeated."""
    raise_alert(conn, LOCKED, f"recording:{recording_id}", {}, now)


def looked_at(conn: Connection, recording_id: str, now: datetime) -> None:
    """The file in the store was read to its end."""
    settle_alert(conn, LOCKED, f"recording:{recording_id}", now)
    conn.execute(
        update(recording_file)
        .where(recording_file.c.recording_id == recording_id)
        .values(looked_at=now)
    )


def erased(conn: Connection, calls: Calls, recording_id: str, now: datetime) -> None:
    """Destroy the wrapped key; the journal keeps the digest of what cannot be read any more.

    Harmless when repeated.  Its file is among `unremoved` from now on.
    """
    row = locked(conn, recording_id)
    if row.state not in KEPT:
        return
    sha256 = conn.execute(
        select(recording_file.c.sha256).where(recording_file.c.recording_id == recording_id)
    ).scalar_one_or_none()
    state = after(State(row.state), "counter", "erase")
    facts = {"sha256": sha256}
    change(conn, calls, row, state, ACTOR, "erase", now, facts=facts, wrapped_key=None)
    for kind in (FAILED, INCOMPLETE, LOCKED, MISSING):
        settle_alert(conn, kind, f"recording:{recording_id}", now)


def removed(conn: Connection, recording_id: str) -> None:
    """Its file is not in the store any more."""
    conn.execute(delete(recording_file).where(recording_file.c.recording_id == recording_id))


def opened(conn: Connection, recording_id: str, by: str, now: datetime) -> Kept:
    """Somebody takes a finished recording out, which the journal keeps.  Raises `NotFound`."""
    row = locked(conn, recording_id)
    found = kept(conn, recording.c.id == recording_id)
    if row.state != State.MUXED:
        raise NotFound(f"recording {recording_id} is {row.state}: there is no file to take out")
    record(
        conn,
        actor=by,
        action="recording.opened",
        subject=f"case:{row.case_id}",
        facts={"recording": recording_id},
        now=now,
    )
    return found[0]
