"""The pages behind an upload link on a telephone: for everybody, and narrow ones too."""

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Browser, Page

from counter.documents.sample_page import sample_photograph
from tests.app.later_house import House, made
from tests.web.citizen.papers.papers_from_home import picture
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, VIOLATIONS
from tests.web.citizen.walk import Citizen
from tests.web.live_pages import follow


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("locale", "tag"),
    [("pt-PT", "pt"), pytest.param("zh-MO", "zh-Hant", marks=pytest.mark.deep)],
)
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser, house: House, client: TestClient, agent: Citizen, locale: str, tag: str
) -> None:
    wrong: list[str] = []

    async def see(page: Page, name: str) -> None:
        assert await page.evaluate("document.documentElement.lang") == tag
        await page.evaluate(AXE)
        wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size({"width": 390, "height": 844})

    await house.case()
    path = await made(house, agent)
    context = await chromium.new_context(
        base_url=str(client.make_url("/")), locale=locale, viewport={"width": 390, "height": 844}
    )
    page = await context.new_page()
    await page.goto(path)
    await see(page, "asked")
    await page.set_input_files("input[type=file]", files=picture(sample_photograph(1)))
    await follow(page, "main form[enctype] button")
    assert await page.locator("main img").first.is_visible()
    await see(page, "uploaded")
    assert await page.locator(".vc-sheet").count() > 0
    await follow(page, "main form[action$='/send'] button")
    assert await page.locator(".vc-sheet").count() == 0
    assert await page.locator("input[type=file]").count() == 0
    await see(page, "sent")
    await page.goto(path)
    await page.locator(".vc-hints li").nth(2).wait_for()  # plain sentences, not papers to tick off
    assert await page.locator(".vc-papers").count() == 0
    await see(page, "over")
    await context.close()
    assert wrong == []
