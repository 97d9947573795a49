"""Papers before the trip: photographed at home, with advice at once, and looked at by an agent.

Bytes are durable before the row that names them, and the row before the answer.  Pictures are
sealed under a key that only the row holds; bytes that a crash leaves behind are noise.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from weakref import WeakValueDictionary

from counter.documents.advance import AdvancePaper, Look, NewAdvance
from counter.documents.page import Limits, ScanRefused
from counter.documents.ports import AdvancePapers, Looker, RemovableBlobs, Seal
from counter.documents.refusals import BY_CODE, ScanFailed
from counter.documents.sniff import sniff
from counter.errors import Crowded, Refusal, StoreUnavailable
from counter.ids import AppointmentId, Digest, NewId, PageId

MOST_WAITING = 8
"Photographs to be looked at, on this node; each takes about half a second."
MOST_WAITING_OF_ONE = 2
"Of one appointment."
COME_BACK_S = 15


class AdvanceService:
    """One method per use case."""

    def __init__(
        self,
        papers: AdvancePapers,
        blobs: RemovableBlobs,
        looker: Looker,
        seal: Seal,
        new_id: NewId,
        limits: Limits | None = None,
    ) -> None:
        """looker: not the counters' own, so that who is at home keeps nobody there waiting."""
        self._papers = papers
        self._blobs = blobs
        self._looker = looker
        self._seal = seal
        self._new_id = new_id
        self._limits = limits or Limits()
        self._waiting: list[str] = []
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(
        self, appointment_id: AppointmentId, item: str, photograph: bytes, now: datetime
    ) -> AdvancePaper:
        """Take a photograph of a paper, instead of an older one.

        The same photograph repeated is answered with the same paper.
        Raises a `PhotographRefused` by its code for what is no picture, `PaperReady`,
        `TooManyPhotographs`, `NotBeforeVisit`, `Crowded`.
        """
        sniff(photograph, self._limits.files)
        digest = await asyncio.to_thread(_digest, photograph)
        waiting = self._waiting.count(appointment_id)
        if len(self._waiting) >= MOST_WAITING or waiting >= MOST_WAITING_OF_ONE:
            raise Crowded("photographs are waiting to be looked at", COME_BACK_S)
        self._waiting.append(appointment_id)
        try:
            # One after another: who sends the same twice at once is looked at once.
            async with self._turns.setdefault(appointment_id, asyncio.Lock()):
                if known := await self._papers.may_take(appointment_id, item, digest, now):
                    return known
                new = await self._sealed(appointment_id, item, digest, await self._look(photograph))
                return await self._keep(new, now)
        finally:
            self._waiting.remove(appointment_id)

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        """Send it in spite of the advice.  Raises `PageUnknown`, `NotBeforeVisit`."""
        return await self._papers.use(appointment_id, item, now)

    async def take_back(self, appointment_id: AppointmentId, item: str, now: datetime) -> None:
        """Forget it at once, as its citizen wishes."""
        await self._remove(await self._papers.take_back(appointment_id, item, now))

    async def of(self, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
        """All papers of these appointments."""
        return await self._papers.of(appointment_ids)

    async def image(self, appointment_id: str, item: str, purpose: str) -> bytes:
        """The JPEG of a paper; purpose: `page` or `thumb`.  Raises `PageUnknown`."""
        where = await self._papers.sealed(appointment_id, item, purpose)
        sealed = await self._blobs.get(where.blob)
        return await asyncio.to_thread(
            self._seal.open, where.paper_id, purpose, where.wrapped_key, sealed
        )

    async def sweep(self, now: datetime) -> int:
        """Forget papers of appointments that are over; how many pictures there were."""
        gone = await self._papers.forget(now)
        await self._remove(gone)
        return len(gone)

    async def _look(self, photograph: bytes) -> Look:
        answer = await self._looker.look(photograph, self._limits)
        if isinstance(answer, ScanRefused):
            raise BY_CODE.get(answer.code, ScanFailed)("a photograph sent before the visit")
        return answer

    async def _sealed(
        self, appointment_id: AppointmentId, item: str, digest: Digest, look: Look
    ) -> NewAdvance:
        paper_id = PageId(self._new_id())
        key = self._seal.new_key(paper_id)
        blobs = [
            await self._blobs.put(
                await asyncio.to_thread(self._seal.seal, paper_id, purpose, key, content)
            )
            for purpose, content in (("page", look.page_jpeg), ("thumb", look.thumb_jpeg))
        ]
        return NewAdvance(
            paper_id=paper_id,
            appointment_id=appointment_id,
            item=item,
            original_sha256=digest,
            page_blob=blobs[0],
            thumb_blob=blobs[1],
            wrapped_key=key,
            look=look,
        )

    async def _keep(self, new: NewAdvance, now: datetime) -> AdvancePaper:
        try:
            paper, gone = await self._papers.take(new, now)
        except StoreUnavailable:  # it may be gone in the middle of COMMIT: perhaps the row is there
            raise
        except Refusal:  # of any other failure it is not known either
            await self._remove(new.blobs)
            raise
        await self._remove(gone)
        return paper

    async def _remove(self, blobs: Sequence[Digest]) -> None:
        for blob in blobs:
            await self._blobs.remove(blob)


def _digest(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())
