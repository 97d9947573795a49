"""A media process dies in the middle of a conversation: both are soon back, in the same call."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.probe import picture_since, still_seen_and_heard
from tests.e2e.running import RunningCounter

pytestmark = pytest.mark.timeout(400)

BACK_WITHIN_S = 30.0
"Five seconds on a machine that does nothing else; printed with -s."
CALLS = "select id, state, worker from call"


@pytest.fixture
async def counter() -> AsyncIterator[RunningCounter]:
    """Yield a counter with two media processes."""
    running = RunningCounter(MEDIA_WORKERS="2")
    try:
        await running.start()
        yield running
    finally:
        left = await running.close()
    assert not left, f"a clean stop left {len(left)} processes behind"


async def test_both_are_soon_back_in_picture_after_the_death_of_their_media_process(
    counter: RunningCounter,
    desk_browser: Browser,
    kiosk_browser: Browser,
    record_property: Callable[[str, object], None],
) -> None:
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    await meet(terminal, console, counter)
    pages = (terminal.page, console.page)
    [(call_id, _, worker)] = counter.facts(CALLS)

    os.kill(process_of(counter, worker), signal.SIGKILL)
    killed = time.time() * 1000
    back = await asyncio.gather(*(picture_since(page, killed) for page in pages))
    took_s = [round((at - killed) / 1000, 2) for at in back]
    print(f"killed; a picture again at the terminal and at the desk after {took_s} s")
    record_property("back_after_s", took_s)
    await still_seen_and_heard(*pages)
    [(same, state, now)] = counter.facts(CALLS)
    assert (same, state) == (call_id, "active")
    assert now != worker, "its calls are placed where it is alive"
    assert max(took_s) <= BACK_WITHIN_S


def process_of(counter: RunningCounter, worker: str) -> int:
    """The pid of a media process, by the name of its socket."""
    mark = f"{worker.rsplit('/', 1)[-1]}.sock"
    [pid] = [
        pid
        for pid in counter.processes()
        if mark in Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
    ]
    return pid
