"""Slots are arithmetic: hours of both sides, cut into lengths, less the claims.

A slot is not stored.  It exists where the site and the department are open together; it is free
where every scarce thing it needs has a unit left.  Time is counted in grains of five minutes since
1970 in UTC, so that lengths differ without slots ever straddling a boundary.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from booking.appointment import (
    ACTIVE_PER_ENTITY,
    ACTIVE_PER_PERSON,
    ANYBODY,
    SENT_AT_ONCE_PER_ENTITY,
    Wish,
)
from booking.calendar import ClosedReason, Why, common, why_closed, why_shorter
from booking.catalogue import Catalogue, Department, Service, Site
from booking.errors import (
    ClosedDay,
    NotInThisLanguage,
    NotOfferedHere,
    NotReleased,
    SlotTaken,
)

T = TypeVar("T")

GRAIN = timedelta(minutes=5)
GRAINS_A_DAY = timedelta(days=1) // GRAIN
WINDOW_DAYS = 30
"Today and the days after it that can be booked where a department has no release schedule."
MOST_DAYS = 92
"Shown of a release schedule, so that a page stays a page."
MORNING_UNTIL_HOUR = 13
MOST_WORKED_OUT = 2000
"Answers that are kept with a catalogue; the largest, the slots of a day, take some 10 kB."


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Want:
    """One unit of a scarce thing, wanted at one grain."""

    resource: str
    grain: int
    units: tuple[int, ...]
    "Which of them will do."
    count: int = 1
    "How many of them are wanted."
    alike: bool = True
    "Any may be taken; else the first that is free, so that those who can more stay free longer."


class Part(StrEnum):
    """A part of a day, by the clock on the wall of the site."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    DAY = "day"
    "All of it."

    def has(self, start: datetime, site: Site) -> bool:
        early = start.astimezone(ZoneInfo(site.hours.zone)).hour < MORNING_UNTIL_HOUR
        return self is Part.DAY or early is (self is Part.MORNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOffer:
    """A time at which one can come."""

    start: datetime
    left: int
    "How many can still book it; a hint, the claim decides."


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAvailability:
    """One day of the booking window."""

    day: date
    free: int
    "Appointments that can still be booked; a hint."
    reason: ClosedReason | None
    "Why there is none, or why the day is short."
    opens_at: datetime | None = None
    "When it opens for booking, if that is still to come."


Used = Mapping[tuple[str, int], frozenset[int]]
"Units taken, by resource and grain."


def grain_of(instant: datetime) -> int:
    """The grain in which `instant` lies."""
    return int(instant.timestamp()) // int(GRAIN.total_seconds())


def instant_of(grain: int) -> datetime:
    """When `grain` begins, in UTC."""
    return datetime.fromtimestamp(grain * GRAIN.total_seconds(), UTC)


def local_day(site: Site, instant: datetime) -> date:
    """The day on the wall of the site."""
    return instant.astimezone(ZoneInfo(site.hours.zone)).date()


def day_grain(site: Site, day: date) -> int:
    """The grain that stands for a whole day: that of its midnight at the site."""
    return grain_of(datetime.combine(day, time(), ZoneInfo(site.hours.zone)))


def window(department: Department, site: Site, now: datetime) -> list[date]:
    """The days that are open for booking, or will be: today and those after it."""
    today = local_day(site, now)
    last = today + timedelta(days=WINDOW_DAYS - 1)
    if department.releases:
        last = max(today, *(release.to_day for release in department.releases))
    days = min((last - today).days + 1, MOST_DAYS)
    return [today + timedelta(days=ahead) for ahead in range(days)]


def opens_at(department: Department, day: date, now: datetime) -> datetime | None:
    """When `day` opens for booking, if that is to come; None when it is open.

    Raises `NotReleased` when nobody has said that it will.
    """
    if not department.releases:
        return None
    found = [one.opens_at for one in department.releases if one.from_day <= day <= one.to_day]
    if not found:
        raise NotReleased(f"{day.isoformat()} is not opened for booking")
    return None if min(found) <= now else min(found)


def grains_of(service: Service) -> int:
    """How many grains one appointment takes."""
    return -(-service.slot_minutes * 60 // int(GRAIN.total_seconds()))


def starts(catalogue: Catalogue, service: Service, site: Site, day: date) -> list[int]:
    """First grains of the slots of `day`: back to back from each opening, whole ones only."""

    def work() -> list[int]:
        department = catalogue.department(service.department)
        length = grains_of(service)
        return [
            first
            for opens, closes in common(department.hours.open_on(day), site.hours.open_on(day))
            for first in range(grain_of(opens), grain_of(closes) - length + 1, length)
        ]

    return _once(catalogue, ("starts", service.id, site.id, day), work)


def _once(catalogue: Catalogue, question: Hashable, work: Callable[[], T]) -> T:
    """What follows from the catalogue alone, worked out the first time it is asked for."""
    known = catalogue.worked_out
    # Commands ask in threads of their own: what was there may be gone at the next look.
    answer: T | None = known.get(question)
    if answer is None:
        answer = work()
        if len(known) >= MOST_WORKED_OUT:
            known.clear()
        known[question] = answer
    return answer


def shared_resources(service: Service, site: Site, wish: Wish = ANYBODY) -> tuple[str, ...]:
    """What is scarce for everybody: the department's day, its agents, the sites' terminals."""
    department = service.department
    sites = dict.fromkeys((site.id, *wish.others))
    return (
        f"quota:{department}",
        f"department:{department}",
        *(f"site:{one}" for one in sites),
    )


def wants(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    first: int,
    wish: Wish = ANYBODY,
    grains: int | None = None,
) -> list[Want]:
    """What an appointment takes of the sites and the department; of the person see `personal`.

    grains: how long it is, if not as long as the service is now.

    The unit of a lane may differ from grain to grain: which terminal it is, is decided at check-in,
    so that mixed lengths leave no gaps that nobody can book.  Of what is out of order nothing is
    taken.
    """
    needs = _needs(catalogue, service, site, wish)
    day = day_grain(site, local_day(site, instant_of(first)))
    wanted = [Want(resource=needs.quota, grain=day, units=needs.quota_units)]
    for grain in range(first, first + (grains or grains_of(service))):
        for resource, units, count, alike in needs.lanes:
            able = _in_order(catalogue, resource, grain, units)
            wanted.append(
                Want(resource=resource, grain=grain, units=able, count=count, alike=alike)
            )
    return wanted


@dataclass(frozen=True, slots=True)
class _Needs:
    """What each appointment of a service at a site takes: one of the day, and of each grain."""

    quota: str
    quota_units: tuple[int, ...]
    lanes: tuple[tuple[str, tuple[int, ...], int, bool], ...]
    "Resource, units that will do, how many of them, and whether any will do as well."


def _needs(catalogue: Catalogue, service: Service, site: Site, wish: Wish) -> _Needs:
    def work() -> _Needs:
        department = catalogue.department(service.department)
        quota, agents, *_ = shared_resources(service, site, wish)
        able = site.terminals_with(service.abilities | wish.abilities)
        seats = {site.id: (able, 1)}
        for other in wish.others:
            units, count = seats.get(other, (catalogue.site(other).terminals_with(frozenset()), 0))
            seats[other] = units, count + 1
        speaking = department.lanes_that_speak(wish.speech)
        return _Needs(
            quota,
            tuple(range(department.daily_quota)),
            (
                (agents, speaking, 1, not department.speech),
                *(
                    (f"site:{place}", units, count, catalogue.site(place).terminals_alike)
                    for place, (units, count) in seats.items()
                ),
            ),
        )

    return _once(catalogue, ("needs", service.id, site.id, wish), work)


def _in_order(
    catalogue: Catalogue, resource: str, grain: int, units: tuple[int, ...]
) -> tuple[int, ...]:
    out = catalogue.out_at(resource, grain) if catalogue.outages else frozenset()
    return tuple(unit for unit in units if unit not in out) if out else units


def personal(person: str, service: Service, site: Site, first: int) -> list[Want]:
    """What an appointment takes of the person: the time itself, one of the few allowed, and one of
    those of a week where the service has a limit."""
    wanted = [
        Want(resource=f"person:{person}", grain=grain, units=(0,))
        for grain in range(first, first + grains_of(service))
    ]
    wanted.append(Want(resource=f"active:{person}", grain=0, units=tuple(range(ACTIVE_PER_PERSON))))
    if service.weekly_per_person is not None:
        day = local_day(site, instant_of(first))
        monday = day_grain(site, day - timedelta(days=day.weekday()))
        wanted.append(
            Want(
                resource=f"weekly:{service.id}:{person[:40]}",
                grain=monday,
                units=tuple(range(service.weekly_per_person)),
            )
        )
    return wanted


def of_entity(entity_key: str, first: int, grains: int) -> list[Want]:
    """What an appointment takes of a company or association: one of those that it may have."""
    return [
        Want(resource=f"entity:{entity_key}", grain=0, units=tuple(range(ACTIVE_PER_ENTITY))),
        *(
            Want(
                resource=f"sent:{entity_key}",
                grain=grain,
                units=tuple(range(SENT_AT_ONCE_PER_ENTITY)),
            )
            for grain in range(first, first + grains)
        ),
    ]


def offered(
    catalogue: Catalogue, service_id: str, site_id: str, wish: Wish = ANYBODY
) -> tuple[Service, Site]:
    """The service and the site.

    Raises `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`.
    """
    question = ("offered", service_id, site_id, wish)
    return _once(catalogue, question, lambda: _offered(catalogue, service_id, site_id, wish))


def _offered(
    catalogue: Catalogue, service_id: str, site_id: str, wish: Wish
) -> tuple[Service, Site]:
    service, site = catalogue.service(service_id), catalogue.site(site_id)
    if site not in catalogue.sites_for(service.id):
        raise NotOfferedHere(f"{service.id} is not given at {site.id}")
    if not site.terminals_with(service.abilities | wish.abilities):
        raise NotOfferedHere(f"no terminal at {site.id} can do what is needed")
    department = catalogue.department(service.department)
    if wish.speech not in service.speech or not department.lanes_that_speak(wish.speech):
        raise NotInThisLanguage(f"{service.id} is not given in {wish.speech[:8]!r}")
    for other in wish.others:
        catalogue.site(other)
    return service, site


def offers(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    day: date,
    used: Used,
    now: datetime,
    wish: Wish = ANYBODY,
) -> list[SlotOffer]:
    """The free slots of `day` from `now` on, in order."""
    plan = _planned(catalogue, service, site, day, wish)
    fewer: dict[int, int] = {}
    for place, taken in used.items():
        takers = plan.takers.get(place)
        if takers is None:
            continue
        units, count, which = takers
        left = (len(units) - len(taken & units)) // count
        if left < plan.most:
            for number in which:
                fewer[number] = min(left, fewer.get(number, left))
    found = []
    for number in range(plan.first_from(now), len(plan.all_free)):
        offer = plan.all_free[number]
        left = fewer.get(number, offer.left)
        if left > 0:
            found.append(offer if left >= offer.left else SlotOffer(start=offer.start, left=left))
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """The slots of a day as if nothing were taken, and which of them take what."""

    all_free: tuple[SlotOffer, ...]
    takers: Mapping[tuple[str, int], tuple[frozenset[int], int, Sequence[int]]]
    "By resource and grain: units that will do, how many, and for which of `all_free`."
    most: int
    "The most that is left of any; what leaves as much takes from none."

    def first_from(self, now: datetime) -> int:
        return bisect_left(self.all_free, now, key=lambda offer: offer.start)


def _planned(catalogue: Catalogue, service: Service, site: Site, day: date, wish: Wish) -> _Plan:
    """Worked out once, for it follows from the catalogue."""

    def work() -> _Plan:
        firsts = starts(catalogue, service, site, day)
        needs = _needs(catalogue, service, site, wish)
        takers: dict[tuple[str, int], tuple[frozenset[int], int, Sequence[int]]] = {
            (needs.quota, day_grain(site, day)): (
                frozenset(needs.quota_units),
                1,
                range(len(firsts)),
            )
        }
        left = [len(needs.quota_units)] * len(firsts)
        for resource, units, count, _ in needs.lanes:
            whole = frozenset(units)
            for number, first in enumerate(firsts):
                for grain in range(first, first + grains_of(service)):
                    able = _in_order(catalogue, resource, grain, units)
                    some = whole if able is units else frozenset(able)
                    left[number] = min(left[number], len(some) // count)
                    takers[resource, grain] = (some, count, (number,))
        return _Plan(
            all_free=tuple(
                SlotOffer(start=instant_of(first), left=most)
                for first, most in zip(firsts, left, strict=True)
            ),
            takers=takers,
            most=max(left, default=0),
        )

    return _once(catalogue, ("planned", service.id, site.id, day, wish), work)


_NONE: frozenset[int] = frozenset()


def availability(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    day: date,
    used: Used,
    now: datetime,
    wish: Wish = ANYBODY,
) -> DayAvailability:
    """What is left of `day`, and why not more."""
    department = catalogue.department(service.department)
    closed = why_closed(department.hours, site.hours, day)
    if closed:
        return DayAvailability(day=day, free=0, reason=closed)
    try:
        opens = opens_at(department, day, now)
    except NotReleased:
        return _none_on(day, Why.NOT_OPENED)
    if opens is not None:
        return replace(_none_on(day, Why.OPENS_LATER), opens_at=opens)
    quota = shared_resources(service, site)[0]
    free = min(
        len(offers(catalogue, service, site, day, used, now, wish)),
        department.daily_quota - len(used.get((quota, day_grain(site, day)), _NONE)),
    )
    if free > 0:
        return DayAvailability(
            day=day, free=free, reason=why_shorter(department.hours, site.hours, day)
        )
    left = any(instant_of(first) >= now for first in starts(catalogue, service, site, day))
    return _none_on(day, Why.FULLY_BOOKED if left else Why.DAY_OVER)


def _none_on(day: date, code: Why) -> DayAvailability:
    return DayAvailability(day=day, free=0, reason=ClosedReason(code=code, where="both"))


def first_grain(
    catalogue: Catalogue, service: Service, site: Site, start: datetime, now: datetime
) -> int:
    """The first grain of the slot that begins at `start`.

    Raises `NotReleased` outside the booking window, `ClosedDay` with its reason, and `SlotTaken`
    when no slot begins then.
    """
    day = local_day(site, start)
    if start < now:
        raise NotReleased(f"{day.isoformat()} cannot be booked now")
    must_be_released(catalogue, service, site, day, now)
    first = grain_of(start)
    if instant_of(first) != start or first not in starts(catalogue, service, site, day):
        raise SlotTaken("no slot begins then")
    return first


def must_be_open(catalogue: Catalogue, service: Service, site: Site, day: date) -> None:
    """Raises `ClosedDay` with its reason."""
    department = catalogue.department(service.department)
    closed = _once(
        catalogue,
        ("closed", department.id, site.id, day),
        lambda: why_closed(department.hours, site.hours, day),
    )
    if closed:
        raise ClosedDay(closed)


def must_be_released(
    catalogue: Catalogue, service: Service, site: Site, day: date, now: datetime
) -> None:
    """Raises `NotReleased` outside the booking window, and `ClosedDay` with its reason."""
    department = catalogue.department(service.department)
    if day not in window(department, site, now):
        raise NotReleased(f"{day.isoformat()} cannot be booked now")
    must_be_open(catalogue, service, site, day)
    if opens_at(department, day, now) is not None:
        raise NotReleased(f"{day.isoformat()} cannot be booked yet")
