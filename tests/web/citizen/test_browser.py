"""The citizen's pages in a real browser at the size of a phone.

axe finds no violation on any page; and what axe does not see is measured: sideways scrolling at 320
px and with the text at 200 %, targets of at least 44 px, where the focus goes, what the policy
refused.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from tests.web.citizen.walk import SERVICE, SITE
from tests.web.conftest import Clock
from tests.web.fakes import FakeBooking, citizen_app
from tests.web.live_pages import axe_on_first, deep, follow, pause

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LANGUAGES = {"zh-MO": "zh-Hant", "zh-CN": "zh-Hans", "pt-PT": "pt", "en-GB": "en"}
SPOKEN_BY_FEW, SPOKEN_SITE = "hq_tax-income-certificate", "macau-morais"
DAY = "2026-11-25"
FULL = date(2026, 12, 2)
See = Callable[[Page, str], Awaitable[None]]

VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  one => [one.id, one.nodes.map(node => node.target.join(' ')).slice(0, 3)])"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# A link inside a sentence is exempt (WCAG 2.5.8), everything else a finger must hit.
SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter(one => one.type !== 'hidden')
  .map(one => {
    const own = one.getBoundingClientRect();
    const label = one.labels?.[0]?.getBoundingClientRect();
    const box = label && ['radio', 'checkbox'].includes(one.type) ? label : own;
    return [one.outerHTML.slice(0, 120), box.width, box.height, own];
  })
  .filter(([, width, height, own]) => own.width > 1 && (width < 44 || height < 44))
  .map(([html, width, height]) => `${html}: ${width} x ${height}`)"""
# Text only, as a browser's text zoom does it: the size of the letters, not of the window.
TWICE = "() => { document.documentElement.style.fontSize = '200%'; }"
ONCE = "() => { document.documentElement.style.fontSize = ''; }"


@asynccontextmanager
async def phone(
    browser: Browser, clock: Clock, locale: str, fake: FakeBooking | None = None, **more: Any
) -> AsyncIterator[Page]:
    """Open a page of 390 x 844 px on a citizen's face of its own."""
    server = TestServer(citizen_app(fake or FakeBooking(), clock))
    await server.start_server()
    context = await browser.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
        **more,
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()
        await server.close()


async def every_page(page: Page, see: See) -> None:
    """Book, look, change, cancel; show every page and every mistake on the way."""
    await page.goto("/")
    await see(page, "home")
    await follow(page, ".vc-choice__link >> nth=0")
    await see(page, "departments")
    await follow(page, ".vc-row >> nth=0")
    await see(page, "department")
    await page.goto(f"/services/{SERVICE}")
    await see(page, "service")
    await follow(page, f'a.govuk-button[href="/services/{SERVICE}/place"]')
    await see(page, "who")
    await follow(page, "main form button")
    await see(page, "who-error")
    await page.check("input[value=relative]")
    await follow(page, "main form button")
    await see(page, "place")
    await follow(page, "main form button")
    await see(page, "place-error")
    await follow(page, 'main a[href*="/also"]')
    await see(page, "also")
    await follow(page, ".vc-row >> nth=0")
    await see(page, "also-services")
    await follow(page, ".vc-row >> nth=0")
    await see(page, "also-chosen")
    await follow(page, "main a.govuk-button")
    await page.check("input[type=radio] >> nth=0")
    await follow(page, "main form button")
    await see(page, "day")
    await follow(page, "main form[method=get] button")
    await see(page, "day-error")
    await page.check("input[name=day] >> nth=1")
    await follow(page, "main form[method=get] button")
    await see(page, "time")
    await follow(page, "main form button")
    await see(page, "time-error")
    await page.check("input[type=radio] >> nth=2")
    await follow(page, "main form button")
    await see(page, "details")
    await page.click("summary")
    await page.fill("#parties", "João")
    await follow(page, "main form button >> nth=0")
    await see(page, "details-error")
    await page.fill("#name", "Maria da Conceição")
    await page.fill("#acting_for", "José")
    await page.fill("#contact", "+853 6612 3456")
    await page.check("#needs")
    await follow(page, "main form button >> nth=0")
    await see(page, "check")
    await follow(page, "main form button")
    await see(page, "confirmed")
    await follow(page, 'main a[href="/appointment/view"]')
    await see(page, "view")
    await follow(page, 'a[href="/appointment/cancel"]')
    await see(page, "cancel")
    await follow(page, "main form button")
    await see(page, "cancelled")
    await page.goto("/appointment")
    await page.fill("#reference", "ABC")
    await follow(page, "main form button")
    await see(page, "find-error")
    await page.goto(f"/services/{SERVICE}/time?site={SITE}&day=2026-11-28")
    await see(page, "closed-day")
    await page.goto("/booking/details")
    await see(page, "expired")
    await page.goto(f"/services/{SPOKEN_BY_FEW}/speech?site={SPOKEN_SITE}")
    await see(page, "speech")
    await page.goto(f"/services/{SPOKEN_BY_FEW}/speech?site={SPOKEN_SITE}&asked=1")
    await see(page, "speech-error")
    await one_department(page, see)


async def one_department(page: Page, see: See) -> None:
    """Take the first free time, and move the appointment."""
    await page.goto(f"/services/{SERVICE}/day?site={SITE}")
    await follow(page, ".vc-first button >> nth=0")
    await page.fill("#name", "Ana")
    await follow(page, "main form button >> nth=0")
    await follow(page, "main form button")
    await page.goto("/appointment/change")
    await see(page, "change-day")
    await follow(page, "main form button")
    await see(page, "change-day-error")
    await page.check("input[name=day] >> nth=2")
    await follow(page, "main form button")
    await see(page, "change-time")
    await page.check("input[type=radio] >> nth=1")
    await follow(page, "main form button")
    await see(page, "change-check")
    await follow(page, "main form button")
    await see(page, "moved")


