"""Cases that were served: how their papers stand, and the folder to take along.

Promise: an agent sees the cases that this agent served, a supervisor those of the departments; what
belongs to others is answered as if there were none.  Each look and each download is journalled.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from counter.documents.folder import CaseFacts
from counter.documents.later import last_day
from counter.documents.page import PageState
from counter.documents.printing import Print, PrintState
from counter.documents.text_layer import Layer, layer_of
from counter.esign.audit_pack import MIMETYPE
from counter.esign.issued import Delivery
from counter.identity.proofing import Level
from web.shared.access import Principal, allow, principal_of
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.lasting_words import ROLES, revoked_later_words
from web.shared.pages import render
from web.shared.print_words import REASONS
from web.shared.wording import OUTCOMES, paper_label, service_or_none

A = TypeVar("A", web.Response, web.StreamResponse)

LIST = "/console/cases"
OF_ONE = "/console/cases/{case:[A-Za-z0-9_-]{1,40}}"
ITEM = "{item:[A-Za-z0-9_-]{1,80}}"
CEREMONY = "{ceremony:[A-Za-z0-9_-]{1,40}}"
LAYERS: dict[Layer, str] = {
    "whole": N_("The words of all pages can be searched"),
    "part": N_("The words of some pages can be searched"),
    "none": N_("No words to search yet"),
}
NO_TOOLS = N_("No text layer on this machine: whoever runs the counter can install tesseract")
PRINTS = {
    PrintState.ASKED: (N_("Asked for"), "yellow"),
    PrintState.PRINTING: (N_("Printing"), "yellow"),
    PrintState.PRINTED: (N_("Sent to the printer"), "green"),
    PrintState.FAILED: (N_("Not printed"), "red"),
}
IDENTITY = {
    Level.NONE: N_("L0, nobody checked"),
    Level.ACCOUNT: N_("L1, code of the appointment"),
    Level.DOCUMENT: N_("L2, identity document"),
    Level.WITNESSED: N_("L3, document and second officer"),
}
PRINTED = {
    "document": N_("Signed document"),
    "receipt": N_("What was handed in"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A case on the list."""

    case_id: str
    number: str
    service: str
    site: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What whoever comes next has to know of a case."""

    next_step: str = ""
    "As the citizen reads it."
    note: str = ""
    "For colleagues only."
    missing: tuple[tuple[str, date], ...] = ()
    "(paper, last day to hand it in), the most urgent first."
    level: Level = Level.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case with its papers."""

    facts: CaseFacts
    form_titles: dict[str, str]
    "Of each ceremony, in the reader's language."
    handover: str
    "`none` where the department has no directory, `waiting`, `done` or `failed`."
    prints: tuple[Print, ...]
    link_until: datetime | None
    "Until when the citizen takes the signed documents over the link; `None`: there is none."
    deliveries: tuple[Delivery, ...]
    reads_words: bool
    "Whether this machine can read words."
    revoked_later: Mapping[str, Mapping[str, datetime | None]] = field(default_factory=dict)
    "By ceremony: fields of signers whose certificates were revoked afterwards, and when."
    left: Left = Left()


