"""Why a day cannot be booked, in words, and the days of the window gathered into rows.

Days in a row that are closed for the same reason are one row: a list of thirty days reads as what
can be chosen, with the gaps explained.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

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
}
_HOLIDAY = {
    "both": N_("Public holiday (%(name)s): closed"),
    "department": N_("Public holiday of the department (%(name)s): closed"),
    "site": N_("Public holiday at this place (%(name)s): closed"),
}
_HALF_DAY = N_("Open in the morning only (%(name)s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One row of the list of days: one day to choose, or some closed days and why."""

    first: date
    last: date
    free: int
    reason: str
    "Empty when there is nothing to explain."


def in_words(reason: ClosedReason, language: str) -> str:
    """One short sentence without a full stop."""
    texts = texts_for(language)
    name = Words(language).pick(reason.names or {})
    if reason.code is Why.PUBLIC_HOLIDAY:
        return texts.gettext(_HOLIDAY[reason.where]).replace("%(name)s", name)
    if reason.code is Why.HALF_DAY:
        return texts.gettext(_HALF_DAY).replace("%(name)s", name)
    known = _WORDS.get((reason.code, reason.where)) or _WORDS.get((reason.code, "both"))
    return texts.gettext(known or N_("Closed"))


def rows(days: Iterable[DayAvailability], language: str) -> list[DayRow]:
    """The days in order; neighbours that are closed for the same reason in one row."""
    found: list[DayRow] = []
    for one in days:
        reason = in_words(one.reason, language) if one.reason else ""
        row = DayRow(first=one.day, last=one.day, free=one.free, reason=reason)
        last = found[-1] if found else None
        if last and not last.free and not row.free and last.reason == row.reason:
            row = DayRow(first=last.first, last=row.last, free=0, reason=reason)
            found.pop()
        found.append(row)
    return found
