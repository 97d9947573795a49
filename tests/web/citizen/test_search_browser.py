"""The search and the page of a service on a phone: axe clean, nothing too small, nothing sideways.

Without JavaScript as well.  As `test_browser.py`, whose measures these are.
"""

import pytest
from playwright.async_api import Browser, Page

from tests.web.citizen.test_browser import (
    AXE,
    LANGUAGES,
    ONCE,
    SIDEWAYS,
    SMALL,
    TWICE,
    VIOLATIONS,
    phone,
)
from tests.web.conftest import Clock
from tests.web.live_pages import axe_on_first, deep, follow


async def search_for(page: Page, text: str) -> None:
    await page.fill(".vc-search input", text)
    await follow(page, ".vc-search button")
    assert "/search?q=" in page.url


@pytest.mark.parametrize(("locale", "axe"), [*axe_on_first("pt-PT"), *deep(("zh-MO", True))])
async def test_the_search_can_be_used_by_everybody(
    chromium: Browser, clock: Clock, locale: str, axe: bool
) -> None:
    wrong: list[str] = []

    async def see(name: str) -> None:
        assert await page.evaluate("document.documentElement.lang") == LANGUAGES[locale]
        if axe:
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

    async with phone(chromium, clock, locale) as page:
        await page.goto("/")
        await see("home")
        await search_for(page, "駕照")
        await see("found")
        await search_for(page, "qwertyuiop")
        await see("nothing")
        await page.goto("/search")
        await see("empty")
        await page.goto("/departments?side=CN")
        await see("departments")
        for service in ("dsaj-property-report", "hq_notary-inheritance"):
            await page.goto(f"/services/{service}")
            await see(service)
    assert wrong == []


async def test_from_a_word_to_the_first_question_of_the_booking_without_javascript(
    chromium: Browser, clock: Clock
) -> None:
    async with phone(chromium, clock, "en-GB", java_script_enabled=False) as page:
        await page.goto("/")
        await search_for(page, "close a compnay")
        await follow(page, ".vc-rows a >> nth=0")
        assert page.url.endswith("/services/hq_commerce-deregistration")
        await follow(page, "main a.govuk-button")
        assert "/services/hq_commerce-deregistration/" in page.url


async def test_the_keyboard_alone_searches(chromium: Browser, clock: Clock) -> None:
    async with phone(chromium, clock, "en-GB") as page:
        await page.goto("/")
        await page.focus(".vc-search input")
        await page.keyboard.type("dog")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?q=dog")
        assert await page.locator("h1").text_content() == "1 service found"
        assert await page.input_value(".vc-search input") == "dog"
