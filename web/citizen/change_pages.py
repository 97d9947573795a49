"""Another time for an appointment: day, time, old beside new, and only then the change.

The day and the time that are looked at stand in the address; which appointment it is does not.  A
visit to several departments is moved as one.  On any refusal the appointment stands as it was.
"""

from collections.abc import Iterable
from datetime import date
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
    WeeklyLimit,
)
from web.citizen.appointment_parts import Opened, opened
from web.citizen.booking_pages import closed_day, day_of, moment_of, times_of_day
from web.citizen.ports import Deps
from web.citizen.question_pages import error
from web.citizen.reasons import rows
from web.shared.access import allow
from web.shared.i18n import N_, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import advice, explain

Errors = Iterable[dict[str, str]]


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/appointment/change`, `…/change/time`, `…/change/check`; `site=` another place."""

    @allow("anyone")
    async def day(request: web.Request) -> web.Response:
        return await _day_page(request, deps, await _movable(request, deps))

    @allow("anyone")
    async def time(request: web.Request) -> web.Response:
        found = await _movable(request, deps)
        wanted = day_of(request.query.get("day", ""))
        if wanted is None:
            errors = [error(request, N_("Choose a day"), "day")]
            return await _day_page(request, deps, found, errors=errors, status=422)
        return await _time_page(request, deps, found, wanted)

    @allow("anyone")
    async def check(request: web.Request) -> web.Response:
        found = await _movable(request, deps)
        start = moment_of(request.query.get("start", ""))
        wanted = day_of(request.query.get("day", ""))
        if start is None and wanted is None:
            raise web.HTTPSeeOther("/appointment/change")
        if start is None:
            assert wanted
            errors = [error(request, N_("Choose a time"), "start")]
            return await _time_page(request, deps, found, wanted, errors=errors, status=422)
        site = _site(request, found)
        at = start.astimezone(ZoneInfo(site.hours.zone))
        return render(
            request,
            "citizen/change_check.html",
            opened=found,
            site=site,
            start=at,
            parts_then=found.parts_at(site, start),
            value=start.isoformat(),
            back=f"/appointment/change/time?site={site.id}&day={at:%Y-%m-%d}",
        )

    @allow("anyone")
    async def move(request: web.Request) -> web.StreamResponse:
        found = await _movable(request, deps)
        site = _site(request, found)
        start = moment_of(str((await request.post()).get("start", "")))
        if start is None:
            raise web.HTTPSeeOther("/appointment/change")
        try:
            await deps.booking.reschedule(found.reference, site.id, start, deps.now())
        except (SlotTaken, PersonOverlap, WeeklyLimit) as refused:
            errors = [{"text": advice(refused.code, language_of(request)), "href": "#start"}]
            there = start.astimezone(ZoneInfo(site.hours.zone)).date()
            return await _time_page(
                request, deps, found, there, errors=errors, status=refused.status
            )
        except (ClosedDay, NotReleased) as refused:
            errors = [closed_day(refused, language_of(request))]
            return await _day_page(request, deps, found, errors=errors, status=refused.status)
        except BookingRefused as refused:
            return refused_page(request, refused)
        raise web.HTTPSeeOther("/appointment/view?moved=1")

    return [
        web.get("/appointment/change", day),
        web.get("/appointment/change/time", time),
        web.get("/appointment/change/check", check),
        web.post("/appointment/change/check", move),
    ]


def refused_page(request: web.Request, refused: BookingRefused) -> web.Response:
    """Nothing was changed: why, and back to the appointment."""
    language = language_of(request)
    title, what_to_do = explain(refused.code, language)
    return render(
        request,
        "shared/refusal.html",
        heading=title,
        what_to_do=what_to_do,
        code=refused.code,
        number="",
        next_href="/appointment/view",
        next_text=texts_for(language).gettext(N_("Back to my appointment")),
        status=refused.status,
    )


async def _movable(request: web.Request, deps: Deps) -> Opened:
    """The open appointment if it may be moved; else back to it, where it says why not."""
    found = await opened(request, deps)
    if not found.can_change:
        raise web.HTTPSeeOther("/appointment/view")
    return found


def _site(request: web.Request, found: Opened) -> Site:
    """The place in the address, if all of it is given there; else the present one."""
    given = {one.id: one for one in found.sites}
    return given.get(request.query.get("site", ""), found.site)


async def _day_page(
    request: web.Request, deps: Deps, found: Opened, *, errors: Errors = (), status: int = 200
) -> web.Response:
    site, view = _site(request, found), found.view
    days = await deps.booking.sitting_days(found.services, site.id, deps.now(), view.wish)
    return render(
        request,
        "citizen/change_day.html",
        opened=found,
        site=site,
        sites=found.sites,
        rows=rows(days, language_of(request)),
        errors=list(errors),
        status=status,
    )


async def _time_page(
    request: web.Request,
    deps: Deps,
    found: Opened,
    wanted: date,
    *,
    errors: Errors = (),
    status: int = 200,
) -> web.Response:
    site, view, language = _site(request, found), found.view, language_of(request)
    try:
        offers = await deps.booking.sitting_slots(
            found.services, site.id, wanted, deps.now(), view.wish
        )
    except (ClosedDay, NotReleased, NotOfferedHere) as refused:
        closed = [closed_day(refused, language, wanted)]
        return await _day_page(request, deps, found, errors=closed, status=refused.status)
    return render(
        request,
        "citizen/change_time.html",
        opened=found,
        site=site,
        day=wanted,
        times=times_of_day(offers, ZoneInfo(site.hours.zone), language),
        errors=list(errors),
        status=status,
    )
