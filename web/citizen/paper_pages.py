"""Papers before the trip: each is photographed at home, and it is said at once if it can be read.

Promise: only who has the appointment open sees or sends its papers; no address holds more than the
place of a paper in the list.  Without JavaScript it works as well.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from booking.appointment import COMING, AppointmentView
from booking.catalogue import Paper, PaperKind, Service
from counter.documents.advance import AdvancePaper, AdvanceState
from counter.documents.refusals import (
    NotBeforeVisit,
    PaperReady,
    PhotographRefused,
    TooManyPhotographs,
)
from counter.errors import NotFound
from counter.ids import AppointmentId
from web.citizen.appointment_parts import Opened, opened
from web.citizen.paper_advice import TITLES, advice_at_home, row_of, title_of, what_to_do
from web.citizen.ports import Deps
from web.shared.access import allow
from web.shared.i18n import LANGUAGES, N_, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render

LIST = "/appointment/papers"
ONE = "/appointment/papers/{part:[1-9]}/{item:[A-Za-z0-9_-]{1,80}}"
FIELDS = ("photograph", "picture")
"Of the camera, and of what was photographed before."
OFF_LIST = N_("A paper that is not asked for any more")


class Papers(Protocol):
    """The part of `counter.documents.advance_service.AdvanceService` that is used here."""

    async def of(self, appointment_ids: Sequence[str]) -> list[AdvancePaper]: ...

    async def take(
        self, appointment_id: AppointmentId, item: str, photograph: bytes, now: datetime
    ) -> AdvancePaper: ...

    async def use(
        self, appointment_id: AppointmentId, item: str, now: datetime
    ) -> AdvancePaper: ...

    async def take_back(self, appointment_id: AppointmentId, item: str, now: datetime) -> None: ...

    async def image(
        self, appointment_id: str, item: str, picture: str, number: int = 1
    ) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDeps:
    """What `routes` is given by the composition root."""

    citizen: Deps
    papers: Papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A paper of the open appointment."""

    appointment_id: AppointmentId
    service: Service
    paper: Paper
    href: str
    sent: AdvancePaper | None
    asked: bool = True
    "It is on the checklist; else it was sent before it was taken off, and can be deleted."


def routes(deps: PaperDeps) -> list[web.RouteDef]:
    """`/appointment/papers` and what lies below it."""

    @allow("anyone")
    async def papers(request: web.Request) -> web.Response:
        found = await _coming(request, deps)
        sent = await _sent(deps, found)
        language = language_of(request)
        groups = [
            {
                "service": service,
                "rows": [
                    row_of(paper, sent.get((view.appointment_id, paper.id)), href, language)
                    for paper, href in _papers(part, service, _items(sent, view))
                ],
            }
            for part, view, service in _services(found)
            if service.papers or _items(sent, view)
        ]
        return render(request, "citizen/papers.html", groups=groups)

    @allow("anyone")
    async def paper(request: web.Request) -> web.Response:
        chosen = await _chosen(request, deps, sent_will_do=True)
        if chosen.sent is None or (
            request.query.get("again") == "1"
            and chosen.sent.state is not AdvanceState.READY
            and chosen.asked
        ):
            return _form(request, chosen)
        return _result(request, chosen, chosen.sent)

    @allow("anyone")
    async def take(request: web.Request) -> web.StreamResponse:
        chosen = await _chosen(request, deps)
        photograph = await sent_file(request)
        if not photograph:
            said = texts_for(language_of(request)).gettext(N_("Take or choose a photograph"))
            return _form(request, chosen, error=said, status=422)
        try:
            await deps.papers.take(
                chosen.appointment_id, chosen.paper.id, photograph, deps.citizen.now()
            )
        except (PhotographRefused, TooManyPhotographs) as refused:
            error = advice_at_home(refused.code, language_of(request))
            return _form(request, chosen, error=error, status=refused.status)
        except PaperReady:
            pass  # the page says so
        except NotBeforeVisit:
            raise web.HTTPSeeOther("/appointment/view") from None
        raise web.HTTPSeeOther(chosen.href)

    @allow("anyone")
    async def use(request: web.Request) -> web.StreamResponse:
        chosen = await _chosen(request, deps)
        try:
            await deps.papers.use(chosen.appointment_id, chosen.paper.id, deps.citizen.now())
        except (NotBeforeVisit, NotFound):
            raise web.HTTPSeeOther(LIST) from None
        raise web.HTTPSeeOther(chosen.href)

    @allow("anyone")
    async def take_back(request: web.Request) -> web.StreamResponse:
        chosen = await _chosen(request, deps, sent_will_do=True)
        await deps.papers.take_back(chosen.appointment_id, chosen.paper.id, deps.citizen.now())
        raise web.HTTPSeeOther(LIST)

    @allow("anyone")
    async def thumb(request: web.Request) -> web.Response:
        chosen = await _chosen(request, deps, sent_will_do=True)
        number = int(request.match_info["number"])
        body = await deps.papers.image(chosen.appointment_id, chosen.paper.id, "thumb", number)
        return web.Response(body=body, content_type="image/jpeg")

    return [
        web.get(LIST, papers),
        web.get(ONE, paper),
        web.post(ONE, take),
        web.post(f"{ONE}/use", use),
        web.post(f"{ONE}/take-back", take_back),
        web.get(f"{ONE}/thumb/{{number:[1-9][0-9]?}}", thumb),
    ]


