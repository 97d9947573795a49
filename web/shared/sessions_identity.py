"""Who is asking, by the cookies that identity gave out.

One cookie per kind, so that one browser may be terminal and console at once, as in the demo.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from counter.identity.service import Begun, IdentityService
from counter.identity.session import LONGEST, Session
from web.shared.access import NOBODY, Principal
from web.shared.live_page import Cookie

DEVICE: Final = "terminal"
STAFF: Final = "staff"
SHARED: Final = ("/pages/", "/sheets/", "/documents/")
"Paths that the terminal and the console both fetch from."


class IdentitySessions:
    """See `web.shared.access.Sessions`."""

    def __init__(
        self, identity: IdentityService, clock: Callable[[], datetime], *, secure: bool
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._secure = secure

    def cookie_name(self, of: str) -> str:
        """`__Host-` binds a cookie to this very host; plain HTTP cannot have it."""
        return f"__Host-{of}" if self._secure else of

    async def principal(self, request: web.Request) -> Principal:
        """By bearer proof, or by the cookie that belongs to the face of this path."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            return _principal(await self._identity.session(token, self._clock()), bearer=True)
        if request.path.startswith("/terminal"):
            return await self.of_cookie(request.cookies, DEVICE)
        principal = await self.of_cookie(request.cookies, STAFF)
        if principal is NOBODY and request.path.startswith(SHARED):
            return await self.of_cookie(request.cookies, DEVICE)
        return principal

    async def of_cookie(self, cookies: Mapping[str, str], of: str) -> Principal:
        """Whom the cookie `of` (`DEVICE` or `STAFF`) belongs to."""
        token = cookies.get(self.cookie_name(of))
        session = await self._identity.session(token, self._clock()) if token else None
        return _principal(session, bearer=False)

    async def of_token(self, token: str) -> Principal:
        """Whom a bearer token belongs to."""
        return _principal(await self._identity.session(token, self._clock()), bearer=True)

    def cookie(self, begun: Begun) -> Cookie:
        """The cookie of a session that has just begun."""
        kind = begun.session.kind
        return Cookie(
            name=self.cookie_name(DEVICE if kind == "terminal" else STAFF),
            value=begun.token,
            max_age_s=int(LONGEST[kind].total_seconds()),
        )

    def no_cookie(self) -> Cookie:
        """Takes the cookie of a member of staff away."""
        return Cookie(name=self.cookie_name(STAFF), value="", max_age_s=0)


def _principal(session: Session | None, *, bearer: bool) -> Principal:
    if session is None:
        return NOBODY
    return Principal(
        kind=session.kind,
        subject=session.subject,
        session_id=session.token_sha256,
        csrf=session.csrf,
        bearer=bearer,
    )
