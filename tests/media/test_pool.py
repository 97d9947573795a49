"""Media processes for real: calls through them, and what lives on when somebody is killed."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.media.control import MediaElsewhere, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.pool import WorkerPool
from counter.media.single_instance import is_held, short_directory
from tests.media.endpoint import Endpoint, only_loopback

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
from datetime import timedelta
from pathlib import Path
from counter.media.worker import WorkerSettings, serve_worker

settings = WorkerSettings(
    socket=Path(sys.argv[1]), ip="127.0.0.1", udp_port=0, orphan_after=timedelta(seconds=0.5)
)
asyncio.run(serve_worker(settings, new_id=lambda: "leg", random32=lambda: 4))
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose name is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="media"))
    yield made
    shutil.rmtree(made)


def a_pool(directory: Path, *, count: int = 1) -> WorkerPool:
    return WorkerPool(directory, count, "127.0.0.1", 0, COMMAND, ping_every=0.2)


@pytest.fixture
async def pool(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    only_loopback(monkeypatch)
    made = a_pool(directory)
    await made.start()
    yield made
    await made.stop()


async def connect(pool: WorkerPool, leg: str, far: Endpoint, *, call: str = "c-1") -> str:
    """Join `far` to the call as `leg`; the leg's id."""
    worker = await pool.place(call)
    offer = await pool.join(worker, call, leg)
    await pool.answer(worker, call, leg, offer.leg_id, await far.answer(offer.sdp))
    return offer.leg_id


async def health_pid(directory: Path, name: str = "media-0") -> int:
    client = ControlClient(directory / f"{name}.sock")
    try:
        return (await client.health()).pid
    finally:
        await client.close()


async def test_two_ends_see_and_hear_each_other_and_the_process_decodes_nothing(
    pool: WorkerPool, directory: Path
) -> None:
    terminal, agent = Endpoint(40), Endpoint(200)
    terminal_leg = await connect(pool, "terminal", terminal)
    agent_leg = await connect(pool, "agent", agent)
    await asyncio.gather(
        terminal.sees_level(200), agent.sees_level(40), terminal.hears(), agent.hears()
    )
    await asyncio.gather(terminal.sees(30), agent.sees(30))
    reports = await pool.legs("media-0", "c-1")
    assert [(r.leg, r.leg_id, r.connected) for r in reports] == [
        ("terminal", terminal_leg, True),
        ("agent", agent_leg, True),
    ]
    for report in reports:
        assert min(report.received_packets, report.sent_packets) > 50
        assert report.silent_ms is not None and report.silent_ms < 5000
    # aiortc starts a thread for each stream that it decodes.
    assert len(list(Path(f"/proc/{await health_pid(directory)}/task").iterdir())) == 1
    await pool.end("media-0", "c-1")
    await pool.end("media-0", "c-1")
    with pytest.raises(NotFound):
        await pool.legs("media-0", "c-1")
    await asyncio.gather(terminal.close(), agent.close())


async def test_an_agent_who_joins_again_is_seen_and_the_terminal_is_left_alone(
    pool: WorkerPool,
) -> None:
    terminal, before, after = Endpoint(40), Endpoint(120), Endpoint(220)
    terminal_leg = await connect(pool, "terminal", terminal)
    await connect(pool, "agent", before)
    await terminal.sees_level(120)
    await connect(pool, "agent", after)
    await asyncio.gather(terminal.sees_level(220), after.sees_level(40), after.hears())
    await terminal.sees(30)
    assert next(r.leg_id for r in await pool.legs("media-0", "c-1")) == terminal_leg
    await asyncio.gather(terminal.close(), before.close(), after.close())


async def test_a_citizen_without_a_camera_is_heard_and_sees(pool: WorkerPool) -> None:
    terminal, agent = Endpoint(camera=False), Endpoint(200)
    await connect(pool, "terminal", terminal)
    await connect(pool, "agent", agent)
    await asyncio.gather(terminal.sees_level(200), terminal.hears(), agent.hears())
    assert agent.frames == 0
    await asyncio.gather(terminal.close(), agent.close())


async def test_wrong_words_are_refused_with_their_codes(pool: WorkerPool) -> None:
    offer = await pool.join("media-0", "c-1", "terminal")
    with pytest.raises(BadInput):
        await pool.answer("media-0", "c-1", "terminal", offer.leg_id, "v=0\r\n")
    with pytest.raises(NotFound):
        await pool.answer("media-0", "c-1", "terminal", "another", "v=0\r\n")
    with pytest.raises(NotFound):
        await pool.legs("media-0", "c-2")
    with pytest.raises(BadInput):
        await pool.join("media-0", "", "terminal")
    await pool.join("media-0", "c-1", "agent")
    with pytest.raises(NotAllowedNow):
        await pool.join("media-0", "c-1", "stranger")
    with pytest.raises(WorkerGone):
        await pool.join("media-9", "c-1", "terminal")


async def test_calls_are_spread_and_a_call_stays_where_it_is(directory: Path) -> None:
    pool = a_pool(directory, count=2)
    await pool.start()
    try:
        placed = [await pool.place(f"c-{n}") for n in range(4)]
        assert sorted(placed) == ["media-0", "media-0", "media-1", "media-1"]
        assert [await pool.place(f"c-{n}") for n in range(4)] == placed
    finally:
        await pool.stop()


