"""The commands, on both engines: from a free slot to a citizen served, and every refusal."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import errors, store_booking, store_catalogue
from booking.appointment import (
    CHECK_IN_AGAIN_UNTIL,
    CHECK_IN_UNTIL,
    AppointmentView,
    Details,
    State,
)
from booking.calendar import Why
from booking.orders import Held
from booking.service import BookingService
from booking.store_sql import plant_seed
from booking.tables import appointment, appointment_event, claim
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.outbox import outbox

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
"Slots of 20 minutes, one agent, two terminals."
DETAILS = Details(name="陳大文", contact="+853 6612 3456", language="zh_Hant", needs=("elderly",))


def rows(conn: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(select(table))]


async def held(
    booking: BookingService,
    now: datetime,
    *,
    key: str = "k",
    person: str = "p",
    service: str = SERVICE,
    start: datetime = TEN,
) -> Held:
    return await booking.hold(key, service, SITE, start, person, now)


async def booked(
    booking: BookingService, now: datetime, *, person: str = "p", start: datetime = TEN
) -> Held:
    hold = await held(booking, now, key=f"{start:%H:%M}", person=person, start=start)
    await booking.confirm(hold.reference, DETAILS, now)
    return hold


async def view(booking: BookingService, hold: Held, now: datetime) -> AppointmentView:
    return await booking.appointment(hold.reference, now)


async def test_a_citizen_books_comes_and_is_served(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await held(booking, now)
    assert hold.expires_at == now + timedelta(minutes=10)
    confirmed = await booking.confirm(hold.reference, DETAILS, now)
    assert (confirmed.state, confirmed.start) == (State.BOOKED, TEN)
    assert confirmed.end - confirmed.start == timedelta(minutes=20)
    assert confirmed.name == "陳大文"

    came = TEN - timedelta(minutes=5)
    arrived = await executor.write(booking.arrive, hold.reference.lower(), "hengqin-centre-2", came)
    assert (arrived.department, arrived.service, arrived.site) == ("dsf", SERVICE, SITE)
    assert (arrived.start, arrived.needs) == (TEN, ("elderly",))
    await executor.write(booking.fulfil, arrived.appointment_id, TEN)
    await executor.write(booking.fulfil, arrived.appointment_id, TEN)
    assert (await view(booking, hold, TEN)).state is State.FULFILLED

    events = await executor.read(rows, appointment_event)
    assert [(event["version"], event["state"]) for event in events] == [
        (1, "held"),
        (2, "booked"),
        (3, "arrived"),
        (4, "fulfilled"),
    ]
    number, faults = await executor.read(check)
    assert (number, faults) == (4, [])
    # The day's place stays used; the terminal, the agent and the person are free again.
    assert [row["resource"] for row in await executor.read(rows, claim)] == ["quota:dsf"]


async def test_the_availability_shows_what_was_taken(
    booking: BookingService, now: datetime
) -> None:
    day = date(2026, 11, 24)
    before = await booking.slots(SERVICE, SITE, day, now)
    assert TEN in {offer.start for offer in before}
    hold = await booked(booking, now)
    after = await booking.slots(SERVICE, SITE, day, now)
    assert {offer.start for offer in before} - {offer.start for offer in after} == {TEN}
    days = {one.day: one.free for one in await booking.days(SERVICE, SITE, now)}
    assert len(days) == 30 and days[day] == 7
    await booking.cancel(hold.reference, now)
    assert await booking.slots(SERVICE, SITE, day, now) == before


async def test_days_that_are_closed_say_why(booking: BookingService, now: datetime) -> None:
    days = {one.day: one for one in await booking.days(SERVICE, SITE, now)}
    closed = days[date(2026, 12, 8)]
    assert closed.free == 0 and closed.reason is not None
    assert closed.reason.code is Why.PUBLIC_HOLIDAY and closed.reason.where == "department"
    assert closed.reason.names is not None and closed.reason.names["zh_Hant"] == "聖母無原罪瞻禮"
    with pytest.raises(errors.ClosedDay):
        await booking.slots(SERVICE, SITE, date(2026, 12, 8), now)
    with pytest.raises(errors.NotReleased):
        await booking.slots(SERVICE, SITE, date(2026, 12, 24), now)


async def test_a_repeated_hold_is_the_same_hold(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    first = await held(booking, now)
    again = await held(booking, now + timedelta(seconds=30))
    assert again == first
    assert len(await executor.read(rows, appointment)) == 1
    with pytest.raises(errors.BadDetails):
        await held(booking, now, start=TEN + timedelta(minutes=20))
    with pytest.raises(errors.HoldExpired):
        await held(booking, now + timedelta(minutes=11))


async def test_the_same_key_of_two_people_is_two_requests(
    booking: BookingService, now: datetime
) -> None:
    one = await held(booking, now, key="1", person="p-1")
    other = await held(booking, now, key="1", person="p-2", start=TEN + timedelta(minutes=20))
    assert one.appointment_id != other.appointment_id
    assert one.reference != other.reference


async def test_a_repeated_confirm_and_cancel_answer_the_same(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await held(booking, now)
    first = await booking.confirm(hold.reference, DETAILS, now)
    assert await booking.confirm(hold.reference, DETAILS, now + timedelta(hours=1)) == first
    gone = await booking.cancel(hold.reference, now)
    assert gone.state is State.CANCELLED
    assert await booking.cancel(hold.reference, now) == gone
    assert [owed["kind"] for owed in await executor.read(rows, outbox)] == [
        "appointment.booked",
        "appointment.reminder",
        "appointment.cancelled",
    ]
    with pytest.raises(errors.AppointmentCancelled):
        await booking.confirm(hold.reference, DETAILS, now)


async def test_a_hold_that_ran_out_is_not_confirmed_and_its_slot_is_free(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await held(booking, now)
    late = now + timedelta(minutes=10)
    with pytest.raises(errors.HoldExpired):
        await booking.confirm(hold.reference, DETAILS, late)
    # Nobody swept: it is shown as free, and the next one takes it.
    assert TEN in {offer.start for offer in await booking.slots(SERVICE, SITE, TEN.date(), late)}
    await held(booking, late, key="other", person="other")
    assert (await view(booking, hold, late)).state is State.EXPIRED
    states = {row["id"]: row["state"] for row in await executor.read(rows, appointment)}
    assert sorted(states.values()) == ["expired", "held"]


async def test_the_sweep_ends_what_is_over(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, now, person="never-comes")
    await held(booking, now, person="leaves", start=TEN + timedelta(minutes=20))
    assert await booking.sweep(now) == 0
    assert await booking.sweep(TEN + timedelta(minutes=15)) == 1
    assert await booking.sweep(TEN + timedelta(minutes=15, seconds=1)) == 1
    assert await executor.read(store_booking.counts) == {State.EXPIRED: 1, State.NOSHOW: 1}
    assert [row["resource"] for row in await executor.read(rows, claim)] == ["quota:dsf"]
    assert [owed["kind"] for owed in await executor.read(rows, outbox)] == [
        "appointment.booked",
        "appointment.reminder",
        "appointment.noshow",
    ]


async def test_a_newer_hold_lets_the_earlier_one_of_the_same_person_go(
    booking: BookingService, now: datetime
) -> None:
    first = await held(booking, now, key="1")
    second = await held(booking, now, key="2", start=TEN + timedelta(minutes=20))
    assert (await view(booking, first, now)).state is State.EXPIRED
    assert (await view(booking, second, now)).state is State.HELD
    await held(booking, now, key="3", person="other")


async def test_a_slot_that_is_taken_is_refused_and_nothing_is_left_behind(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, now)
    claims = await executor.read(rows, claim)
    with pytest.raises(errors.SlotTaken):
        await held(booking, now, key="other", person="other")
    # Another service of the same department needs the same agent.
    with pytest.raises(errors.SlotTaken):
        await held(booking, now, key="more", person="other", service="dsf-property-tax-m10")
    assert await executor.read(rows, claim) == claims
    assert len(await executor.read(rows, appointment)) == 1


async def test_one_person_is_in_one_place_at_a_time(booking: BookingService, now: datetime) -> None:
    await booked(booking, now)
    with pytest.raises(errors.PersonOverlap):
        await held(booking, now, key="2", service="iam-licence-certificate")


async def test_one_person_has_three_coming_appointments_at_most(
    booking: BookingService, now: datetime
) -> None:
    holds = [await booked(booking, now, start=TEN + timedelta(minutes=20 * n)) for n in range(3)]
    with pytest.raises(errors.TooManyAppointments):
        await held(booking, now, key="4", start=TEN + timedelta(minutes=60))
    await booking.cancel(holds[1].reference, now)
    await held(booking, now, key="5", start=TEN + timedelta(minutes=60))


async def test_the_day_of_a_department_is_full_after_its_quota(
    booking: BookingService, now: datetime
) -> None:
    offers = await booking.slots(SERVICE, SITE, TEN.date(), now)
    for number, offer in enumerate(offers[:8]):
        await booked(booking, now, person=f"p-{number}", start=offer.start)
    with pytest.raises(errors.SlotTaken):
        await held(booking, now, key="9", person="p-9", start=offers[8].start)
    days = {one.day: one for one in await booking.days(SERVICE, SITE, now)}
    reason = days[TEN.date()].reason
    assert reason is not None and reason.code is Why.FULLY_BOOKED
    # Where the quota is used up, the page offers no slot either.
    assert await booking.slots(SERVICE, SITE, TEN.date(), now) == []


@pytest.mark.parametrize(
    ("terminal", "minutes", "refusal"),
    [
        ("hengqin-centre-1", -31, errors.TooEarly),
        ("hengqin-centre-1", 16, errors.TooLate),
        ("hengqin-neighbourhood-1", 0, errors.WrongSite),
        ("no-such-terminal", 0, errors.NotInCatalogue),
    ],
)
async def test_a_check_in_at_the_wrong_time_or_place_changes_nothing(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    terminal: str,
    minutes: int,
    refusal: type[Exception],
) -> None:
    hold = await booked(booking, now)
    with pytest.raises(refusal):
        await executor.write(
            booking.arrive, hold.reference, terminal, TEN + timedelta(minutes=minutes)
        )
    assert (await view(booking, hold, TEN)).state is State.BOOKED


async def test_a_reference_opens_one_check_in(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    for again in ("hengqin-centre-1", "hengqin-centre-2"):
        with pytest.raises(errors.ReferenceUsed):
            await executor.write(booking.arrive, hold.reference, again, TEN)
    with pytest.raises(errors.ReferenceUsed):
        await booking.cancel(hold.reference, TEN)
    with pytest.raises(errors.UnknownReference):
        await executor.write(booking.arrive, "00000-00000-00000-00000", "hengqin-centre-1", TEN)


async def test_who_leaves_unserved_holds_nothing_and_who_was_served_stays_so(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    arrived = await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    much_later = TEN + CHECK_IN_AGAIN_UNTIL + timedelta(minutes=1)
    for _ in range(2):
        assert not await executor.write(booking.walk_out, arrived.appointment_id, much_later)
    assert (await view(booking, hold, TEN)).state is State.CANCELLED
    assert await executor.read(rows, claim) == []

    served = await booked(booking, now, start=TEN + timedelta(minutes=20))
    later = TEN + timedelta(minutes=20)
    arrived = await executor.write(booking.arrive, served.reference, "hengqin-centre-1", later)
    await executor.write(booking.fulfil, arrived.appointment_id, later)
    await executor.write(booking.walk_out, arrived.appointment_id, later)
    assert (await view(booking, served, later)).state is State.FULFILLED


async def test_who_left_unserved_may_come_again_for_an_hour(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    letters = len(await executor.read(rows, outbox))
    arrived = await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    assert await executor.write(booking.walk_out, arrived.appointment_id, TEN)
    assert not await executor.write(booking.walk_out, arrived.appointment_id, TEN), "once is enough"
    assert (await view(booking, hold, TEN)).state is State.BOOKED
    assert await executor.read(rows, claim) == [], "nor is anything kept from others"
    assert await booking.to_be_moved(TEN) == [], "there is no place to be moved"
    assert len(await executor.read(rows, outbox)) == letters, "nobody is written to"
    late = TEN + CHECK_IN_UNTIL + timedelta(minutes=1)
    assert await booking.sweep(late) == 0
    again = await executor.write(booking.arrive, hold.reference, "hengqin-centre-2", late)
    assert again.appointment_id == arrived.appointment_id


async def test_who_left_unserved_and_did_not_come_again_has_missed_nothing(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    arrived = await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    await executor.write(booking.walk_out, arrived.appointment_id, TEN)
    assert await booking.sweep(TEN + CHECK_IN_AGAIN_UNTIL) == 0
    assert await booking.sweep(TEN + CHECK_IN_AGAIN_UNTIL + timedelta(minutes=1)) == 1
    assert (await view(booking, hold, TEN)).state is State.CANCELLED
    assert await executor.read(rows, claim) == []


async def test_who_left_unserved_may_give_it_back_at_any_time(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    arrived = await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    await executor.write(booking.walk_out, arrived.appointment_id, TEN)
    late = TEN + timedelta(minutes=5)
    assert (await view(booking, hold, late)).came
    assert (await booking.cancel(hold.reference, late)).state is State.CANCELLED
    assert await executor.read(rows, claim) == []


async def test_at_a_new_time_nobody_was_here_yet(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    early = TEN - timedelta(minutes=20)
    arrived = await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", early)
    await executor.write(booking.walk_out, arrived.appointment_id, early)
    moved = TEN + timedelta(days=1)
    await booking.reschedule(hold.reference, SITE, moved, early)
    assert not (await view(booking, hold, early)).came
    await booking.sweep(moved + CHECK_IN_UNTIL + timedelta(minutes=1))
    assert (await view(booking, hold, moved)).state is State.NOSHOW


async def test_an_unfinished_or_cancelled_booking_is_not_let_in(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await held(booking, now)
    with pytest.raises(errors.NotConfirmed):
        await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", now)
    with pytest.raises(errors.HoldExpired):
        await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    await booking.cancel(hold.reference, now)
    with pytest.raises(errors.AppointmentCancelled):
        await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
    with pytest.raises(errors.BookingRefused):
        await executor.write(booking.fulfil, hold.appointment_id, TEN)


async def test_secrets_and_names_are_in_no_log(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await held(booking, now)
    shown = [row["reference_shown"] for row in await executor.read(rows, appointment)]
    assert shown == [hold.reference]
    await booking.confirm(hold.reference, DETAILS, now)
    stored = repr(await executor.read(rows, appointment))
    assert hold.reference not in stored
    told = repr(
        [
            [entry.body for entry in await executor.read(read_all)],
            await executor.read(rows, outbox),
            await executor.read(rows, appointment_event),
        ]
    )
    for secret in (hold.reference, DETAILS.name, DETAILS.contact, "person"):
        assert secret not in told
    contact = await booking.contact(hold.appointment_id)
    assert (contact.name, contact.contact) == (DETAILS.name, DETAILS.contact)


async def test_what_an_administrator_changes_holds_from_the_next_command_on(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booking.slots(SERVICE, SITE, TEN.date(), now)
    catalogue = await booking.catalogue()
    department = catalogue.department("dsf")
    closed = dataclasses.replace(
        department, hours=dataclasses.replace(department.hours, openings=())
    )
    calendars = {
        one.hours.calendar.territory: one.hours.calendar
        for one in catalogue.departments.values()
        if one.hours.calendar
    }
    await executor.write(
        store_catalogue.replace,
        dataclasses.replace(catalogue, departments={**catalogue.departments, "dsf": closed}),
        calendars.values(),
    )
    with pytest.raises(errors.ClosedDay) as refused:
        await held(booking, now)
    assert refused.value.reason.code is Why.DEPARTMENT_CLOSED


async def test_a_sweep_lets_go_of_a_catalogue_that_was_changed_elsewhere(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    before = await booking.catalogue()
    await booking.sweep(now)
    assert await booking.catalogue() is before
    await executor.write(store_catalogue.touch)
    await booking.sweep(now)
    assert (await booking.catalogue()).version == before.version + 1


async def test_what_is_planted_is_what_is_loaded_and_planted_once(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    catalogue = await executor.read(store_catalogue.load)
    assert catalogue == await booking.catalogue()
    assert len(catalogue.services) == 85
    assert not await plant_seed(executor, now)
    # A year later only the calendar of the year after is added.
    assert await plant_seed(executor, now.replace(year=2027))
    later = await executor.read(store_catalogue.load)
    assert later.version == catalogue.version + 1
    assert list(later.services.values()) == list(catalogue.services.values())
    calendar = later.department("dsf").hours.calendar
    assert calendar is not None and calendar.published_years == {2026}


@pytest.mark.parametrize("step", ["hold", "confirm", "cancel", "arrive", "sweep"])
async def test_a_crash_at_any_statement_leaves_nothing_half_done(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    step: str,
    crash_at: Callable[..., Any],
) -> None:
    if step == "hold":
        # An expired hold lies in the way, so that the command also steals.
        await held(booking, now - timedelta(minutes=15), key="old", person="old")
    elif step in {"confirm", "sweep"}:
        hold = await held(booking, now)
    else:
        hold = await booked(booking, now)

    async def act() -> None:
        if step == "hold":
            await held(booking, now)
        elif step == "confirm":
            await booking.confirm(hold.reference, DETAILS, now)
        elif step == "cancel":
            await booking.cancel(hold.reference, now)
        elif step == "arrive":
            await executor.write(booking.arrive, hold.reference, "hengqin-centre-1", TEN)
        else:
            await booking.sweep(TEN)

    tables = (appointment, claim, appointment_event, outbox)
    before = [await executor.read(rows, table) for table in tables]
    entries = await executor.read(check)
    statement = 1
    while await crash_at(executor, statement, act):
        assert [await executor.read(rows, table) for table in tables] == before, statement
        assert await executor.read(check) == entries
        statement += 1
    assert statement > 4
    assert [await executor.read(rows, table) for table in tables] != before
