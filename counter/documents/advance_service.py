"""Papers before the trip: sent from home, with advice at once, and looked at by an agent.

Bytes are durable before the row that names them, and the row before the answer.  Pictures are
sealed under a key that only the row holds; bytes that a crash leaves behind are noise.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from weakref import WeakValueDictionary

from counter.documents.admit_ports import Reader
from counter.documents.advance import AdvancePaper, Look, NewAdvance
from counter.documents.sealing_service import SealedPictures
from counter.documents.sent_ports import AdvancePapers, RemovableBlobs, Seal
from counter.errors import Crowded
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
        reader: Reader,
        seal: Seal,
        new_id: NewId,
    ) -> None:
        """reader: not the counters' own, so that who is at home keeps nobody there waiting."""
        self._papers = papers
        self._reader = reader
        self._pictures = SealedPictures(blobs, seal)
        self._new_id = new_id
        self._waiting: list[str] = []
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(
        self, appointment_id: AppointmentId, item: str, photograph: bytes, now: datetime
    ) -> AdvancePaper:
        """Take a photograph of a paper, or a PDF of it, instead of an older one.

        The same file repeated is answered with the same paper.
        Raises a `PhotographRefused` by its code for what is not taken, `PaperReady`,
        `TooManyPhotographs`, `NotBeforeVisit`, `Crowded`.
        """
        self._reader.require_header(photograph)
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
                looks = await self._reader.read(photograph)
                new = await self._sealed(appointment_id, item, digest, looks)
                return await self._keep(new, now)
        finally:
            self._waiting.remove(appointment_id)

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        """Send it in spite of the advice.  Raises `PageUnknown`, `NotBeforeVisit`."""
        return await self._papers.use(appointment_id, item, now)

    async def take_back(self, appointment_id: AppointmentId, item: str, now: datetime) -> None:
        """Forget it at once, as its citizen wishes."""
        await self._pictures.remove(await self._papers.take_back(appointment_id, item, now))

    async def of(self, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
        """All papers of these appointments."""
        return await self._papers.of(appointment_ids)

    async def image(self, appointment_id: str, item: str, picture: str, number: int = 1) -> bytes:
        """The JPEG of a page; picture: `page` or `thumb`; number: from 1.  Raises `PageUnknown`."""
        where = await self._papers.sealed(appointment_id, item, picture, number)
        return await self._pictures.get(where, picture, number)

    async def sweep(self, now: datetime) -> int:
        """Forget papers of appointments that are over; how many pictures there were."""
        gone = await self._papers.forget(now)
        await self._pictures.remove(gone)
        return len(gone)

    async def _sealed(
        self, appointment_id: AppointmentId, item: str, digest: Digest, looks: Sequence[Look]
    ) -> NewAdvance:
        paper_id = PageId(self._new_id())
        key = self._pictures.new_key(paper_id)
        sheets = [
            await self._pictures.put(paper_id, key, look, number)
            for number, look in enumerate(looks, 1)
        ]
        return NewAdvance(
            paper_id=paper_id,
            appointment_id=appointment_id,
            item=item,
            original_sha256=digest,
            sheets=tuple(sheets),
            wrapped_key=key,
            look=next((look for look in looks if look.advice is not None), looks[0]),
        )

    async def _keep(self, new: NewAdvance, now: datetime) -> AdvancePaper:
        async with self._pictures.unless_refused(new.blobs):
            paper, gone = await self._papers.take(new, now)
        await self._pictures.remove(gone)
        return paper


def _digest(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())
