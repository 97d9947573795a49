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
from counter.media.arrangement import Arrangement, Party
from counter.media.control import MediaElsewhere, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.pool import WorkerPool
from counter.media.single_instance import is_held, short_directory
from tests.media.endpoint import Endpoint, only_loopback

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


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose name is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="media"))
    yield made
    shutil.rmtree(made)


def a_pool(directory: Path, *, count: int = 1, ping_every: float = 0.2) -> WorkerPool:
    return WorkerPool(directory, count, "127.0.0.1", 0, COMMAND, ping_every=ping_every)


@pytest.fixture
async def pool(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    only_loopback(monkeypatch)
    made = a_pool(directory)
    await made.start()
    yield made
    await made.stop()


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
    assert [(r.owner, r.leg_id, r.connected) for r in reports] == [
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
    offer = await pool.open("media-0", "terminal")
    with pytest.raises(BadInput):
        await pool.answer("media-0", "terminal", offer.leg_id, "v=0\r\n")
    with pytest.raises(NotFound):
        await pool.answer("media-0", "terminal", "another", "v=0\r\n")
    with pytest.raises(NotFound):
        await pool.legs("media-0", "c-2")
    with pytest.raises(BadInput):
        await pool.open("media-0", "")
    with pytest.raises(BadInput):
        await pool.arrange("media-0", "", TWO)
    with pytest.raises(WorkerGone):
        await pool.open("media-9", "terminal")


async def test_keys_are_spread_by_load_and_a_key_stays_where_it_is(directory: Path) -> None:
    pool = a_pool(directory, count=2, ping_every=60)
    await pool.start()
    try:
        placed = []
        for n in range(4):
            placed.append(await pool.place(f"c-{n}"))
            await pool.open(placed[-1], f"terminal-{n}")
        assert placed == ["media-0", "media-1", "media-0", "media-1"]
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
    await client.arrange("c-1", TWO)
    for name, far in (("terminal", terminal), ("agent", agent)):
        offer = await client.open(name)
        await client.answer(name, offer.leg_id, await far.answer(offer.sdp))
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
    await pool.open("media-0", "terminal")
    await pool.arrange("media-0", "c-1", TWO)
    pid = await health_pid(directory)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerGone):
        await pool.legs("media-0", "c-1")
    await pool.end("media-0", "c-1")
    async with asyncio.timeout(30):
        while True:
            try:
                await pool.open(await pool.place("c-1"), "terminal")
                break
            except WorkerGone:
                await asyncio.sleep(0.05)
    assert await health_pid(directory) != pid
    with pytest.raises(NotFound):
        await pool.legs("media-0", "c-1")
    await pool.arrange("media-0", "c-1", TWO)
    assert [r.owner for r in await pool.legs("media-0", "c-1")] == ["terminal"]


async def test_a_death_is_told_at_once_to_all_who_share_the_process(directory: Path) -> None:
    # One has started it and the other adopted it; neither looks by itself for a minute.
    pools = [a_pool(directory, ping_every=60) for _ in range(2)]
    told: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
    for pool in pools:

        async def note(worker: str, pool: WorkerPool = pool) -> None:
            told.put_nowait((worker, pool.alive))

        pool.on_gone = note
        await pool.start()
    try:
        pid = await health_pid(directory)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            assert [await told.get() for _ in pools] == [("media-0", False)] * 2
            for pool in pools:
                while not pool.alive:
                    await asyncio.sleep(0.05)
        assert await health_pid(directory) != pid
        assert told.empty()
    finally:
        for pool in pools:
            await pool.stop()
    assert told.empty(), "to be stopped is no death"


async def test_who_is_told_of_a_death_may_fail_and_the_process_is_started_again(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool = a_pool(directory)
    told = asyncio.Event()

    async def fail(worker: str) -> None:
        told.set()
        raise RuntimeError("the store is away")

    pool.on_gone = fail
    await pool.start()
    try:
        pid = await health_pid(directory)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            await told.wait()
            while not pool.alive:
                await asyncio.sleep(0.05)
        assert await health_pid(directory) != pid
        assert "the store is away" in caplog.text
    finally:
        await pool.stop()


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
    await one.open(worker, "terminal")
    await one.arrange(worker, "c-1", TWO)
    await other.open(worker, "agent")
    assert [r.owner for r in await other.legs(worker, "c-1")] == ["terminal", "agent"]
    await one.stop()
    assert [await health_pid(directory, f"media-{n}") for n in range(2)] == pids
    assert [r.owner for r in await other.legs(worker, "c-1")] == ["terminal", "agent"]
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
        await pool.open("near/media-0", "terminal")
        for asked in (
            pool.open("far/media-0", "agent"),
            pool.answer("far/media-0", "agent", "leg", "v=0"),
            pool.legs("far/media-0", "c-2"),
            pool.end("far/media-0", "c-2"),
        ):
            with pytest.raises(MediaElsewhere):
                await asked
        # Its machine is no more: the call is placed anew, and there is nothing to end.
        living.remove("far")
        with pytest.raises(WorkerGone):
            await pool.open("far/media-0", "agent")
        await pool.end("far/media-0", "c-2")
        # One of ours that there is no more of, and a name from before there were places.
        for old in ("near/media-7", "media-0"):
            with pytest.raises(WorkerGone):
                await pool.open(old, "agent")
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


async def pool_pid(pool: WorkerPool) -> int | None:
    """The process that the pool sees now."""
    health = pool.states()["media-0"]
    return None if health is None else health.pid


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
