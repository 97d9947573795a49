"""Choosing place, day and time.  One question per page; the time that is chosen is held at once.

What was chosen stands in the address, so going back, reloading and changing the language keep it.
The held time and everything personal travels in a sealed cookie (`draft`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue, Service, Site
from booking.errors import (
    BookingRefused,
    ClosedDay,
    HoldExpired,
    NotInCatalogue,
    NotOfferedHere,
    NotReleased,
    PersonOverlap,
    SlotTaken,
)
from booking.slots import SlotOffer
from web.citizen.draft import Draft, keep_draft, read_draft
from web.citizen.ports import Deps
from web.citizen.reasons import in_words, rows
from web.shared.access import allow, principal_of
from web.shared.csrf import visitor
from web.shared.i18n import N_, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import advice, explain, in_one

MORNING_UNTIL_HOUR = 13
MANY_LEFT = 4
"From this number on, how many are left is of no help to anybody."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A service at a site, looked up."""

    service: Service
    site: Site
    catalogue: Catalogue

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.hours.zone)


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/services/{service}/place`, `…/day?site=`, `…/time?site=&day=`."""

    @allow("anyone")
    async def place(request: web.Request) -> web.Response:
        catalogue = await deps.booking.catalogue()
        service = catalogue.service(request.match_info["service"])
        sites = catalogue.sites_for(service.id)
        errors = []
        if "site" in request.query or "asked" in request.query:
            if any(site.id == request.query.get("site") for site in sites):
                raise web.HTTPSeeOther(f"/services/{service.id}/day?site={request.query['site']}")
            errors = [_error(request, N_("Choose where you will come"), "site")]
        return render(
            request,
            "citizen/place.html",
            service=service,
            department=catalogue.department(service.department),
            sites=sites,
            errors=errors,
            status=422 if errors else 200,
        )

    @allow("anyone")
    async def day(request: web.Request) -> web.Response:
        return await _day_page(request, deps, await _place(request, deps))

    @allow("anyone")
    async def time(request: web.Request) -> web.Response:
        return await _time_page(request, deps, await _place(request, deps))

    @allow("anyone")
    async def choose(request: web.Request) -> web.StreamResponse:
        here = await _place(request, deps)
        form = await request.post()
        chosen = _moment(str(form.get("start", "")))
        if chosen is None:
            errors = [_error(request, N_("Choose a time"), "start")]
            return await _time_page(request, deps, here, errors=errors)
        key = str(form.get("key", ""))
        person = person_of(request)
        try:
            held = await deps.booking.hold(
                key, here.service.id, here.site.id, chosen, person, deps.now()
            )
        except (SlotTaken, PersonOverlap, HoldExpired) as refused:
            text = advice(refused.code, language_of(request))
            errors = [{"text": text, "href": "#start"}]
            return await _time_page(request, deps, here, errors=errors, status=refused.status)
        answer = web.HTTPSeeOther("/booking/details")
        before = read_draft(request, deps)
        draft = Draft(
            reference=held.reference,
            service=here.service.id,
            site=here.site.id,
            start=chosen,
            expires_at=held.expires_at,
            details=before.details if before else None,
        )
        keep_draft(answer, deps, draft)
        raise answer

    return [
        web.get("/services/{service}/place", place),
        web.get("/services/{service}/day", day),
        web.get("/services/{service}/time", time),
        web.post("/services/{service}/time", choose),
    ]


def person_of(request: web.Request) -> str:
    """A stable pseudonym, 64 hex digits: the signed-in citizen's, or this visitor's."""
    principal = principal_of(request)
    who = f"citizen:{principal.subject}" if principal.kind == "citizen" else visitor(request)
    return hashlib.sha256(who.encode()).hexdigest()


async def _place(request: web.Request, deps: Deps) -> Place:
    """Raises `NotInCatalogue`; without a site of this service, back to the question."""
    catalogue = await deps.booking.catalogue()
    service = catalogue.service(request.match_info["service"])
    try:
        site = catalogue.site(request.query.get("site", ""))
    except NotInCatalogue:
        site = None
    if site is None or site not in catalogue.sites_for(service.id):
        raise web.HTTPSeeOther(f"/services/{service.id}/place?asked=1")
    return Place(service=service, site=site, catalogue=catalogue)


async def _day_page(
    request: web.Request,
    deps: Deps,
    here: Place,
    *,
    errors: Iterable[dict[str, str]] = (),
    status: int = 200,
) -> web.Response:
    days = await deps.booking.days(here.service.id, here.site.id, deps.now())
    return render(
        request,
        "citizen/day.html",
        here=here,
        rows=rows(days, language_of(request)),
        errors=list(errors),
        status=status,
    )


async def _time_page(
    request: web.Request,
    deps: Deps,
    here: Place,
    *,
    errors: Iterable[dict[str, str]] = (),
    status: int = 422,
) -> web.Response:
    wanted = _day(request.query.get("day", ""))
    if wanted is None:
        raise web.HTTPSeeOther(f"/services/{here.service.id}/day?site={here.site.id}")
    language = language_of(request)
    try:
        offers = await deps.booking.slots(here.service.id, here.site.id, wanted, deps.now())
    except (ClosedDay, NotReleased, NotOfferedHere) as refused:
        return await _day_page(
            request, deps, here, errors=[_closed(refused, language)], status=refused.status
        )
    found = [_option(offer, here.zone, language) for offer in offers]
    is_morning = [one["at"].hour < MORNING_UNTIL_HOUR for one in found]
    return render(
        request,
        "citizen/time.html",
        here=here,
        day=wanted,
        morning=[one for one, early in zip(found, is_morning, strict=True) if early],
        afternoon=[one for one, early in zip(found, is_morning, strict=True) if not early],
        key=deps.new_id(),
        errors=list(errors),
        status=status if errors else 200,
    )


def _option(offer: SlotOffer, zone: ZoneInfo, language: str) -> dict[str, Any]:
    left = ""
    if offer.left < MANY_LEFT:
        text = texts_for(language).ngettext("%(n)s left", "%(n)s left", offer.left)
        left = text.replace("%(n)s", str(offer.left))
    at = offer.start.astimezone(zone)
    return {"at": at, "value": offer.start.isoformat(), "left": left}


def _closed(refused: BookingRefused, language: str) -> dict[str, str]:
    title, what_to_do = explain(refused.code, language)
    if isinstance(refused, ClosedDay):
        title = in_words(refused.reason, language)
    return {"text": in_one(title, what_to_do, language), "href": "#days"}


def _error(request: web.Request, text: str, field: str) -> dict[str, str]:
    return {"text": texts_for(language_of(request)).gettext(text), "href": f"#{field}"}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return found if found.tzinfo else None
