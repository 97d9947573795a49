"""Works the jobs of papers off, one at a time on each node, behind everything else.

A job that fails comes again after a pause; one whose node died, after its lease.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from counter.documents.folder_ports import Binder, Jobs, Leaves, WordReader
from counter.documents.job import Job, JobKind, JobOutcome, Later
from counter.documents.ports import Blobs
from counter.ids import PageId

log = logging.getLogger(__name__)

PAUSE_S: Final = 2.0

Work = Callable[[Job, datetime], Awaitable[JobOutcome | Later]]


class JobsService:
    """Runs beside the counter; any node may run one."""

    def __init__(
        self, jobs: Jobs, work: Mapping[JobKind, Work], clock: Callable[[], datetime]
    ) -> None:
        """work: what this machine can do; other kinds are left to others."""
        self._jobs = jobs
        self._work = dict(work)
        self._clock = clock

    async def work_one(self) -> bool:
        """Do one job that is due; False when there is none."""
        job = await self._jobs.take(tuple(self._work), self._clock())
        if job is None:
            return False
        try:
            ended = await self._work[job.kind](job, self._clock())
        except Exception as failed:
            said = getattr(failed, "code", type(failed).__name__)
            log.warning("%s %s, attempt %s: %s", job.kind, job.ref, job.attempts, said)
            await self._jobs.again(job, self._clock())
            return True
        if isinstance(ended, Later):
            await self._jobs.later(job, ended.pause, self._clock())
        else:
            await self._jobs.end(job, ended, self._clock())
        return True

    async def work_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.work_one():
                    pass
            except Exception as failed:
                log.warning("jobs of papers could not be read: %s", type(failed).__name__)
            await asyncio.sleep(PAUSE_S)


class PageForms:
    """What is made of a page after the counter."""

    def __init__(self, leaves: Leaves, blobs: Blobs, binder: Binder, reader: WordReader) -> None:
        self._leaves = leaves
        self._blobs = blobs
        self._binder = binder
        self._reader = reader

    async def read_words(self, job: Job, now: datetime) -> JobOutcome:
        """The words of a page, for the PDF.  Raises `WordsUnread`."""
        leaf = await self._leaves.leaf(PageId(job.ref))
        page = await self._blobs.get(leaf.page_sha256)
        words = await self._reader.words(page, leaf.dpi)
        await self._leaves.keep(leaf.page_id, "words", await self._blobs.put(words), now)
        return JobOutcome.DONE

    async def copy(self, job: Job, now: datetime) -> JobOutcome:
        """A copy in black and white.  Raises `BindingFailed`."""
        leaf = await self._leaves.leaf(PageId(job.ref))
        page = await self._blobs.get(leaf.page_sha256)
        copied = await self._binder.bitonal(page, leaf.dpi)
        if copied is None:
            return JobOutcome.NOTHING
        await self._leaves.keep(leaf.page_id, "bitonal", await self._blobs.put(copied), now)
        return JobOutcome.DONE