async def test_a_call_goes_on_when_the_counter_is_killed_and_started_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_loopback(monkeypatch)
    keeper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEPER, str(directory), stdout=asyncio.subprocess.PIPE
    )
    assert keeper.stdout is not None
    async with asyncio.timeout(30):
        assert await keeper.stdout.readline() == b"started\n"
    pid = await health_pid(directory)
    client = ControlClient(directory / "media-0.sock")
    terminal, agent = Endpoint(40), Endpoint(200)
    for name, far in (("terminal", terminal), ("agent", agent)):
        offer = await client.join("c-1", name)
        await client.answer("c-1", name, offer.leg_id, await far.answer(offer.sdp))
    await client.close()
    await asyncio.gather(terminal.sees_level(200), agent.sees_level(40))

    keeper.kill()
    await keeper.wait()
    await asyncio.gather(terminal.sees(30), agent.sees(30))
    pool = a_pool(directory)
    await pool.start()
    try:
        assert await health_pid(directory) == pid
        assert await pool.place("c-1") == "media-0"
        assert all(report.connected for report in await pool.legs("media-0", "c-1"))
        await asyncio.gather(terminal.sees(30), agent.sees(30))
        again = Endpoint(120)
        await connect(pool, "agent", again)
        await terminal.sees_level(120)
        await again.close()
    finally:
        await pool.stop()
    assert not is_held(directory / "media-0.sock")
    await asyncio.gather(terminal.close(), agent.close())


async def test_a_killed_process_is_started_again_and_its_calls_are_unknown(
    pool: WorkerPool, directory: Path
) -> None:
    await pool.join("media-0", "c-1", "terminal")
    pid = await health_pid(directory)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerGone):
        await pool.legs("media-0", "c-1")
    await pool.end("media-0", "c-1")
    async with asyncio.timeout(30):
        while True:
            try:
                await pool.join(await pool.place("c-1"), "c-1", "terminal")
                break
            except WorkerGone:
                await asyncio.sleep(0.05)
    assert await health_pid(directory) != pid
    assert [r.leg for r in await pool.legs("media-0", "c-1")] == ["terminal"]


async def test_leaving_ends_nothing_and_stopping_ends_everything(directory: Path) -> None:
    first = a_pool(directory, count=2)
    await first.start()
    pids = [await health_pid(directory, f"media-{n}") for n in range(2)]
    await first.leave()
    second = a_pool(directory, count=2)
    await second.start()
    assert [await health_pid(directory, f"media-{n}") for n in range(2)] == pids
    await second.stop()
    assert not any(is_held(directory / f"media-{n}.sock") for n in range(2))
    assert list(directory.glob("*.sock")) == []
    with pytest.raises(WorkerGone):
        await second.place("c-1")


async def test_counters_that_share_a_directory_share_the_processes_and_the_last_ends_them(
    directory: Path,
) -> None:
    # Started in the same moment, so that both try to start what neither finds.
    one, other = a_pool(directory, count=2), a_pool(directory, count=2)
    await asyncio.gather(one.start(), other.start())
    pids = [await health_pid(directory, f"media-{n}") for n in range(2)]
    worker = await one.place("c-1")
    await one.join(worker, "c-1", "terminal")
    await other.join(worker, "c-1", "agent")
    assert [r.leg for r in await other.legs(worker, "c-1")] == ["terminal", "agent"]
    await one.stop()
    assert [await health_pid(directory, f"media-{n}") for n in range(2)] == pids
    assert [r.leg for r in await other.legs(worker, "c-1")] == ["terminal", "agent"]
    await other.stop()
    assert not any(is_held(directory / f"media-{n}.sock") for n in range(2))


async def test_a_call_of_another_machine_is_neither_joined_nor_ended_while_that_lives(
    directory: Path,
) -> None:
    living = {"near", "far"}

    async def lives(place: str) -> bool:
        return place in living

    pool = WorkerPool(directory, 1, "127.0.0.1", 0, COMMAND, place="near", lives=lives)
    await pool.start()
    try:
        assert await pool.place("c-1") == "near/media-0"
        await pool.join("near/media-0", "c-1", "terminal")
        for asked in (
            pool.join("far/media-0", "c-2", "agent"),
            pool.answer("far/media-0", "c-2", "agent", "leg", "v=0"),
            pool.legs("far/media-0", "c-2"),
            pool.end("far/media-0", "c-2"),
        ):
            with pytest.raises(MediaElsewhere):
                await asked
        # Its machine is no more: the call is placed anew, and there is nothing to end.
        living.remove("far")
        with pytest.raises(WorkerGone):
            await pool.join("far/media-0", "c-2", "agent")
        await pool.end("far/media-0", "c-2")
        # One of ours that there is no more of, and a name from before there were places.
        for old in ("near/media-7", "media-0"):
            with pytest.raises(WorkerGone):
                await pool.join(old, "c-3", "agent")
    finally:
        await pool.stop()


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
        await pool.join(await pool.place("c-1"), "c-1", "terminal")
        other = a_pool(deep)
        await other.start()
        assert await other.place("c-1") == "media-0"
        assert [report.leg for report in await other.legs("media-0", "c-1")] == ["terminal"]
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
    os.kill(await health_pid(directory), signal.SIGKILL)
    with pytest.raises(WorkerGone):
        await pool.legs("media-0", "c-1")  # the watch looks at once
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
        async with asyncio.timeout(30):
            await stopping.wait()
            await pool.stop()
    async with asyncio.timeout(30):
        assert {await one.wait() for one in spawned} <= {-signal.SIGTERM, 0}
