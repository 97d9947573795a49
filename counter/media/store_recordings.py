"""What the two sides of a call do to its recording: propose, agree or decline, pause, resume, stop.

Each command is one transaction that also tells the screens and writes the journal.  Both sides'
consent is a row with who and when; without both there is no key, and without a key nothing can be
taped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, select, update

from counter.errors import NotAllowed, NotAllowedNow, NotFound
from counter.ids import CaseId
from counter.media.recording import LIVE, Side, State, Word, after, kept_until
from counter.media.store_recordings_tables import (
    recording,
    recording_consent,
    recording_pause,
)
from counter.store.cases import get_case
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.once import once
from counter.store.session_log import tell


class Speaker(Protocol):
    """Who speaks on a socket."""

    @property
    def own(self) -> str:
        """Such as `terminal:hq-1`."""

    @property
    def audience(self) -> str:
        """`/terminal` or `/agent`."""

    @property
    def subject(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """A call that is on."""

    call_id: str
    case_id: CaseId
    worker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is asked about calls, inside a command's transaction."""

    of: Callable[[Connection, Any], OnCall]
    "The call that a speaker takes part in.  Raises a refusal when there is none."
    on: Callable[[Connection, str], OnCall | None]
    "The call of this name, while it is on."
    listeners: Callable[[Connection, str], Sequence[str]]
    "Whose screens show the call; nobody's when it is over."


DONE: dict[Word, str] = {
    "agree": "agreed",
    "decline": "declined",
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopped",
    "begin": "began",
    "end": "ended",
    "finish": "stored",
    "fail": "failed",
    "erase": "erased",
}
"Word -> how the journal calls it."


def propose(
    conn: Connection, calls: Calls, who: Speaker, key: str, recording_id: str, now: datetime
) -> None:
    """The agent of the case asks to record, and agrees by that.

    Raises `NotAllowed` for anybody else, `NotAllowedNow` while there is another one.
    """

    def run(conn: Connection) -> None:
        on = calls.of(conn, who)
        if who.audience != "/agent" or get_case(conn, on.case_id).agent_id != who.subject:
            raise NotAllowed(f"{who.own} does not lead call {on.call_id}")
        made = conn.execute(
            insert_for(conn, recording)
            .values(
                id=recording_id,
                call_id=on.call_id,
                case_id=on.case_id,
                state=State.PROPOSED,
                proposed_at=now,
            )
            .on_conflict_do_nothing()
        )
        if not made.rowcount:
            raise NotAllowedNow(f"call {on.call_id} has a recording already, or was asked for one")
        _consent(conn, recording_id, "agent", who, agreed=True, now=now)
        _note(conn, calls, locked(conn, recording_id), who.own, "recording.proposed", {}, now)

    once(conn, who.own, key, f"recording.propose:{recording_id}", run, now)


def answer(
    conn: Connection,
    calls: Calls,
    who: Speaker,
    key: str,
    recording_id: str,
    wrapped_key: bytes | None,
    now: datetime,
) -> None:
    """The citizen agrees or declines.  wrapped_key: of a fresh data key; None declines."""
    word: Word = "decline" if wrapped_key is None else "agree"

    def run(conn: Connection) -> None:
        row = _own(conn, calls, who, recording_id)
        state = after(State(row.state), _side(who), word)
        _consent(conn, recording_id, "citizen", who, agreed=wrapped_key is not None, now=now)
        change(conn, calls, row, state, who.own, word, now, wrapped_key=wrapped_key)

    once(conn, who.own, key, f"recording.{word}:{recording_id}", run, now)


def steer(
    conn: Connection,
    calls: Calls,
    who: Speaker,
    key: str,
    recording_id: str,
    word: Word,
    days: int,
    now: datetime,
) -> None:
    """Pause, resume or stop, as the table of states lets this side.  days: how long it is kept."""

    def run(conn: Connection) -> None:
        row = _own(conn, calls, who, recording_id)
        state = after(State(row.state), _side(who), word)
        values: dict[str, Any] = {}
        if state is State.STOPPED:
            reason = f"stopped_by_{_side(who)}"
            values = {"stopped_at": now, "keep_until": kept_until(now, days), "reason": reason}
        _note_pause(conn, recording_id, word, now)
        change(conn, calls, row, state, who.own, word, now, **values)

    once(conn, who.own, key, f"recording.{word}:{recording_id}", run, now)


def _note_pause(conn: Connection, recording_id: str, word: Word, now: datetime) -> None:
    """What is taped of a pause, because a media process was told late, is found by its times."""
    if word == "pause":
        conn.execute(recording_pause.insert().values(recording_id=recording_id, at=now))
    elif word == "resume":
        conn.execute(
            update(recording_pause)
            .where(
                recording_pause.c.recording_id == recording_id,
                recording_pause.c.resumed_at.is_(None),
            )
            .values(resumed_at=now)
        )


def locked(conn: Connection, recording_id: str) -> Row[Any]:
    """The row, nobody else's until this transaction ends.  Raises `NotFound`."""
    row = conn.execute(
        select(recording).where(recording.c.id == recording_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"recording {recording_id} is not known")
    return row


def change(
    conn: Connection,
    calls: Calls,
    row: Row[Any],
    state: State,
    actor: str,
    word: Word,
    now: datetime,
    *,
    facts: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Write the next state, tell the screens, and note it."""
    conn.execute(update(recording).where(recording.c.id == row.id).values(state=state, **values))
    _note(conn, calls, row, actor, f"recording.{DONE[word]}", facts or {}, now)


def _note(
    conn: Connection,
    calls: Calls,
    row: Row[Any],
    actor: str,
    action: str,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    for audience in sorted(calls.listeners(conn, row.call_id)):
        tell(conn, audience, action, {"recording_id": row.id}, now)
    record(
        conn,
        actor=actor,
        action=action,
        subject=f"case:{row.case_id}",
        facts={"recording": row.id, "call": row.call_id, **facts},
        now=now,
    )


def _own(conn: Connection, calls: Calls, who: Speaker, recording_id: str) -> Row[Any]:
    """The recording of the call that the speaker takes part in.  Raises `NotFound`."""
    on = calls.of(conn, who)
    row = locked(conn, recording_id)
    if row.call_id != on.call_id:
        raise NotFound(f"recording {recording_id} is not of call {on.call_id}")
    if _side(who) == "agent" and get_case(conn, on.case_id).agent_id != who.subject:
        raise NotAllowed(f"{who.own} does not lead call {on.call_id}")
    return row


def _side(who: Speaker) -> Side:
    return "citizen" if who.audience == "/terminal" else "agent"


def _consent(
    conn: Connection, recording_id: str, side: Side, who: Speaker, *, agreed: bool, now: datetime
) -> None:
    conn.execute(
        recording_consent.insert().values(
            recording_id=recording_id, side=side, who=who.own, agreed=agreed, at=now
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingView:
    """The newest recording of a call, for its screens."""

    recording_id: str
    state: State
    since: datetime
    "When it was proposed, or began."


def recording_view(conn: Connection, call_id: str) -> RecordingView | None:
    row = conn.execute(
        select(recording)
        .where(recording.c.call_id == call_id)
        .order_by(recording.c.state.in_(LIVE).desc(), recording.c.proposed_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return RecordingView(
        recording_id=row.id, state=State(row.state), since=row.began_at or row.proposed_at
    )
