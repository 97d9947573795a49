"""Whether this node may be given work: what `/readyz` says, and what the other nodes are told.

A node that says yes has just written to the store, has media that lives, and is not leaving.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

FRESH_S: Final = 1.0
"However often somebody asks, the store is written to once in this time."
WITHIN_S: Final = 3.0
BEAT_S: Final = 10.0


class Readiness:
    """Asked by a proxy every second or two, and by the node itself."""

    def __init__(
        self, write: Callable[[], Awaitable[None]], media_lives: Callable[[], bool]
    ) -> None:
        """write: a small durable write that fails when the store takes none."""
        self.leaving = False
        "Set once the node shall get no more work."
        self._write = write
        self._media_lives = media_lives
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self._writes = False

    async def __call__(self) -> bool:
        return not self.leaving and self._media_lives() and await self._store_takes_writes()

    async def beat_for_ever(self) -> None:
        """Tell the other nodes, until cancelled."""
        while True:
            await self._store_takes_writes()
            await asyncio.sleep(BEAT_S)

    async def _store_takes_writes(self) -> bool:
        clock = asyncio.get_running_loop().time
        async with self._looking:
            if self._looked_at is None or clock() - self._looked_at >= FRESH_S:
                try:
                    async with asyncio.timeout(WITHIN_S):
                        await self._write()
                    self._writes = True
                except Exception:
                    self._writes = False
                self._looked_at = clock()
            return self._writes
