"""Pages, sheets and documents by their digest, to whom the case belongs.

Promise: the bytes behind a digest never change, so a browser that has a picture is not sent it
again; it asks each time, and shows nothing to whom the case does not belong any more.  A document
it does not keep at all.  Whoever asks for a digest that is not of their case is answered as if
there were none.
"""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from web.shared.access import Principal, allow, principal_of

ASKED_EACH_TIME = "private, no-cache"
SHA256 = "{sha256:[0-9a-f]{64}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Bytes with their type."""

    body: bytes
    media_type: str
    "Such as `image/jpeg`, `image/png` or `application/pdf`."


class Papers(Protocol):
    """What these routes need.  Each raises `NotFound` when it is not of the principal's case."""

    async def page(self, principal: Principal, sha256: str) -> Paper:
        """A scanned page or its thumbnail."""
        ...

    async def sheet(self, principal: Principal, sha256: str) -> Paper:
        """One page of a document to be signed, as an image."""
        ...

    async def document(self, principal: Principal, sha256: str) -> Paper:
        """A whole document, presented or sealed."""
        ...


def routes(papers: Papers) -> list[web.RouteDef]:
    """`/pages/…`, `/sheets/…`, `/documents/…`; the terminal and the console share them."""

    @allow("terminal", "agent")
    async def page(request: web.Request) -> web.Response:
        return _picture(
            request, await papers.page(principal_of(request), request.match_info["sha256"])
        )

    @allow("terminal", "agent")
    async def sheet(request: web.Request) -> web.Response:
        return _picture(
            request, await papers.sheet(principal_of(request), request.match_info["sha256"])
        )

    @allow("terminal", "agent")
    async def document(request: web.Request) -> web.Response:
        sha256 = request.match_info["sha256"]
        paper = await papers.document(principal_of(request), sha256)
        return web.Response(
            body=paper.body,
            content_type=paper.media_type,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{sha256[:6]}.pdf"',
            },
        )

    return [
        web.get(f"/pages/{SHA256}", page),
        web.get(f"/sheets/{SHA256}", sheet),
        web.get(f"/documents/{SHA256}", document),
    ]


def _picture(request: web.Request, paper: Paper) -> web.Response:
    """To who may have it; without the bytes when the browser has them."""
    sha256 = request.match_info["sha256"]
    has_it = any(one.value in (sha256, "*") for one in request.if_none_match or ())
    response = web.Response(
        status=304 if has_it else 200,
        body=None if has_it else paper.body,
        content_type=paper.media_type,
        headers={"Cache-Control": ASKED_EACH_TIME},
    )
    response.etag = sha256
    return response
