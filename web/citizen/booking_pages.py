"""Choosing day and time, the earliest first; the time that is chosen is held at once.

What was chosen stands in the address (`choice`).  The held time and everything personal travels in
a sealed cookie (`draft`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.calendar import Why
from booking.errors import (
    BookingRefused,
    ClosedDay,
    HoldExpired,
    NotOfferedHere,
    NotReleased,
    PersonOverlap,
    SlotTaken,
    WeeklyLimit,
)
from booking.orders import Held
from booking.slots import DayAvailability, SlotOffer
from web.citizen.choice import Journey
from web.citizen.draft import Draft, carried, keep_draft, read_draft
from web.citizen.ports import Deps
from web.citizen.question_pages import error, journey_of
from web.citizen.reasons import in_words, rows
from web.shared.access import allow, principal_of
from web.shared.csrf import visitor
from web.shared.i18n import N_, texts_for
from web.shared.pages import render
from web.shared.refusals import advice, explain, in_one

MORNING_UNTIL_HOUR = 13
MANY_LEFT = 4
"From this number on, how many are left is of no help to anybody."
EARLIEST = 3
"Times offered before any day is chosen."

Errors = Iterable[dict[str, str]]


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/services/{service}/day`, `…/time`."""

    @allow("anyone")
    async def day(request: web.Request) -> web.Response:
        journey = await answered(request, deps)
        return await day_page(request, deps, journey)

    @allow("anyone")
    async def time(request: web.Request) -> web.Response:
        journey = await answered(request, deps)
        wanted = day_of(request.query.get("day", ""))
        if wanted is None and {"day", "asked"} & request.query.keys():
            errors = [error(request, N_("Choose a day"), "day")]
            return await day_page(request, deps, journey, errors=errors, status=422)
        return await time_page(request, deps, journey, wanted)

    @allow("anyone")
    async def choose(request: web.Request) -> web.StreamResponse:
        journey = await answered(request, deps)
        wanted = day_of(request.query.get("day", ""))
        form = await request.post()
        chosen = moment_of(str(form.get("start", "")))
        if chosen is None:
            errors = [error(request, N_("Choose a time"), "start")]
            return await time_page(request, deps, journey, wanted, errors=errors)
        try:
            held = await _hold(request, deps, journey, str(form.get("key", "")), chosen)
        except (SlotTaken, PersonOverlap, HoldExpired, WeeklyLimit) as refused:
            text = advice(refused.code, journey.language)
            errors = [{"text": text, "href": "#start"}]
            return await time_page(
                request, deps, journey, wanted, errors=errors, status=refused.status
            )
        except (ClosedDay, NotReleased) as refused:
            errors = [closed_day(refused, journey.language, wanted)]
            return await day_page(request, deps, journey, errors=errors, status=refused.status)
        answer = web.HTTPSeeOther("/booking/details")
        before = read_draft(request, deps)
        draft = Draft(
            reference=held.reference,
            choice=journey.choice,
            start=chosen,
            expires_at=held.expires_at,
            details=carried(before, journey),
        )
        keep_draft(answer, deps, draft)
        raise answer

    return [
        web.get("/services/{service}/day", day),
        web.get("/services/{service}/time", time),
        web.post("/services/{service}/time", choose),
    ]


def person_of(request: web.Request) -> str:
    """A stable pseudonym, 64 hex digits: the signed-in citizen's, or this visitor's."""
    principal = principal_of(request)
    who = f"citizen:{principal.subject}" if principal.kind == "citizen" else visitor(request)
    return hashlib.sha256(who.encode()).hexdigest()


async def answered(request: web.Request, deps: Deps) -> Journey:
    """The choice in the address; back to the first question that it does not answer."""
    journey = await journey_of(request, deps)
    missing = journey.unanswered
    if missing is not None:
        raise web.HTTPSeeOther(journey.choice.at(missing, asked="1"))
    return journey


