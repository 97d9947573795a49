"""Papers before the trip, for the department: who is coming, what they sent, ready or please again.

Promise: an agent sees appointments of the own departments only, and of these only the papers that
were sent; what belongs to others is answered as if there were none.  Each look is journalled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from counter.documents.refusals import OtherPhotograph
from counter.errors import BadInput
from counter.ids import PageId
from web.shared.access import allow, principal_of
from web.shared.i18n import N_, NAMES, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import advice, explain

LIST = "/console/papers"
OF_ONE = "/console/papers/{appointment:[A-Za-z0-9_-]{1,40}}"
OF_PAPER = OF_ONE + "/{item:[A-Za-z0-9_-]{1,80}}"
STATES = {
    AdvanceState.SENT: (N_("To be looked at"), "yellow"),
    AdvanceState.READY: (N_("Ready for the visit"), "green"),
    AdvanceState.AGAIN: (N_("Please again"), "red"),
}
REASONS = {
    Reason.UNREADABLE: N_("Cannot be read"),
    Reason.INCOMPLETE: N_("A part is missing"),
    Reason.WRONG_PAPER: N_("Another paper is needed"),
    Reason.OUT_OF_DATE: N_("No longer valid"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An appointment to come, with the papers that were sent for it."""

    appointment_id: str
    department: str
    service: str
    site: str
    start: datetime
    name: str
    language: str
    papers: tuple[AdvancePaper, ...]


class BeforeVisits(Protocol):
    """What these pages need.  All but the list raise `NotFound` for what is not the agent's."""

    async def coming(self, agent_id: str) -> Sequence[Coming]:
        """Appointments of the agent's departments for which papers were sent, the next first."""
        ...

    async def one(self, agent_id: str, appointment_id: str) -> Coming:
        """One of them; that it was looked at is written into the journal."""
        ...

    async def image(self, agent_id: str, appointment_id: str, item: str, number: int) -> bytes:
        """A page as JPEG, number from 1; that it was looked at is written into the journal."""
        ...

    async def decide(
        self, agent_id: str, appointment_id: str, item: str, paper_id: PageId, reason: Reason | None
    ) -> None:
        """Ready, or for a reason please again.  Raises `OtherPhotograph` too."""
        ...

    def catalogue(self) -> Catalogue:
        """For names."""
        ...


def routes(visits: BeforeVisits) -> list[web.RouteDef]:
    """`/console/papers` and what lies below it."""

    @allow("agent")
    async def listed(request: web.Request) -> web.Response:
        found = await visits.coming(principal_of(request).subject)
        return render(
            request,
            "console/papers.html",
            rows=[_named(one, visits.catalogue(), language_of(request)) for one in found],
        )

    @allow("agent")
    async def one(request: web.Request) -> web.Response:
        return await _page(request, visits)

    @allow("agent")
    async def decide(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        reason = _reason(str(form.get("word", "")), str(form.get("reason", "")))
        appointment_id, item = request.match_info["appointment"], request.match_info["item"]
        try:
            await visits.decide(
                principal_of(request).subject,
                appointment_id,
                item,
                PageId(str(form.get("paper", ""))[:40]),
                reason,
            )
        except OtherPhotograph as refused:
            said = advice(refused.code, language_of(request))
            errors = [{"text": said, "href": f"#{item}"}]
            return await _page(request, visits, errors=errors, status=refused.status)
        raise web.HTTPSeeOther(f"{LIST}/{appointment_id}#{item}")

    @allow("agent")
    async def page(request: web.Request) -> web.Response:
        match = request.match_info
        body = await visits.image(
            principal_of(request).subject,
            match["appointment"],
            match["item"],
            int(match["number"]),
        )
        return web.Response(body=body, content_type="image/jpeg")

    return [
        web.get(LIST, listed),
        web.get(OF_ONE, one),
        web.post(OF_PAPER, decide),
        web.get(f"{OF_PAPER}/page/{{number:[1-9][0-9]?}}", page),
    ]


async def _page(
    request: web.Request,
    visits: BeforeVisits,
    *,
    errors: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> web.Response:
    language = language_of(request)
    found = await visits.one(principal_of(request).subject, request.match_info["appointment"])
    gettext = texts_for(language).gettext
    return render(
        request,
        "console/papers_of_one.html",
        **_named(found, visits.catalogue(), language),
        reasons=[{"value": one.value, "text": gettext(text)} for one, text in REASONS.items()],
        errors=list(errors),
        status=status,
    )


def _reason(word: str, reason: str) -> Reason | None:
    """What the form says.  Raises `BadInput`."""
    if word == "ready":
        return None
    if word != "again" or reason not in {one.value for one in Reason}:
        raise BadInput("papers: neither ready nor again with a known reason")
    return Reason(reason)


def _named(one: Coming, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """What the pages show of an appointment."""
    words, gettext = Words(language), texts_for(language).gettext
    service, site = catalogue.service(one.service), catalogue.site(one.site)
    names = {paper.id: words.pick(paper.names) for paper in service.papers}
    return {
        "href": f"{LIST}/{one.appointment_id}",
        "when": words.moment(one.start.astimezone(ZoneInfo(site.hours.zone))),
        "service": words.pick(service.names),
        "site": words.pick(site.names),
        "name": one.name,
        "written": NAMES[one.language],
        "papers": [
            {
                "item": paper.item,
                "paper_id": paper.paper_id,
                "name": names.get(paper.item, paper.item),
                "state": gettext(STATES[paper.state][0]),
                "colour": STATES[paper.state][1],
                "reason": gettext(REASONS[paper.reason]) if paper.reason else "",
                "chosen": paper.reason,
                "advised": explain(paper.advice, language)[0] if paper.advice else "",
                "width_px": paper.width_px,
                "height_px": paper.height_px,
                "pages": paper.pages,
                "ready": paper.state is AdvanceState.READY,
            }
            for paper in one.papers
        ],
    }