class CaseFolders(Protocol):
    """What these pages need.  All but the list raise `NotFound` for what is not the reader's."""

    async def served(self, who: Principal) -> Sequence[Served]:
        """Cases of the last days, the newest first."""
        ...

    async def one(self, who: Principal, case_id: str, tag: str) -> CaseView:
        """One of them; that it was looked at is written into the journal."""
        ...

    async def pdf(self, who: Principal, case_id: str, item: str | None) -> bytes:
        """The accepted pages of one paper or of all; journalled."""
        ...

    async def document(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        """A signed document; journalled."""
        ...

    async def audit_pack(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        """The proof of a signed document, as ASiC-E; journalled."""
        ...

    async def revoke_link(self, who: Principal, case_id: str) -> None:
        """Let nothing be taken over the link any more; journalled.  Twice is once."""
        ...

    async def zipped(self, who: Principal, case_id: str) -> tuple[str, AsyncIterator[bytes]]:
        """The name of the folder, and its bytes as ZIP; journalled before the first."""
        ...

    def catalogue(self) -> Catalogue:
        """For names."""
        ...


def routes(cases: CaseFolders) -> list[web.RouteDef]:
    """`/console/cases` and what lies below it."""

    @allow("agent")
    async def listed(request: web.Request) -> web.Response:
        language = language_of(request)
        found = await cases.served(principal_of(request))
        rows = [_row(one, cases.catalogue(), language) for one in found]
        return render(request, "console/cases.html", rows=rows)

    @allow("agent")
    async def one(request: web.Request) -> web.Response:
        language = language_of(request)
        view = await cases.one(principal_of(request), request.match_info["case"], TAGS[language])
        return render(request, "console/case.html", **_named(view, cases.catalogue(), language))

    @allow("agent")
    async def pdf(request: web.Request) -> web.Response:
        case_id, item = request.match_info["case"], request.match_info.get("item")
        body = await cases.pdf(principal_of(request), case_id, item)
        return _download(web.Response(body=body), "application/pdf", f"{item or 'bundle'}.pdf")

    @allow("agent")
    async def document(request: web.Request) -> web.Response:
        case_id, ceremony_id = request.match_info["case"], request.match_info["ceremony"]
        body = await cases.document(principal_of(request), case_id, ceremony_id)
        return _download(web.Response(body=body), "application/pdf", "signed.pdf")

    @allow("agent")
    async def audit_pack(request: web.Request) -> web.Response:
        case_id, ceremony_id = request.match_info["case"], request.match_info["ceremony"]
        body = await cases.audit_pack(principal_of(request), case_id, ceremony_id)
        return _download(web.Response(body=body), MIMETYPE, "audit.asice")

    @allow("agent")
    async def revoke(request: web.Request) -> web.StreamResponse:
        case_id = request.match_info["case"]
        await cases.revoke_link(principal_of(request), case_id)
        raise web.HTTPSeeOther(f"{LIST}/{case_id}")

    @allow("agent")
    async def folder(request: web.Request) -> web.StreamResponse:
        name, parts = await cases.zipped(principal_of(request), request.match_info["case"])
        answer = _download(web.StreamResponse(), "application/zip", f"{name}.zip")
        await answer.prepare(request)
        async for part in parts:
            await answer.write(part)
        await answer.write_eof()
        return answer

    return [
        web.get(LIST, listed),
        web.get(OF_ONE, one),
        web.get(f"{OF_ONE}/bundle.pdf", pdf),
        web.get(f"{OF_ONE}/papers/{ITEM}.pdf", pdf),
        web.get(f"{OF_ONE}/documents/{CEREMONY}.pdf", document),
        web.get(f"{OF_ONE}/documents/{CEREMONY}.asice", audit_pack),
        web.get(f"{OF_ONE}/folder.zip", folder),
        web.post(f"{OF_ONE}/documents/revoke", revoke),
    ]


def _download(answer: A, media_type: str, name: str) -> A:
    answer.content_type = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _row(one: Served, catalogue: Catalogue, language: str) -> dict[str, Any]:
    words, gettext = Words(language), texts_for(language).gettext
    service = service_or_none(catalogue, one.service)
    site = catalogue.site(one.site)
    return {
        "href": f"{LIST}/{one.case_id}",
        "number": one.number,
        "service": words.pick(service.names) if service else one.service,
        "when": words.moment(one.opened_at.astimezone(ZoneInfo(site.hours.zone))),
        "outcome": gettext(OUTCOMES[one.outcome]) if one.outcome else gettext(N_("Open")),
    }


def _named(view: CaseView, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """What the page shows of a case."""
    facts = view.facts
    gettext = texts_for(language).gettext
    tag = TAGS[language]
    row = _row(
        Served(
            case_id=facts.id,
            number=facts.number,
            service=facts.service,
            site=facts.site,
            opened_at=facts.opened_at,
            closed_at=facts.closed_at,
            outcome=facts.outcome,
        ),
        catalogue,
        language,
    )
    service = service_or_none(catalogue, facts.service)
    accepted = {chapter.item: len(chapter.leaves) for chapter in facts.chapters}
    items = dict.fromkeys([*accepted, *(leaf.item for leaf in facts.leaves)])
    layer = layer_of(facts.chapters)
    words, zone = Words(language), ZoneInfo(catalogue.site(facts.site).hours.zone)
    taken = {one.sha256: words.moment(one.first_at.astimezone(zone)) for one in view.deliveries}
    return {
        **row,
        "next_step": view.left.next_step,
        "note": view.left.note,
        "level": gettext(IDENTITY[view.left.level]),
        "missing": [
            {"name": paper_label(service, item, tag), "until": words.day(until)}
            for item, until in view.left.missing
        ],
        "papers": [
            {
                "name": paper_label(service, item, tag),
                "pages": accepted.get(item, 0),
                "back": sum(
                    leaf.item == item and leaf.state in (PageState.STORED, PageState.REJECTED)
                    for leaf in facts.leaves
                ),
                "href": f"{row['href']}/papers/{item}.pdf" if item in accepted else None,
            }
            for item in items
        ],
        "bundle": f"{row['href']}/bundle.pdf" if accepted else None,
        "documents": [
            {
                "title": view.form_titles.get(one.ceremony_id, one.form),
                "href": f"{row['href']}/documents/{one.ceremony_id}.pdf"
                if one.sealed_sha256
                else None,
                "proof": f"{row['href']}/documents/{one.ceremony_id}.asice",
                "voided": one.state == "voided",
                "revoked": _revoked(view.revoked_later.get(one.ceremony_id, {}), zone, language)
                if one.sealed_sha256
                else [],
                "taken": next(
                    (taken[sha] for sha in (one.sealed_sha256, *one.archived) if sha in taken), ""
                ),
            }
            for one in facts.documents
        ],
        "link_until": words.day(last_day(view.link_until, zone)) if view.link_until else "",
        "revoke": f"{row['href']}/documents/revoke",
        "folder": f"{row['href']}/folder.zip",
        "layer": gettext(LAYERS[layer]) if accepted else "",
        "no_tools": gettext(NO_TOOLS) if layer == "none" and not view.reads_words else "",
        "handover": view.handover,
        "prints": [
            {
                "name": gettext(PRINTED[one.what])
                if one.what in PRINTED
                else paper_label(service, one.ref, tag),
                "sheets": one.sheets,
                "state": gettext(PRINTS[one.state][0]),
                "colour": PRINTS[one.state][1],
                "reason": gettext(REASONS[one.reason]) if one.reason else "",
            }
            for one in view.prints
        ],
    }


def _revoked(
    found: Mapping[str, datetime | None], zone: ZoneInfo, language: str
) -> list[dict[str, str]]:
    gettext = texts_for(language).gettext
    return [
        {
            "role": gettext(ROLES[name]) if name in ROLES else name,
            "said": revoked_later_words(at.astimezone(zone).date() if at else None, language),
        }
        for name, at in found.items()
    ]
