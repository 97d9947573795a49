"""The questions before the day: in whose matter, where, and in which language.

One question per page, and only those that have more than one answer.  An answer is a form that is
fetched, so every answer stands in the address of the next question.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from booking.catalogue import Acting
from booking.errors import NotForOthers, NotInCatalogue, NotInThisLanguage, NotOfferedHere
from web.citizen.choice import Choice, Journey, chosen_in
from web.citizen.ports import Deps
from web.citizen.service_facts import SPEECH_NAMES
from web.shared.access import allow
from web.shared.i18n import N_, texts_for
from web.shared.language import language_of
from web.shared.pages import render

ACTING_WORDS = {
    Acting.SELF: N_("Myself"),
    Acting.RELATIVE: N_("A relative of mine"),
    Acting.SOCIAL_WORKER: N_("Somebody I help as a social worker"),
    Acting.REPRESENTATIVE: N_("A company or an association"),
}


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/services/{service}/who`, `…/place`, `…/speech`."""

    @allow("anyone")
    async def who(request: web.Request) -> web.Response:
        journey = await journey_of(request, deps)
        errors = []
        if "for" in request.query and journey.choice.acting in journey.acting:
            raise web.HTTPSeeOther(journey.choice.at("place"))
        if not journey.asks_who and journey.acting:
            raise web.HTTPSeeOther(journey.choice.but(acting=None).at("place"))
        if "for" in request.query or "asked" in request.query:
            errors = [error(request, N_("Choose who it is for"), "for")]
        texts = texts_for(journey.language)
        items = [
            {"value": str(one), "text": texts.gettext(ACTING_WORDS[one])} for one in journey.acting
        ]
        return _question(request, "who", journey, items, errors)

    @allow("anyone")
    async def place(request: web.Request) -> web.Response:
        journey = await journey_of(request, deps)
        if journey.asks_who and journey.choice.acting not in journey.acting:
            if "for" in request.query:
                raise web.HTTPSeeOther(journey.choice.at("who", asked="1"))
            if "asked" not in request.query:
                raise web.HTTPSeeOther(journey.choice.at("who"))
        errors = []
        if "site" in request.query or "asked" in request.query:
            if journey.site is not None:
                unasked = journey.asks_speech and not journey.choice.speech
                raise web.HTTPSeeOther(journey.choice.at("speech" if unasked else "day"))
            errors = [error(request, N_("Choose where you will come"), "site")]
        return _question(request, "place", journey, journey.sites, errors)

    @allow("anyone")
    async def speech(request: web.Request) -> web.Response:
        journey = await journey_of(request, deps)
        if journey.unanswered in {"who", "place"}:
            raise web.HTTPSeeOther(journey.choice.at(journey.unanswered, asked="1"))
        errors = []
        if not journey.asks_speech:
            raise web.HTTPSeeOther(journey.choice.but(speech="").at("day"))
        if "speak" in request.query or "asked" in request.query:
            if journey.choice.speech in journey.spoken:
                raise web.HTTPSeeOther(journey.choice.at("day"))
            errors = [error(request, N_("Choose the language you speak"), "speak")]
        spoken = journey.choice.wish(journey.language).speech
        items = [
            {
                "value": one,
                "text": SPEECH_NAMES[one][0],
                "attributes": {"lang": SPEECH_NAMES[one][1]},
                "checked": one == spoken and not errors,
            }
            for one in journey.spoken
        ]
        return _question(request, "speech", journey, items, errors)

    return [
        web.get("/services/{service}/who", who),
        web.get("/services/{service}/place", place),
        web.get("/services/{service}/speech", speech),
    ]


async def journey_of(request: web.Request, deps: Deps, choice: Choice | None = None) -> Journey:
    """The choice in the address, or another, against the catalogue.

    Raises `NotInCatalogue` when it names what is not offered; `NotForOthers`, `NotOfferedHere` or
    `NotInThisLanguage` when nobody, nowhere or no language would do for all of a sitting.
    """
    journey = Journey(
        choice=choice or chosen_in(request),
        catalogue=await deps.booking.catalogue(),
        language=language_of(request),
    )
    if any(one.withdrawn for one in journey.services):
        raise NotInCatalogue("not offered any more")
    if not journey.acting:
        raise NotForOthers("nobody may come for all of it")
    if not journey.sites:
        raise NotOfferedHere("no place gives all of it")
    if not journey.spoken:
        raise NotInThisLanguage("no language is spoken for all of it")
    return journey


def error(request: web.Request, text: str, field: str) -> dict[str, str]:
    """One line of the error summary, with a link into its field."""
    return {"text": texts_for(language_of(request)).gettext(text), "href": f"#{field}"}


def _question(
    request: web.Request,
    step: str,
    journey: Journey,
    items: Iterable[Any],
    errors: list[dict[str, str]],
) -> web.Response:
    return render(
        request,
        f"citizen/{step}.html",
        journey=journey,
        items=list(items),
        errors=errors,
        status=422 if errors else 200,
    )
