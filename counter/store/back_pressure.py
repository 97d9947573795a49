"""An executor that refuses what would have to wait too long.

A queue without an end serves nobody: everybody waits until they give up, and what is then done was
done for somebody who has gone.  Only those who can come back stand before this gate (booking); what
calls and documents do goes past it.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from counter.errors import Crowded
from counter.store.executor import Executor

P = ParamSpec("P")
R = TypeVar("R")

MOST_WAITING = 2000
"Commands; about two seconds of work of the embedded store."
SERVED_PER_S = 400
"What a slow day is reckoned with, so that who was told to come back is not sent away again."
LONGEST_S = 30


class Gate:
    """See `counter.store.executor.Executor`."""

    def __init__(self, executor: Executor, *, most_waiting: int = MOST_WAITING) -> None:
        self._executor = executor
        self._most_waiting = most_waiting

    @property
    def waiting(self) -> int:
        return self._executor.waiting

    async def write(
        self,
        command: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """As the executor's.  Raises `Crowded` when too many commands wait already."""
        waiting = self._executor.waiting
        if waiting >= self._most_waiting:
            again_s = min(LONGEST_S, 1 + waiting // SERVED_PER_S)
            raise Crowded(f"{waiting} commands wait for the store", again_s)
        return await self._executor.write(command, *args, **kwargs)

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        return await self._executor.read(query, *args, **kwargs)

    async def close(self) -> None:
        await self._executor.close()
