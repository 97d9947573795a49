"""Takes photographs to the counter: journal first, thumbnail next, then the bytes, until an end.

Promise: whatever was kept is offered, again after every failure and every start, until the counter
says that it is stored, refused or wanted no more.  Only then it is forgotten.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from counter.terminal.journal import Entry, EntryDamaged, Shot
from counter.terminal.ports import Denied, Journal, LineLost, Uplink
from counter.terminal.upload import (
    CHUNK_BYTES,
    ENDED,
    SLOW_BYTES_PER_S,
    Progress,
    State,
    ended_by,
    pause_s,
)

log = logging.getLogger(__name__)

LOOK_S: Final = 600.0
"How often what is too old is looked for, when nothing else happens."

Flatten = Callable[[bytes], Awaitable[bytes | None]]


async def _no_preview(photograph: bytes) -> bytes | None:
    return None


class RelayService:
    """Everything that this terminal has photographed, on its way up."""

    def __init__(
        self,
        journal: Journal,
        uplink: Uplink,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        flatten: Flatten = _no_preview,
    ) -> None:
        """chance: 0 to 1.  flatten: the page in a photograph, for slow lines; None: not found."""
        self._journal = journal
        self._uplink = uplink
        self._clock = clock
        self._chance = chance
        self._flatten = flatten
        self._sending = asyncio.Lock()
        self._bytes_per_s: float | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._ended: list[Callable[[Entry, State, str | None], None]] = []

    def on_end(self, listener: Callable[[Entry, State, str | None], None]) -> None:
        """Call `listener(entry, state, code)` after an entry has ended and was forgotten."""
        self._ended.append(listener)

    async def keep(self, sitting: str, shot: Shot) -> Entry:
        """Keep a photograph and send it; it is safe when this returns."""
        entry = await self._journal.keep(sitting, shot)
        self._news.set()
        return entry

    async def holds(self, request_id: str) -> bool:
        """Whether there is a photograph for this request that has not ended."""
        return any(entry.request_id == request_id for entry in await self._journal.entries())

    async def run_for_ever(self) -> None:
        """Offer everything, also what earlier lives of this program kept, until cancelled."""
        try:
            while True:
                self._news.clear()
                if expired := await self._journal.expire(self._clock()):
                    log.error("%d photographs were too old to be sent and were forgotten", expired)
                for entry in await self._journal.entries():
                    key = entry.name.entry_id
                    if key not in self._under_way:
                        task = asyncio.create_task(self._see_through(entry))
                        task.add_done_callback(lambda _, key=key: self._done(key))  # type: ignore[misc]
                        self._under_way[key] = task
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._news.wait()
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, key: str) -> None:
        self._under_way.pop(key, None)
        self._news.set()

    async def _see_through(self, entry: Entry) -> None:
        """Until it has ended; one that does not open stays for somebody to look at."""
        failures, location = 0, None
        ended: tuple[State, str | None] | None = None
        while ended is None:
            try:
                progress = await self._reach(entry, location)
                location = progress.location
                ended = await self._finish(entry, progress)
                continue
            except EntryDamaged as damaged:
                log.error("%s", damaged)
                return
            except (LineLost, Denied) as failed:
                log.info("photograph %d waits: %s", entry.name.seq, failed)
                denial = failed.denial if isinstance(failed, Denied) else None
                if denial is not None and (state := ended_by(denial)):
                    ended = state, denial.code
                    continue
                if denial is not None and denial.status == 404:
                    location = None
            except Exception:
                log.exception("photograph %d: trying again", entry.name.seq)
            failures += 1
            await asyncio.sleep(pause_s(failures, self._chance()))
        await self._journal.forget(entry)
        for listener in self._ended:
            listener(entry, *ended)

    async def _reach(self, entry: Entry, location: str | None) -> Progress:
        if location is not None:
            return await self._uplink.where(location)
        _, thumbnail = await self._journal.read(entry)
        return await self._uplink.announce(entry, thumbnail)

    async def _finish(self, entry: Entry, progress: Progress) -> tuple[State, str | None]:
        async with self._sending:  # thumbnails pass by, photographs go one after the other
            photograph, _ = await self._journal.read(entry)
            progress = await self._send(progress, photograph)
        return progress.state, progress.code

    async def _send(self, progress: Progress, photograph: bytes) -> Progress:
        """The rest of it; on a slow line the flattened page as soon as there is one."""
        flattening: asyncio.Task[bytes | None] | None = None
        previewed = False
        try:
            while progress.state not in ENDED:
                left = len(photograph) - progress.offset
                if flattening is None and self._is_slow and left > CHUNK_BYTES:
                    flattening = asyncio.create_task(self._flattened(photograph))
                if flattening is not None and flattening.done() and not previewed:
                    previewed = True
                    await self._preview(progress.location, flattening.result(), left)
                progress = await self._part(progress, photograph)
        finally:
            if flattening is not None:
                flattening.cancel()
        return progress

    async def _part(self, progress: Progress, photograph: bytes) -> Progress:
        loop = asyncio.get_running_loop()
        chunk = photograph[progress.offset : progress.offset + CHUNK_BYTES]
        began = loop.time()
        progress = await self._uplink.append(progress.location, progress.offset, chunk)
        if len(chunk) == CHUNK_BYTES and progress.state not in ENDED:
            self._bytes_per_s = len(chunk) / max(loop.time() - began, 1e-6)
        return progress

    @property
    def _is_slow(self) -> bool:
        return self._bytes_per_s is not None and self._bytes_per_s < SLOW_BYTES_PER_S

    async def _flattened(self, photograph: bytes) -> bytes | None:
        try:
            return await self._flatten(photograph)
        except Exception:
            log.exception("a photograph could not be flattened here; the counter does it")
            return None

    async def _preview(self, location: str, page: bytes | None, left: int) -> None:
        """Send it, unless the photograph itself is there sooner."""
        if page is None or len(page) >= left:
            return
        try:
            await self._uplink.preview(location, page)
        except Denied as denied:  # it only makes waiting shorter
            log.info("a preview was not taken: %s", denied.denial.code)
