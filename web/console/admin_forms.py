"""The forms of a department's days, hours, capacity and releases: what stands in them, and how
they are read into a change.

Those of a service are in `web.console.admin_service_forms`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from booking.calendar import Closure, Opening
from booking.catalogue import LANGUAGES, SPEECH, Release
from booking.catalogue_changes import (
    Capacity,
    CapacityChange,
    Change,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    SpeechChange,
)
from booking.errors import NotInCatalogue
from web.console.admin_access import Visit
from web.console.admin_typed import Reader, Typed, clock
from web.shared.i18n import N_

STRETCHES = 3
"Of one day, that a form has room for."


class Form(Protocol):
    """One kind of change; its template is `console/admin_<name>.html`."""

    @property
    def name(self) -> str:
        """As in the address."""
        ...

    @property
    def title(self) -> str:
        """In English, to be translated."""
        ...

    @property
    def dated(self) -> bool:
        """Whether it asks from when; days of their own need no such question."""
        ...

    def typed(self, visit: Visit, of: str) -> Typed:
        """What stands in it at first.  of: which one, as in the address; empty for a new one.

        Raises `NotInCatalogue`.
        """
        ...

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        """Raises `Unreadable`, `NotInCatalogue`."""
        ...


@dataclass(frozen=True, slots=True)
class ClosureForm:
    """A day on which the department is closed, or keeps other hours."""

    name: str = "closure"
    title: str = N_("Closed day, or other hours")
    dated: bool = False

    def typed(self, visit: Visit, of: str) -> Typed:
        if not of:
            return {"kind": "closed"}
        known = visit.department.hours.closures.get(_day(of))
        if known is None:
            return {"day": of, "kind": "closed"}
        return {
            "day": of,
            "kind": "hours" if known.openings else "closed",
            **_of_stretches("", known.openings),
            **{f"reason-{language}": known.names.get(language, "") for language in LANGUAGES},
        }

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        reader = Reader(typed)
        day = reader.day("day")
        closure = None
        if reader.text("kind") != "usual":
            openings: tuple[tuple[int, int], ...] = ()
            if reader.text("kind") == "hours":
                openings = reader.stretches("", STRETCHES)
                if not openings:
                    reader.minute("opens-1")  # other hours than none at all
            closure = Closure(names=reader.texts("reason"), openings=openings)
        reader.done()
        return ClosureChange(
            department=visit.department.id,
            day=day,
            before=visit.department.hours.closures.get(day),
            after=closure,
        )


@dataclass(frozen=True, slots=True)
class HoursForm:
    """The weekly hours."""

    name: str = "hours"
    title: str = N_("Weekly hours")
    dated: bool = True

    def typed(self, visit: Visit, of: str) -> Typed:
        typed: Typed = {}
        for weekday in range(1, 8):
            stretches = [
                (one.opens_minute, one.closes_minute)
                for one in visit.department.hours.openings
                if one.weekday == weekday
            ]
            typed |= _of_stretches(f"{weekday}-", sorted(stretches))
        return typed

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        reader = Reader(typed)
        openings = [
            Opening(weekday=weekday, opens_minute=opens, closes_minute=closes)
            for weekday in range(1, 8)
            for opens, closes in sorted(reader.stretches(f"{weekday}-", STRETCHES))
        ]
        reader.done()
        return HoursChange(
            department=visit.department.id,
            before=visit.department.hours.openings,
            after=tuple(openings),
        )


@dataclass(frozen=True, slots=True)
class CapacityForm:
    """How many can be booked."""

    name: str = "capacity"
    title: str = N_("How many can be booked")
    dated: bool = True

    def typed(self, visit: Visit, of: str) -> Typed:
        one = visit.department
        return {"lanes": str(one.lanes), "quota": str(one.daily_quota)}

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        reader = Reader(typed)
        after = Capacity(lanes=reader.number("lanes"), daily_quota=reader.number("quota"))
        reader.done()
        one = visit.department
        return CapacityChange(
            department=one.id,
            before=Capacity(lanes=one.lanes, daily_quota=one.daily_quota),
            after=after,
        )


@dataclass(frozen=True, slots=True)
class LanesForm:
    """What each agent speaks who is kept for appointments."""

    name: str = "lanes"
    title: str = N_("Languages of each agent")
    dated: bool = True

    def typed(self, visit: Visit, of: str) -> Typed:
        named = dict(enumerate(visit.department.speech))
        return {
            f"lane-{lane + 1}-{one}": "yes"
            for lane in range(visit.department.lanes)
            for one in named.get(lane, SPEECH)
        }

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        reader, one = Reader(typed), visit.department
        lanes = [
            tuple(said for said in SPEECH if reader.has(f"lane-{lane + 1}-{said}"))
            for lane in range(one.lanes)
        ]
        while lanes and lanes[-1] == SPEECH:
            lanes.pop()  # who is not named speaks all
        return SpeechChange(
            department=one.id,
            before=LaneSpeech(lanes=one.speech),
            after=LaneSpeech(lanes=tuple(lanes)),
        )


@dataclass(frozen=True, slots=True)
class ReleaseForm:
    """When days are opened for booking."""

    name: str = "release"
    title: str = N_("Opening days for booking")
    dated: bool = False

    def typed(self, visit: Visit, of: str) -> Typed:
        known = _release(visit, of)
        if known is None:
            return {"kind": "open", "opens_time": "09:00"}
        opens = known.opens_at.astimezone(ZoneInfo(visit.department.hours.zone))
        return {
            "kind": "open",
            "from_day": known.from_day.isoformat(),
            "to_day": known.to_day.isoformat(),
            "opens_day": opens.date().isoformat(),
            "opens_time": f"{opens:%H:%M}",
        }

    def read(self, visit: Visit, of: str, typed: Typed) -> Change:
        reader = Reader(typed)
        release = of or reader.text("id")[:40]
        if not release:
            raise NotInCatalogue("no such release of this department")
        after = None
        if reader.text("kind") != "cancel":
            after = Release(
                id=release,
                opens_at=reader.moment("opens_day", "opens_time", visit.department.hours.zone),
                from_day=reader.day("from_day"),
                to_day=reader.day("to_day"),
            )
        reader.done()
        return ReleaseChange(
            department=visit.department.id,
            release=release,
            before=_release(visit, release),
            after=after,
            opens_all=reader.has("opens_all"),
        )


def _release(visit: Visit, of: str) -> Release | None:
    return next((one for one in visit.department.releases if one.id == of), None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotInCatalogue("no such day") from None


def _of_stretches(prefix: str, stretches: Sequence[tuple[int, int]]) -> Typed:
    typed: Typed = {}
    for number, (opens, closes) in enumerate(stretches, 1):
        typed[f"opens-{prefix}{number}"] = clock(opens)
        typed[f"closes-{prefix}{number}"] = clock(closes)
    return typed
