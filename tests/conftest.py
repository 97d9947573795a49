"""What every test may ask for: its own time, its own ids, a fresh store, real servers, a browser.

`executor` comes twice, on SQLite and on PostgreSQL, so that a test of a command is a test of both
engines, each migrated as in life.  Nothing is shared between tests but the servers' processes.
"""

import gc
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from counter.documents.scan_pool import ScanPool
from counter.store.executor import Executor
from counter.store.migrate import upgrade_async, upgrade_engine
from counter.store.postgres_pool import PostgresPool
from counter.store.sqlite_lane import SqliteLane
from tests.compiled_once import compiled_once
from tests.servers import NotInstalled, PostgresServer, RedisServer, run_apart

ENGINES = ("sqlite", "postgres")

NEEDLESS = (
    # What Playwright switches off: of two lists the last one counts.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
    # Two pages behind the address bar that nobody sees: half of the work of every window.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
CHROMIUM_ARGS = (
    f"--disable-features={','.join(NEEDLESS)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # It asks its maker by these names whatever it is told; his STUN servers have others.
    "--host-resolver-rules=MAP *.googleapis.com ~NOTFOUND,MAP accounts.google.com ~NOTFOUND",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Find the tests without the collector, which would walk all that was found again and again.

    What was there before the first test stays to the end: it is not looked at again either.  And
    what a test leaves behind is little: the collector comes for every twenty thousand things.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole visits in browsers: two of them fill the cores, if they measure no picture.

    And `deep` what need not be seen on the second engine each time.
    """
    for item in items:
        if item.get_closest_marker("one_engine") and _engine(item) == "postgres":
            item.add_marker(pytest.mark.deep)
        visit = Path(__file__).parent / "e2e" in item.path.parents
        if visit and item.get_closest_marker("alone") is None:
            item.add_marker(pytest.mark.pairs)


def _engine(item: pytest.Item) -> object:
    """The engine that a test is for, or None where it is for none."""
    one_of_many = getattr(item, "callspec", None)
    return one_of_many and one_of_many.params.get("new_executor")


@pytest.fixture(scope="session", autouse=True)
def statements() -> Iterator[None]:
    """Compile each statement once in this process."""
    with compiled_once():
        yield


@pytest.fixture
def now() -> datetime:
    """Return a Monday morning: 23 November 2026, 10:00 in Macau."""
    return datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Return a maker of ids "id-1", "id-2", …"""
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield a running PostgreSQL of this test process."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Yield a running Redis of this test process."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file without rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    lane = SqliteLane(path)
    upgrade_engine(lane.engine)
    run_apart(lane.close())
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """Return the name of a migrated PostgreSQL database without rows, to be copied."""
    name = postgres.create_database()

    async def fill() -> None:
        pool = PostgresPool(postgres.address(name))
        await upgrade_async(pool.engine)
        await pool.close()

    run_apart(fill())
    return name


def _nobody(wakes: Iterable[tuple[str, int]]) -> None:
    """Wake nobody."""


@pytest.fixture(params=ENGINES)
def new_executor(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Executor]]:
    """Yield `(on_wake=nobody) -> Executor` on ONE fresh store: a second one is a second node.

    Who makes one closes it.  SQLite is for one node: there, make the next after closing the last.
    """
    if request.param == "sqlite":
        path = tmp_path / "counter.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield lambda on_wake=_nobody: SqliteLane(path, on_wake=on_wake)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name = server.lend_database(request.getfixturevalue("postgres_template"))
        address = server.address(name)
        yield lambda on_wake=_nobody: PostgresPool(address, on_wake=on_wake)
        server.take_back(name)


@pytest.fixture
async def executor(
    new_executor: Callable[..., Executor], request: pytest.FixtureRequest
) -> AsyncIterator[Executor]:
    """Yield an executor on a fresh store with every table, once per engine."""
    made = new_executor()
    if not isinstance(made, PostgresPool):
        yield made
        await made.close()
        return
    kept = request.getfixturevalue("postgres").kept
    kept.lend(made)
    yield made
    await kept.take_back(made)


@pytest.fixture(scope="session")
async def scan_pool() -> AsyncIterator[ScanPool]:
    """Yield one process that looks at photographs, for all tests: its libraries take a second."""
    made = ScanPool()
    yield made
    await made.close()


def chromium_program() -> str:
    """Return where Chromium is.  Raises `NotInstalled`."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    return program


@pytest.fixture(scope="session")
async def browser_of_process() -> AsyncIterator[Browser]:
    """Yield the headless Chromium of this test process; take `chromium` instead."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program(), headless=True, args=list(CHROMIUM_ARGS)
        )
        yield browser
        await browser.close()


@pytest.fixture
async def chromium(browser_of_process: Browser) -> AsyncIterator[Browser]:
    """Yield a headless Chromium with fake camera and microphone; make your own contexts.

    They are closed afterwards, and with them everything that their pages kept.
    """
    yield browser_of_process
    for context in browser_of_process.contexts:
        await context.close()
