"""What is done with papers after the counter: folders, words, copies, hand-overs; made of parts."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.app.case_folders import SqlCaseSource
from counter.app.clock import clock, new_id
from counter.app.store import Store
from counter.case import Case
from counter.documents.bindery_pool import Bindery
from counter.documents.folder_files import DirectoryShelf
from counter.documents.folder_service import FolderService
from counter.documents.handover import place_for
from counter.documents.handover_service import HandOverService
from counter.documents.job import JobKind
from counter.documents.jobs_service import JobsService, PageForms, Work
from counter.documents.store_bundles import SqlLeaves, owe_forms
from counter.documents.store_handover import SqlHandOvers
from counter.documents.store_jobs import SqlJobs, counts, owe_again
from counter.documents.text_layer import TextTools
from counter.documents.text_process import TesseractReader, find_tools
from counter.ids import CaseId
from counter.settings.node import Settings
from counter.store.journal_sql import record


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWork:
    """See `open_paper_work`."""

    store: Store
    folders: FolderService
    bindery: Bindery
    jobs: JobsService
    tools: TextTools
    now: Callable[[], datetime]

    async def state(self) -> dict[str, Any]:
        """For the operator: what this machine can do, and what is left to be done."""
        waiting, failed = await self.store.executor.read(counts)
        return {
            "text_layer": self.tools.sentence(),
            "jobs": {"waiting": waiting, "failed": failed},
        }

    async def folder_out(self, case_id: str, by: str) -> dict[str, Any]:
        """A folder with its originals, as the operator's program writes it; journalled.

        Bytes that are kept are named by their path, the others are put into the store first.
        Raises `NotFound`, `BindingFailed`.
        """
        folder = await self.folders.folder(CaseId(case_id), originals=True)
        manifest = await self.folders.keep(folder)
        facts = {"manifest_sha256": manifest, "files": len(folder.files)}

        def note(conn: Connection) -> None:
            record(
                conn,
                actor=by,
                action="case.folder",
                subject=f"case:{case_id}",
                facts=facts,
                now=self.now(),
            )

        await self.store.executor.write(note)
        return {
            "name": folder.name,
            "manifest_sha256": manifest,
            "manifest": str(self.store.blobs.path(manifest)),
            "files": [
                [file.path, file.sha256, str(self.store.blobs.path(file.sha256))]
                for file in folder.files
            ],
        }


async def open_paper_work(
    settings: Settings,
    store: Store,
    catalogue: Callable[[], Catalogue],
    closing: AsyncExitStack,
    now: Callable[[], datetime] = clock,
    nice: int = 19,
    tools: TextTools | None = None,
) -> PaperWork:
    """Make the services; `closing` ends the bindery's process.

    nice: of the program that reads words; for a test, which waits for it.
    tools: of this machine; looked for when not given.
    """
    if tools is None:
        tools = await asyncio.to_thread(find_tools)
    reader = TesseractReader(tools=tools, nice=nice)
    bindery = Bindery()
    closing.push_async_callback(bindery.close)
    jobs = SqlJobs(store.executor)
    source = SqlCaseSource(executor=store.executor, catalogue=catalogue)
    folders = FolderService(source, store.blobs, bindery)
    forms = PageForms(SqlLeaves(store.executor), store.blobs, bindery, reader)
    work: dict[JobKind, Work] = {JobKind.BITONAL: forms.copy}
    if tools.complete:
        work[JobKind.WORDS] = forms.read_words
    shelves = {name: DirectoryShelf(path, new_id) for name, path in settings.handover.items()}
    handovers = HandOverService(
        folders,
        SqlHandOvers(store.executor, source.unchanged),
        jobs,
        store.blobs,
        shelves,
        tuple(work),
    )
    work[JobKind.HANDOVER] = handovers.hand_over
    return PaperWork(
        store=store,
        folders=folders,
        bindery=bindery,
        jobs=JobsService(jobs, work, now),
        tools=tools,
        now=now,
    )


def owe_paper_work(settings: Settings) -> Callable[[Connection, Case, datetime], None]:
    """What is written down to be done when a case closes, or a page is accepted after that."""

    def owed(conn: Connection, case: Case, now: datetime) -> None:
        owe_forms(conn, case.id, now)
        if place_for(case.department_id, settings.handover) is not None:
            owe_again(conn, JobKind.HANDOVER, case.id, case.id, now)

    return owed
