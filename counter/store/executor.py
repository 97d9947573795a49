"""How commands run: one plain function, one transaction, an answer after COMMIT.

A command is `f(conn, *args) -> result` in portable SQLAlchemy Core.  Both executors run the same
functions; which one is a setting.
"""

from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

P = ParamSpec("P")
R = TypeVar("R")

OnWake = Callable[[Iterable[tuple[str, int]]], None]
"Told (audience, last seq) after COMMIT; called on the event loop, must not block."

WAKES = "counter.wakes"
"Key in `Connection.info` under which a command leaves whom to wake, as {audience: seq}."


class Executor(Protocol):
    """Runs commands in a transaction each."""

    @property
    def waiting(self) -> int:
        """How many commands have not begun yet."""
        ...

    async def write(
        self,
        command: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `command` in one transaction and answer after COMMIT.

        What the command raises rolls it back whole and is raised here.
        """
        ...

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `query` on a consistent snapshot; writing through it is refused by the engine."""
        ...

    async def close(self) -> None:
        """Finish what was taken on, then let go of the engine."""
        ...


def leave_wakes(conn: Connection, audience: str, seq: int) -> None:
    """Note, inside a command, that `audience` has news up to `seq`."""
    wakes: dict[str, int] = conn.info.setdefault(WAKES, {})
    wakes[audience] = seq


def take_wakes(conn: Connection) -> dict[str, int]:
    """What the command just run left; afterwards nothing is left."""
    wakes: Any = conn.info.pop(WAKES, None)
    return dict(wakes) if wakes else {}
