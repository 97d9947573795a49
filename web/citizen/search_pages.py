"""Finding a service by one's own words: a box, and a page of what fits with the reason.

Promise: it works without JavaScript, and who finds nothing is told what to do next.
"""

from dataclasses import dataclass

from aiohttp import web

from booking.catalogue import Catalogue, Department, Service
from booking.search import LONGEST, Found, Reason, Role
from web.citizen.ports import Deps
from web.shared.access import allow
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render

_SAID = {
    Role.NAME: N_("Also called: %(text)s"),
    Role.SYNONYM: N_("Also called: %(text)s"),
    Role.PAPER: N_("Asks for this paper: %(text)s"),
}
"What a reason is introduced with; that of a department stands there anyway."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One service that was found."""

    service: Service
    department: Department
    places: str
    "Where it is given."
    why: tuple[str, str, str] | None
    "What stands before the text that was found, the text, and its language tag."


def routes(deps: Deps) -> list[web.RouteDef]:
    """`/search`."""

    @allow("anyone")
    async def search(request: web.Request) -> web.Response:
        text = " ".join(request.query.get("q", "").split())[:LONGEST]
        catalogue = await deps.booking.catalogue()
        found = await deps.booking.search(text) if text else []
        language = language_of(request)
        rows = [_row(catalogue, one, language) for one in found if _known(catalogue, one)]
        return render(request, "citizen/search.html", typed=text, rows=rows)

    return [web.get("/search", search)]


def _known(catalogue: Catalogue, found: Found) -> bool:
    """Whether it is still there: an administrator may have changed it between two steps."""
    return found.service.id in catalogue.services


def _row(catalogue: Catalogue, found: Found, language: str) -> Row:
    return Row(
        service=found.service,
        department=catalogue.department(found.service.department),
        places=" · ".join(
            Words(language).pick(site.names) for site in catalogue.sites_for(found.service.id)
        ),
        why=_why(found.reason, language),
    )


def _why(reason: Reason, language: str) -> tuple[str, str, str] | None:
    """Words before the text, the text and its language tag; None when the row says it already."""
    sentence = _SAID.get(reason.role)
    if sentence is None or (reason.role is Role.NAME and language in reason.texts):
        return None
    spoken = language if language in reason.texts else next(iter(reason.texts))
    before = texts_for(language).gettext(sentence).replace("%(text)s", "")
    return before, reason.texts[spoken], TAGS[spoken]
