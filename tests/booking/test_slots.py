"""Slots are where both sides are open and something is left."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking import scarce, slots
from booking.calendar import Why
from booking.catalogue import Catalogue
from booking.errors import ClosedDay, NotInCatalogue, NotOfferedHere, NotReleased, SlotTaken
from booking.grains import day_grain, grain_of, instant_of, local_day
from booking.scarce import Used
from booking.seed_toml import seed

CATALOGUE: Catalogue = seed([2026, 2027]).catalogue
PRACTICE: Catalogue = seed([2026, 2027], practice=True).catalogue
MACAU = ZoneInfo("Asia/Macau")
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def clock(instants: list[int]) -> list[str]:
    return [f"{instant_of(grain).astimezone(MACAU):%H:%M}" for grain in instants]


def test_a_grain_is_five_minutes_of_utc() -> None:
    at = datetime(2026, 11, 24, 9, 7, 31, tzinfo=MACAU)
    assert instant_of(grain_of(at)) == datetime(2026, 11, 24, 1, 5, tzinfo=UTC)


def test_slots_lie_where_the_department_and_the_site_are_open_together() -> None:
    # The department rests from 13:00 to 14:30, the site closes at 17:30.
    service, site = slots.offered(CATALOGUE, "fss-old-age-pension", "hengqin-centre")
    starts = clock(slots.starts(CATALOGUE, service, site, TUESDAY))
    assert starts[0] == "09:00" and starts[-1] == "17:00"
    assert "12:30" in starts and "13:00" not in starts and "14:30" in starts
    assert all(minute.endswith(("00", "30")) for minute in starts)


def test_the_site_that_never_closes_follows_the_department_alone() -> None:
    service, site = slots.offered(
        CATALOGUE, "dsf-salaries-tax-certificate", "hengqin-neighbourhood"
    )
    # A holiday of the Mainland, but not of Macau.
    assert slots.starts(CATALOGUE, service, site, date(2026, 10, 6))
    centre = CATALOGUE.site("hengqin-centre")
    assert not slots.starts(CATALOGUE, service, centre, date(2026, 10, 6))


def test_a_service_is_not_given_on_its_own_side() -> None:
    with pytest.raises(NotOfferedHere):
        slots.offered(CATALOGUE, "dsi-passport", "macau-morais")
    with pytest.raises(NotInCatalogue):
        slots.offered(CATALOGUE, "dsi-unknown", "hengqin-centre")


def test_what_is_used_is_left_for_nobody_else() -> None:
    service, site = slots.offered(CATALOGUE, "hq_tax-income-certificate", "macau-morais")
    free = slots.offers(CATALOGUE, service, site, TUESDAY, {}, NOW)
    first = grain_of(free[0].start)
    agents = scarce.shared_resources(service, site)[1]
    used = {(agents, first + 2): frozenset({0})}
    assert [one.start for one in slots.offers(CATALOGUE, service, site, TUESDAY, used, NOW)] == [
        one.start for one in free[1:]
    ]


def test_a_day_says_how_many_and_why_none() -> None:
    service, site = slots.offered(CATALOGUE, "dsi-passport", "hengqin-centre")
    quota = scarce.shared_resources(service, site)[0]

    def day(at: date, used: Used, now: datetime = NOW) -> tuple[int, Why | None]:
        found = slots.availability(CATALOGUE, service, site, at, used, now)
        return found.free, found.reason.code if found.reason else None

    assert day(TUESDAY, {}) == (8, None)
    midnight = day_grain(site, TUESDAY)
    assert day(TUESDAY, {(quota, midnight): frozenset(range(5))}) == (3, None)
    assert day(TUESDAY, {(quota, midnight): frozenset(range(8))}) == (0, Why.FULLY_BOOKED)
    assert day(date(2026, 12, 8), {}) == (0, Why.PUBLIC_HOLIDAY)
    assert day(date(2026, 12, 31), {}) == (8, Why.HALF_DAY)
    evening = datetime(2026, 11, 24, 17, 45, tzinfo=MACAU)
    assert day(TUESDAY, {}, evening) == (0, Why.DAY_OVER)


def test_a_start_must_be_released_open_and_a_slot() -> None:
    service, site = slots.offered(CATALOGUE, "dsi-passport", "hengqin-centre")

    def first(when: str) -> int:
        start = datetime.fromisoformat(f"{when}+08:00")
        return slots.first_grain(CATALOGUE, service, site, start, NOW)

    assert instant_of(first("2026-11-24T09:15")) == datetime(2026, 11, 24, 1, 15, tzinfo=UTC)
    for unreleased in ("2026-11-23T09:45", "2026-12-23T09:00", "2026-11-22T09:00"):
        with pytest.raises(NotReleased):
            first(unreleased)
    for between in ("2026-11-24T09:20", "2026-11-24T13:00", "2026-11-24T09:00:01"):
        with pytest.raises(SlotTaken):
            first(between)
    with pytest.raises(ClosedDay) as refused:
        first("2026-12-08T09:00")
    assert refused.value.reason.code is Why.PUBLIC_HOLIDAY


def test_nothing_is_released_in_a_year_nobody_announced() -> None:
    service, site = slots.offered(CATALOGUE, "dsi-passport", "hengqin-centre")
    december = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)
    with pytest.raises(ClosedDay) as refused:
        slots.first_grain(
            CATALOGUE, service, site, datetime(2027, 1, 5, 9, 0, tzinfo=MACAU), december
        )
    assert refused.value.reason.code is Why.YEAR_NOT_PUBLISHED


@pytest.mark.parametrize("at", [NOW, datetime(2026, 12, 26, 19, 59, tzinfo=UTC)])
def test_in_practice_there_is_a_slot_within_the_hour_at_any_time(at: datetime) -> None:
    for service in PRACTICE.services.values():
        for site in PRACTICE.sites_for(service.id):
            day = local_day(site, at)
            offers = [
                offer
                for ahead in (0, 1)
                for offer in slots.offers(
                    PRACTICE, service, site, day + timedelta(days=ahead), {}, at
                )
            ]
            assert offers[0].start - at <= timedelta(hours=1)
