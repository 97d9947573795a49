"""The calendar of the public service of Macau against the lists that were published.

2026: "Public holidays" of the government portal, https://www.gov.mo/zh-hans/?p=820123: the
holidays of Executive Order 60/2000, the exemptions from work granted by the Chief Executive, and
the days off in exchange under article 79, paragraph 4 of the Statute of Public Service Staff.

2025: the official page of that year was not found any more; the same list as repeated by
https://www.easyjobs853.com/info/65.html, which for 2026 repeats the government's word for word.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from booking.calendar import DayKind, Why
from booking.calendar_holidays import NOON, macau


@dataclass(frozen=True, kw_only=True)
class Published:
    """One year's list: days as (month, day)."""

    holidays: tuple[tuple[int, int], ...]
    afternoons: tuple[tuple[int, int], ...]
    "Exempted from work in the afternoon."
    in_exchange: tuple[tuple[int, int], ...]
    "Days off for holidays that fall on a weekend."


LISTS = {
    2025: Published(
        holidays=(
            (1, 1), (1, 29), (1, 30), (1, 31), (4, 4), (4, 18), (4, 19), (5, 1), (5, 5), (5, 31),
            (10, 1), (10, 2), (10, 7), (10, 29), (11, 2), (12, 8), (12, 20), (12, 21), (12, 24),
            (12, 25),
        ),
        afternoons=((1, 28), (12, 31)),
        in_exchange=((4, 21), (6, 2), (11, 3), (12, 22), (12, 23)),
    ),
    2026: Published(
        holidays=(
            (1, 1), (2, 17), (2, 18), (2, 19), (4, 3), (4, 4), (4, 5), (5, 1), (5, 24), (6, 19),
            (9, 26), (10, 1), (10, 2), (10, 18), (11, 2), (12, 8), (12, 20), (12, 22), (12, 24),
            (12, 25),
        ),
        afternoons=((2, 16), (12, 31)),
        in_exchange=((4, 6), (4, 7), (5, 25), (9, 28), (10, 19), (12, 21)),
    ),
}  # fmt: skip


def dated(year: int, days: tuple[tuple[int, int], ...]) -> set[date]:
    return {date(year, month, day) for month, day in days}


@pytest.mark.parametrize("year", LISTS)
def test_the_days_of_the_list_are_those_of_the_calendar_and_no_others(year: int) -> None:
    published, calendar = LISTS[year], macau([year], [year])
    whole = {day for day, one in calendar.days.items() if one.kind is DayKind.HOLIDAY}
    assert whole == dated(year, published.holidays) | dated(year, published.in_exchange)
    halves = {day: one for day, one in calendar.days.items() if one.kind is DayKind.HALF_DAY}
    assert set(halves) == dated(year, published.afternoons)
    assert {one.closes_minute for one in halves.values()} == {NOON}


@pytest.mark.parametrize("year", LISTS)
def test_every_day_of_the_year_is_worked_when_the_list_leaves_it(year: int) -> None:
    published, calendar = LISTS[year], macau([year], [year])
    rests = dated(year, published.holidays) | dated(year, published.in_exchange)
    day = date(year, 1, 1)
    while day.year == year:
        closed = calendar.why_closed(day)
        if day in rests:
            assert closed is not None and closed[0] is Why.PUBLIC_HOLIDAY, day
        elif day.isoweekday() >= 6:
            assert closed == (Why.WEEKEND, None), day
        else:
            assert closed is None, day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", LISTS)
def test_a_list_gives_a_day_for_every_holiday_on_a_weekend(year: int) -> None:
    # Of what was copied from the page by hand.
    published = LISTS[year]
    lost = [day for day in dated(year, published.holidays) if day.isoweekday() >= 6]
    given = dated(year, published.in_exchange)
    assert len(lost) == len(given)
    assert all(day.isoweekday() <= 5 for day in given | dated(year, published.afternoons))
