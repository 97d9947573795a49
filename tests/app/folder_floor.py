"""The store with one open case of two pages, and all that is done with papers afterwards."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from booking.store_sql import booking_service, plant_seed
from counter.app.hooks import Snapshot, hooks_of
from counter.app.paper_work import PaperWork, open_paper_work, owe_paper_work
from counter.app.store import Store
from counter.case import Case, Outcome
from counter.documents.handover import PAUSE
from counter.documents.papers import NewPage
from counter.documents.papers_sql import SqlPapers
from counter.documents.text_process import find_tools
from counter.esign.form_typst import shipped_forms
from counter.ids import (
    AgentId,
    CaseId,
    DepartmentId,
    PageId,
    RequestId,
    ServiceId,
    SiteId,
    TerminalId,
)
from counter.settings.node import Settings
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.bus_memory import MemoryBus
from counter.store.cases import get_case, put_case
from counter.store.executor import Executor
from counter.store.journal_sql import read_all, record
from tests.documents.letters import letter_jpeg
from tests.documents.test_store_documents import FINDINGS
from web.console.cases_local import LocalCaseFolders
from web.shared.access import Principal

CASE = CaseId("case-1")
SERVICE = "dsf-salaries-tax-certificate"
AGENT = Principal(kind="agent", subject="lei")
COLLEAGUE = Principal(kind="agent", subject="wong")
SUPERVISOR = Principal(kind="supervisor", subject="chief")
FOREIGN = Principal(kind="supervisor", subject="ana")


tools_once = cache(find_tools)


class Floor:
    """The store with one open case of two pages, and all that is done with papers afterwards."""

    def __init__(self, executor: Executor, folder: Path, now: datetime) -> None:
        self.executor = executor
        self.blobs = DirectoryBlobs(folder / "blobs")
        self.store = Store(executor=executor, bus=MemoryBus(), blobs=self.blobs)
        self.now = now
        self.shelf = folder / "back-office"
        self.shelf.mkdir()
        self.settings = Settings(handover={"all": self.shelf})
        self.work: PaperWork
        self.snapshot: Snapshot
        self.hooks: Any

    async def open(self, closing: Any) -> None:
        booking = booking_service(
            self.executor,
            record=record,
            owe=outbox.owe,
            new_id=lambda: "n",
            random_bytes=lambda size: bytes(size),
        )
        self.booking = booking
        await plant_seed(self.executor, self.now, practice=True)
        self.snapshot = Snapshot(await booking.catalogue())
        department = self.snapshot().service(SERVICE).department
        other = next(one for one in self.snapshot().departments if one != department)
        site = self.snapshot().sites_for(SERVICE)[0]
        self.case = Case(
            id=CASE,
            number="A013",
            terminal_id=TerminalId(site.terminals[0].id),
            site_id=SiteId(site.id),
            department_id=DepartmentId(department),
            service_id=ServiceId(SERVICE),
            appointment_id=None,
            citizen="陳大文",
            language="pt",
            needs=(),
            agent_id=AgentId("lei"),
            opened_at=self.now,
        )

        def seed(conn: Connection) -> None:
            for name, where in (("lei", department), ("wong", department), ("chief", department)):
                put_agent(conn, name, name, where, self.now)
            put_agent(conn, "ana", "ana", other, self.now)
            put_case(conn, self.case)

        await self.executor.write(seed)
        self.work = await open_paper_work(
            *(self.settings, self.store, self.snapshot, closing, lambda: self.now),
            nice=0,
            tools=tools_once(),
        )
        self.hooks = hooks_of(self.snapshot, booking, owe_paper_work(self.settings))
        self.item = self.snapshot().service(SERVICE).papers[0].id
        papers = SqlPapers(self.executor, lambda conn, case_id: [])
        for at, accept in enumerate((True, False, True), start=1):
            await self.add_page(papers, at, accept)

    async def add_page(self, papers: SqlPapers, at: int, accept: bool) -> None:
        request = RequestId(f"r-{at}")
        await papers.request_scan(
            CASE, request, item=self.item, label_id=None, by="agent:lei", now=self.now
        )
        page = letter_jpeg(at)
        new = NewPage(
            page_id=PageId(f"p-{at}"),
            original_sha256=await self.blobs.put(b"\xff\xd8\xff %d" % at),
            page_sha256=await self.blobs.put(page),
            thumb_sha256=await self.blobs.put(b"thumb"),
            width_px=1654,
            height_px=2339,
            findings=FINDINGS,
            notes=(),
        )
        await papers.add_page(CASE, request, new, by="terminal:t", now=self.now)
        await papers.decide_page(CASE, new.page_id, accept=accept, by="agent:lei", now=self.now)

    async def close(self) -> None:
        def command(conn: Connection) -> None:
            case = get_case(conn, CASE).closed(
                Outcome.ACCEPTED, next_step="", note="", now=self.now
            )
            put_case(conn, case)
            self.hooks.closed(conn, case, self.now)

        await self.executor.write(command)

    async def work_off(self) -> None:
        """Do all jobs; a hand-over that came too early waits for the others."""
        for _ in range(2):
            while await self.work.jobs.work_one():
                pass
            self.now += PAUSE

    async def pack(self, case_id: CaseId, ceremony_id: str) -> bytes:
        return f"PK {case_id} {ceremony_id}".encode()

    def pages(self) -> LocalCaseFolders:
        return LocalCaseFolders(
            executor=self.executor,
            folders=self.work.folders,
            forms=shipped_forms(),
            snapshot=self.snapshot,
            reads_words=self.work.tools.complete,
            clock=lambda: self.now,
            packs=self.pack,
        )


def actions(conn: Connection) -> list[str]:
    return [json.loads(entry.body)["action"] for entry in read_all(conn)]
