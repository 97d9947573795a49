"""Papers that come after the visit, for the department: let one be sent, and look at what came.

Promise: an agent sees cases of the own departments only; what belongs to others is answered as if
there were none.  Each look is journalled.  The link itself is shown to who may hand it over: it is
the agent's to read out or print, and the citizen's on the receipt and in the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import segno
from aiohttp import web
from markupsafe import Markup

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.later import DAYS, USUAL_DAYS, Link, LinkState, last_day
from counter.documents.page import PageState
from counter.documents.papers import PageRow
from counter.errors import BadInput, NotAllowedNow
from counter.ids import PageId
from web.shared.access import allow, principal_of
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.refusals import advice
from web.shared.wording import paper_label, service_or_none

LIST = "/console/later"
OF_CASE = "/console/later/{case:[A-Za-z0-9_-]{1,40}}"
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
OTHER = "other"
STATES = {
    LinkState.OPEN: (N_("Waiting for the citizen"), "yellow"),
    LinkState.SENT: (N_("Handed in"), "green"),
    LinkState.REVOKED: (N_("Taken back"), ""),
    LinkState.EXPIRED: (N_("The last day is over"), "red"),
}
PAGE_STATES = {
    PageState.STORED: (N_("To be looked at"), "yellow"),
    PageState.ACCEPTED: (N_("Accepted"), "green"),
    PageState.REJECTED: (N_("Sent back"), "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLater:
    """A case with its links and the pages that came over them."""

    case: Case
    links: tuple[Link, ...]
    "Newest first."
    pages: tuple[PageRow, ...]
    may_ask: bool
    "It is open, or has closed lately."


class LaterVisits(Protocol):
    """What these pages need.  All but the list raise `NotFound` for what is not the agent's."""

    async def listed(self, agent_id: str) -> Sequence[CaseLater]:
        """Cases of the agent's departments with links, the newest first."""
        ...

    async def one(self, agent_id: str, case_id: str) -> CaseLater:
        """One of them, or one that may have links; the look is written into the journal."""
        ...

    async def make(self, agent_id: str, case_id: str, item: str, days: int) -> None:
        """Raises `NotAllowedNow` when the case closed too long ago."""
        ...

    async def revoke(self, agent_id: str, case_id: str, link_id: str) -> None:
        """Take a link back."""
        ...

    async def decide(self, agent_id: str, case_id: str, page_id: PageId, *, accept: bool) -> None:
        """Raises `PageUnknown`, `NotAllowedNow`."""
        ...

    async def image(self, agent_id: str, case_id: str, sha256: str) -> bytes:
        """A page as JPEG."""
        ...

    def address(self, link_id: str) -> str:
        """Where the citizen sends the paper."""
        ...

    def catalogue(self) -> Catalogue:
        """For names."""
        ...


