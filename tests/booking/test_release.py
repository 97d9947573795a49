"""Days that a department opens at one instant: not a microsecond before, and to all alike."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from booking import errors, store_catalogue
from booking.appointment import Details
from booking.calendar import Why
from booking.catalogue import Catalogue, Release
from booking.release import opens_at, window
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import release
from counter.store.executor import Executor

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
NINE = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
"Wednesday, 09:00 in Macau: then the week after is opened."
TUESDAY = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WEEK = Release(id="r-1", opens_at=NINE, from_day=date(2026, 11, 30), to_day=date(2026, 12, 4))
EARLIER = Release(
    id="r-0", opens_at=NINE - timedelta(days=7), from_day=date(2026, 11, 23), to_day=WEEK.from_day
)


def open_days(conn: Connection, *releases: Release) -> None:
    for one in releases:
        conn.execute(
            release.insert().values(
                id=one.id,
                department="dsf",
                opens_at=one.opens_at,
                from_day=one.from_day,
                to_day=one.to_day,
            )
        )
    store_catalogue.touch(conn)


async def test_a_week_opens_at_its_instant_and_not_before(
    booking: BookingService, executor: Executor
) -> None:
    await executor.write(open_days, WEEK)
    early = NINE - INSTANT
    await booking.sweep(early)
    with pytest.raises(errors.NotReleased):
        await booking.hold("k", SERVICE, SITE, TUESDAY, "p", early)
    with pytest.raises(errors.NotReleased):
        await booking.slots(SERVICE, SITE, TUESDAY.date(), early)
    with pytest.raises(errors.NotReleased):
        await booking.join_waitlist(
            "k", SERVICE, SITE, TUESDAY, TUESDAY + timedelta(hours=1), "a@b.org", "pt", "p", early
        )
    days = {one.day: one for one in await booking.days(SERVICE, SITE, early)}
    then = days[TUESDAY.date()]
    assert then.reason is not None
    assert (then.free, then.reason.code, then.opens_at) == (0, Why.OPENS_LATER, NINE)
    # A refusal is no hold: the same key books at the instant.
    hold = await booking.hold("k", SERVICE, SITE, TUESDAY, "p", NINE)
    days = {one.day: one for one in await booking.days(SERVICE, SITE, NINE)}
    assert days[TUESDAY.date()].free == 7 and days[TUESDAY.date()].opens_at is None
    await booking.confirm(hold.reference, Details(name="A"), NINE)


async def test_an_appointment_is_not_moved_to_a_day_that_is_not_open(
    booking: BookingService, executor: Executor
) -> None:
    later = Release(
        id="r-2",
        opens_at=NINE + timedelta(days=2),
        from_day=date(2026, 12, 7),
        to_day=date(2026, 12, 11),
    )
    await executor.write(open_days, WEEK, later)
    await booking.sweep(NINE)
    hold = await booking.hold("k", SERVICE, SITE, TUESDAY, "p", NINE)
    await booking.confirm(hold.reference, Details(name="A"), NINE)
    moved_to = TUESDAY + timedelta(days=9)
    with pytest.raises(errors.NotReleased):
        await booking.reschedule(hold.reference, SITE, moved_to, later.opens_at - INSTANT)
    assert (await booking.appointment(hold.reference, NINE)).start == TUESDAY
    moved = await booking.reschedule(hold.reference, SITE, moved_to, later.opens_at)
    assert moved.start == moved_to


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 11, 27), Why.NOT_OPENED),
        (date(2026, 11, 30), Why.OPENS_LATER),
        (date(2026, 12, 4), Why.OPENS_LATER),
    ],
)
async def test_days_that_no_release_names_are_not_booked(
    booking: BookingService, executor: Executor, day: date, code: Why
) -> None:
    await executor.write(open_days, WEEK)
    early = NINE - timedelta(hours=2)
    await booking.sweep(early)
    days = {one.day: one for one in await booking.days(SERVICE, SITE, early)}
    assert max(days) == WEEK.to_day
    reason = days[day].reason
    assert reason is not None and (days[day].free, reason.code) == (0, code)
    start = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
    with pytest.raises(errors.NotReleased):
        await booking.hold("k", SERVICE, SITE, start, "p", early)
    if code is Why.NOT_OPENED:
        # It does not open with the others either.
        with pytest.raises(errors.NotReleased):
            await booking.hold("k", SERVICE, SITE, start, "p", NINE)


def with_releases(*releases: Release) -> Catalogue:
    catalogue = seed([2026]).catalogue
    department = replace(catalogue.department("dsf"), releases=releases)
    return replace(catalogue, departments={**catalogue.departments, "dsf": department})


@pytest.mark.parametrize("order", [(WEEK, EARLIER), (EARLIER, WEEK)])
def test_a_day_in_two_releases_opens_with_the_first(order: tuple[Release, ...]) -> None:
    department = with_releases(*order).department("dsf")
    assert opens_at(department, WEEK.from_day, NINE - INSTANT) is None
    assert opens_at(department, WEEK.to_day, NINE - INSTANT) == NINE
    assert opens_at(department, WEEK.to_day, NINE) is None
    before = EARLIER.opens_at - INSTANT
    assert opens_at(department, WEEK.from_day, before) == EARLIER.opens_at


def test_a_department_without_a_schedule_opens_thirty_days(now: datetime) -> None:
    catalogue = with_releases()
    department, site = catalogue.department("dsf"), catalogue.site(SITE)
    days = window(department, site, now)
    assert (len(days), days[0]) == (30, date(2026, 11, 23))
    for day in (days[0], days[-1]):
        assert opens_at(department, day, now) is None