async def _coming(request: web.Request, deps: PaperDeps) -> Opened:
    """The open appointment while papers may be sent for it; else back to it."""
    found = await opened(request, deps.citizen)
    if not any(view.state in COMING for view in found.whole):
        raise web.HTTPSeeOther("/appointment/view")
    return found


async def _chosen(request: web.Request, deps: PaperDeps, *, sent_will_do: bool = False) -> Chosen:
    """Raises `NotFound` for what is not on the checklist of the open appointment.

    sent_will_do: what was sent before it was taken off the checklist is found too.
    """
    found = await _coming(request, deps)
    number, item = int(request.match_info["part"]), request.match_info["item"]
    sent = await _sent(deps, found)
    for part, view, service in _services(found):
        more = _items(sent, view) if sent_will_do else []
        for paper, href in _papers(part, service, more):
            if (part, paper.id) == (number, item):
                return Chosen(
                    appointment_id=AppointmentId(view.appointment_id),
                    service=service,
                    paper=paper,
                    href=href,
                    sent=sent.get((view.appointment_id, item)),
                    asked=paper in service.papers,
                )
    raise NotFound("no such paper on the checklist of this appointment")


def _services(found: Opened) -> list[tuple[int, AppointmentView, Service]]:
    """The parts of the visit that are still to come, each with its number from 1."""
    return [
        (number, view, found.catalogue.service(view.service))
        for number, view in enumerate(found.whole, 1)
        if view.state in COMING
    ]


def _papers(part: int, service: Service, sent: Sequence[str]) -> list[tuple[Paper, str]]:
    """The checklist, and after it what was sent and is not on it any more."""
    asked = {paper.id for paper in service.papers}
    names = {tag: texts_for(tag).gettext(OFF_LIST) for tag in LANGUAGES}
    more = [Paper(id=item, kind=PaperKind.COPY, names=names) for item in sent if item not in asked]
    return [(paper, f"{LIST}/{part}/{paper.id}") for paper in (*service.papers, *more)]


def _items(sent: dict[tuple[str, str], AdvancePaper], view: AppointmentView) -> list[str]:
    return [item for appointment_id, item in sent if appointment_id == view.appointment_id]


async def _sent(deps: PaperDeps, found: Opened) -> dict[tuple[str, str], AdvancePaper]:
    papers = await deps.papers.of([view.appointment_id for view in found.whole])
    return {(one.appointment_id, one.item): one for one in papers}


async def sent_file(request: web.Request) -> bytes:
    """What was sent as a file; empty when nothing was."""
    form = await request.post()
    for name in FIELDS:
        given = form.get(name)
        if isinstance(given, web.FileField) and given.filename:
            return await asyncio.to_thread(given.file.read)
    return b""


def _form(
    request: web.Request, chosen: Chosen, *, error: str = "", status: int = 200
) -> web.Response:
    language = language_of(request)
    return render(
        request,
        "citizen/paper_form.html",
        **_names(chosen, language),
        back=chosen.href if chosen.sent else LIST,
        why=what_to_do(chosen.sent, language) if chosen.sent else "",
        error=error,
        errors=[{"text": error, "href": "#photograph"}] if error else [],
        status=status,
    )


def _result(request: web.Request, chosen: Chosen, sent: AdvancePaper) -> web.Response:
    language = language_of(request)
    more = TITLES[sent.state][1] if sent.state in TITLES else ""
    return render(
        request,
        "citizen/paper.html",
        **_names(chosen, language),
        sent=sent,
        asked=chosen.asked,
        heading=title_of(sent, language),
        what_to_do=what_to_do(sent, language),
        more=texts_for(language).gettext(more) if more else "",
    )


def _names(chosen: Chosen, language: str) -> dict[str, Any]:
    words = Words(language)
    return {
        "href": chosen.href,
        "name": words.pick(chosen.paper.names),
        "service": words.pick(chosen.service.names),
        "original": chosen.paper.kind == "original",
    }
