"""Both calendars, against what is known of them from elsewhere."""

from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import pytest

from booking.calendar import (
    Closure,
    DayKind,
    Hours,
    Opening,
    SpecialDay,
    Why,
    common,
    why_closed,
    why_shorter,
)
from booking.calendar_holidays import macau, mainland

YEARS = (2026, 2027)
MACAU = macau(YEARS, [2026])
MAINLAND = mainland(YEARS, [2026])
OFFICE = tuple(
    Opening(weekday=weekday, opens_minute=opens, closes_minute=closes)
    for weekday in range(1, 6)
    for opens, closes in ((9 * 60, 13 * 60), (14 * 60, 18 * 60))
)
DEPARTMENT = Hours(zone="Asia/Macau", calendar=MACAU, openings=OFFICE)
SITE = Hours(zone="Asia/Shanghai", calendar=MAINLAND, openings=OFFICE)


def all_days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_mainland_works_when_a_second_library_says_so(year: int) -> None:
    calendar = mainland([year], [year])
    worked = {day for day in all_days(year) if calendar.why_closed(day) is None}
    assert worked == {day for day in all_days(year) if chinese_calendar.is_workday(day)}


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_weekend_days_that_are_made_up_are_those_of_a_second_library(year: int) -> None:
    days = mainland([year], [year]).days
    made_up = {day for day, special in days.items() if special.kind is DayKind.MAKE_UP}
    assert made_up == {
        day for day in all_days(year) if day.isoweekday() >= 6 and chinese_calendar.is_workday(day)
    }
    assert made_up


@pytest.mark.parametrize("year", [2025, 2026])
def test_both_sides_meet_on_the_days_that_both_work_and_the_reason_says_who_does_not(
    year: int,
) -> None:
    here, there = macau([year], [year]), mainland([year], [year])
    department = Hours(zone="Asia/Macau", calendar=here, openings=OFFICE)
    site = Hours(zone="Asia/Shanghai", calendar=there, openings=OFFICE)
    for day in all_days(year):
        reason = why_closed(department, site, day)
        works = here.why_closed(day) is None, chinese_calendar.is_workday(day)
        assert (reason is None) is all(works), day
        made_up = works[1] and day.isoweekday() >= 6
        assert (reason.made_up_by if reason else None) == ("CN" if made_up else None), day
        if reason is not None and any(works):
            assert reason.where == ("department" if works[1] else "site"), day


def test_the_second_library_does_not_know_2027_and_nothing_is_released() -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(2027, 6, 1))
    assert MAINLAND.why_closed(date(2027, 6, 1)) == (Why.YEAR_NOT_PUBLISHED, None)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 6),
        date(2026, 4, 7),
        date(2026, 5, 25),
        date(2026, 9, 28),
        date(2026, 10, 19),
        date(2026, 12, 8),
        date(2026, 12, 21),
        date(2026, 12, 22),
    ],
)
def test_macau_rests_on_its_government_days(day: date) -> None:
    closed = MACAU.why_closed(day)
    assert closed is not None
    assert closed[0] is Why.PUBLIC_HOLIDAY
    assert closed[1] is not None and all(closed[1].values())


@pytest.mark.parametrize("day", [date(2026, 2, 16), date(2026, 12, 31)])
def test_macau_works_in_the_morning_of_a_half_day(day: date) -> None:
    assert MACAU.why_closed(day) is None
    (morning,) = DEPARTMENT.open_on(day)
    assert morning[1] - morning[0] == timedelta(hours=4)
    always = Hours(zone="Asia/Macau", calendar=None, openings=OFFICE)
    shorter = why_shorter(DEPARTMENT, always, day)
    assert shorter is not None and shorter.code is Why.HALF_DAY


def test_every_special_day_has_a_name_in_every_language() -> None:
    for calendar in (MACAU, MAINLAND):
        for special in calendar.days.values():
            assert set(special.names) == {"zh_Hant", "zh_Hans", "pt", "en"}
            assert all(special.names.values())


