"""Calls of real browsers of which one changes its network, each played in one of its own."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.media.browsers import (
    Evaluates,
    Stage,
    frames_each_second,
    join_both,
    opened_stage,
    seen_and_heard,
    until_figure,
    watched,
)
from tests.media.legs import AddressTranslation
from tests.media.scenes import opened_pages
from tests.private_network import HERE


async def moved(kind: str) -> dict[str, float]:
    """The router before the terminal gives it other outer ports; later its only path is cut, and
    another offered.

    kind: of the terminal's browser.  Returns for both, seconds until both see each other again.
    """
    async with routed() as (stage, router), _call(stage, kind) as pages:
        before = router.outside
        rebound = await picture_back(pages, router.rebind)
        assert router.media_inward > 100 and not before & router.outside

        router.lose_outward(lambda data: True)
        stage.route = lambda owner, sdp: sdp
        restarting: list[asyncio.Task[Any]] = []
        restarted = await picture_back(
            pages, lambda: restarting.append(asyncio.create_task(_restart(pages[0])))
        )
        await restarting[0]
        return {"rebound": rebound, "restarted": restarted}


async def restarted_for_nothing(kind: str, seconds: int) -> dict[str, Any]:
    """The terminal's path is good and restarted all the same; what both sides saw."""
    async with opened_stage(ip=HERE) as stage, _call(stage, kind) as pages:
        watching = asyncio.gather(*(watched(page, seconds) for page in pages))
        await _restart(pages[0])
        seen = await watching
        return {
            name: {
                "frames": frames_each_second(samples),
                "lost": samples[-1]["lost"] - samples[0]["lost"],
            }
            for name, samples in zip(("terminal", "agent"), seen, strict=True)
        }


async def picture_back(pages: tuple[Evaluates, Evaluates], change: Callable[[], object]) -> float:
    """Seconds from a change of the network until both sides have new pictures of each other."""
    loop = asyncio.get_running_loop()
    change()
    began = loop.time()
    await asyncio.sleep(0.3)  # what was under way has come
    before = [int((await page.evaluate("figures()"))["frames"]) for page in pages]

    async def more(page: Evaluates, than: int) -> None:
        await until_figure(page, lambda now: now["frames"] > than + 5)

    await asyncio.gather(*map(more, pages, before))
    return loop.time() - began


@asynccontextmanager
async def routed() -> AsyncIterator[tuple[Stage, AddressTranslation]]:
    """A stage with a router between the terminal and us."""
    async with opened_stage(ip=HERE) as stage:
        port = await stage.udp_port()
        router = AddressTranslation(port, HERE)
        stage.route = lambda owner, sdp: (
            re.sub(rf" {port} ", f" {router.number} ", sdp) if owner == "terminal" else sdp
        )
        try:
            yield stage, router
        finally:
            router.close()


@asynccontextmanager
async def _call(stage: Stage, kind: str) -> AsyncIterator[tuple[Evaluates, Evaluates]]:
    """A terminal of one browser and an agent with Chromium who see and hear each other."""
    async with opened_pages(stage.url, (kind, "VP8"), ("chromium", "VP8")) as (terminal, agent):
        await join_both(terminal, agent, height_px=360)
        for page in (terminal, agent):
            await seen_and_heard(page, more_than=60)
        yield terminal, agent


async def _restart(page: Evaluates) -> Any:
    return await page.evaluate("restart('terminal')")
