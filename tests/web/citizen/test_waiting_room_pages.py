"""The waiting room on real pages: a lot, a turn, and a reload that changes nothing."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import count

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from booking.catalogue import Catalogue, Release
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import SECRET, FakeBooking, chance
from tests.web.live_pages import axe_on_first, deep
from web.citizen.ports import Deps
from web.citizen.routes import routes
from web.citizen.waiting_room_pages import RoomDeps, behind_the_door
from web.shared.access import NoSessions, allowed_by
from web.shared.sealed import Sealer
from web.shared.setup import Base, install

TIMES = f"/services/{SERVICE}/time?site={SITE}&day=2026-11-25"
OPENS = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
"Twenty minutes after the clock of the tests: people gather already."
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']}))
  .violations.map(one => one.id)"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
LANGUAGES = {
    "zh-MO": ("zh-Hant", "您正在等候室"),
    "zh-CN": ("zh-Hans", "您正在等候室"),
    "pt-PT": ("pt", "Está na sala de espera"),
    "en-GB": ("en", "You are in the waiting room"),
}


def with_release(known: Catalogue) -> Catalogue:
    department = known.department(known.service(SERVICE).department)
    days = (date(2026, 11, 23), date(2026, 12, 31))
    release = Release(id="r", opens_at=OPENS, from_day=days[0], to_day=days[1])
    opening = replace(department, releases=(release,))
    return replace(known, departments={**known.departments, department.id: opening})


def lots() -> Callable[[int], bytes]:
    """Return a maker of bytes, for every room the same: a lot does not hang on other tests."""
    numbers = count(1)
    return lambda size: hashlib.sha256(f"lot {next(numbers)}".encode()).digest()[:size]


def room_app(clock: Callable[[], datetime], *, per_s: float = 1.0) -> web.Application:
    """The citizen's face with the door before it."""
    booking, random_bytes = FakeBooking(), chance()
    booking.places = with_release(booking.places)
    sealer = Sealer(secret=SECRET, random_bytes=random_bytes)
    app = web.Application()
    base = Base(sessions=NoSessions(), random_bytes=random_bytes, secret=SECRET, secure=False)
    install(app, base)
    deps = Deps(booking=booking, now=clock, new_id=lambda: "k", sealer=sealer, secure=False)
    door = RoomDeps(
        catalogue=booking.catalogue,
        now=clock,
        sealer=sealer,
        random_bytes=lots(),
        secret=SECRET,
        per_s=per_s,
        secure=False,
    )
    app.add_routes(behind_the_door(routes(deps), door))
    return app


