"""Waiting for what must come about: with an end of its own, and words for what did not come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Error, FloatRect, Locator

WITHIN_S = 60.0
LOOKS_AGAIN_S = 0.1
PRESSES = 20

Condition = Callable[[], Any | Awaitable[Any]]


async def until(condition: Condition, what: str, *, within_s: float = WITHIN_S) -> Any:
    """Wait until `condition` holds, and return what it gave.  what: as in "it never saw a page"."""
    deadline = time.monotonic() + within_s
    while not (found := await _asked(condition)):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} within {within_s:.0f} s; at the end it was {found!r}")
        await asyncio.sleep(LOOKS_AGAIN_S)
    return found


async def _asked(condition: Condition) -> Any:
    found = condition()
    return await found if isinstance(found, Awaitable) else found


async def press(button: Locator) -> None:
    """Click it once it listens.

    A page that begins something by itself hears no button until that is done, and may begin just
    between the look at the button and the click.
    """
    for _ in range(PRESSES):
        await button.click()
        try:
            unheard = await button.page.evaluate("probe.unheard")
        except Error as gone:
            if "navigation" not in gone.message:
                raise
            return  # to the page that it led to
        if not unheard:
            return
    raise AssertionError(f"it never listened: {button}")


async def stands(thing: Locator) -> FloatRect:
    """Where it is, once it does not move any more: x, y, width, height."""

    async def twice_the_same() -> FloatRect | None:
        before = await thing.bounding_box()
        await asyncio.sleep(LOOKS_AGAIN_S)
        now = await thing.bounding_box()
        return now if now == before else None

    box: FloatRect = await until(twice_the_same, f"{thing} never stood still")
    return box
