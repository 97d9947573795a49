"""Carries out a hand-over: freeze, put, tell.  Each step may be the last before the power is cut.

What is handed over is frozen first: bytes kept, then one row that names them.  The folder is put
where the department wants it, and only then others are told.  What was accepted since is frozen as
a supplement in the same way.  The job ends when there is no more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from counter.documents.folder import CaseFacts, Supplement
from counter.documents.folder_ports import HandOvers, Jobs, Shelf
from counter.documents.folder_service import FolderService
from counter.documents.handover import (
    PATIENCE,
    PAUSE,
    Frozen,
    anything,
    frozen_of,
    place_for,
    ready,
    supplement_to,
    taken_back,
)
from counter.documents.job import Job, JobKind, JobOutcome, Later
from counter.documents.ports import Blobs


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
        while True:
            facts = await self._folders.facts(job.case_id)
            shelf = place_for(facts.department, self._shelves)
            if shelf is None:
                return JobOutcome.NOTHING
            parts = await self._records.frozen(job.case_id)
            frozen = next((one for one in parts if not one.done), None)
            if frozen is None:
                if not ready(facts):  # what is signed has no seal yet, and may be all there is
                    return Later(pause=PAUSE)
                supplement = await self._supplement(parts) if parts else None
                if not anything(supplement.of(facts) if supplement else facts):
                    return JobOutcome.DONE if parts else JobOutcome.NOTHING
                if await self._unfinished(job, now):
                    return Later(pause=PAUSE)
                frozen = await self._freeze(facts, supplement, now)
                if frozen is None:
                    return Later(pause=PAUSE)
            voided = taken_back(await self._blobs.get(frozen.manifest_sha256), facts)
            if voided and not await shelf.has(frozen, self._blobs.get):
                await self._records.thaw(frozen, facts)
                continue
            await shelf.put(frozen, self._blobs.get)
            # Unless something was decided meanwhile: then it is looked at anew.
            await self._records.done(frozen, facts, now, voided)

    async def _unfinished(self, job: Job, now: datetime) -> bool:
        if now - job.since >= PATIENCE:
            return False
        return await self._jobs.pages_open(job.case_id, self._waits_for) > 0

    async def _supplement(self, parts: Sequence[Frozen]) -> Supplement:
        manifests = [await self._blobs.get(one.manifest_sha256) for one in parts]
        return supplement_to(parts, manifests)

    async def _freeze(
        self, facts: CaseFacts, supplement: Supplement | None, now: datetime
    ) -> Frozen | None:
        folder = await self._folders.folder_of(facts, originals=True, supplement=supplement)
        await self._folders.keep(folder)  # before a row names them
        part = supplement.part if supplement else 1
        frozen = frozen_of(folder.name, folder.manifest, folder.manifest_sha256, part)
        return await self._records.freeze(facts, frozen, now)
