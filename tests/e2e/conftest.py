"""A running counter, and browsers with the cameras a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from counter.documents.sample_page import draw_mat
from tests.conftest import CHROMIUM_ARGS, chromium_program
from tests.e2e.cameras import (
    FAKE_DEVICE,
    HEIGHT_PX,
    SPARING_DEVICE,
    WIDTH_PX,
    a_paper,
    looking_at,
    one_colour,
    sees,
)
from tests.e2e.lines import all_pause
from tests.e2e.running import RunningCounter
from tests.servers import run_apart

FAILED = pytest.StashKey[bool]()
Launch = Callable[..., Awaitable[Browser]]


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
    else:
        run_apart(all_pause(counters_of_process[0]))


async def start_chromium(
    playwright: Playwright, *more: str, without: tuple[str, ...] = ()
) -> Browser:
    """Headless Chromium, whose camera spares the machine, with or without some switches."""
    switches = [
        SPARING_DEVICE if one == FAKE_DEVICE else one for one in CHROMIUM_ARGS if one not in without
    ]
    return await playwright.chromium.launch(
        executable_path=chromium_program(), headless=True, args=[*switches, *more]
    )


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """Yield what drives all browsers of this test process."""
    async with async_playwright() as driver:
        yield driver


@pytest.fixture
async def launch(request: pytest.FixtureRequest, playwright: Playwright) -> AsyncIterator[Launch]:
    """Yield `(*more, without=()) -> Browser`: one of its own, see `start_chromium`."""
    browsers: list[Browser] = []

    async def start(*more: str, without: tuple[str, ...] = ()) -> Browser:
        browsers.append(await start_chromium(playwright, *more, without=without))
        return browsers[-1]

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


async def lent(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Browser]:
    """Lend a browser of this process: a test that failed tells its pages; they are closed."""
    yield browser
    try:
        if request.node.stash.get(FAILED, False):
            await tell_pages(browser)
    finally:
        for context in browser.contexts:
            await context.close()


@pytest.fixture(scope="session")
async def desk_of_process(playwright: Playwright, green_camera: Path) -> AsyncIterator[Browser]:
    """Yield the agents' browser of this test process; take `desk_browser` instead."""
    browser = await start_chromium(playwright, looking_at(green_camera))
    yield browser
    await browser.close()


@pytest.fixture
async def desk_browser(
    request: pytest.FixtureRequest, desk_of_process: Browser
) -> AsyncIterator[Browser]:
    """Yield the agents' browser; its camera sees nothing but green."""
    async for browser in lent(request, desk_of_process):
        yield browser


@pytest.fixture(scope="session")
async def kiosk_of_process(playwright: Playwright, paper_camera: Path) -> AsyncIterator[Browser]:
    """Yield the kiosk's browser of this test process; take `kiosk_browser` instead."""
    browser = await start_chromium(playwright, looking_at(paper_camera))
    yield browser
    await browser.close()


@pytest.fixture
async def kiosk_browser(
    request: pytest.FixtureRequest, kiosk_of_process: Browser
) -> AsyncIterator[Browser]:
    """Yield the kiosk's browser; its one camera looks down on a paper."""
    async for browser in lent(request, kiosk_of_process):
        yield browser


@pytest.fixture(scope="session")
def green_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a camera that sees nothing but green."""
    return sees(tmp_path_factory.mktemp("camera") / "green.y4m", one_colour(0, 160, 60))


@pytest.fixture(scope="session")
def empty_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the same camera sees when nothing lies on the mat."""
    mat = draw_mat(np.random.default_rng(1), WIDTH_PX, HEIGHT_PX)
    return sees(tmp_path_factory.mktemp("camera") / "empty.y4m", mat)


@pytest.fixture(scope="session")
def paper_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a camera over a letter on a dark mat sees."""
    return sees(tmp_path_factory.mktemp("camera") / "paper.y4m", a_paper())
