"""Slots are arithmetic: hours of both sides, cut into lengths, less the claims.

A slot is not stored.  It exists where the site and the department are open together; it is free
where every scarce thing it needs has a unit left.  Time is counted in grains of five minutes since
1970 in UTC, so that lengths differ without slots ever straddling a boundary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.appointment import ACTIVE_PER_PERSON
from booking.calendar import ClosedReason, Why, common, why_closed, why_shorter
from booking.catalogue import Catalogue, Service, Site
from booking.errors import ClosedDay, NotOfferedHere, NotReleased, SlotTaken

GRAIN = timedelta(minutes=5)
GRAINS_A_DAY = timedelta(days=1) // GRAIN
WINDOW_DAYS = 30
"Today and the days after it that can be booked."
LANE = "ordinary"
"The only class of terminal so far; a lane for wheelchairs or large papers is another resource."


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Want:
    """One unit of a scarce thing, wanted at one grain."""

    resource: str
    grain: int
    units: int
    "How many there are of it."


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


Used = Mapping[tuple[str, int], int]
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


def window(site: Site, now: datetime) -> list[date]:
    """The days that can be booked now."""
    today = local_day(site, now)
    return [today + timedelta(days=ahead) for ahead in range(WINDOW_DAYS)]


def grains_of(service: Service) -> int:
    """How many grains one appointment takes."""
    return -(-service.slot_minutes * 60 // int(GRAIN.total_seconds()))


def starts(catalogue: Catalogue, service: Service, site: Site, day: date) -> list[int]:
    """First grains of the slots of `day`: back to back from each opening, whole ones only."""
    department = catalogue.department(service.department)
    length = grains_of(service)
    return [
        first
        for opens, closes in common(department.hours.open_on(day), site.hours.open_on(day))
        for first in range(grain_of(opens), grain_of(closes) - length + 1, length)
    ]


def shared_resources(service: Service, site: Site) -> tuple[str, str, str]:
    """What is scarce for everybody: the department's day, its agents, the site's terminals."""
    department = service.department
    return f"quota:{department}", f"department:{department}", f"site:{site.id}:{LANE}"


def wants(catalogue: Catalogue, service: Service, site: Site, first: int) -> list[Want]:
    """What an appointment takes of the site and the department; of the person see `personal`.

    The unit of a lane may differ from grain to grain: which terminal it is, is decided at check-in,
    so that mixed lengths leave no gaps that nobody can book.
    """
    department = catalogue.department(service.department)
    quota, agents, terminals = shared_resources(service, site)
    day = day_grain(site, local_day(site, instant_of(first)))
    wanted = [Want(resource=quota, grain=day, units=department.daily_quota)]
    for grain in range(first, first + grains_of(service)):
        wanted += [
            Want(resource=agents, grain=grain, units=department.lanes),
            Want(resource=terminals, grain=grain, units=len(site.terminals)),
        ]
    return wanted


def personal(person: str, service: Service, first: int) -> list[Want]:
    """What an appointment takes of the person: the time itself, and one of the few allowed."""
    time_taken = [
        Want(resource=f"person:{person}", grain=grain, units=1)
        for grain in range(first, first + grains_of(service))
    ]
    return [*time_taken, Want(resource=f"active:{person}", grain=0, units=ACTIVE_PER_PERSON)]


def offered(catalogue: Catalogue, service_id: str, site_id: str) -> tuple[Service, Site]:
    """The service and the site.  Raises `NotInCatalogue`, `NotOfferedHere`."""
    service, site = catalogue.service(service_id), catalogue.site(site_id)
    if site not in catalogue.sites_for(service.id):
        raise NotOfferedHere(f"{service.id} is not given at {site.id}")
    return service, site


def offers(
    catalogue: Catalogue, service: Service, site: Site, day: date, used: Used, now: datetime
) -> list[SlotOffer]:
    """The free slots of `day` from `now` on, in order."""
    found = []
    for first in starts(catalogue, service, site, day):
        if instant_of(first) < now:
            continue
        left = min(
            want.units - used.get((want.resource, want.grain), 0)
            for want in wants(catalogue, service, site, first)
        )
        if left > 0:
            found.append(SlotOffer(start=instant_of(first), left=left))
    return found


def availability(
    catalogue: Catalogue, service: Service, site: Site, day: date, used: Used, now: datetime
) -> DayAvailability:
    """What is left of `day`, and why not more."""
    department = catalogue.department(service.department)
    closed = why_closed(department.hours, site.hours, day)
    if closed:
        return DayAvailability(day=day, free=0, reason=closed)
    quota = shared_resources(service, site)[0]
    free = min(
        len(offers(catalogue, service, site, day, used, now)),
        department.daily_quota - used.get((quota, day_grain(site, day)), 0),
    )
    if free > 0:
        return DayAvailability(
            day=day, free=free, reason=why_shorter(department.hours, site.hours, day)
        )
    left = any(instant_of(first) >= now for first in starts(catalogue, service, site, day))
    code = Why.FULLY_BOOKED if left else Why.DAY_OVER
    return DayAvailability(day=day, free=0, reason=ClosedReason(code=code, where="both"))


def first_grain(
    catalogue: Catalogue, service: Service, site: Site, start: datetime, now: datetime
) -> int:
    """The first grain of the slot that begins at `start`.

    Raises `NotReleased` outside the booking window, `ClosedDay` with its reason, and `SlotTaken`
    when no slot begins then.
    """
    day = local_day(site, start)
    if start < now or day not in window(site, now):
        raise NotReleased(f"{day.isoformat()} cannot be booked now")
    must_be_open(catalogue, service, site, day)
    first = grain_of(start)
    if instant_of(first) != start or first not in starts(catalogue, service, site, day):
        raise SlotTaken("no slot begins then")
    return first


def must_be_open(catalogue: Catalogue, service: Service, site: Site, day: date) -> None:
    """Raises `ClosedDay` with its reason."""
    closed = why_closed(catalogue.department(service.department).hours, site.hours, day)
    if closed:
        raise ClosedDay(closed)
