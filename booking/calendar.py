"""When an office works: the government calendar of its territory and its opening hours.

Macau and the Mainland keep different holidays, and the Mainland works on some weekends to make up
for them; that is data (`SpecialDay`), not code.  A closed day always comes with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

Texts = Mapping[str, str]
"One text in every language of `booking.catalogue.LANGUAGES`."
Interval = tuple[datetime, datetime]
"From, and until but without, in UTC."

SATURDAY = 6
"As `date.isoweekday`: Monday is 1."


class DayKind(StrEnum):
    """What the calendar says of a day that is not like its weekday."""

    HOLIDAY = "holiday"
    HALF_DAY = "half_day"
    "Works in the morning only."
    MAKE_UP = "make_up"
    "A weekend day that is worked, in place of a day off in the week."


class Why(StrEnum):
    """Why nothing can be booked on a day, or only part of it."""

    YEAR_NOT_PUBLISHED = "year_not_published"
    PUBLIC_HOLIDAY = "public_holiday"
    WEEKEND = "weekend"
    DEPARTMENT_CLOSED = "department_closed"
    SITE_CLOSED = "site_closed"
    CLOSURE = "closure"
    "Closed on this very day, for a reason of its own."
    HALF_DAY = "half_day"
    NOT_OPENED = "not_opened"
    "No release schedule names this day."
    OPENS_LATER = "opens_later"
    FULLY_BOOKED = "fully_booked"
    DAY_OVER = "day_over"


Where = Literal["department", "site", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedReason:
    """A reason for the page to say in words."""

    code: Why
    where: Where
    names: Texts | None = None
    "Name of the holiday, or of the closure."
    made_up_by: str | None = None
    "The territory that works on this weekend day to make up for another, while the other rests."


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A day that is not like its weekday."""

    kind: DayKind
    names: Texts
    closes_minute: int | None = None
    "Of a half day: minutes after midnight at which work ends."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One stretch of opening hours on one weekday."""

    weekday: int
    "1 is Monday, 7 is Sunday."
    opens_minute: int
    closes_minute: int
    "Minutes after local midnight; 1440 is the next midnight."


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The working days of the government of one territory."""

    territory: str
    published_years: frozenset[int]
    "Years whose days are announced; of others nothing is released."
    days: Mapping[date, SpecialDay]

    def why_closed(self, day: date) -> tuple[Why, Texts | None] | None:
        """Why public offices are closed all of `day`; `None` when they work, if only a part."""
        if day.year not in self.published_years:
            return Why.YEAR_NOT_PUBLISHED, None
        special = self.days.get(day)
        if special is None:
            return (Why.WEEKEND, None) if day.isoweekday() >= SATURDAY else None
        if special.kind is DayKind.HOLIDAY:
            return Why.PUBLIC_HOLIDAY, special.names
        # The afternoon before a feast is given free only when the morning is worked at all.
        if special.kind is DayKind.HALF_DAY and day.isoweekday() >= SATURDAY:
            return Why.WEEKEND, None
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A day on which one place keeps other hours than usual, or none."""

    names: Texts
    "Why, for citizens."
    openings: tuple[tuple[int, int], ...] = ()
    "Minutes after local midnight, from and until; none: closed all day."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When one department or site is open."""

    zone: str
    calendar: Calendar | None
    "`None`: open by its hours alone, also on holidays (a self-service centre)."
    openings: tuple[Opening, ...]
    closures: Mapping[date, Closure] = field(default_factory=dict)
    "They count for more than the calendar: a place may also open on a holiday."
    coming: tuple[tuple[date, tuple[Opening, ...]], ...] = ()
    "Weekly hours that hold from a later day on, in order of that day."

    def why_closed(self, day: date) -> tuple[Why, Texts | None] | None:
        """Why it is closed all of `day`, without the word for hours that are not there."""
        own = self.closures.get(day)
        unknown = self.calendar is not None and day.year not in self.calendar.published_years
        if own is not None and not unknown:
            return None if own.openings else (Why.CLOSURE, own.names)
        return self.calendar.why_closed(day) if self.calendar else None

    def half_day(self, day: date) -> SpecialDay | None:
        """The half holiday that `day` is, if it is one."""
        special = self.calendar.days.get(day) if self.calendar else None
        return special if special and special.kind is DayKind.HALF_DAY else None

    def makes_up(self, day: date) -> str | None:
        """The territory whose make-up working day it is, if it works by it."""
        special = self.calendar.days.get(day) if self.calendar else None
        if self.calendar is None or special is None or special.kind is not DayKind.MAKE_UP:
            return None
        return None if self.why_closed(day) else self.calendar.territory

    def openings_on(self, day: date) -> tuple[Opening, ...]:
        """The weekly hours that hold on `day`."""
        begun = [openings for from_day, openings in self.coming if from_day <= day]
        return begun[-1] if begun else self.openings

    def open_on(self, day: date) -> list[Interval]:
        """The stretches of local `day` in which it is open, in order."""
        if self.why_closed(day):
            return []
        if day in self.closures:
            return [
                (self._at(day, opens), self._at(day, closes))
                for opens, closes in sorted(self.closures[day].openings)
            ]
        special = self.calendar.days.get(day) if self.calendar else None
        weekday = day.isoweekday()
        if special and special.kind is DayKind.MAKE_UP:
            # A made-up Saturday is worked with the hours of a Monday.
            weekday = 1
        until = special.closes_minute if special and special.closes_minute is not None else 1440
        return [
            (self._at(day, opening.opens_minute), self._at(day, min(opening.closes_minute, until)))
            for opening in sorted(self.openings_on(day), key=lambda o: o.opens_minute)
            if opening.weekday == weekday and opening.opens_minute < until
        ]

    def _at(self, day: date, minute: int) -> datetime:
        """The instant of a wall clock: `minute` after midnight of local `day`."""
        days, rest = divmod(minute, 1440)
        wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60))
        return wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def common(some: list[Interval], others: list[Interval]) -> list[Interval]:
    """The stretches that are in both."""
    shared = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return sorted((start, end) for start, end in shared if start < end)


def why_closed(department: Hours, site: Hours, day: date) -> ClosedReason | None:
    """Why the two are never open together on `day`.

    What no one can change is said first: the year, then the holiday, then the weekend, then hours.
    """
    of_department, of_site = department.why_closed(day), site.why_closed(day)
    if of_department and of_department == of_site:
        return ClosedReason(code=of_department[0], where="both", names=of_department[1])
    order = list(Why)
    reasons: list[tuple[Why, Texts | None, Where]] = []
    if of_department:
        reasons.append((*of_department, "department"))
    if of_site:
        reasons.append((*of_site, "site"))
    if reasons:
        code, names, where = min(reasons, key=lambda reason: order.index(reason[0]))
        worker = site if where == "department" else department
        return ClosedReason(code=code, where=where, names=names, made_up_by=worker.makes_up(day))
    if not site.open_on(day):
        return ClosedReason(code=Why.SITE_CLOSED, where="site")
    if not common(department.open_on(day), site.open_on(day)):
        return ClosedReason(code=Why.DEPARTMENT_CLOSED, where="department")
    return None


def why_shorter(department: Hours, site: Hours, day: date) -> ClosedReason | None:
    """The half holiday that makes `day` short, if one of the two keeps it."""
    where: Where = "department"
    special = department.half_day(day)
    if special is None:
        where, special = "site", site.half_day(day)
    if special is None:
        return None
    return ClosedReason(code=Why.HALF_DAY, where=where, names=special.names)
