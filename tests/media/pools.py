"""Media processes of a test, and what they are asked."""

import sys
from pathlib import Path

from counter.media.arrangement import Arrangement, Party
from counter.media.control_client import ControlClient
from counter.media.pool import WorkerPool
from tests.media.endpoint import Endpoint

TWO = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)
COMMAND = (sys.executable, "-m", "counter", "media")
KEEPER = """
import asyncio, sys
from pathlib import Path
from counter.media.pool import WorkerPool

async def main():
    command = (sys.executable, "-m", "counter", "media")
    await WorkerPool(Path(sys.argv[1]), 1, "127.0.0.1", 0, command).start()
    print("started", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
LONELY = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from counter.media.worker import WorkerSettings, serve_worker

settings = WorkerSettings(
    socket=Path(sys.argv[1]),
    recordings=Path(sys.argv[1]).parent,
    ip="127.0.0.1",
    udp_port=0,
    orphan_after=timedelta(seconds=0.5),
)
asyncio.run(
    serve_worker(
        settings,
        new_id=lambda: "leg",
        random32=lambda: 4,
        random_bytes=bytes,
        wall=lambda: datetime.now(UTC),
    )
)
"""

OTHER_VERSION = """
import asyncio
import sys
import time
from pathlib import Path
from aiohttp import web
from counter.media.single_instance import hold_socket_path

async def health(request):
    return web.json_response({"legs": 1, "mood": "good"})

def leave():
    raise web.GracefulExit

async def stop(request):
    asyncio.get_running_loop().call_soon(leave)
    return web.Response(status=204)

app = web.Application()
app.add_routes([web.get("/health", health), web.post("/stop", stop)])
with hold_socket_path(Path(sys.argv[1])):
    print("started", flush=True)
    time.sleep(float(sys.argv[2]))
    web.run_app(app, path=sys.argv[1], print=None, shutdown_timeout=1)
"""


def a_pool(directory: Path, *, count: int = 1, ping_every: float = 0.2) -> WorkerPool:
    return WorkerPool(directory, count, "127.0.0.1", 0, COMMAND, ping_every=ping_every)


async def connect(pool: WorkerPool, owner: str, far: Endpoint) -> str:
    """Give `far` a leg, and arrange call c-1 between terminal and agent; the leg's id."""
    worker = await pool.place("c-1")
    offer = await pool.open(worker, owner)
    await pool.arrange(worker, "c-1", TWO)
    await pool.answer(worker, owner, offer.leg_id, await far.answer(offer.sdp))
    return offer.leg_id


async def health_pid(directory: Path, name: str = "media-0") -> int:
    client = ControlClient(directory / f"{name}.sock")
    try:
        return (await client.health()).pid
    finally:
        await client.close()


async def pool_pid(pool: WorkerPool) -> int | None:
    """The process that the pool sees now."""
    health = pool.states()["media-0"]
    return None if health is None else health.pid
