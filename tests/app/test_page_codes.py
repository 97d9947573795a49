"""What stands in a code on a paper comes to the agent's screen, and nowhere else."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.esign.form_typst import shipped_forms
from counter.ids import TerminalId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.cases import audiences, case_on_terminal
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import session_log
from tests.app.test_checklist import TERMINAL, Visit
from tests.documents.printed_codes import TEXT, photograph_with
from web.console.screen import DeskScreens
from web.terminal.screen import TerminalScreens

STEERING = TEXT[:12] + "\u202e" + TEXT[12:] + "\n"
"With a sign that turns around what comes after it."
HOST = "example.org"


@pytest.fixture
async def visit(executor: Executor, now: datetime, new_id: Callable[[], str]) -> Visit:
    return await Visit(executor, now, new_id).begun()


def said(conn: Connection) -> str:
    """All that was told to screens and written in the journal."""
    told = [str(row.body) for row in conn.execute(select(session_log))]
    return str(told) + str([entry.body for entry in read_all(conn)])


@pytest.mark.one_engine
async def test_it_is_text_for_the_agent_and_not_told_to_anybody_else(
    visit: Visit, scan_pool: ScanPool, tmp_path: Path
) -> None:
    executor, now = visit.executor, visit.now
    case = await executor.read(case_on_terminal, TerminalId(TERMINAL))
    assert case is not None
    papers = SqlPapers(executor, audiences)
    documents = DocumentsService(
        papers, DirectoryBlobs(tmp_path / "blobs"), scan_pool, visit.new_id
    )
    asked = await documents.request_scan(case.id, item="bir-original", by="agent:lei", now=now)
    photograph = photograph_with(STEERING)
    digest = hashlib.sha256(photograph).hexdigest()
    by = f"terminal:{TERMINAL}"
    await documents.receive(case.id, asked.request_id, photograph, digest, by=by, now=now)

    desks = DeskScreens(catalogue=visit.snapshot, forms=shipped_forms())
    desk = await executor.read(desks.screen, "lei", "en", now)
    assert desk.case is not None
    [page] = desk.case.pages
    assert [(one.kind, one.text) for one in page.codes] == [
        ("QR Code", f"{TEXT[:12]} {TEXT[12:]}"),
    ]

    terminals = TerminalScreens(
        catalogue=visit.snapshot,
        forms=shipped_forms(),
        link_address=lambda link: link,
        document_address=lambda link: link,
    )
    screen = await executor.read(terminals.screen, TERMINAL, now)
    assert screen.pages, "the citizen sees the page itself"
    assert HOST not in screen.model_dump_json()
    assert HOST not in await executor.read(said)
