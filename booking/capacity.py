"""Less capacity than was booked: what an appointment has that the catalogue does not allow now.

An agent is ill, a terminal broken, a day closed.  Nothing is marked: whether an appointment can
stay is worked out from its claims and the catalogue each time, so none is kept silently.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from booking.appointment import Wish
from booking.calendar import common
from booking.catalogue import Catalogue
from booking.errors import NotInCatalogue
from booking.grains import instant_of, local_day
from booking.orders import Contact

LONGEST_REASON = 40


class Misfit(StrEnum):
    """Why an appointment cannot stay where it is."""

    NO_UNIT = "no_unit"
    "Its agent or terminal is not there then."
    CLOSED = "closed"
    "The site or the department is not open then."
    NOT_GIVEN = "not_given"
    "The service or the site is in the catalogue no longer."


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageOrder:
    """One unit that cannot be booked for a while."""

    outage_id: str
    resource: str
    "`department:<id>`, of which a unit is a lane, or `site:<id>`, of which it is a terminal."
    unit: int
    "From 0; of a site the number on the terminal less one."
    first_grain: int
    end_grain: int
    "The first grain after it."
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageNoted:
    """What came of it for those who had booked."""

    outage_id: str
    moved: int
    "Claims of five minutes that another unit took over."
    stuck: tuple[str, ...]
    "Appointments that lost their unit; see `to_be_moved`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An appointment, and the claims it has on departments and sites."""

    service: str
    department: str
    site: str
    first_grain: int
    grains: int
    wish: Wish
    claims: tuple[tuple[str, int, int], ...]
    "Resource, grain, unit."


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMove:
    """An appointment that cannot stay where it is."""

    appointment_id: str
    department: str
    service: str
    site: str
    start: datetime
    needs: tuple[str, ...]
    why: Misfit
    contact: Contact | None
    "Only for who may see it."


def units_for(catalogue: Catalogue, booked: Booked, resource: str, grain: int) -> frozenset[int]:
    """Units of a department or a site that would do for an appointment at a grain."""
    kind, _, name = resource.partition(":")
    try:
        if kind == "department":
            units = catalogue.department(name).lanes_that_speak(booked.wish.speech)
        else:
            own = name == booked.site
            needs = catalogue.service(booked.service).abilities | booked.wish.abilities
            units = catalogue.site(name).terminals_with(needs if own else frozenset())
    except NotInCatalogue:
        return frozenset()
    return frozenset(units) - catalogue.out_at(resource, grain)


def misfit(catalogue: Catalogue, booked: Booked) -> Misfit | None:
    """Why an appointment cannot stay; None when it can."""
    service = catalogue.services.get(booked.service)
    site = catalogue.sites.get(booked.site)
    department = catalogue.departments.get(booked.department)
    if service is None or site is None or department is None:
        return Misfit.NOT_GIVEN
    start = instant_of(booked.first_grain)
    end = instant_of(booked.first_grain + booked.grains)
    day = local_day(site, start)
    open_then = common(department.hours.open_on(day), site.hours.open_on(day))
    if not any(opens <= start and end <= closes for opens, closes in open_then):
        return Misfit.CLOSED
    if not all(fits(catalogue, booked, *one) for one in booked.claims):
        return Misfit.NO_UNIT
    return None


def fits(catalogue: Catalogue, booked: Booked, resource: str, grain: int, unit: int) -> bool:
    """Whether one claim of an appointment is on a unit that would do."""
    return unit in units_for(catalogue, booked, resource, grain)


def is_unit(catalogue: Catalogue, resource: str, unit: int) -> bool:
    """Whether there is such a lane or terminal."""
    kind, _, name = resource.partition(":")
    if kind == "department" and name in catalogue.departments:
        return 0 <= unit < catalogue.departments[name].lanes
    if kind == "site" and name in catalogue.sites:
        return unit in catalogue.sites[name].terminals_with(frozenset())
    return False


def by_department(found: Iterable[ToMove]) -> dict[str, list[ToMove]]:
    """Who has to move whom, each in order of time."""
    sorted_out: dict[str, list[ToMove]] = {}
    for one in sorted(found, key=lambda one: (one.start, one.appointment_id)):
        sorted_out.setdefault(one.department, []).append(one)
    return sorted_out
