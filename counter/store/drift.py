"""How far the clock of a node is from that of the database all nodes share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from counter.store.executor import Executor


async def drift(executor: Executor, clock: Callable[[], datetime]) -> timedelta:
    """By how much the database is ahead of `clock`; never more than what is certain.

    The answer took a while on its way, and may be of any moment of it: that much is in the
    database's favour.  A database on this machine has its clock, and is never ahead.
    """
    before = clock()
    there = await executor.read(_database_time)
    after = clock()
    if there is None or before <= there <= after:
        return timedelta(0)
    return there - after if there > after else there - before


def _database_time(conn: Connection) -> datetime | None:
    if conn.dialect.name == "sqlite":
        return None
    found: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)
