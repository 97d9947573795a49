"""What the program beside a terminal's page prints: one PDF by the id of its print."""

from typing import Protocol

from aiohttp import web

from web.shared.access import allow, principal_of


class Prints(Protocol):
    """What the route needs."""

    async def pdf(self, terminal_id: str, print_id: str) -> bytes:
        """Raises `NotFound` when it is not this terminal's, or is over; `BindingFailed`."""
        ...


def routes(prints: Prints) -> list[web.RouteDef]:
    """`/terminal/prints/{id}`."""

    @allow("device")
    async def pdf(request: web.Request) -> web.Response:
        body = await prints.pdf(principal_of(request).subject, request.match_info["print_id"])
        return web.Response(
            body=body, content_type="application/pdf", headers={"Cache-Control": "no-store"}
        )

    return [web.get("/terminal/prints/{print_id:[A-Za-z0-9_-]{1,40}}", pdf)]
