"""My memos: what a person was told, on a phone, with and without JavaScript, in four languages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, TWICE, VIOLATIONS
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import FakeBooking, citizen_app
from tests.web.live_pages import axe_on_first, deep, follow
from web.citizen.booking_pages import person_of
from web.citizen.memo_pages import MemoDeps, routes
from web.shared.access import allow

START = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
BODY = {
    "department": "dsi",
    "service": SERVICE,
    "site": SITE,
    "start": START.isoformat(),
    "version": 2,
    "language": "pt",
}


@dataclass(slots=True)
class FakeMemo:
    id: int
    kind: str
    body: dict[str, Any]
    made_at: datetime
    read: bool = False


@dataclass(slots=True)
class FakeMemos:
    """Memos of everybody in one dictionary."""

    kept: dict[str, list[FakeMemo]] = field(default_factory=dict)
    open_links: set[str] = field(default_factory=set)

    async def of(self, person: str) -> list[FakeMemo]:
        return list(reversed(self.kept.get(person, [])))

    async def read_until(self, person: str, memo_id: int, now: datetime) -> None:
        for memo in self.kept.get(person, []):
            memo.read = memo.read or memo.id <= memo_id

    async def still_open(self, link_ids: Sequence[str], now: datetime) -> set[str]:
        return self.open_links & set(link_ids)

    def keep(self, person: str, kind: str, now: datetime, **more: Any) -> None:
        mine = self.kept.setdefault(person, [])
        mine.append(FakeMemo(len(mine) + 1, kind, {**BODY, **more}, now))


@pytest.fixture
def memos() -> FakeMemos:
    return FakeMemos()


def application(memos: FakeMemos, clock: Clock) -> web.Application:
    """Make the citizen's face with memos, and a page that says who one is."""
    fake = FakeBooking()
    app = citizen_app(fake, clock)
    app.add_routes(
        routes(
            MemoDeps(
                memos=memos,
                catalogue=fake.catalogue,
                now=clock,
                still_open=memos.still_open,
                link_address=lambda link_id: f"/papers/token-of-{link_id}",
            )
        )
    )

    @allow("anyone")
    async def who(request: web.Request) -> web.Response:
        return web.Response(text=person_of(request))

    app.router.add_get("/who", who)
    return app


async def told(page: Citizen, memos: FakeMemos, clock: Clock) -> None:
    """Tell who has `page` everything that there is to tell."""
    person = (await page.get("/who")).body
    memos.keep(person, "appointment.booked", clock())
    memos.keep(person, "appointment.booked", clock(), version=3)
    memos.keep(person, "appointment.reminder", clock(), ahead_minutes=2880)
    memos.keep(person, "appointment.reminder", clock(), ahead_minutes=120)
    memos.keep(person, "appointment.cancelled", clock())
    memos.keep(person, "appointment.noshow", clock())
    memos.keep(person, "waitlist.offered", clock(), expires_at=START.isoformat())
    memos.keep(person, "case.papers_missing", clock(), papers=["id"])


async def test_there_is_nothing_at_first(serve: Serve, memos: FakeMemos, clock: Clock) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    assert page.status == 200
    assert "There is nothing here yet" in page.text and "Mark all" not in page.text


