"""What can be booked: departments, services, sites, and what is free.

A key of one department sees that one's services; the others do not exist for it.  Answers that
change with the catalogue only are encoded once for each version of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from booking.catalogue import Ability, Catalogue, Department, Service, Site
from booking.errors import NotInCatalogue, NotOfferedHere
from counter.identity.api_key import Scope
from counter.protocol.message import Model
from web.api.call import Asked, Call, Told, tagged
from web.api.catalogue_models import (
    Availability,
    Because,
    DepartmentOut,
    Departments,
    FeeOut,
    ForService,
    FoundOut,
    FoundServices,
    OfDepartment,
    OfService,
    PaperOut,
    Question,
    ServiceOut,
    Services,
    SiteOut,
    Sites,
    WhatIsFree,
)
from web.api.fields import day_of
from web.api.nothing import Nothing
from web.citizen.availability_feed import body_of
from web.shared.i18n import TAGS

MOST_KEPT = 1000
SHORT_TIME = "private, max-age=1"
"For what is free."
LONG_TIME = "private, max-age=60"
"For what changes when an administrator changes it."
_read: partial[Call[Any]] = partial(Call, method="GET", scope=Scope.READ, kept=True)


async def service_of(asked: Asked[Any], service_id: str) -> Service:
    """The service, if this key may know it.  Raises `NotInCatalogue`."""
    service = (await asked.deps.booking.catalogue()).service(service_id)
    if not _may_know(asked, service.department):
        raise NotInCatalogue("no such service for this key")
    return service


def _may_know(asked: Asked[Any], department: str) -> bool:
    return asked.caller.department in (None, department)


async def departments(asked: Asked[Nothing]) -> Told:
    async def make(catalogue: Catalogue) -> Model:
        known = [one for one in catalogue.departments.values() if _may_know(asked, one.id)]
        return Departments(departments=[_department(one) for one in known])

    return await _once_a_version(asked, ("departments",), make)


async def services(asked: Asked[OfDepartment]) -> Told:
    wanted = asked.said.department

    async def make(catalogue: Catalogue) -> Model:
        if wanted is not None and not _may_know(asked, catalogue.department(wanted).id):
            raise NotInCatalogue("no such department for this key")
        known = [
            service
            for department in catalogue.departments
            if wanted in (None, department) and _may_know(asked, department)
            for service in catalogue.services_of(department)
        ]
        return Services(services=[_service(one) for one in known])

    return await _once_a_version(asked, ("services", wanted), make)


async def service(asked: Asked[OfService]) -> Told:
    async def make(catalogue: Catalogue) -> Model:
        return _service(await service_of(asked, asked.said.service))

    return await _once_a_version(asked, ("service", asked.said.service), make)


async def sites(asked: Asked[ForService]) -> Told:
    wanted = asked.said.service

    async def make(catalogue: Catalogue) -> Model:
        if wanted is None:
            return Sites(sites=[_site(one) for one in catalogue.sites.values()])
        given = catalogue.sites_for((await service_of(asked, wanted)).id)
        return Sites(sites=[_site(one) for one in given])

    return await _once_a_version(asked, ("sites", wanted), make)


async def search(asked: Asked[Question]) -> Told:
    found = await asked.deps.booking.search(asked.said.q)
    known = FoundServices(
        found=[
            FoundOut(
                service=one.service.id,
                because=Because(role=one.reason.role, texts=_tagged(one.reason.texts)),
            )
            for one in found
            if _may_know(asked, one.service.department)
        ]
    )
    return tagged(known.model_dump_json(by_alias=True).encode(), LONG_TIME)


async def availability(asked: Asked[WhatIsFree]) -> Told:
    said, deps = asked.said, asked.deps
    service = await service_of(asked, said.service)
    first = None if said.from_day is None else day_of(said.from_day)
    body = await deps.free.get(
        (service.id, said.site, first),
        asked.now,
        lambda: body_of(deps.booking, service.id, said.site, first, asked.now),
    )
    return Told(body=body.content, etag=body.etag, headers={"Cache-Control": SHORT_TIME})


async def _once_a_version(
    asked: Asked[Any],
    question: tuple[Any, ...],
    make: Callable[[Catalogue], Awaitable[Model]],
) -> Told:
    """Encode an answer once for each version of the catalogue and department of a key."""
    catalogue = await asked.deps.booking.catalogue()
    encoded = asked.deps.encoded
    known = (*question, asked.caller.department)
    kept = encoded.get(known)
    if kept is None or kept[0] != catalogue.version:
        made = await make(catalogue)
        if len(encoded) >= MOST_KEPT:
            encoded.clear()
        content = made.model_dump_json(by_alias=True).encode()
        kept = encoded[known] = (catalogue.version, tagged(content, LONG_TIME))
    return kept[1]


def _tagged(texts: Mapping[str, str]) -> dict[Any, str]:
    """Texts by the languages' names on the wire."""
    return {TAGS[language]: text for language, text in texts.items()}


