"""What nobody's browser sends by itself: each answered with its code and sentence, nothing changed.

On the real booking and a real store; the table below is the whole of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from booking.tables import appointment, claim, waitlist
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import chance, citizen_app
from web.shared.i18n import LANGUAGES
from web.shared.refusals import explain

DAY = "2026-11-25"
TIMES = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
NINE = f"{DAY}T09:00:00+08:00"
DETAILS = {"name": "Ana", "contact": "", "language": "pt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Somebody with a browser, and what happens around them."""

    person: Citizen
    booking: BookingService
    clock: Clock

    async def choose(self, start: str, at: str = TIMES, key: str = "k") -> None:
        await self.person.get(TIMES)
        await self.person.post(at, start=start, key=key)

    async def hold(self) -> None:
        await self.choose(NINE)
        assert self.person.path == "/booking/details", self.person.text


Act = Callable[[World], Awaitable[None]]


async def past_slot(world: World) -> None:
    await world.choose("2026-11-20T09:00:00+08:00")


async def a_time_at_which_nothing_begins(world: World) -> None:
    await world.choose(f"{DAY}T09:07:00+08:00")


async def closed_day(world: World) -> None:
    await world.choose("2026-11-28T09:00:00+08:00")


async def beyond_the_window(world: World) -> None:
    await world.choose("2027-11-25T09:00:00+08:00")


async def key_too_long(world: World) -> None:
    await world.choose(NINE, key="k" * 81)


async def key_missing(world: World) -> None:
    await world.choose(NINE, key="")


async def a_place_that_does_not_give_it(world: World) -> None:
    await world.choose(NINE, at=TIMES.replace(SITE, "macau-morais"))


async def others_on_the_moon(world: World) -> None:
    await world.choose(NINE, at=f"{TIMES}&with=the-moon")


async def a_service_that_is_none(world: World) -> None:
    await world.choose(NINE, at=TIMES.replace(SERVICE, "dsi-crown"))


async def a_second_service_that_is_none(world: World) -> None:
    await world.choose(NINE, at=f"{TIMES}&also=dsi-crown")


async def a_second_service_of_the_other_side(world: World) -> None:
    await world.choose(NINE, at=f"{TIMES}&also=hq_tax-income-certificate")


async def a_matter_that_cannot_be_anothers(world: World) -> None:
    await world.choose(NINE, at=f"{TIMES}&for=representative")


async def somebody_elses_reference(world: World) -> None:
    await world.person.get("/appointment")
    await world.person.post("/appointment", reference="00000-00000-00000-00000")


async def a_form_of_another_page(world: World) -> None:
    await world.person.get(TIMES)
    await world.person.post(TIMES, csrf="forged", start=NINE, key="k")


SAID: list[tuple[Act, int, str]] = [
    (past_slot, 409, "not_released"),
    (a_time_at_which_nothing_begins, 409, "slot_taken"),
    (closed_day, 409, "closed_day"),
    (beyond_the_window, 409, "not_released"),
    (key_too_long, 422, "bad_details"),
    (key_missing, 422, "bad_details"),
    (others_on_the_moon, 404, "not_in_catalogue"),
    (a_service_that_is_none, 404, "not_in_catalogue"),
    (a_second_service_that_is_none, 404, "not_in_catalogue"),
    (a_second_service_of_the_other_side, 409, "not_offered_here"),
    (somebody_elses_reference, 404, "unknown_reference"),
    (a_form_of_another_page, 403, "foreign_form"),
]
ASKED_AGAIN: list[tuple[Act, str]] = [
    (a_place_that_does_not_give_it, "Choose where you will come"),
    (a_matter_that_cannot_be_anothers, "Choose who it is for"),
]


def rows(conn: Connection) -> list[Any]:
    """Everything of booking that a request could have changed."""
    return [
        sorted(tuple(row) for row in conn.execute(select(*columns)))
        for columns in (
            (appointment.c.id, appointment.c.state, appointment.c.version),
            (claim.c.resource, claim.c.grain, claim.c.unit, claim.c.appointment_id),
            (waitlist.c.id, waitlist.c.state),
        )
    ]


@pytest.fixture
async def world(serve: Serve, executor: Executor, clock: Clock) -> World:
    random_bytes = chance()
    await plant_seed(executor, clock())
    booking = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex(),
        random_bytes=random_bytes,
    )
    person = Citizen(await serve(citizen_app(booking, clock)))
    return World(person=person, booking=booking, clock=clock)


MALFORMED = ("", "soon", "2026-11-25", f"{DAY}T09:00:00", "9" * 500, "\x00", "９時")


async def test_a_refusal_has_its_code_and_sentence_and_changes_nothing(
    world: World, executor: Executor
) -> None:
    before = await executor.read(rows)
    for act, status, code in SAID:
        await act(world)
        title, what_to_do = explain(code, "en")
        said = world.person.text
        assert world.person.status == status, (act, said)
        # A closed day says its own reason in place of the general one.
        assert code == "closed_day" or title in said, (act, said)
        assert what_to_do in said, (act, said)
        assert await executor.read(rows) == before, act


async def test_an_answer_that_cannot_be_had_is_asked_again(
    world: World, executor: Executor
) -> None:
    before = await executor.read(rows)
    for act, said in ASKED_AGAIN:
        await act(world)
        assert world.person.status == 422, (act, world.person.text)
        assert said in world.person.text, act
    for typed in MALFORMED:
        await world.choose(typed)
        assert world.person.status == 422, typed
        assert "Choose a time" in world.person.text, typed
        await world.person.get(f"/services/{SERVICE}/time?site={SITE}&day=x{typed}".strip("\x00"))
        assert world.person.status == 422, typed
        assert "Choose a day" in world.person.text, typed
    assert await executor.read(rows) == before


async def test_the_sentence_is_in_the_language_of_the_page(world: World) -> None:
    for language in LANGUAGES:
        await world.person.get(f"/?lang={language}")
        await world.choose("2026-11-20T09:00:00+08:00")
        title, what_to_do = explain("not_released", language)
        assert title in world.person.text
        assert what_to_do in world.person.text


async def test_an_expired_hold_books_nothing_and_a_fourth_appointment_is_refused(
    world: World, executor: Executor
) -> None:
    person = world.person
    await world.hold()
    await person.post("/booking/details", **DETAILS)
    world.clock.advance(minutes=10, seconds=1)
    before = await executor.read(rows)
    await person.post("/booking/check")
    assert person.status == 410
    assert explain("hold_expired", "en")[0] in person.text
    assert await executor.read(rows) == before
    for day in ("25", "26", "27"):
        await person.book(f"2026-11-{day}")
    before = await executor.read(rows)
    await person.choose_time("2026-12-01")
    assert person.status == 409
    assert all(one in person.text for one in explain("too_many_appointments", "en"))
    assert await executor.read(rows) == before


async def test_a_hold_is_confirmed_once_however_often_it_is_sent(
    world: World, executor: Executor
) -> None:
    await world.hold()
    await world.person.post("/booking/details", **DETAILS)
    csrf = world.person.value("csrf")
    await world.person.post("/booking/check", csrf=csrf)
    booked = await executor.read(rows)
    world.clock.now += timedelta(minutes=1)
    await world.person.post("/booking/check", csrf=csrf)
    assert world.person.status == 410, "there is nothing held any more"
    assert await executor.read(rows) == booked
