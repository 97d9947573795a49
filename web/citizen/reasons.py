"""Why a day cannot be booked, in words, and the days of the window gathered into rows.

Days in a row that are closed for the same reason are one row: a list of thirty days reads as what
can be chosen, with the gaps explained.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from booking.calendar import ClosedReason, Why
from booking.slots import DayAvailability
from web.shared.i18n import N_, Words, texts_for

_WORDS: dict[tuple[Why, str], str] = {
    (Why.WEEKEND, "both"): N_("Weekend: closed"),
    (Why.WEEKEND, "department"): N_("Weekend: the department is closed"),
    (Why.WEEKEND, "site"): N_("Weekend: this place is closed"),
    (Why.DEPARTMENT_CLOSED, "department"): N_("The department is closed"),
    (Why.SITE_CLOSED, "site"): N_("This place is closed"),
    (Why.YEAR_NOT_PUBLISHED, "both"): N_(
        "Not open for booking yet: the public holidays of this year are not announced"
    ),
    (Why.FULLY_BOOKED, "both"): N_("Fully booked"),
    (Why.DAY_OVER, "both"): N_("No more times today"),
    (Why.NOT_OPENED, "both"): N_("Not opened for booking"),
    (Why.OPENS_LATER, "both"): N_("Not open for booking yet"),
}
_HOLIDAY = {
    "both": N_("Public holiday (%(name)s): closed"),
    "department": N_("Public holiday of the department (%(name)s): closed"),
    "site": N_("Public holiday at this place (%(name)s): closed"),
}
_HALF_DAY = N_("Open in the morning only (%(name)s)")
_CLOSURE = {
    "both": N_("Closed on this day: %(name)s"),
    "department": N_("The department is closed on this day: %(name)s"),
    "site": N_("This place is closed on this day: %(name)s"),
}
_OPENS = N_("Opens for booking on %(day)s at %(time)s")
_MADE_UP = {
    ("CN", 0): N_("Hengqin works on this day, Macau does not"),
    ("MO", 0): N_("Macau works on this day, Hengqin does not"),
    ("CN", 6): N_("Hengqin works this Saturday, Macau does not"),
    ("CN", 7): N_("Hengqin works this Sunday, Macau does not"),
    ("MO", 6): N_("Macau works this Saturday, Hengqin does not"),
    ("MO", 7): N_("Macau works this Sunday, Hengqin does not"),
}
"By the territory that makes up for a day off, and the weekday: 1 is Monday, 0 is not known."
_CLOCK = ZoneInfo("Asia/Macau")
"Both sides keep the same time."


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One row of the list of days: one day to choose, or some closed days and why."""

    first: date
    last: date
    free: int
    reason: str
    "Empty when there is nothing to explain."


def in_words(
    reason: ClosedReason, language: str, day: date | None = None, opens_at: datetime | None = None
) -> str:
    """One short sentence without a full stop.

    day: which it is about, so that a weekend that one side works is said by its name.
    opens_at: of a day that opens for booking later, when.
    """
    texts, words = texts_for(language), Words(language)
    name = words.pick(reason.names or {})
    made_up = _MADE_UP.get((reason.made_up_by or "", day.isoweekday() if day else 0))
    if made_up and reason.code is Why.WEEKEND:
        return texts.gettext(made_up)
    named = {
        Why.PUBLIC_HOLIDAY: _HOLIDAY[reason.where],
        Why.CLOSURE: _CLOSURE[reason.where],
        Why.HALF_DAY: _HALF_DAY,
    }.get(reason.code)
    if named:
        return texts.gettext(named).replace("%(name)s", name)
    if reason.code is Why.OPENS_LATER and opens_at:
        at = opens_at.astimezone(_CLOCK)
        opens = texts.gettext(_OPENS).replace("%(day)s", words.short_day(at.date()))
        return opens.replace("%(time)s", words.time(at))
    known = _WORDS.get((reason.code, reason.where)) or _WORDS.get((reason.code, "both"))
    return texts.gettext(known or N_("Closed"))


def rows(days: Iterable[DayAvailability], language: str) -> list[DayRow]:
    """The days in order; neighbours that are closed for the same reason in one row."""
    found: list[DayRow] = []
    for one in days:
        reason = in_words(one.reason, language, one.day, one.opens_at) if one.reason else ""
        row = DayRow(first=one.day, last=one.day, free=one.free, reason=reason)
        last = found[-1] if found else None
        if last and not last.free and not row.free and last.reason == row.reason:
            row = DayRow(first=last.first, last=row.last, free=0, reason=reason)
            found.pop()
        found.append(row)
    return found
