"""Your details, check your answers, book.  The held time is shown, with how long it is kept.

Sent twice, the booking is the same booking: the reference in the draft is its own key.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.appointment import Details
from booking.errors import AppointmentCancelled, HoldExpired, UnknownReference
from web.citizen.details_form import NEED_WORDS, DetailsForm, read
from web.citizen.draft import Draft, drop_draft, keep_draft, keep_open, read_draft
from web.citizen.ports import Deps
from web.shared.access import allow
from web.shared.i18n import LANGUAGES, NAMES, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import explain


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/booking/details`, `/booking/check`, `/booking/release`."""

    @allow("anyone")
    async def details(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        if draft is None or draft.expires_at <= deps.now():
            return _expired(request, draft)
        language = language_of(request)
        typed = draft.details or Details(name="", language=language)
        return await _details_page(request, deps, draft, DetailsForm(typed=typed))

    @allow("anyone")
    async def keep_details(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        form = read(await request.post())
        if draft is None or draft.expires_at <= deps.now():
            page = _expired(request, draft)
            if draft and not form.mistakes:  # for the next time that is chosen
                keep_draft(page, deps, draft.with_details(form.typed))
            return page
        if form.mistakes:
            return await _details_page(request, deps, draft, form)
        answer = web.HTTPSeeOther("/booking/check")
        keep_draft(answer, deps, draft.with_details(form.typed))
        raise answer

    @allow("anyone")
    async def check(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        if draft is None or draft.expires_at <= deps.now():
            return _expired(request, draft)
        if draft.details is None:
            raise web.HTTPSeeOther("/booking/details")
        texts = texts_for(language_of(request))
        return render(
            request,
            "citizen/check.html",
            **await _held(deps, draft),
            details=draft.details,
            needs=[texts.gettext(NEED_WORDS[need]) for need in draft.details.needs],
            spoken=NAMES[draft.details.language],
        )

    @allow("anyone")
    async def book(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        if draft is None:
            return _expired(request, draft)
        if draft.details is None:
            raise web.HTTPSeeOther("/booking/details")
        try:
            await deps.booking.confirm(draft.reference, draft.details, deps.now())
        except (HoldExpired, AppointmentCancelled):
            return _expired(request, draft)
        answer = web.HTTPSeeOther("/appointment/confirmed")
        keep_open(answer, deps, draft.reference)
        drop_draft(answer, deps)
        raise answer

    @allow("anyone")
    async def release(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        answer = web.HTTPSeeOther(_times(draft) if draft else "/")
        if draft:
            # Given back already is as good as given back now.
            with suppress(HoldExpired, UnknownReference):
                await deps.booking.cancel(draft.reference, deps.now())
            drop_draft(answer, deps)
        raise answer

    return [
        web.get("/booking/details", details),
        web.post("/booking/details", keep_details),
        web.get("/booking/check", check),
        web.post("/booking/check", book),
        web.post("/booking/release", release),
    ]


async def _details_page(
    request: web.Request, deps: Deps, draft: Draft, form: DetailsForm
) -> web.Response:
    language = language_of(request)
    texts = texts_for(language)
    return render(
        request,
        "citizen/details.html",
        **await _held(deps, draft),
        typed=form.typed,
        mistakes=form.messages(language),
        errors=form.summary(language),
        languages=[{"value": code, "text": NAMES[code]} for code in LANGUAGES],
        needs=[
            {"value": need, "text": texts.gettext(text), "checked": need in form.typed.needs}
            for need, text in NEED_WORDS.items()
        ],
        status=422 if form.mistakes else 200,
    )


async def _held(deps: Deps, draft: Draft) -> dict[str, Any]:
    """What every page of a held time shows."""
    catalogue = await deps.booking.catalogue()
    service, site = catalogue.service(draft.service), catalogue.site(draft.site)
    zone = ZoneInfo(site.hours.zone)
    left = draft.expires_at - deps.now()
    return {
        "service": service,
        "department": catalogue.department(service.department),
        "site": site,
        "start": draft.start.astimezone(zone),
        "until": draft.expires_at.astimezone(zone),
        "seconds_left": max(0, int(left.total_seconds())),
        "times": _times(draft, draft.start.astimezone(zone)),
    }


def _times(draft: Draft, start: datetime | None = None) -> str:
    """Where another time can be chosen."""
    if start is None:
        return f"/services/{draft.service}/day?site={draft.site}"
    return f"/services/{draft.service}/time?site={draft.site}&day={start:%Y-%m-%d}"


def _expired(request: web.Request, draft: Draft | None) -> web.Response:
    """The time is no longer kept: say so, and lead back to the times of that day."""
    language = language_of(request)
    title, what_to_do = explain("hold_expired", language)
    return render(
        request,
        "citizen/expired.html",
        heading=title,
        what_to_do=what_to_do,
        code="hold_expired",
        next_href=_times(draft) if draft else "/",
        status=410,
    )
