"""A real Chromium: a fresh profile for each citizen, started again when it dies."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from counter.terminal.browser_process import ChromiumProcess
from tests.conftest import CHROMIUM_ARGS
from tests.servers import NotInstalled

HEADLESS = ("--headless=new", *CHROMIUM_ARGS)


class Page:
    """A page that says what its browser remembers, and leaves something to be remembered."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        self.came = asyncio.Event()
        app = web.Application()
        app.router.add_get("/terminal/start", self._start)
        app.router.add_post("/remembered", self._remembered)
        self.server = TestServer(app)

    async def _start(self, request: web.Request) -> web.Response:
        script = (
            "const had = (localStorage.who || '') + document.cookie;"
            "localStorage.who = 'citizen'; document.cookie = 'seen=yes; max-age=9999';"
            "fetch('/remembered', {method: 'POST', body: had + location.hash});"
        )
        return web.Response(
            text=f"<!doctype html><script>{script}</script>", content_type="text/html"
        )

    async def _remembered(self, request: web.Request) -> web.Response:
        self.visits.append(await request.text())
        self.came.set()
        return web.Response()

    async def visit(self, number: int) -> str:
        """What the browser of this visit remembered."""
        async with asyncio.timeout(60):
            while len(self.visits) < number:
                self.came.clear()
                await self.came.wait()
        return self.visits[number - 1]


@asynccontextmanager
async def browser(tmp_path: Path) -> AsyncIterator[tuple[ChromiumProcess, Page]]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    page = Page()
    await page.server.start_server()
    tickets = iter(range(1, 100))

    async def address() -> str:
        return str(page.server.make_url(f"/terminal/start#ticket-{next(tickets)}"))

    process = ChromiumProcess(program, address, tmp_path / "b", more=HEADLESS, pause_s=0.05)
    running = asyncio.create_task(process.run_for_ever())
    try:
        yield process, page
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await page.server.close()


async def test_each_citizen_gets_a_browser_that_remembers_nobody(tmp_path: Path) -> None:
    async with browser(tmp_path) as (process, page):
        assert await page.visit(1) == "#ticket-1"
        first = process.profile
        assert first.is_dir()
        await process.renew()
        assert not first.exists(), "what the citizen left is deleted before the next one comes"
        assert await page.visit(2) == "#ticket-2"
    assert list((tmp_path / "b").iterdir()) == []


async def test_a_browser_that_dies_is_started_again_with_a_fresh_ticket(tmp_path: Path) -> None:
    async with browser(tmp_path) as (process, page):
        assert await page.visit(1) == "#ticket-1"
        assert process._child is not None
        os.killpg(process._child.pid, signal.SIGKILL)
        assert await page.visit(2) == "#ticket-2"
        assert process.starts == 2


async def test_profiles_of_an_earlier_life_are_deleted_and_a_counter_that_is_away_is_waited_for(
    tmp_path: Path,
) -> None:
    left = tmp_path / "b" / "profile-7"
    left.mkdir(parents=True)
    (left / "Cookies").write_text("of somebody")
    asked = asyncio.Event()

    async def away() -> str:
        asked.set()
        raise OSError("no line")

    process = ChromiumProcess("/bin/false", away, tmp_path / "b", pause_s=0.01)
    running = asyncio.create_task(process.run_for_ever())
    await asked.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert not left.exists()
    assert process.starts == 0
