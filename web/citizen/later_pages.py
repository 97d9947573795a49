"""A paper handed in after the visit: `/papers/<token>`, from a QR code or a letter, no account.

Promise: who has the link sees what is asked for, by when, and what was uploaded over it, and
nothing about whose matter it is.  A link that was used, taken back, has expired or never was gives
one same page.  Without JavaScript it works as well; the address is in no log and no referrer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue, Service
from counter.documents.later import SHEETS_MAX, Asked, digest_of, last_day
from counter.documents.refusals import (
    LinkOver,
    NothingToSend,
    OtherPhotograph,
    PhotographRefused,
    TooManyPhotographs,
)
from counter.ids import CaseId
from web.api.limits import Limits
from web.citizen.paper_advice import advice_at_home, said_at_home
from web.citizen.paper_pages import sent_file
from web.citizen.uploads import upload
from web.shared.access import Handler, allow
from web.shared.before_body import before_body
from web.shared.client_address import client_of
from web.shared.csrf import SAFE
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.wording import paper_label, service_or_none

ONE = "/papers/{token:[A-Za-z0-9_-]{43}}"
ANYTHING = "/papers/{rest:.*}"
SHEET = ONE + "/{sheet:[A-Za-z0-9_-]{1,40}}"
ADDRESSES = "addresses of links"
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
PER_S = 30
"Requests over one link; its page takes up to eleven at once."
OF_ONE_PER_S = 30
"Of one address, whatever links it asks for; before a file has arrived or the store is asked."
UNKNOWN_PER_S = 20
"Of links that do not hold, all together: nobody tries 256 bits out."


class Papers(Protocol):
    """The part of `counter.documents.later_service.LaterService` that is used here."""

    async def asked(self, token: str, now: datetime) -> Asked: ...

    async def take(self, token: str, content: bytes, now: datetime) -> None: ...

    async def remove(self, token: str, sheet_id: str, now: datetime) -> None: ...

    async def image(self, token: str, sheet_id: str, now: datetime) -> bytes: ...

    async def send(self, token: str, now: datetime) -> Asked: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterDeps:
    """What `routes` is given by the composition root."""

    papers: Papers
    catalogue: Callable[[], Awaitable[Catalogue]]
    service_of: Callable[[CaseId], Awaitable[str]]
    "The service of a case."
    now: Callable[[], datetime]
    limits: Limits


def routes(deps: LaterDeps) -> list[web.RouteDef]:
    """`/papers/<token>` and what lies below it."""

    async def first(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method in SAFE:
            deps.limits.take(ADDRESSES, OF_ONE_PER_S, of=client_of(request))
            return await handler(request)
        with upload(request, deps.limits, ADDRESSES, OF_ONE_PER_S):
            return await handler(request)

    async def found(request: web.Request) -> Asked:
        """Raises `LinkOver`, `TooMany`."""
        token = request.match_info["token"]
        try:
            asked = await deps.papers.asked(token, deps.now())
        except LinkOver:
            deps.limits.take("links that do not hold", UNKNOWN_PER_S)
            raise
        deps.limits.take(f"link {digest_of(token)}", PER_S)
        return asked

    def over(request: web.Request) -> web.Response:
        return render(request, "citizen/later_over.html", status=LinkOver.status)

    def answered(
        handler: Callable[[web.Request, Asked], Awaitable[web.StreamResponse]],
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request, await found(request))
            except LinkOver:
                return over(request)

        return allow("anyone")(before_body(first)(answer))

    async def page(request: web.Request, asked: Asked, error: str = "") -> web.Response:
        service = service_or_none(await deps.catalogue(), await deps.service_of(asked.link.case_id))
        return render(
            request,
            "citizen/later.html",
            **_words(request, asked, service),
            error=error,
            errors=[{"text": error, "href": "#photograph"}] if error else [],
            status=422 if error else 200,
        )

    async def shown(request: web.Request, asked: Asked) -> web.StreamResponse:
        return await page(request, asked)

    async def take(request: web.Request, asked: Asked) -> web.StreamResponse:
        content = await sent_file(request)
        language = language_of(request)
        if not content:
            said = texts_for(language).gettext(N_("Take a photograph or choose a file"))
            return await page(request, asked, said)
        try:
            await deps.papers.take(request.match_info["token"], content, deps.now())
        except (PhotographRefused, TooManyPhotographs) as refused:
            return await page(request, asked, advice_at_home(refused.code, language))
        raise web.HTTPSeeOther(request.path)

    async def remove(request: web.Request, asked: Asked) -> web.StreamResponse:
        token = request.match_info["token"]
        await deps.papers.remove(token, request.match_info["sheet"], deps.now())
        raise web.HTTPSeeOther(f"/papers/{token}")

    async def thumb(request: web.Request, asked: Asked) -> web.StreamResponse:
        body = await deps.papers.image(
            request.match_info["token"], request.match_info["sheet"], deps.now()
        )
        return web.Response(body=body, content_type="image/jpeg")

    async def send(request: web.Request, asked: Asked) -> web.StreamResponse:
        token = request.match_info["token"]
        try:
            sent = await deps.papers.send(token, deps.now())
        except (NothingToSend, OtherPhotograph):
            raise web.HTTPSeeOther(f"/papers/{token}") from None
        service = service_or_none(await deps.catalogue(), await deps.service_of(sent.link.case_id))
        return render(request, "citizen/later_sent.html", **_words(request, sent, service))

    @allow("anyone")
    @before_body(first)
    async def nothing(request: web.Request) -> web.StreamResponse:
        """An address that is cut off or misspelt is as good as one that is over."""
        deps.limits.take("links that do not hold", UNKNOWN_PER_S)
        return over(request)

    return [
        web.get(ONE, answered(shown)),
        web.post(ONE, answered(take)),
        web.post(f"{ONE}/send", answered(send)),
        web.get(f"{SHEET}/thumb", answered(thumb)),
        web.post(f"{SHEET}/remove", answered(remove)),
        web.get(ANYTHING, nothing),
    ]


def _words(request: web.Request, asked: Asked, service: Service | None) -> dict[str, Any]:
    language = language_of(request)
    words = Words(language)
    return {
        "href": f"/papers/{request.match_info['token']}",
        "paper": paper_label(service, asked.link.item, TAGS[language]),
        "service": words.pick(service.names) if service else "",
        "until": words.day(last_day(asked.link.expires_at, ZONE)),
        "full": len(asked.sheets) >= SHEETS_MAX,
        "most": SHEETS_MAX,
        "sheets": [
            {
                "id": sheet.sheet_id,
                "number": number,
                "width_px": sheet.width_px,
                "height_px": sheet.height_px,
                "said": said_at_home(sheet.advice, language) if sheet.advice else None,
            }
            for number, sheet in enumerate(asked.sheets, 1)
        ],
    }
