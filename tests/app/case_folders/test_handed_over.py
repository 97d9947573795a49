"""A case is closed, its pages are read and copied, and its folder is handed over."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import Connection, select, update

from counter.app.case_folders import SqlCaseSource
from counter.app.notices import BookingReaders
from counter.app.paper_work import owe_paper_work
from counter.documents.folder import CaseFacts
from counter.documents.job import JobKind, JobOutcome
from counter.documents.papers_sql import SqlPapers
from counter.documents.store_jobs import outcomes_of
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument
from counter.esign.store_presenting import prepare
from counter.esign.store_tables import ceremony
from counter.ids import CeremonyId, Digest, DocumentId
from counter.notify.deliverer_store import Deliverer
from counter.notify.store_tables import webhook_delivery
from counter.notify.store_webhooks import add
from counter.notify.webhook import KINDS, Webhook
from counter.store.journal_sql import record
from tests.app.folder_floor import AGENT, CASE, SERVICE, Floor, tools_once
from tests.documents.back_office import whole


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


async def test_facts_name_papers_in_the_language_of_the_case(floor: Floor) -> None:
    source = SqlCaseSource(executor=floor.executor, catalogue=floor.snapshot)
    facts: CaseFacts = await source.facts(CASE)
    paper = floor.snapshot().service(SERVICE).papers[0]
    assert facts.labels == {paper.id: paper.names["pt"]}
    assert facts.language == "pt" and facts.closed_at is None


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
