"""A running counter, and browsers with the cameras a test wants."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from counter.documents.sample_page import sample_photograph
from tests.conftest import CHROMIUM_ARGS
from tests.e2e.running import RunningCounter
from tests.servers import NotInstalled

Launch = Callable[..., Awaitable[Browser]]
WIDTH_PX, HEIGHT_PX = 1920, 1080


@pytest.fixture
async def counter() -> AsyncIterator[RunningCounter]:
    """Yield a counter in practice mode with one media process; nothing of it is left afterwards."""
    running = RunningCounter()
    try:
        await running.start()
        yield running
    finally:
        left = await running.close()
    assert not left, f"a clean stop left {len(left)} processes behind"


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    """Yield `(*more, without=()) -> Browser`: headless Chromium with or without some switches."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browsers: list[Browser] = []

        async def start(*more: str, without: tuple[str, ...] = ()) -> Browser:
            switches = [one for one in CHROMIUM_ARGS if one not in without]
            browser = await playwright.chromium.launch(
                executable_path=program, headless=True, args=[*switches, *more]
            )
            browsers.append(browser)
            return browser

        yield start
        for browser in browsers:
            await browser.close()


@pytest.fixture
async def desk_browser(launch: Launch) -> Browser:
    """Return the agent's browser; its camera shows Chromium's green test pattern."""
    return await launch()


@pytest.fixture
async def kiosk_browser(launch: Launch, paper_camera: Path) -> Browser:
    """Return the kiosk's browser; its one camera looks down on a paper."""
    return await launch(f"--use-file-for-fake-video-capture={paper_camera}")


@pytest.fixture(scope="session")
def paper_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a camera over a letter on a dark mat sees, as a motion JPEG of one picture."""
    path = tmp_path_factory.mktemp("camera") / "paper.mjpeg"
    path.write_bytes(sample_photograph(1, width_px=WIDTH_PX, height_px=HEIGHT_PX))
    return path
