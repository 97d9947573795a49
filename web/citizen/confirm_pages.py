"""Your details, check your answers, book.  The held time is shown, with how long it is kept.

Sent twice, the booking is the same booking: the reference in the draft is its own key.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.appointment import Details
from booking.catalogue import SPOKEN_BY_READERS, Acting
from booking.errors import (
    AppointmentCancelled,
    BadDetails,
    BookingRefused,
    HoldExpired,
    NotInThisLanguage,
    NotOfferedHere,
    SlotTaken,
    TooManyOfEntity,
    UnknownReference,
)
from web.citizen.booking_pages import time_page
from web.citizen.choice import SAME_PLACE, Journey
from web.citizen.details_form import FOR_WHOM, NEED_WORDS, DetailsForm, complete, read
from web.citizen.draft import Draft, drop_draft, keep_draft, keep_open, read_draft
from web.citizen.ports import Deps
from web.citizen.question_pages import ACTING_WORDS
from web.citizen.service_facts import SPEECH_NAMES
from web.shared.access import allow
from web.shared.i18n import LANGUAGES, N_, NAMES, Words, texts_for
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
        needs = ("step_free",) if draft.choice.step_free else ()
        typed = draft.details or Details(name="", language=language, needs=needs)
        return await _details_page(request, deps, draft, DetailsForm(typed=typed))

    @allow("anyone")
    async def keep_details(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        if draft is None:
            return _expired(request, draft)
        journey = await journey_of_draft(request, deps, draft)
        acting = journey.who or Acting.SELF
        form = read(await request.post(), draft, acting, journey.catalogue.sites)
        if draft.expires_at <= deps.now():
            page = _expired(request, draft)
            if not form.mistakes:  # for the next time that is chosen
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
        if draft.details is None or not complete(draft.details):
            raise web.HTTPSeeOther("/booking/details")
        journey = await journey_of_draft(request, deps, draft)
        found = _held(deps, draft, journey)
        return render(
            request,
            "citizen/check.html",
            **found,
            **_answers(draft.details, journey),
            also=draft.again.at("also"),
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
        except BadDetails:
            raise web.HTTPSeeOther("/booking/details") from None
        except SlotTaken:
            return await _not_with_that(request, deps, draft)
        except (TooManyOfEntity, NotInThisLanguage, NotOfferedHere) as refused:
            return _refused(request, refused, draft)
        answer = web.HTTPSeeOther("/appointment/confirmed")
        keep_open(answer, deps, draft.reference)
        drop_draft(answer, deps)
        raise answer

    @allow("anyone")
    async def release(request: web.Request) -> web.StreamResponse:
        draft = read_draft(request, deps)
        answer = web.HTTPSeeOther(draft.again.at("day") if draft else "/")
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


async def journey_of_draft(request: web.Request, deps: Deps, draft: Draft) -> Journey:
    """What is held, against the catalogue."""
    return Journey(
        choice=draft.again,
        catalogue=await deps.booking.catalogue(),
        language=language_of(request),
    )


async def _details_page(
    request: web.Request, deps: Deps, draft: Draft, form: DetailsForm
) -> web.Response:
    language = language_of(request)
    texts, words = texts_for(language), Words(language)
    journey = await journey_of_draft(request, deps, draft)
    acting = journey.who or Acting.SELF
    places = [(SAME_PLACE, texts.gettext(N_("At the same place as you")))]
    places += [
        (one.id, words.pick(one.names))
        for one in journey.catalogue.sites.values()
        if one.id != draft.choice.site
    ]
    return render(
        request,
        "citizen/details.html",
        **_held(deps, draft, journey),
        typed=form.typed,
        mistakes=form.messages(language),
        errors=form.summary(language),
        for_whom=texts.gettext(FOR_WHOM[acting]) if acting in FOR_WHOM else "",
        of_company=acting is Acting.REPRESENTATIVE,
        spoken_chosen=bool(draft.choice.speech),
        languages=[{"value": code, "text": NAMES[code]} for code in LANGUAGES],
        needs=[
            {"value": need, "text": texts.gettext(text), "checked": need in form.typed.needs}
            for need, text in NEED_WORDS.items()
        ],
        seats=[
            {
                "name": name,
                "places": [
                    {"value": value, "text": text, "selected": value == site}
                    for value, text in places
                ],
            }
            for name, site in form.seats(draft.choice.site)
        ],
        status=422 if form.mistakes else 200,
    )


def _held(deps: Deps, draft: Draft, journey: Journey) -> dict[str, Any]:
    """What every page of a held time shows."""
    site = journey.catalogue.site(draft.choice.site)
    zone = ZoneInfo(site.hours.zone)
    start = draft.start.astimezone(zone)
    left = draft.expires_at - deps.now()
    return {
        "journey": journey,
        "site": site,
        "start": start,
        "parts_of_it": journey.parts(start),
        "until": draft.expires_at.astimezone(zone),
        "seconds_left": max(0, int(left.total_seconds())),
        "times": _times(draft, start),
    }


def _answers(details: Details, journey: Journey) -> dict[str, Any]:
    """What was answered, in words."""
    texts, words = texts_for(journey.language), Words(journey.language)
    sites = journey.catalogue.sites
    parties = [
        texts.gettext(N_("%(name)s (%(place)s)"))
        .replace("%(place)s", words.pick(sites[one.site].names))
        .replace("%(name)s", one.name)
        for one in details.parties
        if one.site in sites
    ]
    speech = details.speech or SPOKEN_BY_READERS[details.language]
    return {
        "details": details,
        "needs": [texts.gettext(NEED_WORDS[need]) for need in details.needs],
        "acting": texts.gettext(ACTING_WORDS[details.acting]),
        "for_whom": texts.gettext(FOR_WHOM[details.acting]) if details.acting in FOR_WHOM else "",
        "spoken": SPEECH_NAMES[speech][0],
        "written": NAMES[details.language],
        "parties": parties,
    }


def _times(draft: Draft, start: datetime | None = None) -> str:
    """Where another time can be chosen."""
    if start is None:
        return draft.again.at("day")
    return draft.again.at("time", day=f"{start:%Y-%m-%d}")


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


async def _not_with_that(request: web.Request, deps: Deps, draft: Draft) -> web.Response:
    """What the details want is not free then; the answers are kept for another time."""
    journey = await journey_of_draft(request, deps, draft)
    site = journey.catalogue.site(draft.choice.site)
    day = draft.start.astimezone(ZoneInfo(site.hours.zone)).date()
    said = texts_for(journey.language).gettext(
        N_(
            "What you need is not free at the time you chose. Choose another time; "
            "your answers are kept."
        )
    )
    errors = [{"text": said, "href": "#start"}]
    return await time_page(request, deps, journey, day, errors=errors, status=SlotTaken.status)


def _refused(request: web.Request, refused: BookingRefused, draft: Draft) -> web.Response:
    """Nothing was booked, the time is still held: say why, and where to change the answer."""
    language = language_of(request)
    title, what_to_do = explain(refused.code, language)
    return render(
        request,
        "citizen/expired.html",
        heading=title,
        what_to_do=what_to_do,
        code=refused.code,
        next_href="/booking/details",
        next_text=texts_for(language).gettext(N_("Back to your details")),
        status=refused.status,
    )
