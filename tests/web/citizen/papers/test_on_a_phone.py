"""Papers before the trip in a browser: for everybody, with JavaScript and without."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import Browser, Page

from counter.documents.advance import AdvanceState, Reason
from counter.documents.sample_page import sample_photograph
from counter.documents.sniff import FileLimits, sniff
from tests.web.citizen.papers.papers_from_home import DAY, FakePapers, application, picture
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, TWICE, VIOLATIONS
from tests.web.citizen.walk import SERVICE, SITE
from tests.web.conftest import Clock
from tests.web.fakes import FakeBooking
from tests.web.live_pages import axe_on_first, deep, follow
from web.citizen.paper_pages import LIST


@asynccontextmanager
async def phone(
    chromium: Browser, papers: FakePapers, clock: Clock, locale: str, **more: Any
) -> AsyncIterator[Page]:
    server = TestServer(application(FakeBooking(), papers, clock))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
        **more,
    )
    try:
        page = await context.new_page()
        await page.goto(f"/services/{SERVICE}/time?site={SITE}&day={DAY}")
        await page.check("input[type=radio] >> nth=0")
        await follow(page, "main form button")
        await page.fill("#name", "Ana")
        await follow(page, "main form button >> nth=0")
        await follow(page, "main form button")
        assert page.url.endswith("/appointment/confirmed")
        yield page
    finally:
        await context.close()
        await server.close()


async def all_pages(page: Page, papers: FakePapers, see: Any) -> None:
    """Photograph a paper badly, then well; hear what the staff says."""
    await follow(page, f'main a[href="{LIST}"]')
    await see(page, "list")
    await follow(page, "main ul a >> nth=0")
    await see(page, "camera")
    await follow(page, "main form button")
    await see(page, "camera-error")
    papers.advice = "page_blurred"
    await page.set_input_files(
        "#photograph", files=picture(sample_photograph(1, width_px=1200, height_px=900))
    )
    await follow(page, "main form[enctype] button")
    assert await page.locator(".vc-found").is_visible()
    await see(page, "advice")
    await follow(page, 'main a[href$="again=1"]')
    papers.advice = None
    await page.set_input_files("#photograph", files=picture(sample_photograph(2)))
    await follow(page, "main form[enctype] button")
    assert await page.locator(".vc-found").is_visible()
    await see(page, "good")
    papers.say(AdvanceState.AGAIN, Reason.UNREADABLE)
    await page.reload()
    await see(page, "again")
    papers.say(AdvanceState.READY)
    await page.goto(LIST)
    await see(page, "list-ready")


@pytest.mark.parametrize(
    ("locale", "tag", "axe"), [*axe_on_first(("pt-PT", "pt")), *deep(("zh-MO", "zh-Hant", True))]
)
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser, papers: FakePapers, clock: Clock, locale: str, tag: str, axe: bool
) -> None:
    wrong: list[str] = []

    async def see(page: Page, name: str) -> None:
        assert await page.evaluate("document.documentElement.lang") == tag
        if axe:
            await page.evaluate(AXE)
            wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.evaluate(TWICE)
        await page.set_viewport_size({"width": 390, "height": 844})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 200 % text")
        await page.evaluate("() => { document.documentElement.style.fontSize = ''; }")

    async with phone(chromium, papers, clock, locale) as page:
        await all_pages(page, papers, see)
    assert wrong == []
    assert len(papers.came) == 2 and all(len(one) < 4_000_000 for one in papers.came)


async def test_it_works_without_javascript_and_smaller_with_it(
    chromium: Browser, papers: FakePapers, clock: Clock
) -> None:
    held = io.BytesIO()
    Image.linear_gradient("L").resize((4000, 3000)).convert("RGB").save(held, "JPEG")
    large = held.getvalue()
    for scripts in (False, True):
        papers.kept.clear()
        async with phone(chromium, papers, clock, "en-GB", java_script_enabled=scripts) as page:
            await follow(page, f'main a[href="{LIST}"]')
            await follow(page, "main ul a >> nth=0")
            await page.set_input_files("#photograph", files=picture(large))
            await follow(page, "main form[enctype] button")
            assert await page.locator(".vc-found").is_visible()
    plain, smaller = papers.came
    assert plain == large
    header = sniff(smaller, FileLimits())
    assert (header.width_px, header.height_px) == (3200, 2400)
