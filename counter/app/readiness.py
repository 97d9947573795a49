"""Whether this node may be given work: what `/readyz` says, and what the other nodes are told.

A node that says yes has just written to the store, has media that lives, has the time that the
database has, and is not leaving.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

log = logging.getLogger(__name__)

FRESH_S: Final = 1.0
"However often somebody asks, the store is written to once in this time."
WITHIN_S: Final = 3.0
BEAT_S: Final = 10.0
MOST_DRIFT: Final = timedelta(seconds=2)
"Between a node and the database: a node that is further off opens days and ends holds wrongly."


class Readiness:
    """Asked by a proxy every second or two, and by the node itself."""

    def __init__(
        self,
        write: Callable[[], Awaitable[None]],
        media_lives: Callable[[], bool],
        drift: Callable[[], Awaitable[timedelta]],
    ) -> None:
        """write: a small durable write that fails when the store takes none.

        drift: by how much the clock of the database is ahead of this node's.
        """
        self.leaving = False
        "Set once the node shall get no more work."
        self._write = write
        self._media_lives = media_lives
        self._drift = drift
        self._right_time = False
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self._writes = False

    async def __call__(self) -> bool:
        sound = not self.leaving and self._media_lives() and self._right_time
        return sound and await self._store_takes_writes()

    async def look_at_clock(self) -> None:
        """Measure how far the clock is off; call it at the start and every minute.

        Until it was measured once a node is not ready.  When the database does not answer, what was
        measured last holds: without a database no node is ready anyway.
        """
        ahead = await self._drift()
        right = abs(ahead) <= MOST_DRIFT
        if not right:
            log.error("the clock is off: the database is %.1f s ahead", ahead.total_seconds())
        self._right_time = right

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
