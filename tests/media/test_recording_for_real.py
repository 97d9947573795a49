"""Recordings of real legs by a real media process: what is in the file, also when it is killed."""

import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from counter.errors import NotFound
from counter.media.control_client import ControlClient
from counter.media.mux_av import Muxed, mux
from counter.media.pool import WorkerPool
from counter.media.recorder_files import BUFFER_SECONDS
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.pools import TWO
from tests.media.test_mux import plays

KEY = bytes(range(32))
WORKER = "media-0"


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="media"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def pool(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    only_loopback(monkeypatch)
    command = (sys.executable, "-m", "counter", "media", "--recordings", str(directory / "rec"))
    made = WorkerPool(directory, 1, "127.0.0.1", 0, command, ping_every=0.2)
    await made.start()
    yield made
    await made.stop()


async def joined(pool: WorkerPool, owner: str, far: Endpoint) -> None:
    offer = await pool.open(WORKER, owner)
    await pool.arrange(WORKER, "c-1", TWO)
    await pool.answer(WORKER, owner, offer.leg_id, await far.answer(offer.sdp))


async def call(pool: WorkerPool) -> tuple[Endpoint, Endpoint]:
    """Two who see and hear each other."""
    terminal, agent = Endpoint(40), Endpoint(200)
    await joined(pool, "terminal", terminal)
    await joined(pool, "agent", agent)
    await asyncio.gather(terminal.sees(1), agent.sees(1), terminal.hears(), agent.hears())
    return terminal, agent


def finished(directory: Path) -> Muxed:
    folder = directory / "rec" / "r-1"
    # `plays` looks for this key and name.
    return mux(folder, folder / "out.sealed", KEY, "r-1", random.Random(1).randbytes)


async def test_both_sides_of_a_real_call_are_in_the_file_and_it_plays(
    pool: WorkerPool, directory: Path
) -> None:
    terminal, agent = await call(pool)
    begun = time.monotonic()
    await pool.record(WORKER, "c-1", "r-1", "on", KEY)
    await asyncio.gather(terminal.sees(90), agent.sees(90))
    (report,) = await pool.untape("r-1")
    seconds = time.monotonic() - begun
    assert (report.legs, report.trouble) == (2, None)
    result = finished(directory)
    assert [(track.role, track.codec) for track in result.tracks] == [
        *(("citizen", "vp8"), ("citizen", "opus"), ("agent", "vp8"), ("agent", "opus")),
    ]
    assert all(track.frames > 60 for track in result.tracks)
    # No longer than it was asked for; shorter where a busy machine took its time to ask.
    assert 2.0 < result.duration_ms / 1000 < seconds + 0.1
    assert (result.torn_bytes, result.overflowed_packets, result.gaps_ms) == (0, 0, ())
    plays(directory / "rec" / "r-1")
    await asyncio.gather(terminal.close(), agent.close())


async def test_a_pause_is_a_gap_and_the_call_goes_on(pool: WorkerPool, directory: Path) -> None:
    terminal, agent = await call(pool)
    await pool.record(WORKER, "c-1", "r-1", "on", KEY)
    await terminal.sees(30)
    await pool.record(WORKER, "c-1", "r-1", "paused", KEY)
    await terminal.sees(60)
    await pool.record(WORKER, "c-1", "r-1", "on", KEY)
    await asyncio.gather(terminal.sees(60), agent.sees(60))
    await pool.untape("r-1")
    ((start, end),) = finished(directory).gaps_ms
    assert end - start > 1000
    plays(directory / "rec" / "r-1")
    await asyncio.gather(terminal.close(), agent.close())


async def test_a_killed_process_loses_at_most_one_buffer(pool: WorkerPool, directory: Path) -> None:
    terminal, agent = await call(pool)
    client = ControlClient(directory / f"{WORKER}.sock")
    process = (await client.health()).pid
    await client.close()
    await pool.record(WORKER, "c-1", "r-1", "on", KEY)
    begun = time.monotonic()
    await asyncio.gather(terminal.sees(120), agent.sees(120))
    os.kill(process, signal.SIGKILL)
    seconds = time.monotonic() - begun
    result = finished(directory)
    assert len(result.tracks) == 4
    # Half a second more for a machine that is busy: the buffers are taken by a timer.
    assert result.duration_ms / 1000 > seconds - BUFFER_SECONDS - 0.5
    plays(directory / "rec" / "r-1")
    await asyncio.gather(terminal.close(), agent.close())


async def test_plain_media_and_the_key_are_nowhere_on_the_disk(
    pool: WorkerPool, directory: Path
) -> None:
    terminal, agent = await call(pool)
    await pool.record(WORKER, "c-1", "r-1", "on", KEY)
    await asyncio.gather(terminal.sees(60), agent.sees(60))
    await pool.untape("r-1")
    written = b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    assert len(written) > 20_000
    for secret in (KEY, b"payload_types", b"terminal"):
        assert secret not in written
    await asyncio.gather(terminal.close(), agent.close())


async def test_a_call_that_the_process_does_not_know_cannot_be_recorded(pool: WorkerPool) -> None:
    with pytest.raises(NotFound):
        await pool.record(WORKER, "c-9", "r-1", "on", KEY)
    (report,) = await pool.untape("r-1")
    assert report.legs == 0, "to stop what is not taped is harmless"
