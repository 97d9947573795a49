"""Connections to PostgreSQL that outlive a test: what was asked over them once is not parsed again.

Opening one, and asking everything anew over it, costs more than most tests do by themselves.
Nothing of a test stays in one: it goes back without a transaction, or is not kept.
"""

import asyncio

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from counter.store.postgres_pool import PostgresPool

FEW = 6
"More are left by a test of many at once: the next one begins with its own."


class KeptConnections:
    """Of the databases of one server; lent to one pool at a time."""

    def __init__(self) -> None:
        self._idle: dict[str, AsyncEngine] = {}
        self._opened: dict[str, list[asyncpg.Connection[asyncpg.Record]]] = {}

    def lend(self, pool: PostgresPool) -> None:
        """Let `pool`, which has asked nothing yet, use what is kept of its database."""
        database = _database(pool)
        if kept := self._idle.pop(database, None):
            pool._engine = kept
            return
        opened = self._opened[database] = []

        def note(connection: object, _: object) -> None:
            opened.append(connection.driver_connection)  # type: ignore[attr-defined]

        event.listen(pool.engine.sync_engine, "connect", note)

    async def take_back(self, pool: PostgresPool) -> None:
        """Keep what a test leaves, or close it."""
        database, connections = _database(pool), pool.engine.pool
        here = asyncio.get_running_loop()
        opened = self._alive(database)
        returned = connections.checkedout() == 0  # type: ignore[attr-defined]
        if returned and len(opened) <= FEW and all(one._loop is here for one in opened):
            self._idle[database] = pool.engine
        else:
            await pool.close()

    def backends(self, database: str) -> list[int]:
        """The server's processes behind what is kept."""
        if database not in self._idle:
            return []
        return [one.get_server_pid() for one in self._alive(database)]

    def forget(self, database: str) -> None:
        """The server ends them."""
        if kept := self._idle.pop(database, None):
            kept.sync_engine.dispose(close=False)
        self._opened.pop(database, None)

    def _alive(self, database: str) -> "list[asyncpg.Connection[asyncpg.Record]]":
        opened = self._opened[database]
        opened[:] = [one for one in opened if not one.is_closed()]
        return opened


def _database(pool: PostgresPool) -> str:
    name = pool.engine.url.database
    assert name is not None
    return name
