"""Finding a service: which side, which department, which service, what to bring.

What cannot be done here is said before booking, with the place that does it.
"""

from decimal import Decimal

from aiohttp import web

from booking.catalogue import Catalogue, Fee
from web.citizen.ports import Deps
from web.citizen.service_facts import facts_of
from web.shared.access import allow
from web.shared.language import language_of
from web.shared.pages import render


def amount(fee: Fee) -> Decimal:
    """The fee in patacas or yuan."""
    return Decimal(fee.minor) / 100


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/`, `/departments`, `/departments/{department}`, `/services/{service}`."""

    @allow("anyone")
    async def home(request: web.Request) -> web.Response:
        catalogue = await deps.booking.catalogue()
        return render(request, "citizen/home.html", sides=_sides(catalogue))

    @allow("anyone")
    async def departments(request: web.Request) -> web.Response:
        catalogue = await deps.booking.catalogue()
        side = request.query.get("side", "")
        sides = _sides(catalogue)
        if side not in sides:
            raise web.HTTPSeeOther("/")
        return render(
            request,
            "citizen/departments.html",
            side=side,
            departments=sides[side],
            catalogue=catalogue,
        )

    @allow("anyone")
    async def department(request: web.Request) -> web.Response:
        catalogue = await deps.booking.catalogue()
        found = catalogue.department(request.match_info["department"])
        services = catalogue.services_of(found.id)
        return render(request, "citizen/department.html", department=found, services=services)

    @allow("anyone")
    async def service(request: web.Request) -> web.Response:
        catalogue = await deps.booking.catalogue()
        found = catalogue.service(request.match_info["service"])
        return render(
            request,
            "citizen/service.html",
            service=found,
            department=catalogue.department(found.department),
            sites=catalogue.sites_for(found.id),
            fee=amount(found.fee) if found.fee else None,
            facts=facts_of(catalogue, found, language_of(request)),
        )

    return [
        web.get("/", home),
        web.get("/departments", departments),
        web.get("/departments/{department}", department),
        web.get("/services/{service}", service),
    ]


def _sides(catalogue: Catalogue) -> dict[str, list[object]]:
    """Departments by territory, in the order of the catalogue."""
    sides: dict[str, list[object]] = {}
    for one in catalogue.departments.values():
        sides.setdefault(one.territory, []).append(one)
    return sides