async def day_page(
    request: web.Request,
    deps: Deps,
    journey: Journey,
    *,
    errors: Errors = (),
    status: int = 200,
) -> web.Response:
    """The first free times of all places, then the days of the place that was chosen."""
    choice, language, now = journey.choice, journey.language, deps.now()
    assert journey.site
    wish = choice.wish(language)
    days = await deps.booking.sitting_days(choice.services, choice.site, now, wish)
    early = await deps.booking.earliest(choice.service, None, now, wish, EARLIEST, choice.also)
    first = []
    for one in early:
        site = journey.catalogue.site(one.site)
        at = one.start.astimezone(ZoneInfo(site.hours.zone))
        action = choice.but(site=site.id).at("time", day=f"{at:%Y-%m-%d}")
        value = one.start.isoformat()
        first.append(
            {"site": site, "at": at, "action": action, "value": value, "key": deps.new_id()}
        )
    return render(
        request,
        "citizen/day.html",
        journey=journey,
        first=first,
        rows=rows(days, language),
        wait="" if choice.also or not waits(days) else choice.at("wait"),
        errors=list(errors),
        status=status,
    )


async def time_page(
    request: web.Request,
    deps: Deps,
    journey: Journey,
    wanted: date | None,
    *,
    errors: Errors = (),
    status: int = 422,
) -> web.Response:
    """The free times of a day; without one, back to the days.

    status: of a page with errors.
    """
    if wanted is None:
        raise web.HTTPSeeOther(journey.choice.at("day"))
    assert journey.site
    language, choice = journey.language, journey.choice
    try:
        offers = await deps.booking.sitting_slots(
            choice.services, choice.site, wanted, deps.now(), choice.wish(language)
        )
    except (ClosedDay, NotReleased, NotOfferedHere) as refused:
        closed = [closed_day(refused, language, wanted)]
        return await day_page(request, deps, journey, errors=closed, status=refused.status)
    return render(
        request,
        "citizen/time.html",
        journey=journey,
        day=wanted,
        times=times_of_day(offers, ZoneInfo(journey.site.hours.zone), language),
        action=journey.choice.at("time", day=wanted.isoformat()),
        days=journey.choice.at("day"),
        wait="" if choice.also else choice.at("wait"),
        key=deps.new_id(),
        errors=list(errors),
        status=status if errors else 200,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesOfDay:
    """What a list of times shows: each with `at`, `value` and how many are `left`, if few."""

    morning: list[dict[str, Any]]
    afternoon: list[dict[str, Any]]


def times_of_day(offers: Iterable[SlotOffer], zone: ZoneInfo, language: str) -> TimesOfDay:
    """The free times, on the wall of the site."""
    found = [_option(offer, zone, language) for offer in offers]
    return TimesOfDay(
        morning=[one for one in found if one["at"].hour < MORNING_UNTIL_HOUR],
        afternoon=[one for one in found if one["at"].hour >= MORNING_UNTIL_HOUR],
    )


def waits(days: Iterable[DayAvailability]) -> bool:
    """Whether there is something to wait for: a day that would be given, if it were not full."""
    return any(is_full(one) for one in days)


def is_full(day: DayAvailability) -> bool:
    """Whether every time of the day is taken."""
    return day.reason is not None and day.reason.code is Why.FULLY_BOOKED


def day_of(text: str) -> date | None:
    """A day as it stands in an address; None when it is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def moment_of(text: str) -> datetime | None:
    """An instant as it stands in a form; None when it is none, or has no offset."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return found if found.tzinfo else None


def closed_day(refused: BookingRefused, language: str, day: date | None = None) -> dict[str, str]:
    """A line of the error summary that says why a day cannot be had, above the list of days."""
    title, what_to_do = explain(refused.code, language)
    if isinstance(refused, ClosedDay):
        title = in_words(refused.reason, language, day)
    return {"text": in_one(title, what_to_do, language), "href": "#days"}


def _option(offer: SlotOffer, zone: ZoneInfo, language: str) -> dict[str, Any]:
    left = ""
    if offer.left < MANY_LEFT:
        text = texts_for(language).ngettext("%(n)s left", "%(n)s left", offer.left)
        left = text.replace("%(n)s", str(offer.left))
    at = offer.start.astimezone(zone)
    return {"at": at, "value": offer.start.isoformat(), "left": left}


async def _hold(
    request: web.Request, deps: Deps, journey: Journey, key: str, start: datetime
) -> Held:
    choice = journey.choice
    (first, *_) = await deps.booking.hold_sitting(
        key,
        choice.services,
        choice.site,
        start,
        person_of(request),
        deps.now(),
        choice.wish(journey.language),
    )
    return first
