"""How much one may book: who missed too often, in a week, and for one company or association."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from booking import errors, store_catalogue
from booking.appointment import (
    ACTIVE_PER_ENTITY,
    MISSED_LIMIT,
    MISSED_WITHIN,
    SENT_AT_ONCE_PER_ENTITY,
    Details,
    State,
)
from booking.catalogue import Acting
from booking.grains import grain_of
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import department, service
from booking.tables import appointment
from counter.store.executor import Executor

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SLOT, DAY = timedelta(minutes=20), timedelta(days=1)
SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
THREE_TERMINALS = ("hq_tax-income-certificate", "macau-morais")


def change_services(conn: Connection, /, **values: Any) -> None:
    conn.execute(service.update().values(**values))
    conn.execute(department.update().values(lanes=4, daily_quota=40))
    store_catalogue.touch(conn)


async def booked(
    booking: BookingService, now: datetime, start: datetime, person: str = "p", **more: Any
) -> Held:
    name = more.get("service", SERVICE)
    hold = await booking.hold(f"{name} {start}", name, SITE, start, person, now)
    await booking.confirm(hold.reference, Details(name="A"), now)
    return hold


async def test_who_missed_three_in_ninety_days_books_for_today_only(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    starts = [TEN + SLOT * number for number in range(MISSED_LIMIT)]
    holds = [await booked(booking, now, start) for start in starts]
    for number, start in enumerate(starts):
        # Two that were missed change nothing.
        await booked(booking, now, TEN + DAY + SLOT * number, person="r")
        await booking.sweep(start + timedelta(minutes=15, seconds=1))
        view = await booking.appointment(holds[number].reference, start)
        assert view.state is State.NOSHOW
        if number + 1 < MISSED_LIMIT:
            hold = await booking.hold(f"{number}", SERVICE, SITE, TEN + 2 * DAY, "p", start)
            await booking.cancel(hold.reference, start)
    later = starts[-1] + timedelta(hours=1)
    with pytest.raises(errors.OnlySameDay):
        await booking.hold("k", SERVICE, SITE, TEN + 2 * DAY, "p", later)
    await booking.hold("k", SERVICE, SITE, TEN + 2 * DAY, "other", later)
    today = await booking.hold("today", SERVICE, SITE, starts[-1] + 6 * SLOT, "p", later)
    await booking.confirm(today.reference, Details(name="A"), later)

    def missed_at(conn: Connection, grain: int) -> None:
        conn.execute(
            appointment.update()
            .where(appointment.c.id == holds[0].appointment_id)
            .values(first_grain=grain)
        )

    # Ninety days are counted to the grain.
    oldest = grain_of(later - MISSED_WITHIN)
    await executor.write(missed_at, oldest)
    with pytest.raises(errors.OnlySameDay):
        await booking.hold("k2", SERVICE, SITE, TEN + 3 * DAY, "p", later)
    await executor.write(missed_at, oldest - 1)
    await booking.hold("k2", SERVICE, SITE, TEN + 3 * DAY, "p", later)


async def test_who_missed_too_often_is_offered_nothing_for_another_day(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    taken = await booked(booking, now, TEN + DAY, person="r")
    entries = [
        await booking.join_waitlist(
            "j", SERVICE, SITE, TEN + DAY, TEN + DAY + SLOT, "a@b.org", "pt", who, at
        )
        for who, at in (("p", now), ("q", now + timedelta(seconds=1)))
    ]
    for number in range(MISSED_LIMIT):
        await booked(booking, now, TEN + SLOT * number)
    later = TEN + timedelta(hours=2)
    await booking.sweep(later)
    await booking.cancel(taken.reference, later)
    states = [(await booking.waiting(one.reference, later)).state for one in entries]
    assert states == ["waiting", "offered"]


async def test_a_service_that_is_limited_by_the_week_is_so(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(change_services, weekly_per_person=1)
    await booking.sweep(now)
    hold = await booked(booking, now, TEN)
    # The same week, on any day of it; also where the first is only held.
    with pytest.raises(errors.WeeklyLimit):
        await booked(booking, now, TEN + 3 * DAY)
    await booked(booking, now, TEN + 3 * DAY, person="other")
    await booked(booking, now, TEN + DAY, service="dsf-property-tax-m10")
    await booked(booking, now, TEN + 6 * DAY)  # Monday
    # Moved within the week it is still one; into the other it would be the second there.
    await booking.reschedule(hold.reference, SITE, TEN + 3 * DAY, now)
    with pytest.raises(errors.WeeklyLimit):
        await booking.reschedule(hold.reference, SITE, TEN + 7 * DAY, now)
    await booking.cancel(hold.reference, now)
    await booked(booking, now, TEN + 2 * DAY)


async def sent(
    booking: BookingService, now: datetime, start: datetime, person: str, number: str
) -> Held:
    """One appointment of a company."""
    hold = await booking.hold(f"{start}", *THREE_TERMINALS, start, person, now)
    details = Details(
        name="A", acting=Acting.REPRESENTATIVE, acting_for="Co.", entity_number=number
    )
    await booking.confirm(hold.reference, details, now)
    return hold


@pytest.fixture
async def for_companies(booking: BookingService, executor: Executor, now: datetime) -> None:
    """Let every service be given to representatives."""
    await executor.write(change_services, acts_for=["self", "representative"])
    await booking.sweep(now)


@pytest.mark.usefixtures("for_companies")
async def test_a_company_sends_two_at_once(booking: BookingService, now: datetime) -> None:
    assert SENT_AT_ONCE_PER_ENTITY == 2
    for person in ("p", "q"):
        await sent(booking, now, TEN, person, "so 12345")
    # However the number is written.
    with pytest.raises(errors.TooManyOfEntity):
        await sent(booking, now, TEN, "r", " SO 12345")
    # The hold is as it was: another company's can be made of it.
    assert (await sent(booking, now, TEN, "r", "SO 99999")).reference


@pytest.mark.usefixtures("for_companies")
async def test_a_company_has_twelve_coming_appointments_at_most(
    booking: BookingService, now: datetime
) -> None:
    offers = await booking.slots(*THREE_TERMINALS, TEN.date(), now)
    starts = [offer.start for offer in offers]
    assert len(starts) > ACTIVE_PER_ENTITY
    holds = [
        await sent(booking, now, starts[number], f"p{number // 3}", "SO 12345")
        for number in range(ACTIVE_PER_ENTITY)
    ]
    last = starts[ACTIVE_PER_ENTITY]
    with pytest.raises(errors.TooManyOfEntity):
        await sent(booking, now, last, "last", "SO 12345")
    await booking.cancel(holds[0].reference, now)
    await sent(booking, now, last, "last", "SO 12345")


@pytest.mark.usefixtures("for_companies")
async def test_a_company_s_appointment_is_moved_with_its_limits(
    booking: BookingService, now: datetime
) -> None:
    for person in ("p", "q"):
        await sent(booking, now, TEN, person, "SO 12345")
    later = await sent(booking, now, TEN + 3 * SLOT, "r", "SO 12345")
    with pytest.raises(errors.TooManyOfEntity):
        await booking.reschedule(later.reference, THREE_TERMINALS[1], TEN, now)
    view = await booking.appointment(later.reference, now)
    assert (view.start, view.state) == (TEN + 3 * SLOT, State.BOOKED)
