"""What a department may change of its own booking: one type per kind, each with its inverse.

A change says what was there before and what is there after; `apply` puts the second into a
catalogue, and `apply` of the inverse gives the first one back.  What makes a change a bad one is in
`booking.catalogue_findings`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from booking.calendar import Closure, Opening
from booking.capacity import ToMove
from booking.catalogue import Catalogue, Department, Release, Service
from booking.errors import NotInCatalogue

T = TypeVar("T")

LATEST = timedelta(days=366)
"A change may be made this long before it takes effect."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of(Generic[T]):
    department: str
    before: T
    after: T


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange(_Of[Service]):
    """Texts, fee, length and the other facts of a service; withdrawing it, offering it again.

    Only what differs between `before` and `after` is changed.
    """

    @property
    def fields(self) -> tuple[str, ...]:
        """What differs, in the order of `Service`."""
        return tuple(
            one.name
            for one in fields(Service)
            if getattr(self.before, one.name) != getattr(self.after, one.name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChange(_Of[tuple[Opening, ...]]):
    """The weekly hours of a department, in order of weekday and time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many can be booked."""

    lanes: int
    "At the same time."
    daily_quota: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityChange(_Of[Capacity]):
    """Lanes and daily quota of a department."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSpeech:
    """What is spoken."""

    lanes: tuple[tuple[str, ...], ...]
    "As `Department.speech`: of each lane; one that is not named speaks all."


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChange(_Of[LaneSpeech]):
    """What the lanes of a department speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureChange(_Of[Closure | None]):
    """A day on which the department is closed, or keeps other hours; `None`: as usual."""

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseChange(_Of[Release | None]):
    """When days are opened for booking; `None`: there is no such release."""

    release: str
    "Its id."
    opens_all: bool = field(default=False, compare=False)
    "Whoever takes the last one away knows that every day opens then."

    def leaves_none(self, catalogue: Catalogue) -> bool:
        """Whether there is no release after it, although there is one now."""
        known = catalogue.department(self.department).releases
        return self.after is None and [one.id for one in known] == [self.release]


Change = ServiceChange | HoursChange | CapacityChange | SpeechChange | ClosureChange | ReleaseChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder:
    """A change that somebody wants made."""

    change: Change
    seen: str
    "`mark` of what they saw before they changed it."
    from_at: datetime | None
    "When it takes effect; `None`: at once."
    by: str
    "As the journal names them."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """A change that was made, or will take effect."""

    id: int
    change: Change
    by: str
    made_at: datetime
    effective_at: datetime
    applied_at: datetime | None
    "`None`: it has not taken effect yet."
    withdrawn_at: datetime | None
    "When it was taken back before it took effect."
    reverts: int | None
    "The change that this one takes back."
    reverted_by: int | None

    @property
    def waits(self) -> bool:
        """Whether it is still to take effect."""
        return self.applied_at is None and self.withdrawn_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would come of a change."""

    after: Catalogue
    "What citizens would see."
    to_move: tuple[ToMove, ...]
    "Coming appointments that could not stay where they are, in order of time."
    holds: int
    "Times that somebody is just booking and would have to choose again."


def subject_of(change: Change) -> str:
    """What is changed, as the table of changes and the journal name it; 60 letters at most."""
    match change:
        case ServiceChange():
            return f"service:{change.before.id}"
        case HoursChange():
            return f"hours:{change.department}"
        case CapacityChange():
            return f"capacity:{change.department}"
        case SpeechChange():
            return f"lanes:{change.department}"
        case ClosureChange():
            return f"closure:{change.department}:{change.day.isoformat()}"
        case ReleaseChange():
            return f"release:{change.release}"


def inverse(change: Change) -> Change:
    """The change that takes this one back."""
    return _with(change, before=change.after, after=change.before)


def current(catalogue: Catalogue, change: Change) -> Any:
    """What the catalogue has where the change would write.  Raises `NotInCatalogue`."""
    department = catalogue.department(change.department)
    match change:
        case ServiceChange():
            if catalogue.service(change.before.id).department != department.id:
                raise NotInCatalogue("no such service of this department")
            return catalogue.service(change.before.id)
        case HoursChange():
            return _in_order(department.hours.openings)
        case CapacityChange():
            return Capacity(lanes=department.lanes, daily_quota=department.daily_quota)
        case SpeechChange():
            return LaneSpeech(lanes=department.speech)
        case ClosureChange():
            return department.hours.closures.get(change.day)
        case ReleaseChange():
            if any(
                one.id == change.release
                for other in catalogue.departments.values()
                for one in other.releases
                if other.id != department.id
            ):
                raise NotInCatalogue("no such release of this department")
            found = [one for one in department.releases if one.id == change.release]
            return found[0] if found else None


