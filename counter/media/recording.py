"""The life of a recording: only the citizen's agreement begins it, and either side ends it.

`proposed` is not recorded, neither is `paused`; from `stopped` on there is something to be made
into one file.  A recording that was made (`muxed`) or could not be (`failed`) is erased when its
time is over, whatever became of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from counter.errors import NotAllowedNow

Side = Literal["agent", "citizen", "counter"]
Word = Literal[
    "agree", "decline", "pause", "resume", "stop", "begin", "end", "finish", "fail", "erase"
]


class State(StrEnum):
    PROPOSED = "proposed"
    DECLINED = "declined"
    AGREED = "agreed"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPED = "stopped"
    MUXED = "muxed"
    FAILED = "failed"
    ERASED = "erased"


S = State
LIVE: Final = (S.PROPOSED, S.AGREED, S.RECORDING, S.PAUSED)
"A call has one of these at most."
TAPED: Final = (S.AGREED, S.RECORDING, S.PAUSED)
"A media process knows of it."
KEPT: Final = (S.STOPPED, S.MUXED, S.FAILED)
"There may be something of it on a disk."

TRANSITIONS: Final[Mapping[tuple[State, Side, Word], State]] = {
    (S.PROPOSED, "citizen", "agree"): S.AGREED,
    (S.PROPOSED, "citizen", "decline"): S.DECLINED,
    (S.PROPOSED, "agent", "stop"): S.DECLINED,
    (S.PROPOSED, "counter", "end"): S.DECLINED,
    (S.AGREED, "counter", "begin"): S.RECORDING,
    (S.AGREED, "agent", "pause"): S.PAUSED,
    (S.RECORDING, "agent", "pause"): S.PAUSED,
    (S.PAUSED, "agent", "resume"): S.RECORDING,
    **{(state, "agent", "stop"): S.STOPPED for state in TAPED},
    **{(state, "citizen", "stop"): S.STOPPED for state in TAPED},
    **{(state, "counter", "end"): S.STOPPED for state in TAPED},
    (S.STOPPED, "counter", "finish"): S.MUXED,
    (S.STOPPED, "counter", "fail"): S.FAILED,
    (S.MUXED, "counter", "fail"): S.FAILED,
    (S.FAILED, "counter", "finish"): S.MUXED,
    (S.FAILED, "counter", "fail"): S.FAILED,
    **{(state, "counter", "erase"): S.ERASED for state in KEPT},
}
"""begin: the media process tapes both sides.  end: the call is over, or its disk is full.
finish: the file is in the store and was read to its end.  fail: there is none, or it does not play.
What failed because nobody had its dumps (`NO_DUMPS`) does either when they turn up.
"""

DESIRED: Final[Mapping[State, Literal["on", "paused"]]] = {
    S.AGREED: "on",
    S.RECORDING: "on",
    S.PAUSED: "paused",
}
"What the media process of the call is told, again and again; in every other state: off."

NOBODY_HAS_IT: Final = timedelta(minutes=30)
"After this long without a machine that has its dumps, a stopped recording has failed."
NO_DUMPS: Final = "no_dumps"
"Reason of that failure; a machine that comes back ends it."
LOOKED_FOR_EVERY: Final = timedelta(hours=1)
"Whether each file is in the store, without reading it."
MISSING_FOR: Final = timedelta(minutes=5)
"So long it is not there at any look before somebody must know: a store may be away for a moment."
LOOKED_AT_EVERY: Final = timedelta(days=7)
"A file in the store is read to its end again."


def after(state: State, side: Side, word: Word) -> State:
    """The next state.  Raises `NotAllowedNow` for what the table does not say."""
    found = TRANSITIONS.get((state, side, word))
    if found is None:
        raise NotAllowedNow(f"a recording that is {state}: {side} cannot {word} now")
    return found


def kept_until(stopped_at: datetime, days: int) -> datetime:
    """When it is erased."""
    return stopped_at + timedelta(days=days)


def left_out(
    stopped_at: datetime, pauses: Sequence[tuple[datetime, datetime | None]]
) -> list[tuple[datetime, datetime | None]]:
    """From when to when nothing is kept, in order, whenever the media process was told; the last
    span has no end.

    pauses: in order; None: it was not resumed.
    """
    over = [(at, resumed_at) for at, resumed_at in pauses if resumed_at is not None]
    open_ended = [at for at, resumed_at in pauses if resumed_at is None]
    return [*over, (min([*open_ended, stopped_at]), None)]
