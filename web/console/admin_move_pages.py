"""Moving what cannot stay: one appointment, the times near it that are free, and the move.

Promise: only what has to move is moved here; on any refusal it stays, and what is free is shown
anew.  Without scripts.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Site
from booking.errors import (
    BookingRefused,
    ClosedDay,
    NotOfferedHere,
    NotReleased,
    PersonOverlap,
    SlotTaken,
    TooManyOfEntity,
    WeeklyLimit,
)
from booking.moving_service import LeftOver
from web.console.admin_access import ADDRESS, Visit, visit
from web.console.admin_ports import AdminDeps
from web.console.admin_words import moves_of
from web.shared.access import allow
from web.shared.i18n import N_, Words, texts_for
from web.shared.pages import render
from web.shared.refusals import advice

ONE = f"{ADDRESS}/{{department}}/move/{{appointment:[A-Za-z0-9_-]{{1,40}}}}"
OTHER_TIME = (
    SlotTaken,
    ClosedDay,
    NotReleased,
    NotOfferedHere,
    PersonOverlap,
    WeeklyLimit,
    TooManyOfEntity,
)
"Refusals after which another time may do."
Errors = Sequence[dict[str, str]]


def routes(deps: AdminDeps) -> list[web.RouteDef]:
    """`/console/booking/{department}/move/{appointment}?site=&day=`."""

    @allow("supervisor")
    async def show(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        return await _page(request, deps, here, request.query.get("site", ""))

    @allow("supervisor")
    async def move(request: web.Request) -> web.StreamResponse:
        here, form = await visit(request, deps), await request.post()
        site, start = str(form.get("site", "")), _instant(str(form.get("start", "")))
        if start is None:
            said = texts_for(here.language).gettext(N_("Choose a time"))
            return await _page(request, deps, here, site, errors=_at_times(said), status=422)
        appointment_id = request.match_info["appointment"]
        try:
            await deps.booking.move_left_over(
                here.department.id, appointment_id, site, start, here.by, here.now
            )
        except OTHER_TIME as refused:
            said = advice(refused.code, here.language)
            errors, status = _at_times(said), refused.status
            return await _page(request, deps, here, site, errors=errors, status=status)
        raise web.HTTPSeeOther(f"{here.address}?moved=1")

    return [web.get(ONE, show), web.post(ONE, move)]


async def _page(
    request: web.Request,
    deps: AdminDeps,
    here: Visit,
    site_id: str,
    *,
    errors: Errors = (),
    status: int = 200,
) -> web.Response:
    appointment_id = request.match_info["appointment"]
    one = await deps.booking.left_over(here.department.id, appointment_id, here.now)
    places = _places(here, one)
    known = {place.id: place for place in places}
    site = known.get(site_id) or known.get(one.what.site) or (places[0] if places else None)
    wanted = _day(request.query.get("day", ""))
    return render(
        request,
        "console/admin_move.html",
        here=here,
        one=moves_of([one.what], here.catalogue, here.language)[0],
        services=_services(here, one),
        places=[(place.id, Words(here.language).pick(place.names)) for place in places],
        site=site.id if site else "",
        day=wanted.isoformat() if wanted else "",
        days=await _times(deps, here, one, site, wanted) if site else [],
        action=f"{here.address}/move/{appointment_id}",
        errors=list(errors),
        status=status,
    )


async def _times(
    deps: AdminDeps, here: Visit, one: LeftOver, site: Site, wanted: date | None
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Days in words, each with its free times: the instant, and the clock on the wall."""
    try:
        found = await deps.booking.near(one, site.id, wanted, here.now)
    except BookingRefused:  # the day is not to be had any more, or not there: nothing is free
        return []
    words, zone = Words(here.language), ZoneInfo(site.hours.zone)
    return [
        (
            words.day(day),
            [(of.start.isoformat(), words.time(of.start.astimezone(zone))) for of in offers],
        )
        for day, offers in found
        if offers
    ]


def _places(here: Visit, one: LeftOver) -> list[Site]:
    """Where all of it is given."""
    known = [service for service in one.services if service in here.catalogue.services]
    given = [here.catalogue.sites_for(service) for service in known]
    if len(known) < len(one.parts):
        return []
    return [site for site in here.catalogue.sites.values() if all(site in some for some in given)]


def _services(here: Visit, one: LeftOver) -> list[str]:
    words = Words(here.language)
    return [
        words.pick(here.catalogue.services[service].names)
        for service in one.services
        if service in here.catalogue.services
    ]


def _at_times(said: str) -> list[dict[str, Any]]:
    return [{"text": said, "href": "#times"}]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    """With its offset, or none at all."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