def test_hengqin_works_on_a_make_up_saturday_and_macau_does_not() -> None:
    saturday = date(2026, 10, 10)
    assert SITE.open_on(saturday)
    reason = why_closed(DEPARTMENT, SITE, saturday)
    assert reason is not None
    assert (reason.code, reason.where) == (Why.WEEKEND, "department")
    assert reason.made_up_by == "CN"
    turned = why_closed(SITE, DEPARTMENT, saturday)
    assert turned is not None
    assert (turned.where, turned.made_up_by) == ("site", "CN")


def test_a_place_that_never_closes_makes_up_for_nothing() -> None:
    always = Hours(zone="Asia/Shanghai", calendar=None, openings=OFFICE)
    reason = why_closed(DEPARTMENT, always, date(2026, 10, 10))
    assert reason is not None and reason.made_up_by is None


def test_a_closure_counts_for_more_than_a_day_that_is_made_up() -> None:
    saturday = date(2026, 10, 10)
    storm = Closure(names={"en": "typhoon"})
    site = replace(SITE, closures={saturday: storm})
    reason = why_closed(DEPARTMENT, site, saturday)
    assert reason is not None
    assert (reason.code, reason.made_up_by) == (Why.WEEKEND, None)
    monday = replace(SITE, closures={date(2026, 10, 12): storm})
    closed = why_closed(DEPARTMENT, monday, date(2026, 10, 12))
    assert closed is not None
    assert (closed.code, closed.where, closed.names) == (Why.CLOSURE, "site", storm.names)


def test_an_opening_of_ones_own_opens_no_year_that_nobody_announced() -> None:
    opened = Closure(names={"en": "open day"}, openings=((540, 720),))
    for day, open_then in ((date(2026, 12, 8), True), (date(2027, 1, 5), False)):
        hours = replace(DEPARTMENT, closures={day: opened})
        assert bool(hours.open_on(day)) is open_then


@pytest.mark.parametrize(
    ("day", "code", "where"),
    [
        (date(2026, 11, 28), Why.WEEKEND, "both"),
        (date(2026, 12, 8), Why.PUBLIC_HOLIDAY, "department"),
        (date(2026, 10, 6), Why.PUBLIC_HOLIDAY, "site"),
        (date(2026, 10, 18), Why.PUBLIC_HOLIDAY, "department"),
        (date(2027, 1, 4), Why.YEAR_NOT_PUBLISHED, "both"),
    ],
)
def test_a_closed_day_says_who_is_closed_and_why(day: date, code: Why, where: str) -> None:
    reason = why_closed(DEPARTMENT, SITE, day)
    assert reason is not None
    assert (reason.code, reason.where) == (code, where)


def test_an_ordinary_day_has_no_reason() -> None:
    assert why_closed(DEPARTMENT, SITE, date(2026, 11, 24)) is None


def test_hours_that_never_meet_are_a_reason_too() -> None:
    day = date(2026, 11, 24)
    night = Hours(
        zone="Asia/Shanghai",
        calendar=MAINLAND,
        openings=(Opening(weekday=2, opens_minute=20 * 60, closes_minute=1440),),
    )
    never = Hours(zone="Asia/Shanghai", calendar=MAINLAND, openings=())
    for site, code in ((night, Why.DEPARTMENT_CLOSED), (never, Why.SITE_CLOSED)):
        reason = why_closed(DEPARTMENT, site, day)
        assert reason is not None and reason.code is code


def test_a_half_day_on_a_weekend_is_a_weekend() -> None:
    saturday = date(2026, 11, 28)
    half: SpecialDay = MACAU.days[date(2026, 12, 31)]
    calendar = type(MACAU)(territory="MO", published_years=frozenset({2026}), days={saturday: half})
    assert calendar.why_closed(saturday) == (Why.WEEKEND, None)


def test_common_hours_are_what_both_have() -> None:
    day = date(2026, 11, 24)
    shared = common(DEPARTMENT.open_on(day), SITE.open_on(day))
    assert shared == DEPARTMENT.open_on(day)
    assert common(DEPARTMENT.open_on(day), []) == []