def rebased(catalogue: Catalogue, change: Change) -> Change:
    """The same change of what the catalogue has now, so that its inverse gives that back."""
    there = current(catalogue, change)
    if isinstance(change, ServiceChange):
        wanted = {name: getattr(change.after, name) for name in change.fields}
        return _with(change, before=there, after=replace(there, **wanted))
    if isinstance(change, HoursChange):
        return _with(change, before=there, after=_in_order(change.after))
    return _with(change, before=there)


def meant(catalogue: Catalogue, change: Change, from_at: datetime | None) -> Change:
    """What a change is of at `from_at`, when others of the same that wait have taken effect.

    A service that is sent as it is today, while another change of it takes effect before, goes back
    to how it is today.
    """
    then = catalogue
    for one in catalogue.scheduled:
        due = from_at is not None and one.at <= from_at and one.subject == subject_of(change)
        if due and one.change is not None:
            then = apply(then, one.change)
    if not isinstance(change, ServiceChange):
        return rebased(then, change)
    if then is not catalogue and not change.fields:
        return _with(change, before=current(then, change))
    return rebased(catalogue, change)


def _in_order(openings: tuple[Opening, ...]) -> tuple[Opening, ...]:
    return tuple(sorted(openings, key=lambda one: (one.weekday, one.opens_minute)))


def _with(change: Change, **values: Any) -> Change:
    there: Any = change  # what fits is the same for every kind, which types cannot say
    made: Change = replace(there, **values)
    return made


def stands(catalogue: Catalogue, change: Change) -> bool:
    """Whether what the change wrote is still there, untouched by a later one."""
    there = current(catalogue, change)
    if isinstance(change, ServiceChange):
        return all(getattr(there, name) == getattr(change.after, name) for name in change.fields)
    after = _in_order(change.after) if isinstance(change, HoursChange) else change.after
    return bool(there == after)


def apply(catalogue: Catalogue, change: Change) -> Catalogue:
    """The catalogue with the change in it, at the same version.  Raises `NotInCatalogue`."""
    change = rebased(catalogue, change)
    if isinstance(change, ServiceChange):
        services = {**catalogue.services, change.after.id: change.after}
        return replace(catalogue, services=services)
    department = _changed(catalogue.department(change.department), change)
    return replace(catalogue, departments={**catalogue.departments, department.id: department})


def _changed(
    department: Department,
    change: HoursChange | CapacityChange | SpeechChange | ClosureChange | ReleaseChange,
) -> Department:
    match change:
        case HoursChange():
            openings = _in_order(change.after)
            return replace(department, hours=replace(department.hours, openings=openings))
        case CapacityChange():
            return replace(
                department, lanes=change.after.lanes, daily_quota=change.after.daily_quota
            )
        case SpeechChange():
            return replace(department, speech=change.after.lanes)
        case ClosureChange():
            closures = {
                day: closure
                for day, closure in department.hours.closures.items()
                if day != change.day
            }
            if change.after is not None:
                closures[change.day] = change.after
            return replace(department, hours=replace(department.hours, closures=closures))
        case ReleaseChange():
            releases = [one for one in department.releases if one.id != change.release]
            if change.after is not None:
                releases.append(change.after)
            releases.sort(key=lambda one: (one.opens_at, one.id))
            return replace(department, releases=tuple(releases))


def mark(catalogue: Catalogue, change: Change) -> str:
    """A mark of what is there now and of what is to come: another one, somebody changed it."""
    waiting = [one.id for one in catalogue.scheduled if one.subject == subject_of(change)]
    there = current(catalogue, change)
    plain: Any = there if not isinstance(there, tuple) else list(there)
    body = json.dumps([_plain(plain), waiting], sort_keys=True, default=_plain)
    return hashlib.sha256(body.encode()).hexdigest()[:20]


def _plain(value: Any) -> Any:
    """For JSON, the same in every process: sets are put in order."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return _plain(asdict(value)) if hasattr(value, "__dataclass_fields__") else value


def midnight(department: Department, day: date) -> datetime:
    """When a day begins at the department, and a change of that day takes effect."""
    return datetime.combine(day, time(), ZoneInfo(department.hours.zone))


def today_at(department: Department, now: datetime) -> date:
    """The day on the wall of the department."""
    return now.astimezone(ZoneInfo(department.hours.zone)).date()
