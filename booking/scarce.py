"""What an appointment takes: of the day, the agents and the terminals, of the person, the company.

A scarce thing has units; an appointment takes some of them, grain by grain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from booking.appointment import (
    ACTIVE_PER_ENTITY,
    ACTIVE_PER_PERSON,
    ANYBODY,
    SENT_AT_ONCE_PER_ENTITY,
    Wish,
)
from booking.catalogue import Catalogue, Service, Site
from booking.grains import day_grain, grains_of, instant_of, local_day
from booking.worked_out import once


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


Used = Mapping[tuple[str, int], frozenset[int]]
"Units taken, by resource and grain."


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
    needs = needs_of(catalogue, service, site, wish)
    day = day_grain(site, local_day(site, instant_of(first)))
    wanted = [Want(resource=needs.quota, grain=day, units=needs.quota_units)]
    for grain in range(first, first + (grains or grains_of(service))):
        for resource, units, count, alike in needs.lanes:
            able = in_order(catalogue, resource, grain, units)
            wanted.append(
                Want(resource=resource, grain=grain, units=able, count=count, alike=alike)
            )
    return wanted


@dataclass(frozen=True, slots=True)
class Needs:
    """What each appointment of a service at a site takes: one of the day, and of each grain."""

    quota: str
    quota_units: tuple[int, ...]
    lanes: tuple[tuple[str, tuple[int, ...], int, bool], ...]
    "Resource, units that will do, how many of them, and whether any will do as well."


def needs_of(catalogue: Catalogue, service: Service, site: Site, wish: Wish) -> Needs:
    def work() -> Needs:
        department = catalogue.department(service.department)
        quota, agents, *_ = shared_resources(service, site, wish)
        able = site.terminals_with(service.abilities | wish.abilities)
        seats = {site.id: (able, 1)}
        for other in wish.others:
            units, count = seats.get(other, (catalogue.site(other).terminals_with(frozenset()), 0))
            seats[other] = units, count + 1
        speaking = department.lanes_that_speak(wish.speech)
        return Needs(
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

    return once(catalogue, ("needs", service.id, site.id, wish), work)


def in_order(
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
