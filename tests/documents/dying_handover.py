"""A node of its own process that is killed at a step of a hand-over; see test_handover.py.

Called with a directory, the name of the step after which the power is cut, and what it is about:
the folder, or a supplement.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from counter.documents.folder import CaseFacts
from counter.documents.folder_files import DirectoryShelf
from counter.documents.folder_service import FolderService
from counter.documents.handover import Frozen
from counter.documents.handover_service import HandOverService
from counter.documents.job import Job, JobKind, Later
from counter.documents.jobs_service import JobsService
from counter.documents.store_handover import SqlHandOvers
from counter.documents.store_jobs import SqlJobs
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.documents.folders import Cases, PlainBinder, accept_one_more, case_in
from tests.documents.leaves import AT

STEPS = ("taken", "kept", "frozen", "half", "renamed", "done")
DIRECTORY = "back office"


def die() -> None:
    """Cut the power."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingHandOvers(SqlHandOvers):
    """Keeps its rows until it is killed."""

    def __init__(self, executor: Executor, step: str) -> None:
        super().__init__(executor)
        self._step = step

    async def freeze(self, facts: CaseFacts, frozen: Frozen, now: datetime) -> Frozen | None:
        if self._step == "kept":
            die()
        first = await super().freeze(facts, frozen, now)
        if self._step == "frozen":
            die()
        return first

    async def done(
        self, frozen: Frozen, facts: CaseFacts, now: datetime, voided: Sequence[str] = ()
    ) -> bool:
        if self._step == "renamed":
            die()
        told = await super().done(frozen, facts, now, voided)
        if self._step == "done":
            die()
        return told


class DyingShelf(DirectoryShelf):
    """Dies over the third file."""

    async def put(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> None:
        reads = 0

        async def reading(sha256: str) -> bytes:
            nonlocal reads
            reads += 1
            if reads == 4:
                die()
            return await read(sha256)

        await super().put(frozen, reading)


async def node_on(
    directory: Path,
    executor: Executor,
    clock: Callable[[], datetime],
    step: str = "",
    *,
    later: int = 0,
) -> JobsService:
    """A node on what lies below `directory` that works hand-overs off; it dies after `step`.

    later: pages of the case that were accepted after it was closed.
    """
    blobs = DirectoryBlobs(directory / "blobs")
    cases = Cases(await case_in(blobs))
    for _ in range(later):
        await accept_one_more(cases, blobs)
    jobs: Any = SqlJobs(executor)
    shelf = (DyingShelf if step == "half" else DirectoryShelf)(
        directory / DIRECTORY, lambda: f"try-{step}"
    )
    service = HandOverService(
        FolderService(cases, blobs, PlainBinder()),
        DyingHandOvers(executor, step),
        jobs,
        blobs,
        {"all": shelf},
        (JobKind.WORDS,),
    )

    async def work(job: Job, now: datetime) -> Any | Later:
        if step == "taken":
            die()
        return await service.hand_over(job, now)

    return JobsService(jobs, {JobKind.HANDOVER: work}, clock)


async def live(directory: Path, step: str, later: int) -> None:
    """Come as far as the step."""
    lane = SqliteLane(directory / "counter.sqlite")
    await (await node_on(directory, lane, lambda: AT, step, later=later)).work_one()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3] == "supplement")))
