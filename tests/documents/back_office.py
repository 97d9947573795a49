"""A back office that cases are handed over to, for tests: a node, a case, the directory."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from counter.documents.folder_files import DirectoryShelf
from counter.documents.folder_service import FolderService
from counter.documents.handover_service import HandOverService
from counter.documents.job import JobKind, JobOutcome
from counter.documents.jobs_service import JobsService
from counter.documents.store_handover import SqlHandOvers, Unchanged
from counter.documents.store_jobs import SqlJobs, outcomes_of, owe
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.outbox import outbox
from tests.documents.dying_handover import DIRECTORY
from tests.documents.folders import CASE, Cases, PlainBinder
from tests.documents.leaves import AT

HANDOVER, WORDS = JobKind.HANDOVER, JobKind.WORDS


class Office:
    """A node, the case it hands over, and the directory where it goes."""

    def __init__(self, executor: Executor, folder: Path, cases: Cases) -> None:
        self.executor = executor
        self.cases = cases
        self.now = AT
        self.shelf = folder / DIRECTORY
        self.shelf.mkdir()
        self.blobs = DirectoryBlobs(folder / "blobs")
        self.names = iter(f"try-{at}" for at in range(99))

    def node(
        self, shelves: dict[str, Any] | None = None, unchanged: Unchanged | None = None
    ) -> JobsService:
        jobs = SqlJobs(self.executor)
        service = HandOverService(
            FolderService(self.cases, self.blobs, PlainBinder()),
            SqlHandOvers(self.executor, *([unchanged] if unchanged else [])),
            jobs,
            self.blobs,
            {"dsaj": DirectoryShelf(self.shelf, lambda: next(self.names))}
            if shelves is None
            else shelves,
            (WORDS,),
        )
        return JobsService(jobs, {HANDOVER: service.hand_over}, lambda: self.now)

    async def owe(self, kind: JobKind = HANDOVER, ref: str = CASE) -> None:
        await self.executor.write(owe, kind, ref, CASE, AT)

    async def outcome(self) -> JobOutcome | None:
        return (await self.executor.read(outcomes_of, CASE))[HANDOVER, CASE]

    def folders(self) -> list[str]:
        return sorted(one.name for one in self.shelf.iterdir())


def owed(conn: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    return [(row.kind, row.ref, row.body) for row in conn.execute(select(outbox))]


def whole(folder: Path) -> dict[str, Any]:
    """The manifest, after every file was found as it says."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    for file in manifest["files"]:
        content = (folder / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]
    there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
    assert there == {"manifest.json", *(file["path"] for file in manifest["files"])}
    return manifest
