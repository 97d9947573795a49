"""What the wall shows; the composition root gives it."""

from dataclasses import dataclass
from typing import Protocol


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
class TerminalTile:
    """One terminal."""

    terminal_id: str
    name: str
    state: str
    "`away`, `free`, `choosing`, `waiting`, `call` or `leaving`."
    fault: str
    "Code of what does not work, or empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class WallState:
    """Everything on the wall at one moment."""

    queues: tuple[QueueTile, ...]
    terminals: tuple[TerminalTile, ...]


class Wall(Protocol):
    """Reads the state of both territories."""

    async def read(self, language: str) -> WallState:
        """Names in `language` (`zh_Hant` …)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WallDeps:
    """What `routes` is given."""

    wall: Wall
