"""`install`: give an aiohttp application the base that every face stands on.

    base = Base(sessions=..., random_bytes=os.urandom, secret=..., origins=(...), secure=True)
    install(app, base)
    app.add_routes(citizen.routes(deps)); ...        # then the faces

Order of the middlewares: errors (so that every refusal below becomes a page), principal and
access, language, what a route asks before its body is read, CSRF, the handler.  Start-up fails for
a route that does not say who may use it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web

from web.shared import csrf, headers, language
from web.shared.access import ACCESS, Access, Sessions, check_declared, guard
from web.shared.assets import ASSETS, Assets, static_routes
from web.shared.before_body import ask_first
from web.shared.client_address import PROXIES
from web.shared.errors import answer_errors
from web.shared.i18n import DEFAULT
from web.shared.pages import install_pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Everything that the shared base needs from the composition root."""

    sessions: Sessions
    random_bytes: Callable[[int], bytes]
    secret: bytes
    "At least 32 bytes; keys the visitors' form tokens."
    origins: tuple[str, ...] = ()
    "Exact origins of the faces; in the development profile the request's own is fine as well."
    secure: bool = True
    "False only in the development profile: plain HTTP, cookies without Secure."
    proxies: tuple[str, ...] = ()
    "Networks in which our own proxies are; what they say of addresses is believed."
    default_language: str = DEFAULT
    guarded_elsewhere: tuple[str, ...] = ("/socket.io/",)
    "Path prefixes that check who speaks by themselves."
    assets: Assets = field(default_factory=Assets)


def install(app: web.Application, base: Base) -> None:
    """Middlewares, pages, static files and the check at start-up."""
    if len(base.secret) < 32:
        raise ValueError("Base.secret: 32 bytes or more")
    app[ACCESS] = Access(sessions=base.sessions, exempt=base.guarded_elsewhere)
    app[ASSETS] = base.assets
    app[PROXIES] = tuple(ip_network(one) for one in base.proxies)
    app[headers.HEADERS] = headers.Headers(
        random_bytes=base.random_bytes, origins=base.origins, secure=base.secure
    )
    app[language.LANGUAGE_RULE] = language.LanguageRule(
        default=base.default_language, secure=base.secure
    )
    app[csrf.CSRF] = csrf.Csrf(
        secret=base.secret,
        random_bytes=base.random_bytes,
        origins=base.origins,
        secure=base.secure,
        exempt=base.guarded_elsewhere,
    )
    install_pages(app)
    app.middlewares.extend([answer_errors, guard, language.choose, ask_first, csrf.check])
    app.on_response_prepare.append(headers.add_headers)
    app.add_routes(static_routes(base.assets))

    async def every_route_is_declared(app: web.Application) -> None:
        check_declared(app, base.guarded_elsewhere)

    app.on_startup.append(every_route_is_declared)
