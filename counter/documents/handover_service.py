"""Carries out a hand-over: freeze, put, tell.  Each step may be the last before the power is cut.

What is handed over is frozen first: bytes kept, then one row that names them.  The folder is put
where the department wants it, and only then the job ends and others are told, in one transaction.
"""

from collections.abc import Mapping
from datetime import datetime

from counter.documents.folder import CaseFacts
from counter.documents.folder_service import FolderService
from counter.documents.handover import (
    PATIENCE,
    PAUSE,
    Frozen,
    anything,
    frozen_of,
    place_for,
    ready,
)
from counter.documents.job import Job, JobKind, JobOutcome, Later
from counter.documents.ports import Blobs, HandOvers, Jobs, Shelf
from counter.ids import CaseId


class HandOverService:
    """One job at a time; see `counter.documents.jobs_service`."""

    def __init__(
        self,
        folders: FolderService,
        records: HandOvers,
        jobs: Jobs,
        blobs: Blobs,
        shelves: Mapping[str, Shelf],
        waits_for: tuple[JobKind, ...],
    ) -> None:
        """shelves: by department, or `all`.

        waits_for: what this machine can do with pages, and a hand-over goes better with.
        """
        self._folders = folders
        self._records = records
        self._jobs = jobs
        self._blobs = blobs
        self._shelves = shelves
        self._waits_for = waits_for

    async def hand_over(self, job: Job, now: datetime) -> JobOutcome | Later:
        """Raises what the disk or the bindery raises: then it is tried again."""
        facts = await self._folders.facts(job.case_id)
        shelf = place_for(facts.department, self._shelves)
        if shelf is None:
            return JobOutcome.NOTHING
        frozen = await self._records.frozen(job.case_id)
        if frozen is None:
            if not ready(facts):  # what is signed has no seal yet, and may be all there is
                return Later(pause=PAUSE)
            if not anything(facts):
                return JobOutcome.NOTHING
            if await self._unfinished(job, now):
                return Later(pause=PAUSE)
            frozen = await self._freeze(job.case_id, facts, now)
        await shelf.put(frozen, self._blobs.get)
        await self._records.done(job, frozen, facts, now)
        return JobOutcome.DONE

    async def _unfinished(self, job: Job, now: datetime) -> bool:
        if now - job.since >= PATIENCE:
            return False
        return await self._jobs.pages_open(job.case_id, self._waits_for) > 0

    async def _freeze(self, case_id: CaseId, facts: CaseFacts, now: datetime) -> Frozen:
        folder = await self._folders.folder_of(facts, originals=True)
        await self._folders.keep(folder)  # before a row names them
        frozen = frozen_of(folder.name, folder.manifest, folder.manifest_sha256)
        return await self._records.freeze(case_id, frozen, now)
