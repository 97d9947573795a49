"""How a counter ends: over a planned restart calls go on, Ctrl-C ends everything."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.lines import TERMINAL, accept, line, shows, take_ticket
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until

pytestmark = pytest.mark.timeout(600)


@asynccontextmanager
async def running(**settings: str) -> AsyncIterator[RunningCounter]:
    """A counter with one media process; nothing of it is left afterwards."""
    counter = RunningCounter(**settings)
    try:
        await counter.start()
        yield counter
    finally:
        await counter.close()


@pytest.fixture
async def counter() -> AsyncIterator[RunningCounter]:
    """Yield a counter of its own."""
    async with running() as made:
        yield made


def media_processes(counter: RunningCounter) -> list[int]:
    """The processes of its media plane."""
    return [
        pid
        for pid in counter.processes()
        if b"\0media\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


async def gone(counter: RunningCounter) -> None:
    """Wait until no process of this counter is left."""
    await until(lambda: not counter.processes(), "some processes did not end")


async def make_a_call(counter: RunningCounter) -> str:
    """A ticket, an agent who accepts, and a first leg; the media process that has it."""
    async with line(counter, "agent", "lei") as agent, line(counter, "citizen", TERMINAL) as kiosk:
        await shows(agent, lambda screen: True)
        await agent.ask("presence.choose", {"presence": "ready"})
        await take_ticket(kiosk)
        await accept(agent)
        await agent.ask("leg.join", {})
    [(worker,)] = counter.facts("select worker from call")
    return str(worker)


async def test_a_call_goes_on_over_a_planned_restart_and_ctrl_c_ends_it(
    counter: RunningCounter,
) -> None:
    worker = await make_a_call(counter)
    media = media_processes(counter)
    assert len(media) == 1
    assert await counter.stop(signal.SIGTERM) == 0
    # The scan and sign processes may take a moment.
    await until(lambda: counter.processes() == media, "not the media process alone is left")

    await counter.start()
    assert media_processes(counter) == media
    async with line(counter, "agent", "lei") as agent:
        await shows(agent, lambda screen: screen["case"] and screen["case"]["call"])
        await agent.ask("leg.join", {})
    assert counter.facts("select worker, state from call") == [(worker, "active")]

    assert await counter.stop(signal.SIGINT) == 0
    await gone(counter)


async def test_a_restart_without_a_call_leaves_nothing(counter: RunningCounter) -> None:
    assert await counter.stop(signal.SIGTERM) == 0
    await gone(counter)
    assert counter.facts("select id from node") == []


async def test_a_killed_counter_leaves_its_media_only(counter: RunningCounter) -> None:
    media = media_processes(counter)
    counter.kill9()
    await until(lambda: counter.processes() == media, "not the media process alone is left")


async def test_a_proxy_hears_before_the_doors_close() -> None:
    async with running(DRAIN_S="60") as counter, aiohttp.ClientSession() as http:

        async def asked(path: str) -> int:
            async with http.get(counter.address + path) as answer:
                return answer.status

        assert await asked("/readyz") == 200
        counter.tell(signal.SIGTERM)

        async def draining() -> bool:
            return await asked("/readyz") == 503

        await until(draining, "the proxy was not told")
        # It still serves who is here: for so long the proxy has time to notice.
        assert await asked("/livez") == 200
        assert await asked("/console") == 200
        # Who does not want to wait presses Ctrl-C.
        assert await counter.stop(signal.SIGINT) == 0
        await gone(counter)
