"""The security headers of every answer, and the nonce of its scripts.

Promise: an injected script, style or frame does not run; hashed files are cached for ever and
nothing else is cached at all.  Set when the answer is prepared, so errors and files have them too.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from web.shared.assets import HASHED
from web.shared.spoken_path import opens_something

NONCE = web.RequestKey("nonce", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What the headers depend on."""

    random_bytes: Callable[[int], bytes]
    origins: tuple[str, ...] = ()
    "Exact origins of the faces, `https://counter.example`; their sockets may be dialled."
    secure: bool = True
    "False only in the development profile, which speaks plain HTTP on one machine."


HEADERS = web.AppKey("headers", Headers)

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), geolocation=(), usb=(), serial=(), hid=(), "
        "bluetooth=(), clipboard-read=(), display-capture=(), payment=(), local-network=(), "
        "loopback-network=()"
    ),
}


def nonce_of(request: web.Request) -> str:
    """This answer's nonce: 128 bits, made once per request."""
    if NONCE not in request:
        drawn = request.config_dict[HEADERS].random_bytes(16)
        request[NONCE] = base64.b64encode(drawn).decode()
    return request[NONCE]


def policy(nonce: str, origins: tuple[str, ...]) -> str:
    """The Content-Security-Policy.

    'wasm-unsafe-eval' is for the QR reader; Safari before 15.4 does not count a socket as 'self',
    so the faces' own origins are named once more with the socket's scheme.
    """
    sockets = "".join(f" {one.replace('http', 'ws', 1)}" for one in origins)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "media-src 'self' blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`."""
    settings = request.config_dict[HEADERS]
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(
        "Content-Security-Policy", policy(nonce_of(request), settings.origins)
    )
    if settings.secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.path.startswith(HASHED) and response.status in (200, 206, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    if opens_something(request.path):  # where somebody put it on a public page, nobody finds it
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers.popall("Server", None)
