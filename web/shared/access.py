"""Who is asking, and who may: every route says it, and a route that says nothing stops the start.

Promise: default deny.  The principal comes from the connection (cookie or bearer proof) through the
port `Sessions`, never from what a request says about itself.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from aiohttp import web

from counter.errors import NotAllowed, NotSignedIn
from web.shared.spoken_path import spoken_path

Kind = Literal["anyone", "citizen", "terminal", "device", "agent", "supervisor", "program"]
"`device`: the program beside a terminal's page; `program`: one of others, over the API."
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Awaitable[web.StreamResponse]])

ALLOWED = "__allowed__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who speaks on this connection."""

    kind: Kind
    "`anyone` means that nobody is signed in."
    subject: str = ""
    "The terminal's, agent's, citizen's or program's id; empty for `anyone`."
    session_id: str = ""
    csrf: str = ""
    "Token of the session's forms; empty: the visitor cookie's token counts instead."
    bearer: bool = False
    "Proved by a header that no other site can make a browser send: needs no CSRF token."
    language: str | None = None
    "The account's or device's language, used until the person chooses one."


NOBODY = Principal(kind="anyone")
PRINCIPAL = web.RequestKey("principal", Principal)


class Sessions(Protocol):
    """What the pages need from whoever keeps sessions."""

    async def principal(self, request: web.Request) -> Principal:
        """Who is asking; `NOBODY` when no valid session came along."""
        ...


class NoSessions:
    """Nobody is ever signed in: for faces that need nobody, and for tests."""

    async def principal(self, request: web.Request) -> Principal:
        return NOBODY


def allow(*kinds: Kind) -> Callable[[H], H]:
    """Declare who may use a handler.  A supervisor may do all that an agent may."""
    allowed = frozenset(kinds) | ({"supervisor"} if "agent" in kinds else frozenset())

    def declare(handler: H) -> H:
        setattr(handler, ALLOWED, allowed)
        return handler

    return declare


def principal_of(request: web.Request) -> Principal:
    """The principal that the middleware found; `NOBODY` outside of it."""
    found: Principal = request.get(PRINCIPAL, NOBODY)
    return found


def require(request: web.Request, allowed: Iterable[str]) -> None:
    """Raises `NotSignedIn` or `NotAllowed` unless the principal is one of `allowed`."""
    kind = principal_of(request).kind
    if "anyone" in allowed or kind in allowed:
        return
    if kind == "anyone":
        raise NotSignedIn(f"{spoken_path(request.path)}: sign in as one of {sorted(allowed)}")
    raise NotAllowed(f"{spoken_path(request.path)}: {kind} is not one of {sorted(allowed)}")


def allowed_by(handler: object) -> frozenset[str]:
    """What `allow` declared for a handler; empty when nothing was declared: nobody."""
    return frozenset(getattr(handler, ALLOWED, ()))


def check_declared(app: web.Application, exempt: tuple[str, ...] = ()) -> None:
    """Raises `RuntimeError` naming every route that does not say who may use it.

    exempt: path prefixes that guard themselves (the Socket.IO gateway).
    """
    silent = sorted(
        f"{route.method} {route.resource.canonical if route.resource else '?'}"
        for route in app.router.routes()
        if not allowed_by(route.handler)
        and not (route.resource and route.resource.canonical.startswith(exempt))
    )
    if silent:
        raise RuntimeError(f"routes without @allow: {', '.join(silent)}")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the principal and refuse what the route does not allow."""
    settings = request.config_dict[ACCESS]
    request[PRINCIPAL] = await settings.sessions.principal(request)
    route = request.match_info.route
    if request.match_info.http_exception is None and not request.path.startswith(settings.exempt):
        require(request, allowed_by(route.handler))
    return await handler(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What `guard` needs."""

    sessions: Sessions
    exempt: tuple[str, ...] = ()


ACCESS = web.AppKey("access", Access)
