"""The usual way to SQLite from asyncio: SQLAlchemy on aiosqlite, one transaction per command.

The same domain functions run on it as on our lane.  It takes the write lock when it begins, as
whoever reads before writing has to, and lets one writer at a time begin: better than it usually is.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import create_async_engine


class Aiosqlite:
    """See `counter.store.executor.Executor`."""

    def __init__(self, path: Path) -> None:
        self.waiting = 0
        self._engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            connect_args={"timeout": 30, "isolation_level": None},
            pool_size=4,
            max_overflow=0,
            pool_timeout=300,
        )
        self._writing = asyncio.Lock()

        @event.listens_for(self._engine.sync_engine, "connect")
        def _settings(dbapi_connection: Any, _: object) -> None:
            cursor = dbapi_connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(self._engine.sync_engine, "begin")
        def _begin(conn: Connection) -> None:
            conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN"))

    async def write(self, command: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        async with self._writing, self._engine.connect() as conn:
            conn = await conn.execution_options(begin="BEGIN IMMEDIATE")
            async with conn.begin():
                return await conn.run_sync(lambda sync: command(sync, *args, **kwargs))

    async def read(self, query: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        async with self._engine.connect() as conn, conn.begin():
            return await conn.run_sync(lambda sync: query(sync, *args, **kwargs))

    async def close(self) -> None:
        await self._engine.dispose()
