"""Pages, sheets and documents by their digest, to whom the case belongs.

Promise: the bytes behind a digest never change, so a browser keeps them; it keeps them for itself
alone.  Whoever asks for a digest that is not of their case is answered as if there were none.
"""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from web.shared.access import Principal, allow, principal_of

KEPT = "private, max-age=31536000, immutable"
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
        return _answer(await papers.page(principal_of(request), request.match_info["sha256"]))

    @allow("terminal", "agent")
    async def sheet(request: web.Request) -> web.Response:
        return _answer(await papers.sheet(principal_of(request), request.match_info["sha256"]))

    @allow("terminal", "agent")
    async def document(request: web.Request) -> web.Response:
        sha256 = request.match_info["sha256"]
        response = _answer(await papers.document(principal_of(request), sha256))
        response.headers["Content-Disposition"] = f'attachment; filename="{sha256[:6]}.pdf"'
        return response

    return [
        web.get(f"/pages/{SHA256}", page),
        web.get(f"/sheets/{SHA256}", sheet),
        web.get(f"/documents/{SHA256}", document),
    ]


def _answer(paper: Paper) -> web.Response:
    return web.Response(
        body=paper.body, content_type=paper.media_type, headers={"Cache-Control": KEPT}
    )
