"""Signed documents taken home: `/signed/<token>`, from the receipt or a letter, no account.

Promise: who has the link takes the finished documents of one case, and sees nothing else of it.  A
link that was taken back, has expired or never was gives one same page.  The address is in no log
and no referrer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from counter.documents.later import last_day
from counter.esign.forms import Forms, Language
from counter.esign.issued import Issued, digest_of
from counter.esign.refusals import DocumentUnknown, IssueOver
from counter.ids import CaseId
from web.api.limits import Limits
from web.shared.access import allow
from web.shared.client_address import client_of
from web.shared.i18n import TAGS, Words
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.wording import service_or_none

ONE = "/signed/{token:[A-Za-z0-9_-]{43}}"
PDF = ONE + "/{sha256:[0-9a-f]{64}}.pdf"
ANYTHING = "/signed/{rest:.*}"
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
PER_S = 10
"Requests over one link."
OF_ONE_PER_S = 10
"Of one address, whatever links it asks for; before the store is asked."
UNKNOWN_PER_S = 20
"Of links that do not hold, all together: nobody tries 256 bits out."


class Documents(Protocol):
    """The part of `counter.esign.issued_service.IssuedService` that is used here."""

    async def issued(self, token: str, now: datetime) -> Issued: ...

    async def pdf(self, token: str, sha256: str, now: datetime) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedDeps:
    """What `routes` is given by the composition root."""

    documents: Documents
    forms: Forms
    catalogue: Callable[[], Awaitable[Catalogue]]
    service_of: Callable[[CaseId], Awaitable[str]]
    "The service of a case."
    now: Callable[[], datetime]
    limits: Limits


def routes(deps: IssuedDeps) -> list[web.RouteDef]:
    """`/signed/<token>` and the files below it."""

    def count(request: web.Request) -> None:
        deps.limits.take("addresses of links", OF_ONE_PER_S, of=client_of(request))

    def over(request: web.Request) -> web.Response:
        deps.limits.take("links that do not hold", UNKNOWN_PER_S)
        return render(request, "citizen/issued_over.html", status=IssueOver.status)

    @allow("anyone")
    async def page(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        count(request)
        try:
            found = await deps.documents.issued(token, deps.now())
        except IssueOver:
            return over(request)
        deps.limits.take(f"documents {digest_of(token)}", PER_S)
        return render(request, "citizen/issued.html", **await _words(request, deps, found))

    @allow("anyone")
    async def pdf(request: web.Request) -> web.StreamResponse:
        token, sha256 = request.match_info["token"], request.match_info["sha256"]
        count(request)
        try:
            await deps.documents.issued(token, deps.now())
            deps.limits.take(f"documents {digest_of(token)}", PER_S)
            body = await deps.documents.pdf(token, sha256, deps.now())
        except (IssueOver, DocumentUnknown):
            return over(request)
        headers = {
            "Content-Disposition": f'attachment; filename="document-{sha256[:6]}.pdf"',
            "Cache-Control": "no-store",
        }
        return web.Response(body=body, content_type="application/pdf", headers=headers)

    @allow("anyone")
    async def nothing(request: web.Request) -> web.StreamResponse:
        """An address that is cut off or misspelt is as good as one that is over."""
        count(request)
        return over(request)

    return [web.get(ONE, page), web.get(PDF, pdf, allow_head=False), web.get(ANYTHING, nothing)]


async def _words(request: web.Request, deps: IssuedDeps, found: Issued) -> dict[str, Any]:
    language = language_of(request)
    words = Words(language)
    tag = cast(Language, TAGS[language])
    service = service_or_none(await deps.catalogue(), await deps.service_of(found.link.case_id))
    return {
        "service": words.pick(service.names) if service else "",
        "until": words.day(last_day(found.link.expires_at, ZONE)),
        "being_sealed": found.being_sealed,
        "documents": [
            {
                "title": deps.forms.title(one.form, tag),
                "digits": one.sha256[:6],
                "kilobytes": max(1, round(one.size_bytes / 1000)),
                "href": f"{request.path}/{one.sha256}.pdf",
            }
            for one in found.documents
        ],
    }