def _department(one: Department) -> DepartmentOut:
    return DepartmentOut(
        id=one.id,
        territory=one.territory,
        names=_tagged(one.names),
        short_names=_tagged(one.short_names),
    )


def _service(one: Service) -> ServiceOut:
    papers = [
        PaperOut(id=paper.id, kind=paper.kind, names=_tagged(paper.names)) for paper in one.papers
    ]
    return ServiceOut(
        id=one.id,
        department=one.department,
        names=_tagged(one.names),
        papers=papers,
        fee=None if one.fee is None else FeeOut(minor=one.fee.minor, currency=one.fee.currency),
        processing_days=one.processing_days,
        slot_minutes=one.slot_minutes,
        by_video=one.by_video,
        identity_level=one.identity_level,
        signature_class=one.signature_class,
        acts_for=list(one.acts_for),
        speech=list(one.speech),  # type: ignore[arg-type]  # the model looks
        elsewhere=_tagged(one.elsewhere),
        change_until_minutes=one.change_until_minutes,
        weekly_per_person=one.weekly_per_person,
        withdrawn=one.withdrawn,
    )


def _site(one: Site) -> SiteOut:
    able = {ability for terminal in one.terminals for ability in terminal.abilities}
    return SiteOut(
        id=one.id,
        territory=one.territory,
        names=_tagged(one.names),
        addresses=_tagged(one.addresses),
        directions=_tagged(one.directions),
        zone=one.hours.zone,
        terminals=len(one.terminals),
        abilities=[ability for ability in Ability if ability in able],
    )


CALLS: tuple[Call[Any], ...] = (
    _read(
        name="listDepartments",
        path="/departments",
        does="All departments.",
        takes=Nothing,
        gives=Departments,
        answer=departments,
    ),
    _read(
        name="listServices",
        path="/services",
        does="What can be asked for, of all departments or of one.",
        takes=OfDepartment,
        gives=Services,
        answer=services,
        refuses=(NotInCatalogue,),
    ),
    _read(
        name="getService",
        path="/services/{service}",
        does="One service; also one that is not offered any more.",
        takes=OfService,
        gives=ServiceOut,
        answer=service,
        refuses=(NotInCatalogue,),
    ),
    _read(
        name="searchServices",
        path="/search",
        does="Services that fit what somebody typed, the best first.",
        takes=Question,
        gives=FoundServices,
        answer=search,
    ),
    _read(
        name="listSites",
        path="/sites",
        does="Places with terminals; all, or those at which a service is given.",
        takes=ForService,
        gives=Sites,
        answer=sites,
        refuses=(NotInCatalogue,),
    ),
    _read(
        name="getAvailability",
        path="/services/{service}/availability",
        does="What is free at a site, for seven days; at most a second old.",
        takes=WhatIsFree,
        gives=Availability,
        answer=availability,
        refuses=(NotInCatalogue, NotOfferedHere),
    ),
)
