"""A running counter, and browsers with the cameras a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, async_playwright

from counter.documents.sample_page import draw_mat, encode_jpeg, sample_photograph
from tests.conftest import CHROMIUM_ARGS, chromium_program
from tests.e2e.running import RunningCounter
from tests.servers import run_apart

FAILED = pytest.StashKey[bool]()
Launch = Callable[..., Awaitable[Browser]]
WIDTH_PX, HEIGHT_PX = 1920, 1080


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how the test went, for the fixtures that tell what the pages showed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


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


@pytest.fixture(scope="session")
def counters_of_process() -> Iterator[list[RunningCounter]]:
    """Yield the counter that the tests of this process share, once one wants it."""
    made: list[RunningCounter] = []
    yield made
    for one in made:
        run_apart(one.close())


@pytest.fixture
def shared_counter(
    request: pytest.FixtureRequest, counters_of_process: list[RunningCounter]
) -> Iterator[RunningCounter]:
    """Yield one counter for many tests: each leaves nobody there, and looks at its own facts only.

    Whoever comes after a test that failed has a new one.
    """
    if not counters_of_process:
        made = RunningCounter()
        made.from_nothing = True
        counters_of_process.append(made)
        run_apart(made.start())
    yield counters_of_process[0]
    if request.node.stash.get(FAILED, False):
        run_apart(counters_of_process.pop().close())


@pytest.fixture
async def launch(request: pytest.FixtureRequest) -> AsyncIterator[Launch]:
    """Yield `(*more, without=()) -> Browser`: headless Chromium with or without some switches."""
    program = chromium_program()
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
            if request.node.stash.get(FAILED, False):
                await tell_pages(browser)
            await browser.close()


async def tell_pages(browser: Browser) -> None:
    """Print what stands on every page, for whoever has to find out what went wrong."""
    for page in (page for context in browser.contexts for page in context.pages):
        words = await page.locator("body").aria_snapshot()
        print(f"--- {page.url}\n{words}\ncall: {await page.evaluate('probe.figures()')}")


@pytest.fixture
async def desk_browser(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[Browser]:
    """Yield the agent's browser; its camera shows Chromium's green test pattern."""
    yield chromium
    if request.node.stash.get(FAILED, False):
        await tell_pages(chromium)


@pytest.fixture(scope="session")
async def kiosk_of_process(paper_camera: Path) -> AsyncIterator[Browser]:
    """Yield the kiosk's browser of this test process; take `kiosk_browser` instead."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program(),
            headless=True,
            args=[*CHROMIUM_ARGS, f"--use-file-for-fake-video-capture={paper_camera}"],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def kiosk_browser(
    request: pytest.FixtureRequest, kiosk_of_process: Browser
) -> AsyncIterator[Browser]:
    """Yield the kiosk's browser; its one camera looks down on a paper."""
    yield kiosk_of_process
    try:
        if request.node.stash.get(FAILED, False):
            await tell_pages(kiosk_of_process)
    finally:
        for context in kiosk_of_process.contexts:
            await context.close()


@pytest.fixture(scope="session")
def empty_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the same camera sees when nothing lies on the mat."""
    path = tmp_path_factory.mktemp("camera") / "empty.mjpeg"
    path.write_bytes(encode_jpeg(draw_mat(np.random.default_rng(1), WIDTH_PX, HEIGHT_PX), 90))
    return path


@pytest.fixture(scope="session")
def paper_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a camera over a letter on a dark mat sees, as a motion JPEG of one picture."""
    path = tmp_path_factory.mktemp("camera") / "paper.mjpeg"
    path.write_bytes(sample_photograph(1, width_px=WIDTH_PX, height_px=HEIGHT_PX))
    return path
