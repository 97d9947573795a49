"""The scaled store: PostgreSQL through asyncpg, one transaction per command.

Serialisation failures and deadlocks (40001, 40P01) are retried here and nowhere else.
"""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from counter.errors import StoreUnavailable
from counter.store.executor import OnWake, take_wakes

P = ParamSpec("P")
R = TypeVar("R")

AGAIN = frozenset({"40001", "40P01"})
AWAY = frozenset({"57P01", "57P02", "57P03", "08000", "08003", "08006"})
"States of a server that shuts down, crashed or starts (PostgreSQL manual, appendix A)."
TRIES = 6


class PostgresPool:
    """Executor on a PostgreSQL database; see `counter.store.executor.Executor`."""

    def __init__(self, url: str, *, size: int = 20, on_wake: OnWake = lambda wakes: None) -> None:
        """url: `user:password@host:port/database`, without a driver."""
        self._on_wake = on_wake
        self._size = size
        self._under_way = 0
        self._engine = create_async_engine(
            f"postgresql+asyncpg://{url}",
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,  # errors are logged, citizens' data is not
        )

    @property
    def waiting(self) -> int:
        return max(0, self._under_way - self._size)

    @property
    def engine(self) -> AsyncEngine:
        """For migrations, before the pool has work."""
        return self._engine

    async def write(
        self,
        command: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        def run(conn: Connection) -> tuple[R, dict[str, int]]:
            take_wakes(conn)
            return command(conn, *args, **kwargs), take_wakes(conn)

        self._under_way += 1
        try:
            return await self._write(run)
        finally:
            self._under_way -= 1

    async def _write(self, run: Callable[[Connection], tuple[R, dict[str, int]]]) -> R:
        for attempt in range(TRIES):
            try:
                async with self._engine.begin() as conn:
                    result, wakes = await conn.run_sync(run)
            except (InterfaceError, OSError) as gone:
                raise StoreUnavailable("PostgreSQL cannot be reached") from gone
            except DBAPIError as broken:
                if _sqlstate(broken) in AWAY:
                    raise StoreUnavailable("PostgreSQL is starting or stopping") from broken
                if _sqlstate(broken) not in AGAIN or attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.002 * 2**attempt)
            else:
                if wakes:
                    self._on_wake(wakes.items())
                return result
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        try:
            async with self._engine.connect() as conn:
                await conn.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                async with conn.begin():
                    return await conn.run_sync(lambda sync: query(sync, *args, **kwargs))
        except (InterfaceError, OSError) as gone:
            raise StoreUnavailable("PostgreSQL cannot be reached") from gone
        except DBAPIError as broken:
            if _sqlstate(broken) in AWAY:
                raise StoreUnavailable("PostgreSQL is starting or stopping") from broken
            raise

    async def close(self) -> None:
        await self._engine.dispose()


def _sqlstate(broken: DBAPIError) -> str | None:
    state = getattr(broken.orig, "sqlstate", None)
    return state if isinstance(state, str) else None
