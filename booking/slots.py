"""Slots are arithmetic: hours of both sides, cut into lengths, less the claims.

A slot is not stored.  It exists where the site and the department are open together; it is free
where every scarce thing it needs has a unit left.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.appointment import ANYBODY, Wish
from booking.calendar import ClosedReason, Why, common, why_closed, why_shorter
from booking.catalogue import Catalogue, Service, Site
from booking.errors import NotInThisLanguage, NotOfferedHere, NotReleased, SlotTaken
from booking.grains import day_grain, grain_of, grains_of, instant_of, local_day
from booking.release import must_be_released, opens_at
from booking.scarce import Used, in_order, needs_of, shared_resources
from booking.worked_out import once

MORNING_UNTIL_HOUR = 13


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

    return once(catalogue, ("starts", service.id, site.id, day), work)


def offered(
    catalogue: Catalogue, service_id: str, site_id: str, wish: Wish = ANYBODY
) -> tuple[Service, Site]:
    """The service and the site.

    Raises `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`.
    """
    question = ("offered", service_id, site_id, wish)
    return once(catalogue, question, lambda: _offered(catalogue, service_id, site_id, wish))


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
        needs = needs_of(catalogue, service, site, wish)
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
                    able = in_order(catalogue, resource, grain, units)
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

    return once(catalogue, ("planned", service.id, site.id, day, wish), work)


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