async def waiting_list(page: Page, see: See, fake: FakeBooking, clock: Clock) -> None:
    """Wait for a day that is full, be offered a time, take it."""
    fake.full.add(FULL)
    await page.goto(f"/services/{SERVICE}/time?site={SITE}&day={FULL}")
    await see(page, "full-day")
    await follow(page, 'main a[href*="/wait?"]')
    await see(page, "wait")
    await follow(page, "main form button")
    await see(page, "wait-error")
    await page.fill("#contact", "+853 6612 3456")
    await follow(page, "main form button")
    await see(page, "waiting")
    await fake.offer(datetime(2026, 12, 2, 1, 20, tzinfo=UTC), clock())
    await page.goto(page.url)
    await see(page, "offered")
    await follow(page, 'form[action="/waiting/take"] button')
    await page.goto("/waiting/view")
    await follow(page, 'form[action="/waiting/leave"] button')
    await see(page, "left")
    await page.goto("/waiting")
    await see(page, "waiting-find")


@pytest.mark.timeout(400)  # forty pages, each looked at three times
# The one with the longest words; that no text is missing is checked elsewhere.
@pytest.mark.parametrize(("locale", "axe"), [*axe_on_first("pt-PT"), *deep(("zh-MO", True))])
async def test_every_page_can_be_used_by_everybody(
    chromium: Browser, clock: Clock, locale: str, axe: bool
) -> None:
    wrong: list[str] = []
    seen: list[str] = []

    async def see(page: Page, name: str) -> None:
        seen.append(name)
        tag = await page.evaluate("document.documentElement.lang")
        assert tag == LANGUAGES[locale]
        if axe:
            # Over the debugger's protocol: the page's own policy would stop an injected script tag.
            await page.evaluate(AXE)
            wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.evaluate(TWICE)
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 200 % text")
        await page.evaluate(ONCE)

    fake = FakeBooking()
    async with phone(chromium, clock, locale, fake) as page:
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if _policy(said.text) else None)
        page.on("pageerror", lambda error: refused.append(str(error)))
        await every_page(page, see)
        await waiting_list(page, see, fake, clock)
    assert not wrong, "\n".join(wrong)
    assert refused == []
    assert len(seen) == len(set(seen)) == 39


def _policy(text: str) -> bool:
    return "Content Security Policy" in text or "integrity" in text or "TrustedScript" in text


async def test_a_mistake_takes_the_focus_and_leads_to_its_field(
    chromium: Browser, clock: Clock
) -> None:
    async with phone(chromium, clock, "en-GB") as page:
        await page.goto(f"/services/{SERVICE}/place?for=self&asked=1")
        assert (await page.title()).startswith("Error: ")
        assert await page.evaluate("document.activeElement.className") == "govuk-error-summary"
        await page.click(".govuk-error-summary a")
        assert await page.evaluate("document.activeElement.id") == "site"


async def test_the_minutes_run_and_the_end_leads_back_to_the_times(
    chromium: Browser, clock: Clock
) -> None:
    async with phone(chromium, clock, "en-GB") as page:
        await page.clock.install()
        await pause(page)
        await _hold(page)
        left = page.locator("[data-left]")
        assert await left.text_content() == "10:00 left"
        await page.clock.run_for(60_000)
        assert await left.text_content() == "9:00 left"
        assert await page.locator("[data-said]").text_content() == ""
        await page.clock.run_for(7 * 60_000)
        said = await page.locator("[data-said]").text_content()
        assert said == "Less than two minutes left to finish your booking."
        clock.advance(minutes=10)
        async with page.expect_navigation():
            await page.clock.run_for(121_000)
        assert "We could not keep your time any longer" in await page.inner_text("h1")
        await follow(page, "main a.govuk-button")
        assert "Which day suits you?" in await page.inner_text("h1")


async def test_it_works_without_javascript(chromium: Browser, clock: Clock) -> None:
    async def see(page: Page, name: str) -> None:
        names.append(name)

    names: list[str] = []
    fake = FakeBooking()
    async with phone(chromium, clock, "en-GB", fake, java_script_enabled=False) as page:
        await every_page(page, see)
        await waiting_list(page, see, fake, clock)
    assert names[-1] == "waiting-find"


async def test_the_keyboard_alone_books(chromium: Browser, clock: Clock) -> None:
    async with phone(chromium, clock, "en-GB") as page:
        await page.goto(f"/services/{SERVICE}/time?site={SITE}&day={DAY}")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "govuk-skip-link"
        await page.keyboard.press("Enter")
        await _tab_to(page, "input[type=radio]")
        await page.keyboard.press("Space")
        await _tab_to(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/booking/details")
        await _tab_to(page, "#name")
        await page.keyboard.type("Ana")
        await _tab_to(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/booking/check")
        await _tab_to(page, "button")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/appointment/confirmed")


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("what => document.activeElement.matches(what)", f"main {selector}"):
            return
    raise AssertionError(f"the Tab key never reaches {selector}")


async def _hold(page: Page) -> None:
    await page.goto(f"/services/{SERVICE}/time?site={SITE}&day={DAY}")
    await page.check("input[type=radio] >> nth=0")
    await follow(page, "main form button")
    assert page.url.endswith("/booking/details")
