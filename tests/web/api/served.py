"""The API on a loopback port, in a thread with a loop of its own, for clients that block."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web

from booking.store_sql import plant_seed
from counter.store.sqlite_lane import SqliteLane
from tests.web.api.programs import BY, api_app, new_booking, new_keys

PER_S = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Where it is, and a key that may do everything."""

    address: str
    key: str


@contextmanager
def served(store: Path, clock: Callable[[], datetime]) -> Iterator[Served]:
    """Serve a migrated SQLite store until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="served api")
    thread.start()
    lane: list[SqliteLane] = []
    runners: list[web.AppRunner] = []

    async def open_() -> Served:
        lane.append(SqliteLane(store))
        await plant_seed(lane[0], clock())
        keys = new_keys(lane[0], clock)
        _, key = await keys.make("One app", ["read", "book", "webhooks"], None, BY, PER_S)
        runners.append(web.AppRunner(api_app(lane[0], new_booking(lane[0]), keys, clock)))
        await runners[0].setup()
        await web.TCPSite(runners[0], "127.0.0.1", 0).start()
        return Served(address=f"http://127.0.0.1:{runners[0].addresses[0][1]}", key=key)

    async def close() -> None:
        for runner in runners:
            await runner.cleanup()
        for one in lane:
            await one.close()

    try:
        yield asyncio.run_coroutine_threadsafe(open_(), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
