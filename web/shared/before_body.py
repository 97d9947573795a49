"""What a route asks before a byte of the body is read: who may send one, and how long it may be.

The guard against foreign forms (`web.shared.csrf`) reads them, so that whatever a handler asks
comes when all has arrived: too late for who sends slowly, or much.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from web.shared.access import H, Handler

Around = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
"Answers by itself, or lets the handler; what it holds meanwhile is held while the body arrives."
AROUND = "__around__"


def before_body(around: Around) -> Callable[[H], H]:
    """Declare what stands around a handler and its body."""

    def declare(handler: H) -> H:
        setattr(handler, AROUND, around)
        return handler

    return declare


@web.middleware
async def ask_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse by the headers alone."""
    around: Around | None = getattr(request.match_info.handler, AROUND, None)
    if around is None:
        return await handler(request)
    length, most = request.content_length, request.client_max_size
    if length is not None and length > most:
        raise web.HTTPRequestEntityTooLarge(most, length)
    return await around(request, handler)
