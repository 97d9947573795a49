"""A case on the real store, on both engines: closed, read, handed over; and who may see it."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZipFile

import pypdfium2
import pytest
from sqlalchemy import Connection, select, update

from booking.store_sql import booking_service, plant_seed
from counter.app.case_folders import SqlCaseSource
from counter.app.folder_out import write_out
from counter.app.hooks import Snapshot, hooks_of
from counter.app.notices import BookingReaders
from counter.app.paper_work import PaperWork, open_paper_work, owe_paper_work
from counter.app.store import Store
from counter.case import Case, Outcome
from counter.documents.checklist import Due
from counter.documents.folder import CaseFacts
from counter.documents.handover import PAUSE, FolderDiffers
from counter.documents.job import JobKind, JobOutcome
from counter.documents.papers import NewPage
from counter.documents.papers_sql import SqlPapers
from counter.documents.store_bundles import leaves_of
from counter.documents.store_checklist import put_dues
from counter.documents.store_jobs import outcomes_of
from counter.documents.text_process import TesseractReader, find_tools
from counter.errors import BadInput, NotFound
from counter.esign.form_typst import shipped_forms
from counter.esign.ports import NewDocument, NewImage, NewRevision
from counter.esign.store_attendance import NO_CALLS, begin
from counter.esign.store_endings import decline
from counter.esign.store_given_up import give_up
from counter.esign.store_presenting import prepare, present
from counter.esign.store_remains import forgotten, remains
from counter.esign.store_tables import ceremony
from counter.identity.proofing import Level
from counter.ids import (
    AgentId,
    CaseId,
    CeremonyId,
    DepartmentId,
    Digest,
    DocumentId,
    PageId,
    RequestId,
    ServiceId,
    SiteId,
    TerminalId,
)
from counter.notify.deliverer_store import Deliverer
from counter.notify.store_tables import webhook_delivery
from counter.notify.store_webhooks import add
from counter.notify.webhook import KINDS, Webhook
from counter.settings.node import Settings
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.bus_memory import MemoryBus
from counter.store.cases import get_case, put_case
from counter.store.executor import Executor
from counter.store.journal_sql import newest, read_all, record
from tests.documents.back_office import whole
from tests.documents.letters import letter_jpeg
from tests.documents.test_store_documents import FINDINGS
from web.console.cases_local import REACH, LocalCaseFolders
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


class ReadsOnce(TesseractReader):
    """The program of this machine, which reads a page once for all of these tests."""

    read: ClassVar[dict[tuple[bytes, float], bytes]] = {}

    async def words(self, page_jpeg: bytes, dpi: float) -> bytes:
        page = (page_jpeg, dpi)
        if page not in self.read:
            self.read[page] = await super().words(page_jpeg, dpi)
        return self.read[page]


@pytest.fixture
async def floor(
    executor: Executor, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Floor]:
    monkeypatch.setattr("counter.app.paper_work.TesseractReader", ReadsOnce)
    made = Floor(executor, tmp_path, now)
    async with AsyncExitStack() as closing:
        await made.open(closing)
        yield made


def actions(conn: Connection) -> list[str]:
    return [json.loads(entry.body)["action"] for entry in read_all(conn)]


async def test_after_closing_pages_are_read_copied_and_handed_over(floor: Floor) -> None:
    assert tools_once().complete, "apt-get install tesseract-ocr tesseract-ocr-{chi-tra,por,eng}"
    assert not await floor.work.jobs.work_one(), "nothing is owed while the case is open"
    await floor.close()
    await floor.work_off()
    outcomes = await floor.executor.read(outcomes_of, CASE)
    assert outcomes == dict.fromkeys(
        [
            (JobKind.WORDS, "p-1"),
            (JobKind.WORDS, "p-3"),
            (JobKind.BITONAL, "p-1"),
            (JobKind.BITONAL, "p-3"),
            (JobKind.HANDOVER, CASE),
        ],
        JobOutcome.DONE,
    )
    (folder,) = floor.shelf.iterdir()
    manifest = whole(folder)
    assert manifest["text_layer"] == "whole"
    assert [one["role"] for one in manifest["files"]] == [
        *("page", "bitonal", "original", "page", "bitonal", "original", "bundle")
    ]
    assert {one["decided_by"] for one in manifest["pages"]} == {"agent:lei"}
    with pypdfium2.PdfDocument((folder / "bundle.pdf").read_bytes()) as pdf:
        assert len(pdf) == 2
        assert all("SPECIMEN" in page.get_textpage().get_text_range() for page in pdf)


@pytest.mark.one_engine
async def test_what_is_accepted_while_a_folder_is_made_is_in_it(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.close()
    papers = SqlPapers(floor.executor, lambda conn, case_id: [])
    keep = floor.work.folders.keep
    kept: list[str] = []

    async def keep_and_decide(folder: Any) -> Any:
        kept.append(folder.name)
        if len(kept) == 1:
            await floor.add_page(papers, 4, accept=True)
        return await keep(folder)

    monkeypatch.setattr(floor.work.folders, "keep", keep_and_decide)
    await floor.work_off()
    await floor.work_off()
    (folder,) = floor.shelf.iterdir()
    assert kept == [folder.name] * 2, "the first was not frozen"
    assert {one["page_id"] for one in whole(folder)["files"]} == {"p-1", "p-3", "p-4", None}


async def test_what_is_accepted_after_the_hand_over_is_read_and_handed_over_too(
    floor: Floor,
) -> None:
    await floor.close()
    await floor.work_off()
    await floor.add_page(SqlPapers(floor.executor, lambda conn, case_id: []), 4, accept=True)
    await floor.executor.write(owe_paper_work(floor.settings), floor.case, floor.now)
    await floor.work_off()
    first, second = sorted(floor.shelf.iterdir())
    assert second.name == f"{first.name}-2"
    manifest = whole(second)
    assert {one["page_id"] for one in manifest["files"]} == {"p-4", None}
    assert manifest["text_layer"] == "whole"


@pytest.mark.one_engine
async def test_programs_are_told_over_the_webhook_with_digests_and_no_name(floor: Floor) -> None:
    def hook(conn: Connection) -> None:
        new = Webhook(
            id="w-1",
            url="https://program.example/hook",
            kinds=KINDS,
            department=floor.case.department_id,
            active=True,
            made_at=floor.now,
        )
        add(conn, new, "whsec_x", "operator:socket", floor.now)

    await floor.executor.write(hook)
    await floor.close()
    await floor.work_off()
    readers = BookingReaders(
        executor=floor.executor,
        booking=floor.booking,
        address="https://counter.example",
        domain="counter.example",
        link_address=lambda link: f"https://counter.example/papers/{link}",
        document_address=lambda link: f"https://counter.example/signed/{link}",
    )
    deliverer = Deliverer(floor.executor, readers, {}, lambda: floor.now)
    assert await deliverer.deliver_due() == 1

    def delivery(conn: Connection) -> Any:
        return conn.execute(select(webhook_delivery)).one()

    row = await floor.executor.read(delivery)
    (folder,) = floor.shelf.iterdir()
    assert row.kind == "case.handed_over"
    assert row.body["data"] == {
        "id": CASE,
        "state": "handed_over",
        "department": floor.case.department_id,
        "service": SERVICE,
        "site": floor.case.site_id,
        "folder": "A013-case-1",
        "manifest_sha256": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
    }
    assert "陳大文" not in json.dumps(row.body, ensure_ascii=False)


async def test_an_agent_sees_own_cases_a_supervisor_those_of_the_department(floor: Floor) -> None:
    pages = floor.pages()
    for who in (AGENT, SUPERVISOR):
        assert [one.case_id for one in await pages.served(who)] == [CASE]
        assert (await pages.one(who, CASE, "pt")).facts.id == CASE
        assert (await pages.pdf(who, CASE, floor.item)).startswith(b"%PDF")
    for who in (COLLEAGUE, FOREIGN):
        assert await pages.served(who) == []
        for read in (
            pages.one(who, CASE, "pt"),
            pages.pdf(who, CASE, None),
            pages.zipped(who, CASE),
            pages.document(who, CASE, "c-1"),
            pages.audit_pack(who, CASE, "c-1"),
        ):
            with pytest.raises(NotFound):
                await read
    floor.now += REACH
    assert await pages.served(AGENT) == []


async def test_what_was_left_for_whoever_comes_next_is_there(floor: Floor) -> None:
    def end(conn: Connection) -> None:
        case = get_case(conn, CASE)
        case = case.closed(
            Outcome.PAPERS_MISSING, next_step="On Friday.", note="Call the son.", now=floor.now
        )
        put_case(conn, case)
        dues = [Due(item="z", until=date(2026, 12, 9)), Due(item="a", until=None)]
        put_dues(conn, CASE, dues, by="agent:lei", now=floor.now)

    await floor.executor.write(end)
    left = (await floor.pages().one(AGENT, CASE, "pt")).left
    assert (left.next_step, left.note) == ("On Friday.", "Call the son.")
    assert (left.missing, left.level) == ((("z", date(2026, 12, 9)),), Level.NONE)
    await floor.pages().add_note(AGENT, CASE, "He called.")
    assert (await floor.pages().one(AGENT, CASE, "pt")).left.note == "Call the son.\nHe called."
    for text in ("x" * 1001, *("x" * 1000 for _ in range(8))):
        with suppress(BadInput):
            await floor.pages().add_note(AGENT, CASE, text)
    note = (await floor.pages().one(AGENT, CASE, "pt")).left.note
    assert [len(line) for line in note.split("\n")] == [13, 10, *[1000] * 7]
    with pytest.raises(NotFound):
        await floor.pages().add_note(FOREIGN, CASE, "mine")


async def test_each_look_and_each_download_is_journalled(floor: Floor) -> None:
    pages = floor.pages()
    before = len(await floor.executor.read(actions))
    await pages.one(AGENT, CASE, "pt")
    await pages.pdf(AGENT, CASE, None)
    assert await pages.audit_pack(AGENT, CASE, "c-1") == b"PK case-1 c-1"
    name, parts = await pages.zipped(AGENT, CASE)
    content = b"".join([part async for part in parts])
    with ZipFile(BytesIO(content)) as archive:
        manifest = json.loads(archive.read(f"{name}/manifest.json"))
    assert {file["role"] for file in manifest["files"]} == {"page", "bundle"}
    assert (await floor.executor.read(actions))[before:] == [
        *("case.viewed", "case.pdf", "case.audit_pack", "case.folder")
    ]


async def test_what_is_not_decided_or_sent_back_is_in_no_pdf(floor: Floor) -> None:
    leaves = await floor.executor.read(leaves_of, CASE)
    assert [leaf.state.value for leaf in leaves] == ["accepted", "rejected", "accepted"]
    with pypdfium2.PdfDocument(await floor.pages().pdf(AGENT, CASE, None)) as pdf:
        assert len(pdf) == 2


async def test_the_operator_takes_the_folder_with_the_originals(
    floor: Floor, tmp_path: Path
) -> None:
    told = await floor.work.folder_out(CASE, "operator:socket")
    out = tmp_path / "out"
    out.mkdir()
    folder = await write_out(told, out, lambda: "x")
    manifest = whole(folder)
    assert "original" in {file["role"] for file in manifest["files"]}
    seq, head = await floor.executor.read(newest)
    assert manifest["journal"]["seq"] == seq - 1 and manifest["journal"]["head"] != head
    assert (await floor.executor.read(actions))[-1] == "case.folder"
    assert await write_out(told, out, lambda: "x") == folder
    with pytest.raises(FolderDiffers):
        await write_out(await floor.work.folder_out(CASE, "operator:socket"), out, lambda: "x")
    with pytest.raises(NotFound):
        await floor.work.folder_out("another", "operator:socket")


async def test_the_operator_is_told_what_this_machine_can_do(floor: Floor) -> None:
    await floor.close()
    state = await floor.work.state()
    assert state["jobs"] == {"waiting": 5, "failed": 0}
    assert state["text_layer"].startswith("text layer: /")


async def test_facts_name_papers_in_the_language_of_the_case(floor: Floor) -> None:
    source = SqlCaseSource(executor=floor.executor, catalogue=floor.snapshot)
    facts: CaseFacts = await source.facts(CASE)
    paper = floor.snapshot().service(SERVICE).papers[0]
    assert facts.labels == {paper.id: paper.names["pt"]}
    assert facts.language == "pt" and facts.closed_at is None


async def test_a_form_that_nobody_saw_is_in_no_folder(floor: Floor) -> None:
    form = shipped_forms().of("certificate_application")

    def nobody(conn: Connection, case_id: str) -> list[str]:
        return []

    def drawn(conn: Connection, number: int) -> NewDocument:
        new = NewDocument(
            ceremony_id=CeremonyId(f"ceremony-{number}"),
            document_id=DocumentId(f"document-{number}"),
            case_id=CASE,
            form=form,
            data={},
            language="pt",
            sha256=Digest(f"{number}a" * 32),
            size_bytes=9,
        )
        prepare(conn, new, by="agent:lei", now=floor.now)
        return new

    def command(conn: Connection) -> None:
        unseen = drawn(conn, 1)
        given_up = give_up(
            conn,
            CASE,
            unseen.ceremony_id,
            unseen.sha256,
            form,
            "not_certified",
            audiences=nobody,
            now=floor.now,
        )
        assert given_up
        seen = drawn(conn, 2)
        certified = NewRevision(kind="certified", sha256=Digest("2b" * 32), size_bytes=10)
        one = seen.ceremony_id
        image = NewImage(page=1, sha256=Digest("2c" * 32), width_px=1240, height_px=1754)
        present(conn, one, seen.sha256, certified, (image,), audiences=nobody, now=floor.now)
        begin(conn, CASE, one, calls=NO_CALLS, now=floor.now)
        decline(conn, CASE, one, audiences=nobody, now=floor.now)
        for left in remains(conn, floor.now):
            forgotten(conn, left, floor.now)

    await floor.executor.write(command)
    facts = await SqlCaseSource(executor=floor.executor, catalogue=floor.snapshot).facts(CASE)
    assert [(one.ceremony_id, one.state) for one in facts.documents] == [("ceremony-2", "declined")]


async def test_a_certificate_that_was_revoked_after_it_signed_is_told_with_its_case(
    floor: Floor,
) -> None:
    at = floor.now + timedelta(seconds=5)

    def command(conn: Connection) -> None:
        new = NewDocument(
            ceremony_id=CeremonyId("ceremony-1"),
            document_id=DocumentId("document-1"),
            case_id=CASE,
            form=shipped_forms().of("certificate_application"),
            data={},
            language="pt",
            sha256=Digest("1a" * 32),
            size_bytes=9,
        )
        prepare(conn, new, by="agent:lei", now=floor.now)
        conn.execute(update(ceremony).values(state="sealed", sealed_sha256="1b" * 32))
        for subject in ("document:document-1", "document:document-2"):
            record(
                conn,
                actor="counter:esign",
                action="document.archived",
                subject=subject,
                facts={"revoked_later": "Agent Seal", "revoked_at": at.isoformat()},
                now=floor.now,
            )

    pages = floor.pages()
    assert (await pages.one(AGENT, CASE, "pt")).revoked_later == {}
    await floor.executor.write(command)
    # An older version noted of nobody when.
    found = (await pages.one(AGENT, CASE, "pt")).revoked_later
    assert found == {"ceremony-1": {"Agent": at, "Seal": None}}
