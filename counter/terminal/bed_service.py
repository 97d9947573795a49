"""Looks whether a paper was left under the document camera.

It compares with a picture of the empty place, which it takes by itself while nobody is there: the
first one when no page is found in it, later ones when they look like the one before.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from counter.terminal.ports import BedPicture, DeviceFailed, DocumentCamera

log = logging.getLogger(__name__)

BedSeen = Literal["empty", "paper", "unknown"]


class BedGuard:
    """The place for papers of one terminal."""

    def __init__(
        self,
        camera: DocumentCamera | None,
        empty: BedPicture,
        *,
        compare: Callable[[bytes, bytes], Awaitable[BedSeen]],
        holds_page: Callable[[bytes], Awaitable[bool]],
    ) -> None:
        """compare: a still with one of the empty place.  holds_page: whether a page lies in it."""
        self._camera = camera
        self._empty = empty
        self._compare = compare
        self._holds_page = holds_page

    async def look(self) -> BedSeen:
        """What lies there now; `unknown` when nobody can tell."""
        seen, _ = await self._look()
        return seen

    async def learn(self) -> BedSeen:
        """Look while nobody is there, and keep the picture when the place is empty."""
        seen, still = await self._look()
        if still is None or seen == "paper":
            return seen
        if seen == "unknown" and (
            await self._empty.get() is not None or await self._holds_page(still)
        ):
            return seen  # too dark or too bright to learn from, or a page lies there from the start
        await self._empty.put(still)
        return "empty"

    async def _look(self) -> tuple[BedSeen, bytes | None]:
        if self._camera is None:
            return "unknown", None
        try:
            still = await self._camera.still()
        except DeviceFailed as failed:
            log.info("the place for papers is not seen: %s", failed)
            return "unknown", None
        empty = await self._empty.get()
        return ("unknown" if empty is None else await self._compare(still, empty)), still
