"""The waiting list: when no time is free, one is told of the first that becomes free.

Joining gives a number of its own, treated as that of an appointment: a bearer secret, sent in a
form and kept in a sealed cookie.  A time that is offered is held; taking it leads to the details.
"""

import io
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.appointment import Details, Wish, checked, parse_reference
from booking.catalogue import Ability
from booking.errors import (
    BadDetails,
    ClosedDay,
    NotReleased,
    SlotIsFree,
    SlotTaken,
    UnknownReference,
)
from booking.slots import DayAvailability
from booking.waitlist import WaitState, WaitView
from web.citizen.appointment_pages import inline_code, qr_code
from web.citizen.booking_pages import MORNING_UNTIL_HOUR, answered, is_full, person_of
from web.citizen.choice import Choice, Journey
from web.citizen.draft import (
    Draft,
    carried,
    drop_waiting,
    keep_draft,
    keep_waiting,
    read_draft,
    read_waiting,
)
from web.citizen.ports import Deps
from web.citizen.question_pages import error, journey_of
from web.citizen.service_facts import SPEECH_NAMES
from web.shared.access import allow
from web.shared.i18n import N_, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import explain

STATE_WORDS = {
    WaitState.WAITING: (N_("Waiting"), "yellow"),
    WaitState.OFFERED: (N_("A time is free for you"), "green"),
    WaitState.TAKEN: (N_("Booked"), "green"),
    WaitState.LAPSED: (N_("Over"), "red"),
    WaitState.LEFT: (N_("Left"), ""),
}
HALVES = ("am", "pm")


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/services/{service}/wait`, `/waiting` and what lies below it."""

    @allow("anyone")
    async def wish(request: web.Request) -> web.Response:
        journey = await answered(request, deps)
        if journey.choice.also:
            raise web.HTTPSeeOther(journey.choice.at("day"))
        return await _join_page(request, deps, journey, {}, [])

    @allow("anyone")
    async def join(request: web.Request) -> web.StreamResponse:
        journey = await answered(request, deps)
        form = await request.post()
        typed = {name: str(form.get(name, ""))[:200] for name in ("from", "until", "contact")}
        errors = _mistakes(request, journey, typed)
        if errors:
            return await _join_page(request, deps, journey, typed, errors)
        choice, language = journey.choice, journey.language
        wanted = choice.wish(language)
        try:
            joined = await deps.booking.join_waitlist(
                str(form.get("key", "")),
                choice.service,
                choice.site,
                _half_day(typed["from"], journey, end=False),
                _half_day(typed["until"], journey, end=True),
                typed["contact"],
                language,
                person_of(request),
                deps.now(),
                Wish(speech=wanted.speech, abilities=wanted.abilities),
            )
        except SlotIsFree as refused:
            return _free_already(request, journey, refused)
        except (ClosedDay, NotReleased, SlotTaken) as refused:
            text = texts_for(language).gettext(
                N_("No times are given between these two; choose other days")
            )
            errors = [{"text": text, "href": "#from"}]
            return await _join_page(request, deps, journey, typed, errors, status=refused.status)
        answer = web.HTTPSeeOther("/waiting/view")
        keep_waiting(answer, deps, joined.reference, choice)
        raise answer

    @allow("anyone")
    async def ask(request: web.Request) -> web.Response:
        return render(request, "citizen/waiting_find.html", typed="", error="", errors=[])

    @allow("anyone")
    async def find(request: web.Request) -> web.StreamResponse:
        typed = str((await request.post()).get("reference", ""))[:80]
        try:
            reference = parse_reference(typed)
            await deps.booking.waiting(reference, deps.now())
        except UnknownReference as refused:
            said = texts_for(language_of(request)).gettext(
                N_("We do not know this number. It has 20 letters and digits in four groups.")
            )
            return render(
                request,
                "citizen/waiting_find.html",
                typed=typed,
                error=said,
                errors=[{"text": said, "href": "#reference"}],
                status=refused.status,
            )
        answer = web.HTTPSeeOther("/waiting/view")
        keep_waiting(answer, deps, reference)
        raise answer

    @allow("anyone")
    async def view(request: web.Request) -> web.Response:
        reference, found = await _open(request, deps)
        return await _view_page(request, deps, reference, found)

    @allow("anyone")
    async def take(request: web.Request) -> web.StreamResponse:
        _, found = await _open(request, deps)
        if found.offer is None or found.state is not WaitState.OFFERED:
            raise web.HTTPSeeOther("/waiting/view")
        kept = read_waiting(request, deps)
        joined_with = kept.choice if kept else None
        choice = (joined_with or Choice(service=found.service)).but(
            service=found.service,
            also=(),
            site=found.site,
            speech=found.speech,
            others=(),
            step_free=Ability.STEP_FREE in found.abilities,
        )
        journey = await journey_of(request, deps, choice)
        answer = web.HTTPSeeOther("/booking/details")
        draft = Draft(
            reference=found.offer.reference,
            choice=choice,
            start=found.offer.start,
            expires_at=found.offer.expires_at,
            details=carried(read_draft(request, deps), journey),
        )
        keep_draft(answer, deps, draft)
        raise answer

    @allow("anyone")
    async def leave(request: web.Request) -> web.StreamResponse:
        reference, _ = await _open(request, deps)
        await deps.booking.leave_waitlist(reference, deps.now())
        raise web.HTTPSeeOther("/waiting/view")

    @allow("anyone")
    async def close(request: web.Request) -> web.StreamResponse:
        answer = web.HTTPSeeOther("/")
        drop_waiting(answer, deps)
        raise answer

    @allow("anyone")
    async def picture(request: web.Request) -> web.Response:
        reference, _ = await _open(request, deps)
        out = io.BytesIO()
        qr_code(reference).save(out, kind="png", scale=12, border=4)
        headers = {"Content-Disposition": 'attachment; filename="waiting.png"'}
        return web.Response(body=out.getvalue(), content_type="image/png", headers=headers)

    return [
        web.get("/services/{service}/wait", wish),
        web.post("/services/{service}/wait", join),
        web.get("/waiting", ask),
        web.post("/waiting", find),
        web.get("/waiting/view", view),
        web.post("/waiting/take", take),
        web.post("/waiting/leave", leave),
        web.post("/waiting/close", close),
        web.get("/waiting/waiting.png", picture),
    ]


async def _open(request: web.Request, deps: Deps) -> tuple[str, WaitView]:
    """The entry that this browser has open; without one, back to the question."""
    kept = read_waiting(request, deps)
    if kept is None:
        raise web.HTTPSeeOther("/waiting")
    return kept.reference, await deps.booking.waiting(kept.reference, deps.now())


async def _view_page(
    request: web.Request, deps: Deps, reference: str, found: WaitView
) -> web.Response:
    catalogue = await deps.booking.catalogue()
    service, site = catalogue.service(found.service), catalogue.site(found.site)
    zone = ZoneInfo(site.hours.zone)
    state, colour = STATE_WORDS[found.state]
    shown: dict[str, Any] = {}
    if found.offer is not None:
        left = found.offer.expires_at - deps.now()
        shown = {
            "start": found.offer.start.astimezone(zone),
            "until": found.offer.expires_at.astimezone(zone),
            "seconds_left": max(0, int(left.total_seconds())),
        }
    return render(
        request,
        "citizen/waiting.html",
        waiting=found,
        service=service,
        department=catalogue.department(found.department),
        site=site,
        first=found.from_at.astimezone(zone),
        last=found.until_at.astimezone(zone) - timedelta(minutes=1),
        state=texts_for(language_of(request)).gettext(state),
        colour=colour,
        spoken=SPEECH_NAMES[found.speech][0],
        step_free=Ability.STEP_FREE in found.abilities,
        reference=reference,
        qr=inline_code(reference),
        **shown,
    )


async def _join_page(
    request: web.Request,
    deps: Deps,
    journey: Journey,
    typed: dict[str, str],
    errors: list[dict[str, str]],
    *,
    status: int = 422,
) -> web.Response:
    choice, language = journey.choice, journey.language
    days = await deps.booking.sitting_days(
        choice.services, choice.site, deps.now(), choice.wish(language)
    )
    options = _halves([one.day for one in days if _given(one)], language)
    full = next((one.day for one in days if is_full(one)), None)
    first = typed.get("from") or (f"{full}-am" if full else "")
    last = typed.get("until") or (f"{full}-pm" if full else "")
    by_field = {one["href"].removeprefix("#"): one["text"] for one in errors}
    return render(
        request,
        "citizen/wait.html",
        journey=journey,
        action=choice.at("wait"),
        back=choice.at("day"),
        first=[{**one, "selected": one["value"] == first} for one in options],
        last=[{**one, "selected": one["value"] == last} for one in options],
        contact=typed.get("contact", ""),
        mistakes=by_field,
        key=deps.new_id(),
        errors=errors,
        status=status if errors else 200,
    )


def _given(day: DayAvailability) -> bool:
    return day.free > 0 or is_full(day)


def _halves(days: list[date], language: str) -> list[dict[str, str]]:
    """Each day's morning and afternoon, as an end of what is waited for."""
    texts, words = texts_for(language), Words(language)
    names = {"am": texts.gettext(N_("morning")), "pm": texts.gettext(N_("afternoon"))}
    return [
        {"value": f"{day.isoformat()}-{half}", "text": f"{words.short_day(day)} {names[half]}"}
        for day in days
        for half in HALVES
    ]


def _half_day(text: str, journey: Journey, *, end: bool) -> datetime:
    """The instant at which half a day begins, or ends.  Raises `ValueError` for anything else."""
    assert journey.site
    day, _, half = text.rpartition("-")
    if half not in HALVES:
        raise ValueError("neither a morning nor an afternoon")
    zone = ZoneInfo(journey.site.hours.zone)
    midnight = datetime.combine(date.fromisoformat(day), time(), zone)
    hours = {("am", False): 0, ("am", True): MORNING_UNTIL_HOUR}
    hours |= {("pm", False): MORNING_UNTIL_HOUR, ("pm", True): 24}
    return midnight + timedelta(hours=hours[half, end])


def _mistakes(
    request: web.Request, journey: Journey, typed: dict[str, str]
) -> list[dict[str, str]]:
    found: dict[str, datetime] = {}
    errors = []
    for name in ("from", "until"):
        try:
            found[name] = _half_day(typed[name], journey, end=name == "until")
        except (ValueError, OverflowError):
            errors.append(error(request, N_("Choose from the list"), name))
    if len(found) == 2 and found["until"] <= found["from"]:
        errors.append(error(request, N_("Choose an end that is not before the beginning"), "until"))
    try:
        empty = not typed["contact"].strip()
        checked(Details(name="-", contact=typed["contact"]))
    except BadDetails:
        empty = True
    if empty:
        text = N_("Enter a phone number such as +853 6612 3456, or an e-mail address")
        errors.append(error(request, text, "contact"))
    return errors


def _free_already(request: web.Request, journey: Journey, refused: SlotIsFree) -> web.Response:
    """Nobody need wait: lead to the times of the day on which one is free."""
    assert journey.site
    title, what_to_do = explain(refused.code, journey.language)
    day = refused.start.astimezone(ZoneInfo(journey.site.hours.zone)).date()
    return render(
        request,
        "citizen/expired.html",
        heading=title,
        what_to_do=what_to_do,
        code=refused.code,
        next_href=journey.choice.at("time", day=day.isoformat()),
        next_text=texts_for(journey.language).gettext(N_("Show the times of this day")),
        status=refused.status,
    )
