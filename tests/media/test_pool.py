"""Media processes for real: calls through them, and what lives on when somebody is killed."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from counter.errors import BadInput, NotFound
from counter.media.control import MediaElsewhere, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.pool import WorkerPool
from counter.media.single_instance import is_held
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.pools import (
    COMMAND,
    KEEPER,
    TWO,
    a_pool,
    connect,
    health_pid,
)


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
