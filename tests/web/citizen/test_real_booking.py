"""The same pages on the real booking and a real store, on both engines."""

import asyncio
from datetime import date, timedelta

import pytest

from booking.appointment import State
from booking.availability_service import AT_NINE
from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import chance, citizen_app

DAY = "2026-11-25"


@pytest.fixture
async def booking(executor: Executor, clock: Clock) -> BookingService:
    """Return a service on a store with the seed and no appointment."""
    random_bytes = chance()
    await plant_seed(executor, clock())
    return booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex(),
        random_bytes=random_bytes,
    )


@pytest.fixture
async def person(serve: Serve, booking: BookingService, clock: Clock) -> Citizen:
    return Citizen(await serve(citizen_app(booking, clock)))


async def test_booked_seen_and_cancelled(person: Citizen, booking: BookingService) -> None:
    await person.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "The first free times" in person.text
    assert "Weekend" in person.text
    reference = await person.book(DAY)
    assert person.path == "/appointment/confirmed"
    await person.get("/appointment/view")
    assert person.reference() == reference
    calendar = await person.client.get("/appointment/appointment.ics")
    assert "BEGIN:VEVENT" in await calendar.text()
    await person.post("/appointment/cancel")
    assert "Cancelled" in person.text
    await person.book(DAY)
    assert person.path == "/appointment/confirmed", "a cancelled time can be booked again"


async def test_two_want_the_same_time_and_one_gets_it(
    serve: Serve, booking: BookingService, clock: Clock
) -> None:
    people = [Citizen(await serve(citizen_app(booking, clock))) for _ in range(6)]
    times = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
    for one in people:
        await one.get(times)
    await asyncio.gather(
        *(one.post(times, start=one.values("start")[0], key=one.value("key")) for one in people)
    )
    assert sorted(one.path for one in people) == ["/booking/details", *[times] * 5]
    assert all("just taken" in one.text for one in people if one.path == times)


async def test_who_was_refused_sees_at_once_what_is_free_now(
    serve: Serve, executor: Executor, booking: BookingService, clock: Clock
) -> None:
    # As citizens are served: what is free is kept for up to a second, on each node by itself.
    random_bytes = chance()
    here = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex() + "h",
        random_bytes=lambda size: random_bytes(size)[::-1],
        freshness=AT_NINE,
    )
    times = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
    late = Citizen(await serve(citizen_app(here, clock)))
    quick = Citizen(await serve(citizen_app(booking, clock)))
    for one in (late, quick):
        await one.get(times)
    taken = late.values("start")[0]
    await quick.post(times, start=taken, key=quick.value("key"))
    assert quick.path == "/booking/details"
    await late.get(times)
    assert late.values("start")[0] == taken, "for a moment it is still shown"
    await late.post(times, start=taken, key=late.value("key"))
    assert late.status == 409 and "just taken" in late.text
    assert late.values("start") and taken not in late.values("start")
    await late.get(f"/services/{SERVICE}/day?site={SITE}")
    assert taken not in [one.value for one in late.buttons("start")]
    await late.get(times)
    await late.post(times, start=late.values("start")[0], key=late.value("key"))
    assert late.path == "/booking/details"


async def test_a_hold_that_ran_out_is_free_for_the_next(
    person: Citizen, serve: Serve, booking: BookingService, clock: Clock
) -> None:
    await person.choose_time(DAY)
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    clock.advance(minutes=10, seconds=1)
    other = Citizen(await serve(citizen_app(booking, clock)))
    await other.choose_time(DAY)
    assert other.path == "/booking/details"
    await person.post("/booking/check")
    assert person.status == 410
    assert "We could not keep your time any longer" in person.text


async def test_a_holiday_is_named_on_the_list_of_days(person: Citizen) -> None:
    # 8 December is a holiday of Macau only: its departments rest while Hengqin works.
    await person.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "Public holiday of the department (" in person.text
    await person.get(f"/services/{SERVICE}/time?site={SITE}&day=2026-12-08")
    assert person.status == 409
    assert "Public holiday of the department (" in person.text
    await person.get(f"/services/{SERVICE}/time?site={SITE}&day=2026-12-08&lang=pt")
    assert "Feriado do serviço público (" in person.text


async def test_a_fourth_appointment_is_refused_with_what_to_do(
    person: Citizen, booking: BookingService
) -> None:
    first = date.fromisoformat(DAY)
    for ahead in (0, 1, 2):
        await person.book((first + timedelta(days=ahead)).isoformat())
    await person.choose_time((first + timedelta(days=5)).isoformat())
    assert person.status == 409
    assert "You already have three open appointments" in person.text
    assert "Cancel one" in person.text


async def test_a_sitting_of_two_departments_is_booked_moved_and_cancelled_whole(
    person: Citizen, booking: BookingService, clock: Clock
) -> None:
    times = f"/services/{SERVICE}/time?also=fss-old-age-pension&speak=yue&site={SITE}&day={DAY}"
    await person.get(times)
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    await person.post("/booking/check")
    assert person.path == "/appointment/confirmed"
    reference = person.reference()
    view = await booking.appointment(reference, clock())
    (second,) = view.sitting
    assert second.service == "fss-old-age-pension"
    assert second.start == view.end
    await person.get("/appointment/view")
    assert "All departments of this visit are moved or cancelled together" in person.text
    await person.get(person.link("/appointment/change"))
    await person.get(f"/appointment/change/time?site={SITE}&day=2026-11-26")
    start = person.values("start")[0]
    chosen = f"site={SITE}&day=2026-11-26&start={start.replace('+', '%2B')}"
    await person.get(f"/appointment/change/check?{chosen}")
    assert "Move the whole visit to this time?" in person.text
    await person.post(person.action("change/check"), start=start)
    assert "Your appointment has the new time" in person.text
    assert person.reference() == reference
    view = await booking.appointment(reference, clock())
    (second,) = view.sitting
    assert (view.start.isoformat(), second.start) == (start, view.end)
    await person.get("/appointment/cancel")
    await person.post("/appointment/cancel")
    gone = await booking.appointment(reference, clock())
    assert {gone.state, *(one.state for one in gone.sitting)} == {State.CANCELLED}


async def test_an_appointment_is_moved_with_its_number(
    person: Citizen, booking: BookingService, clock: Clock
) -> None:
    reference = await person.book(DAY)
    before = await booking.appointment(reference, clock())
    await person.get(f"/appointment/change/time?site={SITE}&day=2026-11-26")
    start = person.values("start")[2]
    chosen = f"site={SITE}&day=2026-11-26&start={start.replace('+', '%2B')}"
    await person.get(f"/appointment/change/check?{chosen}")
    await person.post(person.action("change/check"), start=start)
    assert "Your appointment has the new time" in person.text
    after = await booking.appointment(reference, clock())
    assert after.start.isoformat() == start
    assert after.version == before.version + 1
    offers = await booking.slots(SERVICE, SITE, date.fromisoformat(DAY), clock())
    assert before.start in {one.start for one in offers}, "the old time is free again"
