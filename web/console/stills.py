"""A still of what the citizen shows, for the agent in the call: looked at, and not kept.

Promise: only who takes part in the call gets it, no copy stays behind, and a paper that counts is
still photographed by the terminal: this is the video's picture, good for a first look.
"""

from typing import Protocol

from aiohttp import web

from web.shared.access import allow, principal_of


class Stills(Protocol):
    """What this route needs."""

    async def still(self, agent_id: str) -> bytes:
        """JPEG of what the citizen shows now.  Raises a refusal when there is none."""
        ...


def routes(stills: Stills) -> list[web.RouteDef]:
    """`/console/still`."""

    @allow("agent")
    async def still(request: web.Request) -> web.Response:
        return web.Response(
            body=await stills.still(principal_of(request).subject),
            content_type="image/jpeg",
            headers={"Cache-Control": "no-store"},
        )

    return [web.get("/console/still", still)]