async def test_the_newest_is_first_and_all_are_marked_as_read(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    await told(page, memos, clock)
    await page.get("/memos")
    headlines = [
        *("Papers are missing for your matter", "A time has become free for you"),
        *("You missed your appointment", "Your appointment is cancelled"),
        *("Your appointment is soon", "Reminder of your appointment"),
        *("Your appointment was changed", "Your appointment is confirmed"),
    ]
    places = [page.text.index(headline) for headline in headlines]
    assert places == sorted(places)
    assert "8 unread memos" in page.text and page.text.count("Unread") == 8
    assert "Friday 27 November 2026, 10:00" in page.text
    await page.post("/memos/read", until=page.value("until"))
    assert page.path == "/memos"
    assert "Unread" not in page.text and "Mark all" not in page.text
    assert page.text.count("Friday 27 November 2026, 10:00") == 8, "read, they stay"


async def test_what_came_meanwhile_stays_unread(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    person = (await page.get("/who")).body
    memos.keep(person, "appointment.booked", clock())
    await page.get("/memos")
    memos.keep(person, "appointment.cancelled", clock())
    await page.post("/memos/read", until=page.value("until"))
    assert page.text.count("Unread") == 1 and "1 unread memo" in page.text


async def test_nobody_sees_or_marks_those_of_another(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    app = application(memos, clock)
    one = Citizen(await serve(app))
    await one.get("/memos")
    await told(one, memos, clock)
    other = Citizen(await serve(application(memos, clock)))
    await other.get("/memos")
    assert "There is nothing here yet" in other.text
    await other.post("/memos/read", until="99")
    await one.get("/memos")
    assert "8 unread memos" in one.text


LINKS = [
    {"id": "l-1", "item": "id", "until": "2026-12-07T16:00:00+00:00"},
    {"id": "l-2", "item": "other", "until": "2026-12-07T16:00:00+00:00"},
]


async def test_a_missing_paper_leads_to_its_link_as_long_as_that_holds(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    person = (await page.get("/who")).body
    memos.keep(person, "case.papers_missing", clock(), papers=["id"], links=LINKS)
    memos.open_links = {"l-1", "another's"}
    await page.get("/memos")
    assert 'href="/papers/token-of-l-1"' in page.body and page.body.count("/papers/") == 1
    assert "Until the end of Monday 7 December 2026" in page.text
    memos.open_links = set()
    await page.get("/memos")
    assert "/papers/" not in page.body and "Papers are missing" in page.text


async def test_a_paper_that_was_sent_back_says_so(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    person = (await page.get("/who")).body
    memos.keep(person, "case.papers_missing", clock(), papers=["id"], links=LINKS, again=True)
    await page.get("/memos")
    assert "Please send a paper again" in page.text and "could not use" in page.text


@pytest.mark.parametrize("until", ["", "-1", "x", "9" * 40, "１"])
async def test_what_is_no_number_marks_nothing(
    serve: Serve, memos: FakeMemos, clock: Clock, until: str
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    await told(page, memos, clock)
    await page.get("/memos")
    await page.post("/memos/read", until=until)
    assert (page.status, page.path) == (200, "/memos")
    assert "8 unread memos" in page.text


async def test_a_service_that_is_gone_is_left_out(
    serve: Serve, memos: FakeMemos, clock: Clock
) -> None:
    page = Citizen(await serve(application(memos, clock)))
    await page.get("/memos")
    person = (await page.get("/who")).body
    memos.keep(person, "appointment.cancelled", clock(), service="gone", site="gone")
    await page.get("/memos")
    assert page.status == 200 and "Your appointment is cancelled" in page.text


@pytest.mark.parametrize(
    ("locale", "tag", "headline", "axe"),
    [
        *axe_on_first(("pt-PT", "pt", "A sua marcação foi cancelada")),
        *deep(
            ("zh-MO", "zh-Hant", "您的預約已取消", True),
            ("zh-CN", "zh-Hans", "您的预约已取消", True),
            ("en-GB", "en", "Your appointment is cancelled", True),
        ),
    ],
)
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser,
    memos: FakeMemos,
    clock: Clock,
    locale: str,
    tag: str,
    headline: str,
    axe: bool,
) -> None:
    server = TestServer(application(memos, clock))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
    )
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

    try:
        page = await context.new_page()
        await page.goto("/memos")
        await see(page, "empty")
        await page.goto("/who")
        person = await page.inner_text("body")
        memos.keep(person, "appointment.booked", clock() - timedelta(days=1))
        memos.keep(person, "case.papers_missing", clock(), papers=["id"], links=LINKS)
        memos.open_links = {"l-1", "l-2"}
        memos.keep(person, "appointment.cancelled", clock())
        await page.goto("/memos")
        assert headline in await page.inner_text("main li >> nth=0")
        await see(page, "unread")
        assert await page.locator(".vc-memo--new").count() == 3
        await follow(page, "main form button")
        assert page.url.endswith("/memos")
        assert await page.locator(".vc-memo--new").count() == 0
        await see(page, "read")
        await follow(page, "main li a >> nth=0")
        assert page.url.endswith(f"/services/{SERVICE}")
    finally:
        await context.close()
        await server.close()
    assert wrong == []


async def test_it_works_without_javascript(
    chromium: Browser, memos: FakeMemos, clock: Clock
) -> None:
    server = TestServer(application(memos, clock))
    await server.start_server()
    context = await chromium.new_context(
        java_script_enabled=False, base_url=f"http://127.0.0.1:{server.port}", locale="en-GB"
    )
    try:
        page = await context.new_page()
        await page.goto("/memos")
        await page.goto("/who")
        memos.keep(await page.inner_text("body"), "appointment.booked", clock())
        await page.goto("/memos")
        assert await page.locator(".vc-memo--new").count() == 1
        await follow(page, "main form button")
        assert await page.locator(".vc-memo").count() == 1
        assert await page.locator(".vc-memo--new").count() == 0
        await follow(page, "main li a")
        assert page.url.endswith("/appointment")
    finally:
        await context.close()
        await server.close()