class _Browser(Citizen):
    """One of several that share a connection and not their cookies."""

    async def get(self, path: str) -> "Citizen":
        self.client.session.cookie_jar.clear()
        if "Cookie" in self.headers:
            return await super().get(path)
        answer = await self.client.get(path, headers=self.headers)
        cookies = {**answer.cookies}
        self.headers["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in cookies.items())
        return await self._take(answer)


def before(person: Citizen) -> int:
    """How many the page says are before them; -1: they are in."""
    found = re.search(r"People before you: (\d+)", person.text)
    return int(found[1]) if found else -1


async def test_a_lot_is_drawn_at_the_opening_and_people_go_in_at_the_rate(
    serve: Serve, clock: Clock
) -> None:
    app = room_app(clock)
    client = await serve(app)
    people = [_Browser(client) for _ in range(20)]
    for one in people:
        await one.get(TIMES)
        assert "Booking opens at" in one.text and "by lot" in one.text
        assert one.value("start") == "", "nobody can choose a time yet"
    clock.now = OPENS
    places = []
    for one in people:
        await one.get(TIMES)
        places.append(before(one))
    assert sum(place <= 0 for place in places) <= 3 and max(places) >= 15
    assert places != sorted(places), "not in the order in which they came"
    again = []
    for one in people:
        await one.get(TIMES)
        again.append(before(one))
    assert again == places, "a reload keeps the place"
    late = _Browser(client)
    await late.get(TIMES)
    assert before(late) == 20 and "You came after booking opened" in late.text
    clock.advance(seconds=10)
    inside = 0
    for one in people:
        await one.get(TIMES)
        inside += before(one) < 0
    assert 2 <= inside <= 18, "half of them, by lot: seldom more than 4 off"
    clock.advance(seconds=10)
    for one in [*people, late]:
        await one.get(TIMES)
        assert before(one) == -1 and one.value("start")
    clock.advance(seconds=10)
    newcomer = _Browser(client)
    for _ in range(15):
        await newcomer.get(TIMES)
        assert before(newcomer) == -1, "who has gone in is not counted again"


async def test_a_form_that_is_sent_out_of_turn_holds_nothing(serve: Serve, clock: Clock) -> None:
    person = Citizen(await serve(room_app(clock)))
    await person.get(f"/services/{SERVICE}")
    assert "What to bring" in person.text, "to look at a service nobody waits"
    await person.get(TIMES)
    csrf = re.search(r'name="csrf" content="([^"]+)"', person.body)
    assert csrf
    form = {"csrf": csrf[1], "start": "2026-11-25T01:00:00+00:00", "key": "k"}
    answer = await person.client.post(
        TIMES, data=form, headers=person.headers, allow_redirects=False
    )
    assert answer.status == 200 and "waiting room" in await answer.text()
    assert answer.headers["Refresh"].endswith(f"; url=/services/{SERVICE}")
    assert "draft" not in answer.cookies


async def test_a_pass_that_was_changed_is_no_pass(serve: Serve, clock: Clock) -> None:
    client = await serve(room_app(clock))
    first = await client.get(TIMES)
    sealed = first.cookies["room"].value
    again = await client.get(TIMES, headers={"Cookie": f"room={sealed[:-2]}AA"})
    assert again.status == 200 and again.cookies["room"].value != sealed


async def test_when_there_is_no_release_or_no_room_nobody_waits(serve: Serve, clock: Clock) -> None:
    clock.now = OPENS
    without = Citizen(await serve(room_app(clock, per_s=0)))
    await without.get(TIMES)
    assert without.value("start")
    clock.advance(hours=1)
    after = Citizen(await serve(room_app(clock)))
    await after.get(TIMES)
    assert after.value("start")


def test_every_gated_route_keeps_who_may_use_it(clock: Clock) -> None:
    app = room_app(clock)
    gated = [route for route in app.router.routes() if "{service}/time" in str(route.resource)]
    assert gated and all(allowed_by(route.handler) == {"anyone"} for route in gated)


@pytest.mark.parametrize(("locale", "axe"), [*axe_on_first("pt-PT"), *deep(("zh-MO", True))])
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser, clock: Clock, locale: str, axe: bool
) -> None:
    tag, title = LANGUAGES[locale]
    server = TestServer(room_app(clock, per_s=0.01))  # who waits long is not looked for soon again
    await server.start_server()
    context = await chromium.new_context(
        locale=locale, viewport={"width": 320, "height": 700}, bypass_csp=True
    )
    page = await context.new_page()
    for at in (clock.now, OPENS):
        clock.now = at
        for _ in range(3):  # the one that is looked at is not the first in line
            other = await chromium.new_context(locale=locale)
            await (await other.new_page()).goto(str(server.make_url(TIMES)))
            await other.close()
        await page.goto(str(server.make_url(TIMES)))
        assert await page.locator("input[name=start]").count() == 0, "it is not their turn"
        assert await page.locator("html").get_attribute("lang") == tag
        assert await page.locator("h1").inner_text() == title
        if axe:
            await page.evaluate(AXE)
            assert await page.evaluate(VIOLATIONS) == []
        assert await page.evaluate(SIDEWAYS) <= 0
    await context.close()
    await server.close()
