"""Times worked out for a choice: the earliest ones, and those at which several services fit.

Of a sitting the services follow one another in one seat, in the order given.  What is left is a
hint, as in `slots`; the claims decide.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from booking.appointment import ANYBODY, Wish
from booking.calendar import ClosedReason, Why, why_closed
from booking.catalogue import Catalogue, Service, Site
from booking.errors import NotReleased
from booking.grains import day_grain, grain_of, grains_of
from booking.release import opens_at
from booking.scarce import Used
from booking.slots import DayAvailability, SlotOffer, availability, offers


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyOffer:
    """One of the first times at which one can come, and where."""

    site: str
    start: datetime
    left: int
    "How many can still book it; a hint."


def fitting(
    catalogue: Catalogue,
    services: Sequence[Service],
    site: Site,
    day: date,
    used: Used,
    now: datetime,
    wish: Wish = ANYBODY,
) -> list[SlotOffer]:
    """Times of `day` at which all services fit one after another, in order.

    left: of whichever has the fewest.  Of services of one department each takes of its day.
    """
    first, *rest = services
    if not rest:
        return offers(catalogue, first, site, day, used, now, wish)
    most = _visits(catalogue, services, site, day, used)
    free = [
        {
            grain_of(one.start): one.left
            for one in offers(catalogue, other, site, day, used, now, wish)
        }
        for other in rest
    ]
    found = []
    for offer in offers(catalogue, first, site, day, used, now, wish):
        at, left = grain_of(offer.start) + grains_of(first), min(offer.left, most)
        for other, starts in zip(rest, free, strict=True):
            left = min(left, starts.get(at, 0))
            at += grains_of(other)
        if left > 0:
            found.append(SlotOffer(start=offer.start, left=left))
    return found


def _visits(
    catalogue: Catalogue, services: Sequence[Service], site: Site, day: date, used: Used
) -> int:
    """How many visits to all of the services the days of their departments have room for."""
    found = []
    for department_id, number in Counter(one.department for one in services).items():
        units = frozenset(range(catalogue.department(department_id).daily_quota))
        taken = used.get((f"quota:{department_id}", day_grain(site, day)), frozenset())
        found.append(len(units - taken) // number)
    return min(found)


def fitting_day(
    catalogue: Catalogue,
    services: Sequence[Service],
    site: Site,
    day: date,
    used: Used,
    now: datetime,
    wish: Wish = ANYBODY,
) -> DayAvailability:
    """What is left of `day` for all of the services in one sitting, and why not more."""
    alone = [availability(catalogue, one, site, day, used, now, wish) for one in services]
    for one in alone:
        if not one.free or len(alone) == 1:
            return one
    times = len(fitting(catalogue, services, site, day, used, now, wish))
    free = min(times, _visits(catalogue, services, site, day, used), *(one.free for one in alone))
    full = ClosedReason(code=Why.FULLY_BOOKED, where="both")
    shorter = next((one.reason for one in alone if one.reason), None)
    return DayAvailability(day=day, free=free, reason=shorter if free else full)


def first_times(
    catalogue: Catalogue,
    services: Sequence[Service],
    site: Site,
    days: Sequence[date],
    used: Used,
    now: datetime,
    wish: Wish,
    count: int,
) -> list[EarlyOffer]:
    """The first `count` times at a site within `days`, which are in order."""
    found: list[EarlyOffer] = []
    for day in days:
        if len(found) >= count:
            break
        if not all(_is_open(catalogue, one, site, day, now) for one in services):
            continue
        found += [
            EarlyOffer(site=site.id, start=one.start, left=one.left)
            for one in fitting(catalogue, services, site, day, used, now, wish)
        ]
    return found[:count]


def _is_open(catalogue: Catalogue, service: Service, site: Site, day: date, now: datetime) -> bool:
    department = catalogue.department(service.department)
    try:
        released = opens_at(department, day, now) is None
    except NotReleased:
        return False
    return released and why_closed(department.hours, site.hours, day) is None
