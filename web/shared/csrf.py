"""A form or request that changes something must come from our own page.

Two proofs, both needed: where the browser says it comes from (Sec-Fetch-Site, else Origin), and a
token that only our own pages were given.  The token belongs to the session; before sign-in it
belongs to a random visitor cookie, keyed with the server's secret so that nobody can make a pair.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http import HttpProcessingError

from counter.errors import BadInput, Refusal
from web.shared.access import Handler, principal_of
from web.shared.language import PROGRAMS
from web.shared.spoken_path import spoken_path

FIELD = "csrf"
HEADER = "X-CSRF"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
BROKEN = (LookupError, ValueError, RuntimeError, AssertionError, HttpProcessingError)
"What the library raises over bytes that are no form."
VISITOR_LIFE_S = 4 * 3600
BODY_S = 120.0
"In which a form has to arrive: 21 MB at 1.4 Mbit/s."


class ForeignForm(Refusal):
    """The request did not come from a page of ours, or the page was too old."""

    code = "foreign_form"
    status = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Csrf:
    """What the check needs."""

    secret: bytes
    random_bytes: Callable[[int], bytes]
    origins: tuple[str, ...] = ()
    secure: bool = True
    exempt: tuple[str, ...] = ()

    @property
    def cookie(self) -> str:
        """`__Host-` binds the cookie to this very host; plain HTTP cannot have it."""
        return "__Host-visitor" if self.secure else "visitor"


CSRF = web.AppKey("csrf", Csrf)
_NEW = web.RequestKey("new_visitor", str)


def visitor(request: web.Request) -> str:
    """The visitor's random id, 128 bits; made now when the browser brought none."""
    settings = request.config_dict[CSRF]
    known = request.cookies.get(settings.cookie, "")
    if len(known) == 22 and known.isascii():
        return known
    if _NEW not in request:
        drawn = settings.random_bytes(16)
        request[_NEW] = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return request[_NEW]


def token(request: web.Request) -> str:
    """The token that this page's forms must bring back."""
    known = principal_of(request).csrf
    if known:
        return known
    settings = request.config_dict[CSRF]
    return hmac.new(
        settings.secret, b"csrf:" + visitor(request).encode(), hashlib.sha256
    ).hexdigest()


def keep_visitor(request: web.Request, response: web.StreamResponse) -> None:
    """Give a new visitor's cookie along with the page that carries its token."""
    if _NEW in request:
        settings = request.config_dict[CSRF]
        response.set_cookie(
            settings.cookie,
            request[_NEW],
            max_age=VISITOR_LIFE_S,
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )


@web.middleware
async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a change that another site, or nobody's page, asked for."""
    settings = request.config_dict[CSRF]
    if (
        request.method not in SAFE
        and not request.path.startswith(settings.exempt)
        and request.match_info.http_exception is None
    ):
        if principal_of(request).bearer:
            if not request.path.startswith(PROGRAMS):  # those read no form, and little of all else
                await _fields(request)
            return await handler(request)
        _check_source(request, settings)
        given = request.headers.get(HEADER)
        if given is not None:
            _check_token(request, given)  # before anybody's bytes are looked at
        fields = await _fields(request)
        if given is None:
            value = fields.get(FIELD)
            _check_token(request, value if isinstance(value, str) else "")
    return await handler(request)


def _check_token(request: web.Request, given: str) -> None:
    if not hmac.compare_digest(given.encode(errors="surrogateescape"), token(request).encode()):
        raise ForeignForm(f"{request.method} {spoken_path(request.path)}: wrong or missing token")


async def _fields(request: web.Request) -> Mapping[str, object]:
    """The form, kept for the handler; empty when it is none.  Raises `BadInput` for a broken one.

    What arrives is anybody's: an unknown charset, half a part, bytes that are no text.
    """
    if request.content_type not in FORMS:
        return {}
    try:
        async with asyncio.timeout(BODY_S):
            return await request.post()
    except TimeoutError as slow:
        raise BadInput(f"a form that took longer than {BODY_S} s to arrive") from slow
    except BROKEN as broken:
        raise BadInput(f"a form that is none: {type(broken).__name__}") from broken


def _check_source(request: web.Request, settings: Csrf) -> None:
    # Under `Referrer-Policy: no-referrer` a form's Origin is "null", so Sec-Fetch-Site speaks for
    # it; browsers send that header on every trustworthy origin.
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    own = {*settings.origins, f"{request.scheme}://{request.host}"}
    if origin not in (None, "null") and origin not in own:
        raise ForeignForm(
            f"{request.method} {spoken_path(request.path)}: not from an origin of ours"
        )
    if site is not None and site != "same-origin":
        raise ForeignForm(f"{request.method} {spoken_path(request.path)}: not from our own page")
    if site is None and origin in (None, "null"):
        raise ForeignForm(
            f"{request.method} {spoken_path(request.path)}: nothing says where it comes from"
        )
