"""The administration in a real browser: what axe says, sideways scrolling, focus, no scripts."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, ViewportSize

from booking.appointment import Details
from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.store.journal_sql import record
from counter.store.outbox import owe
from counter.store.sqlite_lane import SqliteLane
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, VIOLATIONS
from tests.web.conftest import Clock
from tests.web.console.editor import admin_app
from tests.web.fakes import chance
from tests.web.live_pages import axe_on_first, deep, follow

pytestmark = pytest.mark.timeout(300)

SERVICE = "dsf-salaries-tax-certificate"
HOME = "/console/booking/dsf"
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)


@pytest.fixture
async def booking(
    sqlite_template: Path, tmp_path: Path, clock: Clock
) -> AsyncIterator[BookingService]:
    path = tmp_path / "counter.sqlite"
    shutil.copyfile(sqlite_template, path)
    lane, random_bytes = SqliteLane(path), chance()
    await plant_seed(lane, clock())
    yield booking_service(
        lane,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex(),
        random_bytes=random_bytes,
    )
    await lane.close()


async def booked(booking: BookingService, clock: Clock) -> None:
    """Somebody books on the day that is closed later."""
    (offer, *_) = await booking.slots(SERVICE, "hengqin-centre", date(2026, 11, 24), clock())
    hold = await booking.hold("k", SERVICE, "hengqin-centre", offer.start, "p", clock())
    details = Details(name="陳大文", contact="demo@example.org")
    await booking.confirm(hold.reference, details, clock())


async def every_page(page: Page, see: Callable[[str], Awaitable[None]]) -> None:
    """Look around, make a mistake, close a day, take it back."""
    await page.goto("/console/booking")
    await see("departments")
    await page.goto(HOME)
    await see("overview")
    for form in (
        "hours",
        "capacity",
        "lanes",
        "release",
        f"texts?of={SERVICE}",
        f"facts?of={SERVICE}",
    ):
        await page.goto(f"{HOME}/{form}")
        await see(form.partition("?")[0])
    await page.goto(f"{HOME}/closure")
    await see("closure")
    await page.fill("#day", "2026-11-24")
    await follow(page, "button[value=preview]")
    await see("closure-error")
    for language in ("zh_Hant", "zh_Hans", "pt", "en"):
        await page.fill(f"#reason-{language}", f"Training {language}")
    await follow(page, "button[value=preview]")
    await see("preview")
    await follow(page, "button[value=publish]")
    await see("done")
    done = page.url
    await page.goto(HOME)
    await follow(page, "a[href*='/move/']")
    await see("move")
    await page.goto(done)
    await follow(page, "form[action$=undo] button")
    await see("taken-back")
    await page.goto(f"{HOME}/changes")
    await see("changes")


@pytest.mark.parametrize(("language", "axe"), [*axe_on_first("pt"), *deep(("zh-Hant", True))])
async def test_every_page_is_fit_to_be_used(
    chromium: Browser, booking: BookingService, clock: Clock, language: str, axe: bool
) -> None:
    server = TestServer(admin_app(booking, clock))
    await server.start_server()
    await booked(booking, clock)
    address = f"http://127.0.0.1:{server.port}"
    context = await chromium.new_context(viewport=DESK, locale=language, base_url=address)
    await context.add_cookies([{"name": "who", "value": "mok", "url": address}])
    page, wrong, seen = await context.new_page(), list[str](), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))

    async def see(name: str) -> None:
        seen.append(name)
        if axe:
            await page.evaluate(AXE)
            wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        await page.set_viewport_size(PHONE)
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size(ViewportSize(width=320, height=640))
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size(DESK)
        if name == "closure-error":
            focused = await page.evaluate("document.activeElement.className")
            assert focused == "govuk-error-summary"
            await page.click(".govuk-error-summary a")
            assert (await page.evaluate("document.activeElement.id")).startswith("reason-")

    await every_page(page, see)
    await context.close()
    await server.close()
    assert wrong == []
    assert len(seen) == 15


async def test_it_works_without_scripts(
    chromium: Browser, booking: BookingService, clock: Clock
) -> None:
    server = TestServer(admin_app(booking, clock))
    await server.start_server()
    await booked(booking, clock)
    address = f"http://127.0.0.1:{server.port}"
    context = await chromium.new_context(base_url=address, java_script_enabled=False)
    await context.add_cookies([{"name": "who", "value": "mok", "url": address}])

    async def see(name: str) -> None:
        seen.append(name)

    seen: list[str] = []
    await every_page(await context.new_page(), see)
    await context.close()
    await server.close()
    assert seen[-1] == "changes"
    assert len(await booking.changes("dsf")) == 2
