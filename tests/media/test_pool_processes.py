"""Media processes by themselves: who may ask them, how they start, drain, hang and end."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.media.arrangement import Arrangement
from counter.media.control import WorkerGone
from counter.media.pool import WorkerPool
from counter.media.single_instance import short_directory
from tests.media.endpoint import Endpoint
from tests.media.pools import (
    COMMAND,
    LONELY,
    OTHER_VERSION,
    TWO,
    a_pool,
    connect,
    health_pid,
    pool_pid,
)


async def test_the_control_socket_is_for_this_user_only(pool: WorkerPool, directory: Path) -> None:
    assert (directory / "media-0.sock").stat().st_mode & 0o077 == 0


async def test_a_second_process_on_the_same_socket_refuses(
    pool: WorkerPool, directory: Path
) -> None:
    pid = await health_pid(directory)
    second = await asyncio.create_subprocess_exec(
        *COMMAND,
        "--socket",
        str(directory / "media-0.sock"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await second.communicate()
    assert second.returncode != 0
    assert b"another media process" in said
    assert await health_pid(directory) == pid


async def test_a_process_that_cannot_start_is_named_with_its_log(directory: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        pool = WorkerPool(directory, 1, "127.0.0.1", taken.getsockname()[1], COMMAND)
        with pytest.raises(WorkerGone, match=r"media-0\.log"):
            await pool.start()
    assert "Address already in use" in (directory / "media-0.log").read_text()


async def test_a_directory_with_a_long_name_is_no_hindrance(directory: Path) -> None:
    deep = directory / ("long" * 30)
    pool = a_pool(deep)
    await pool.start()
    try:
        await pool.open(await pool.place("c-1"), "terminal")
        await pool.arrange("media-0", "c-1", TWO)
        other = a_pool(deep)
        await other.start()
        assert await other.place("c-1") == "media-0"
        assert [report.owner for report in await other.legs("media-0", "c-1")] == ["terminal"]
        await other.leave()
    finally:
        await pool.stop()
    place = short_directory(deep, longest_name="media-0.sock")
    assert place.parent == Path(tempfile.gettempdir())
    shutil.rmtree(place)


async def test_a_place_that_somebody_prepared_for_us_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    deep = directory / ("long" * 30)
    place = short_directory(deep, longest_name="media-0.sock")
    place.chmod(0o777)
    with pytest.raises(NotAllowedNow):
        short_directory(deep, longest_name="media-0.sock")


async def test_a_process_that_nobody_asks_any_more_ends_by_itself(directory: Path) -> None:
    path = directory / "lonely.sock"
    lonely = await asyncio.create_subprocess_exec(sys.executable, "-c", LONELY, str(path))
    async with asyncio.timeout(30):
        assert await lonely.wait() == 0
    assert not path.exists()


async def test_a_process_that_is_being_started_when_the_counter_stops_ends_too(
    directory: Path, pool: WorkerPool
) -> None:
    spawned: list[asyncio.subprocess.Process] = []
    spawn = asyncio.create_subprocess_exec

    async def spy(*command: str, **settings: object) -> asyncio.subprocess.Process:
        made: asyncio.subprocess.Process = await spawn(*command, **settings)  # type: ignore[arg-type]
        spawned.append(made)
        stopping.set()
        await asyncio.sleep(0.2)  # started, and its starter is told to stop before it knows
        return made

    stopping = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "create_subprocess_exec", spy)
        os.kill(await health_pid(directory), signal.SIGKILL)
        async with asyncio.timeout(30):
            await stopping.wait()
            await pool.stop()
    async with asyncio.timeout(30):
        assert {await one.wait() for one in spawned} <= {-signal.SIGTERM, 0}


async def test_a_drained_process_keeps_its_call_begins_nothing_and_is_replaced(
    directory: Path,
) -> None:
    pool = a_pool(directory, count=2, ping_every=60)
    told: asyncio.Queue[str] = asyncio.Queue()

    async def note(worker: str) -> None:
        told.put_nowait(worker)

    pool.on_gone = note
    await pool.start()
    try:
        assert await pool.place("old") == "media-0"
        await pool.open("media-0", "terminal")
        await pool.arrange("media-0", "c-1", TWO)
        pid = await health_pid(directory)
        await pool.drain("media-0", 3600)
        assert [await pool.place(key) for key in ("old", "new")] == ["media-1", "media-1"]
        with pytest.raises(WorkerGone, match="drains"):
            await pool.open("media-0", "another")
        with pytest.raises(WorkerGone, match="drains"):
            await pool.arrange("media-0", "c-2", Arrangement(parties=()))
        await pool.open("media-0", "agent")
        assert [leg.owner for leg in await pool.legs("media-0", "c-1")] == ["terminal", "agent"]
        assert (pid, told.empty()) == (await health_pid(directory), True)
        await pool.end("media-0", "c-1")
        async with asyncio.timeout(30):
            assert await told.get() == "media-0"
            while pool.states()["media-0"] is None:
                await asyncio.sleep(0.05)
        assert await health_pid(directory) != pid
        await pool.open("media-0", "another")
    finally:
        await pool.stop()


async def test_a_drained_process_ends_at_the_limit_with_its_call(
    pool: WorkerPool, directory: Path
) -> None:
    pid = await health_pid(directory)
    await pool.arrange("media-0", "c-1", TWO)
    with pytest.raises(NotFound, match="media-0"):
        await pool.drain("media-7", 3600)
    with pytest.raises(BadInput):
        await pool.drain("media-0", -1)
    assert await pool.place("c-2") == "media-0"
    await pool.drain("media-0", 0)
    async with asyncio.timeout(30):
        while await pool_pid(pool) == pid:
            await asyncio.sleep(0.05)


async def test_a_long_log_is_put_aside_when_a_process_starts(directory: Path) -> None:
    log = directory / "media-0.log"
    log.write_text("old\n" * (1 << 18) + "older\n")
    (directory / "media-0.log.1").write_text("oldest")
    pool = a_pool(directory)
    await pool.start()
    await pool.stop()
    assert (directory / "media-0.log.1").read_text().endswith("older\n")
    assert "old" not in log.read_text()
    log.write_text("short\n")
    await pool.start()
    await pool.stop()
    assert log.read_text().startswith("short\n")


async def test_health_counts_what_comes_in_and_what_it_costs(pool: WorkerPool) -> None:
    terminal, agent = Endpoint(40), Endpoint(200)
    await connect(pool, "terminal", terminal)
    await connect(pool, "agent", agent)
    async with asyncio.timeout(60):
        while True:
            health = pool.states()["media-0"]
            assert health is not None
            # Two pictures of 30 frames and two sounds of 50 packets a second, or what this
            # machine manages of it.
            if health.packets_per_s > 40 and health.cpu_share > 0:
                break
            await asyncio.sleep(0.05)
    assert (health.calls, health.legs, health.draining) == (1, 2, False)
    assert health.lag_worst_ms >= health.lag_p99_ms
    await asyncio.gather(terminal.close(), agent.close())


@pytest.mark.parametrize("answers_after_s", ["0", "4"])
async def test_a_process_of_another_version_gives_way(
    directory: Path, answers_after_s: str
) -> None:
    """Also one that is only starting, and answers after ours has found its place taken."""
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OTHER_VERSION, str(directory / "media-0.sock"), answers_after_s),
        stdout=asyncio.subprocess.PIPE,
    )
    assert other.stdout is not None
    async with asyncio.timeout(60):
        assert await other.stdout.readline() == b"started\n"
    pool = a_pool(directory)
    await pool.start()
    try:
        await pool.open(await pool.place("c-1"), "terminal")
        async with asyncio.timeout(30):
            await other.wait()
    finally:
        await pool.stop()


async def test_a_process_that_hangs_is_ended_and_started_again(
    pool: WorkerPool, directory: Path
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    async def note(worker: str) -> None:
        told.put_nowait(worker)

    pool.on_gone = note
    pid = await health_pid(directory)
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        assert await told.get() == "media-0"
        while not pool.alive:
            await asyncio.sleep(0.05)
    assert await health_pid(directory) != pid
