"""What the wall shows; the composition root gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from counter.media.quality import Cause
from counter.media.series import Sample, Shares


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTile:
    """One department's queue."""

    department_id: str
    territory: str
    "`MO` or `CN`."
    name: str
    waiting: int
    longest_min: int
    "Whole minutes of who waits longest."
    ready: int
    "Agents free now."
    busy: int
    "Agents ringing or in a call."


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakLine:
    """A line that is not good."""

    side: Literal["terminal", "agent"]
    verdict: Literal["weak", "bad"]
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class BadDevice:
    """A device of a terminal that does not do its work."""

    device: str
    fault: str
    "Both as of `counter.protocol.device`; also `program`, which tells of the others."
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalTile:
    """One terminal."""

    terminal_id: str
    name: str
    state: str
    "`away`, `free`, `choosing`, `waiting`, `call` or `leaving`."
    fault: str
    "Code of what does not work, or empty."
    line: WeakLine | None = None
    "The worse of the two lines of its call; None when both are good."
    call_id: str = ""
    "The call that it is in now, or empty."
    devices: tuple[BadDevice, ...] = ()
    "Those that do not work, the worst first."


@dataclass(frozen=True, slots=True, kw_only=True)
class WallState:
    """Everything on the wall at one moment."""

    queues: tuple[QueueTile, ...]
    terminals: tuple[TerminalTile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSeries:
    """How one line of a call was."""

    owner: str
    "Such as `terminal:hq-1`, for the table that reports are made of."
    side: Literal["terminal", "agent"]
    name: str
    "Of the place, or of the agent."
    samples: tuple[Sample, ...]
    "Oldest first; never empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeries:
    """How the lines of one call were."""

    call_id: str
    place: str
    "The terminal's."
    began_at: datetime
    ended_at: datetime | None
    "None while it is on."
    legs: tuple[LegSeries, ...]
    "The terminal's first.  Empty: nothing was kept of it, or not yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimes:
    """How much of the time of one call's lines was how."""

    call_id: str
    place: str
    began_at: datetime
    good_ms: int
    weak_ms: int
    bad_ms: int


class Lines(Protocol):
    """Reads how the lines of calls were."""

    async def of_call(self, call_id: str, language: str) -> CallSeries:
        """Raises `NotFound`."""
        ...

    async def of_today(self, language: str) -> Sequence[CallTimes]:
        """Calls of the last 24 hours of which something was kept, the newest first; some."""
        ...


class Wall(Protocol):
    """Reads the state of both territories."""

    async def read(self, language: str) -> WallState:
        """Names in `language` (`zh_Hant` …)."""
        ...

    async def line_shares(self, days: int) -> Sequence[Shares]:
        """How the lines of calls were in the last `days` days, by side and cause."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WallDeps:
    """What `routes` is given."""

    wall: Wall
    lines: Lines
