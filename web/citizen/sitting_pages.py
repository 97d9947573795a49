"""Several departments in one sitting: what else is needed is chosen, one link after another."""

from aiohttp import web

from booking.catalogue import Catalogue, Department, Service
from booking.service import MOST_IN_A_SITTING
from web.citizen.choice import Journey
from web.citizen.ports import Deps
from web.citizen.question_pages import journey_of
from web.shared.access import allow
from web.shared.pages import render


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/services/{service}/also`, with `from=` a department."""

    @allow("anyone")
    async def also(request: web.Request) -> web.Response:
        journey = await journey_of(request, deps)
        wanted = others(journey)
        source = request.query.get("from", "")
        if source:
            journey.catalogue.department(source)
        chosen = next((one for one in wanted if one.id == source), None)
        return render(
            request,
            "citizen/also.html",
            journey=journey,
            departments=wanted,
            department=chosen,
            services=joinable(journey, chosen) if chosen else [],
            full=len(journey.services) >= MOST_IN_A_SITTING,
        )

    return [web.get("/services/{service}/also", also)]


def others(journey: Journey) -> list[Department]:
    """Departments of the same side that are not in the sitting yet and could be."""
    if len(journey.services) >= MOST_IN_A_SITTING:
        return []
    catalogue: Catalogue = journey.catalogue
    in_it = {one.department for one in journey.services}
    return [
        one
        for one in catalogue.departments.values()
        if one.territory == journey.department.territory
        and one.id not in in_it
        and joinable(journey, one)
    ]


def joinable(journey: Journey, department: Department) -> list[Service]:
    """Its services that can be had in the same seat, in the same matter and language.

    What was answered already stays answered: a service that would undo it is not offered.
    """
    found = []
    who, speech, site = journey.choice.acting, journey.choice.speech, journey.choice.site
    for service in journey.catalogue.services_of(department.id):
        choice = journey.choice.but(also=(*journey.choice.also, service.id))
        longer = Journey(choice=choice, catalogue=journey.catalogue, language=journey.language)
        if (
            (who in longer.acting if who else longer.acting)
            and (speech in longer.spoken if speech else longer.spoken)
            and (longer.site if site else longer.sites)
        ):
            found.append(service)
    return found
