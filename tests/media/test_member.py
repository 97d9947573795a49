"""What the counter makes of what a media process says of itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from counter.media.control import Draining, Health, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.member import MISSES, Member


def health(instance: str = "first", *, legs: int = 0, draining: bool = False) -> Health:
    return Health(
        calls=0,
        legs=legs,
        packets_per_s=0.0,
        cpu_share=0.25,
        lag_p99_ms=1.5,
        lag_worst_ms=30.0,
        draining=draining,
        udp_port=40_000,
        pid=1,
        instance=instance,
    )


class Process(ControlClient):
    """Answers what the test says; None is silence."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.now: Health | None = health()
        self.looks = 0
        self.looked = asyncio.Event()

    async def health(self) -> Health:
        self.looks += 1
        self.looked.set()
        if self.now is None:
            raise WorkerGone("silence")
        return self.now

    async def calls(self) -> list[str]:
        return ["c-1"]

    async def drain(self, limit_s: int) -> None:
        pass

    async def open_nothing(self) -> None:
        raise Draining("begins nothing new")


class Watched:
    """A member, its process, and what was told of it."""

    def __init__(self) -> None:
        self.process = Process()
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.member = Member("node/media-1", self.process, self.told.put_nowait)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Looked at once; later only after a pause that is a reason by itself."""
        task = asyncio.create_task(self.member.watch(every=3600))
        try:
            async with asyncio.timeout(30):
                await self.process.looked.wait()
                yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def ask_in_vain(self) -> None:
        async def nothing() -> None:
            raise WorkerGone("no answer")

        with pytest.raises(WorkerGone):
            await self.member.asked(nothing())


@pytest.fixture
async def watched() -> Watched:
    return Watched()


async def test_a_question_in_vain_makes_the_watch_look_and_three_looks_give_it_up(
    watched: Watched,
) -> None:
    async with watched.watching():
        assert watched.member.alive
        watched.process.now = None
        await watched.ask_in_vain()
        assert await watched.told.get() == "node/media-1"
        assert watched.process.looks == 1 + MISSES
        assert not watched.member.alive
        assert not watched.member.calls
        assert not watched.member.candidate.usable
    assert watched.told.empty(), "once"


async def test_one_look_without_an_answer_is_nothing(watched: Watched) -> None:
    async with watched.watching():
        watched.process.now = None
        watched.process.looked.clear()
        await watched.ask_in_vain()
        await watched.process.looked.wait()
        watched.process.now = health(legs=3)
        while watched.member.candidate.legs != 3:
            await asyncio.sleep(0.01)
    assert watched.told.empty()


async def test_another_process_behind_the_same_door_is_a_death_too(watched: Watched) -> None:
    async with watched.watching():
        watched.process.now = health("second")
        await watched.ask_in_vain()
        assert await watched.told.get() == "node/media-1"
        assert watched.member.alive
    assert watched.told.empty()


async def test_what_drains_is_not_placed_on_and_its_next_start_is(watched: Watched) -> None:
    member, process = watched.member, watched.process
    await member.look()
    assert member.candidate.usable
    await member.drain(60)
    assert not member.candidate.usable, "though it has not said so itself yet"
    process.now = health(draining=True)
    await member.look()
    assert not member.candidate.usable
    process.now = health("second")
    await member.look()
    assert member.candidate.usable


async def test_a_refusal_to_begin_is_told_as_an_end_and_remembered(watched: Watched) -> None:
    await watched.member.look()
    with pytest.raises(WorkerGone):
        await watched.member.asked(watched.process.open_nothing())
    assert not watched.member.candidate.usable
    assert watched.member.alive


async def test_placement_knows_of_legs_that_were_promised_since_the_last_look(
    watched: Watched,
) -> None:
    member = watched.member
    assert not member.candidate.usable
    watched.process.now = health(legs=4)
    await member.look()
    member.promised += 2
    assert (member.candidate.legs, member.candidate.cpu_share) == (6, 0.25)
    assert member.candidate.lag_ms == 1.5
    await member.look()
    assert member.candidate.legs == 4
