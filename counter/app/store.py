"""Opens the store and the bus that the settings name."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from counter.app.clock import new_id
from counter.journal import Fault
from counter.settings.node import Settings
from counter.store import journal_sql
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.bus import Bus
from counter.store.bus_memory import MemoryBus
from counter.store.executor import Executor
from counter.store.migrate import upgrade_async, upgrade_engine
from counter.store.sqlite_lane import SqliteLane


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Facts, wake-ups and big bytes."""

    executor: Executor
    bus: Bus
    blobs: DirectoryBlobs


async def open_store(settings: Settings, closing: AsyncExitStack) -> Store:
    """Open it at the newest schema; `closing` closes it."""
    bus = _bus(settings)
    await bus.start()
    closing.push_async_callback(bus.close)
    publishing: set[asyncio.Task[None]] = set()

    def wake(wakes: Iterable[tuple[str, int]]) -> None:
        for audience, seq in wakes:
            task = asyncio.ensure_future(bus.publish(audience, str(seq)))
            publishing.add(task)
            task.add_done_callback(publishing.discard)

    executor: Executor
    if settings.postgres:
        from counter.store.postgres_pool import PostgresPool

        pool = PostgresPool(settings.postgres, on_wake=wake)
        closing.push_async_callback(pool.close)
        await upgrade_async(pool.engine)
        executor = pool
    else:
        lane = SqliteLane(settings.data / "counter.sqlite", on_wake=wake)
        closing.push_async_callback(lane.close)
        await asyncio.to_thread(upgrade_engine, lane.engine)
        executor = lane
    return Store(executor=executor, bus=bus, blobs=DirectoryBlobs(settings.blobs))


def _bus(settings: Settings) -> Bus:
    if settings.redis is None:
        return MemoryBus()
    # As with PostgreSQL: who runs on one node does not load the client of many.
    from counter.store.bus_redis import RedisBus

    return RedisBus(settings.redis, node=new_id())


def plain_executor(settings: Settings, data: Path) -> Executor:
    """An executor for a look from beside a running node: migrates nothing, wakes nobody."""
    if settings.postgres:
        from counter.store.postgres_pool import PostgresPool

        return PostgresPool(settings.postgres, size=1)
    return SqliteLane(data / "counter.sqlite")


async def verify_journal(settings: Settings) -> tuple[int, list[Fault]]:
    """Check the journal's chain; works beside a running node."""
    executor = plain_executor(settings, settings.data)
    try:
        return await executor.read(journal_sql.check)
    finally:
        await executor.close()