def routes(visits: LaterVisits) -> list[web.RouteDef]:
    """`/console/later` and what lies below it."""

    @allow("agent")
    async def listed(request: web.Request) -> web.Response:
        found = await visits.listed(principal_of(request).subject)
        return render(
            request,
            "console/later.html",
            rows=[_row(request, one, visits) for one in found],
        )

    @allow("agent")
    async def one(request: web.Request) -> web.Response:
        return await _page(request, visits)

    @allow("agent")
    async def make(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        item, days = str(form.get("item", "")), str(form.get("days", ""))
        case_id = request.match_info["case"]
        if days not in {str(one) for one in DAYS}:
            raise BadInput("later: not one of the deadlines")
        try:
            await visits.make(principal_of(request).subject, case_id, item, int(days))
        except NotAllowedNow as refused:
            return await _page(request, visits, refused)
        raise web.HTTPSeeOther(f"{LIST}/{case_id}")

    @allow("agent")
    async def revoke(request: web.Request) -> web.StreamResponse:
        match = request.match_info
        await visits.revoke(principal_of(request).subject, match["case"], match["link"])
        raise web.HTTPSeeOther(f"{LIST}/{match['case']}")

    @allow("agent")
    async def decide(request: web.Request) -> web.StreamResponse:
        match, form = request.match_info, await request.post()
        word = str(form.get("word", ""))
        if word not in ("accept", "reject"):
            raise BadInput("later: neither accept nor reject")
        try:
            await visits.decide(
                principal_of(request).subject,
                match["case"],
                PageId(match["page"]),
                accept=word == "accept",
            )
        except NotAllowedNow as refused:
            return await _page(request, visits, refused)
        raise web.HTTPSeeOther(f"{LIST}/{match['case']}#{match['page']}")

    @allow("agent")
    async def image(request: web.Request) -> web.Response:
        match = request.match_info
        body = await visits.image(principal_of(request).subject, match["case"], match["sha256"])
        return web.Response(body=body, content_type="image/jpeg")

    return [
        web.get(LIST, listed),
        web.get(OF_CASE, one),
        web.post(OF_CASE, make),
        web.post(f"{OF_CASE}/links/{{link:[A-Za-z0-9_-]{{1,40}}}}/revoke", revoke),
        web.post(f"{OF_CASE}/pages/{{page:[A-Za-z0-9_-]{{1,40}}}}", decide),
        web.get(f"{OF_CASE}/images/{{sha256:[0-9a-f]{{64}}}}", image),
    ]


async def _page(
    request: web.Request, visits: LaterVisits, refused: NotAllowedNow | None = None
) -> web.Response:
    found = await visits.one(principal_of(request).subject, request.match_info["case"])
    said = advice(refused.code, language_of(request)) if refused else ""
    return render(
        request,
        "console/later_of_one.html",
        **_named(request, found, visits),
        errors=[{"text": said}] if said else [],
        status=refused.status if refused else 200,
    )


def _row(request: web.Request, found: CaseLater, visits: LaterVisits) -> dict[str, Any]:
    """What the list shows of a case."""
    language, case = language_of(request), found.case
    words, gettext = Words(language), texts_for(language).gettext
    service = service_or_none(visits.catalogue(), case.service_id)
    return {
        "href": f"{LIST}/{case.id}",
        "number": case.number,
        "when": words.moment(case.opened_at.astimezone(ZONE)),
        "service": words.pick(service.names) if service else case.service_id,
        "waiting": sum(page.state is PageState.STORED for page in found.pages),
        "links": [
            {
                "id": link.link_id,
                "paper": paper_label(service, link.item, TAGS[language]),
                "state": gettext(STATES[link.state][0]),
                "colour": STATES[link.state][1],
                "until": words.day(last_day(link.expires_at, ZONE)),
                "open": link.state is LinkState.OPEN,
            }
            for link in found.links
        ],
    }


def _named(request: web.Request, found: CaseLater, visits: LaterVisits) -> dict[str, Any]:
    """What the page of a case shows: also pages, open links as they are handed over, and a form."""
    language, row = language_of(request), _row(request, found, visits)
    gettext = texts_for(language).gettext
    service = service_or_none(visits.catalogue(), found.case.service_id)
    for link in row["links"]:
        if link["open"]:
            link["address"] = visits.address(link["id"])
            link["qr"] = qr_code(link["address"])

    def label(item: str) -> str:
        return paper_label(service, item, TAGS[language])

    items = [*(paper.id for paper in (service.papers if service else ())), OTHER]
    return row | {
        "name": found.case.citizen,
        "may_ask": found.may_ask,
        "items": [{"value": item, "text": label(item)} for item in items],
        "days": [
            {"value": days, "text": str(days), "selected": days == USUAL_DAYS} for days in DAYS
        ],
        "pages": [
            {
                "id": page.page_id,
                "paper": label(page.item),
                "state": gettext(PAGE_STATES[page.state][0]),
                "colour": PAGE_STATES[page.state][1],
                "decided": page.state is not PageState.STORED,
                "src": f"{row['href']}/images/{page.page_sha256}",
                "width_px": page.width_px,
                "height_px": page.height_px,
            }
            for page in found.pages
        ],
    }


def qr_code(address: str) -> Markup:
    """To stand in a page."""
    made = segno.make_qr(address, error="m")
    return Markup(made.svg_inline(omitsize=True, border=4, svgclass="vc-qr__code", lineclass=None))
