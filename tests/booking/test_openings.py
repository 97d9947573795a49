"""The earliest times, and those at which several departments fit into one sitting."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, update

from booking import openings, store_catalogue
from booking.appointment import Details, Wish
from booking.calendar import Why
from booking.errors import NotInThisLanguage, NotOfferedHere, SlotTaken
from booking.grains import day_grain, grain_of, grains_of
from booking.scarce import Used
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import department
from counter.store.executor import Executor

CATALOGUE = seed([2026, 2027]).catalogue
MACAU = ZoneInfo("Asia/Macau")
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SITE = "hengqin-centre"
PENSION, RECORD = "fss-old-age-pension", "dsi-criminal-record"
TWO = [PENSION, RECORD]


def fitting(services: Sequence[str], used: Used) -> list[str]:
    site = CATALOGUE.site(SITE)
    wanted = [CATALOGUE.service(one) for one in services]
    found = openings.fitting(CATALOGUE, wanted, site, TUESDAY, used, NOW)
    return [f"{one.start.astimezone(MACAU):%H:%M}" for one in found]


def test_a_sitting_begins_where_all_of_it_fits() -> None:
    alone = fitting([PENSION], {})
    together = fitting(TWO, {})
    assert together
    assert set(together) <= set(alone)
    # The department rests from 13:00: at 12:30 there is no time for the second service.
    assert "12:30" in alone and "12:30" not in together


def test_a_sitting_needs_the_second_department_exactly_when_the_first_has_ended() -> None:
    service = CATALOGUE.service(PENSION)
    free = fitting(TWO, {})
    begins = datetime.combine(TUESDAY, time.fromisoformat(free[0]), MACAU)
    then = grain_of(begins) + grains_of(service)
    lanes = frozenset(range(CATALOGUE.department("dsi").lanes))
    used = {("department:dsi", then): lanes}
    assert fitting(TWO, used) == free[1:]
    assert free[0] in fitting([PENSION], used)


def test_a_day_of_a_sitting_says_what_stands_in_its_way() -> None:
    site = CATALOGUE.site(SITE)
    wanted = [CATALOGUE.service(one) for one in TWO]
    quota = CATALOGUE.department("dsi").daily_quota

    def day(at: date, used: Used) -> tuple[int, Why | None]:
        found = openings.fitting_day(CATALOGUE, wanted, site, at, used, NOW)
        return found.free, found.reason.code if found.reason else None

    assert day(TUESDAY, {})[0] > 0
    assert day(date(2026, 11, 28), {}) == (0, Why.WEEKEND)
    full = {("quota:dsi", day_grain(site, TUESDAY)): frozenset(range(quota))}
    assert day(TUESDAY, full) == (0, Why.FULLY_BOOKED)


def test_services_of_one_department_take_of_its_day_together() -> None:
    site = CATALOGUE.site(SITE)
    (_, *others) = CATALOGUE.services_of("fss")
    other = next(one for one in others if site in CATALOGUE.sites_for(one.id))
    both, quota = [PENSION, other.id], CATALOGUE.department("fss").daily_quota
    place = ("quota:fss", day_grain(site, TUESDAY))

    def left(units: int) -> tuple[set[int], int]:
        used = {place: frozenset(range(quota - units))}
        wanted = [CATALOGUE.service(one) for one in both]
        found = openings.fitting(CATALOGUE, wanted, site, TUESDAY, used, NOW)
        day = openings.fitting_day(CATALOGUE, wanted, site, TUESDAY, used, NOW)
        assert (day.free > 0) == bool(found)
        return {one.left for one in found}, day.free

    assert left(1) == (set(), 0)
    assert left(2) == ({1}, 1) == left(3)
    assert left(4)[1] == 2


async def test_with_one_unit_of_the_day_left_no_visit_to_a_department_twice_is_offered(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    others = [one.id for one in await booking.services("fss") if one.id != PENSION]
    both = [PENSION, others[0]]
    offers = await booking.sitting_slots(both, SITE, TUESDAY, now)

    def one_unit(conn: Connection) -> None:
        conn.execute(update(department).where(department.c.id == "fss").values(daily_quota=1))
        store_catalogue.touch(conn)

    await executor.write(one_unit)
    with pytest.raises(SlotTaken):
        await booking.hold_sitting("k", both, SITE, offers[0].start, "p", now)
    assert await booking.sitting_slots(both, SITE, TUESDAY, now) == []
    assert await booking.slots(PENSION, SITE, TUESDAY, now) != []


async def test_the_earliest_times_are_the_first_of_all_places(
    booking: BookingService, now: datetime
) -> None:
    sites = [one.id for one in await booking.sites_for(RECORD)]
    assert len(sites) > 1
    found = await booking.earliest(RECORD, None, now, count=3)
    starts = [one.start for one in found]
    assert len(found) == 3 and starts == sorted(starts)
    first = []
    for site in sites:
        for one in await booking.days(RECORD, site, now):
            if one.free:
                first.append((await booking.slots(RECORD, site, one.day, now))[0].start)
                break
    assert starts[0] == min(first)
    at_one = await booking.earliest(RECORD, sites[0], now, count=2)
    assert [one.site for one in at_one] == [sites[0]] * 2


async def test_the_earliest_time_can_be_held_and_is_then_somebody_elses(
    booking: BookingService, now: datetime
) -> None:
    before = await booking.earliest(PENSION, SITE, now, count=1)
    lanes = CATALOGUE.department("fss").lanes
    for number in range(min(lanes, before[0].left)):
        await booking.hold("k", PENSION, SITE, before[0].start, f"person-{number}", now)
    (after,) = await booking.earliest(PENSION, SITE, now, count=1)
    assert after.start > before[0].start


async def test_an_early_time_is_refused_where_the_service_is_not_given(
    booking: BookingService, now: datetime
) -> None:
    with pytest.raises(NotOfferedHere):
        await booking.earliest(RECORD, "macau-morais", now)
    with pytest.raises(NotInThisLanguage):
        await booking.earliest(RECORD, SITE, now, Wish(speech="xx"))
    assert await booking.earliest(RECORD, None, now, Wish(speech="xx")) == []


async def test_every_time_that_is_offered_for_a_sitting_can_be_held(
    booking: BookingService, now: datetime
) -> None:
    day = next(one.day for one in await booking.sitting_days(TWO, SITE, now) if one.free)
    offers = await booking.sitting_slots(TWO, SITE, day, now)
    for number, offer in enumerate(offers):
        held = await booking.hold_sitting(f"k{number}", TWO, SITE, offer.start, "someone", now)
        view = await booking.appointment(held[0].reference, now)
        assert [one.service for one in view.sitting] == [RECORD]
        assert view.sitting[0].start == view.end
    assert (await booking.earliest(PENSION, SITE, now, also=[RECORD]))[0].start == offers[0].start


async def test_a_time_at_which_the_sitting_does_not_fit_is_neither_offered_nor_held(
    booking: BookingService, now: datetime, new_id: Callable[[], str]
) -> None:
    day = next(one.day for one in await booking.sitting_days(TWO, SITE, now) if one.free)
    together = {one.start for one in await booking.sitting_slots(TWO, SITE, day, now)}
    alone = {one.start for one in await booking.slots(PENSION, SITE, day, now)}
    (lonely, *_) = sorted(alone - together)
    with pytest.raises(SlotTaken):
        await booking.hold_sitting(new_id(), TWO, SITE, lonely, "someone", now)
    # A booked sitting takes both departments at once.
    start = min(together)
    held = await booking.hold_sitting(new_id(), TWO, SITE, start, "someone", now)
    await booking.confirm(held[0].reference, Details(name="Ana"), now + timedelta(minutes=1))
    left = {one.start: one.left for one in await booking.sitting_slots(TWO, SITE, day, now)}
    assert left.get(start, 0) < CATALOGUE.department("fss").lanes
