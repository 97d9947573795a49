"""Holding the citizen's picture: who gets it, that nothing is kept, and what the agent sees."""

import io
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image
from playwright.async_api import Browser, Page, Route

from counter.errors import NotAllowedNow
from tests.web import call_cards, desk_screens
from tests.web.fake_counter import FakeCounter
from tests.web.fakes import SECRET, chance
from tests.web.live_pages import faults, open_face, until, violations
from web.console.stills import routes
from web.shared.access import NOBODY, Kind, Principal
from web.shared.setup import Base, install


@dataclass
class Sessions:
    kind: Kind

    async def principal(self, request: web.Request) -> Principal:
        return NOBODY if self.kind == "anyone" else Principal(kind=self.kind, subject="lei")


class Stills:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuse = False

    async def still(self, agent_id: str) -> bytes:
        self.asked.append(agent_id)
        if self.refuse:
            raise NotAllowedNow("in no call")
        return b"\xff\xd8 a picture"


@pytest.mark.parametrize(
    ("kind", "status"), [("anyone", 401), ("terminal", 403), ("agent", 200), ("supervisor", 200)]
)
async def test_only_who_serves_gets_a_still_and_no_cache_keeps_it(kind: Kind, status: int) -> None:
    stills, app = Stills(), web.Application()
    base = Base(sessions=Sessions(kind), random_bytes=chance(), secret=SECRET, secure=False)
    install(app, base)
    app.add_routes(routes(stills))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/console/still")
        assert answer.status == status
        assert stills.asked == (["lei"] if status == 200 else [])
        if status == 200:
            assert answer.headers["Cache-Control"] == "no-store"
            assert (answer.content_type, await answer.read()) == (
                "image/jpeg",
                b"\xff\xd8 a picture",
            )
            stills.refuse = True
            assert (await client.get("/console/still")).status == 409


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (1280, 720), "#446688").save(held, "JPEG")
    return held.getvalue()


async def in_call(browser: Browser, counter: FakeCounter, **more: Any) -> Page:
    counter.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
    card = call_cards.call("zh-Hant", **more)
    case = desk_screens.desk_case("zh-Hant", call=card, pages=[])
    await counter.show(desk_screens.desk(presence="busy", case=case))
    _, page, _ = await open_face(browser, counter, "agent", (1440, 900))
    await page.locator("#tab-papers").click()
    return page


async def drawn(page: Page) -> bool:
    """Whether the held picture is there."""
    width = "document.querySelector('.held img')?.naturalWidth"
    return bool(await page.evaluate(f"() => {width} === 1280"))


async def test_the_agent_holds_the_picture_and_looks_once_more(chromium: Browser) -> None:
    looks: list[str] = []

    async def answer(route: Route) -> None:
        looks.append(route.request.url)
        if len(looks) == 2:
            await route.fulfill(status=409)
        else:
            await route.fulfill(body=picture(), content_type="image/jpeg")

    async with FakeCounter() as counter:
        page = await in_call(chromium, counter)
        await page.route("**/console/still*", answer)
        await page.get_by_role("button", name="定格畫面").click()
        held = page.locator(".held")
        await until(partial(drawn, page), page)
        assert await faults(page, 44) + await violations(page) == []

        await held.get_by_role("button", name="再定格一次").click()
        await held.get_by_role("alert").wait_for()
        assert "通話不受影響" in await held.inner_text()

        await held.get_by_role("button", name="再定格一次").click()
        await until(partial(drawn, page), page)
        assert len(set(looks)) == 3, "no look is answered from a cache"
        await held.get_by_role("button", name="關閉").click()
        await held.wait_for(state="detached")


async def test_by_voice_there_is_nothing_to_hold(chromium: Browser) -> None:
    async with FakeCounter() as counter:
        page = await in_call(chromium, counter, picture=False)
        await page.locator("#panel-papers .empty").wait_for()
        assert await page.get_by_role("button", name="定格畫面").count() == 0
