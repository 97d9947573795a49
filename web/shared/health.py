"""Whether this node lives and may be given work; for a proxy, not for people."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from web.shared.access import allow


def routes(ready: Callable[[], Awaitable[bool]]) -> list[web.RouteDef]:
    """`/livez`: the process answers.  `/readyz`: the store takes writes and media lives."""

    @allow("anyone")
    async def livez(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    @allow("anyone")
    async def readyz(request: web.Request) -> web.Response:
        if await ready():
            return web.Response(text="ok\n")
        return web.Response(text="not ready\n", status=503)

    return [web.get("/livez", livez), web.get("/readyz", readyz)]
