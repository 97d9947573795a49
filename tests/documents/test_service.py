"""One scan from the request to both screens: real rows, real blobs, a real worker process."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents import refusals
from counter.documents.page import Limits, PageState, ScanRefused, ScanResult
from counter.documents.papers_sql import SqlPapers
from counter.documents.sample_page import encode_jpeg, sample_photograph
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.ids import CaseId, RequestId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import session_log
from tests.documents import synth

CASE, OTHER = CaseId("case-1"), CaseId("case-2")
AGENT, TERMINAL = "agent:a-1", "terminal:t-1"


def audiences(conn: Connection, case_id: str) -> list[str]:
    return [TERMINAL, AGENT]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def told(conn: Connection, audience: str) -> list[tuple[str, dict[str, Any]]]:
    rows = conn.execute(
        select(session_log).where(session_log.c.audience == audience).order_by(session_log.c.seq)
    )
    return [(row.kind, row.body) for row in rows]


@pytest.fixture(scope="module")
def photograph() -> bytes:
    return sample_photograph(1)


@pytest.fixture
def documents(
    executor: Executor, tmp_path: Path, scan_pool: ScanPool, new_id: Callable[[], str]
) -> DocumentsService:
    return DocumentsService(
        SqlPapers(executor, audiences), DirectoryBlobs(tmp_path / "blobs"), scan_pool, new_id
    )


def blobs_kept(tmp_path: Path) -> int:
    return len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()])


async def ask(documents: DocumentsService, now: datetime) -> RequestId:
    asked = await documents.request_scan(CASE, item="identity-card", by=AGENT, now=now)
    return asked.request_id


async def test_a_photograph_becomes_a_page_on_both_screens(
    documents: DocumentsService, executor: Executor, now: datetime, photograph: bytes
) -> None:
    asked = await ask(documents, now)
    page = await documents.receive(
        CASE, asked, photograph, sha256(photograph), by=TERMINAL, now=now
    )
    assert page.state is PageState.STORED
    for audience in (AGENT, TERMINAL):
        kind, body = (await executor.read(told, audience))[-1]
        assert kind == "page.added"
        shown = await documents.image(CASE, body["sha256"])
        assert sha256(shown) == body["sha256"] == page.page_sha256
        assert shown.startswith(b"\xff\xd8\xff")
        assert await documents.image(CASE, body["thumb_sha256"])
    accepted = await documents.decide(CASE, page.page_id, accept=True, by=AGENT, now=now)
    assert accepted.state is PageState.ACCEPTED
    assert (await documents.documents_of(CASE)).pages == (accepted,)
    assert await executor.read(check) == (3, [])


async def test_the_journal_holds_digests_and_no_more(
    documents: DocumentsService, executor: Executor, now: datetime, photograph: bytes
) -> None:
    asked = await ask(documents, now)
    await documents.receive(CASE, asked, photograph, sha256(photograph), by=TERMINAL, now=now)
    entry = (await executor.read(read_all))[-1]
    assert sha256(photograph) in entry.body
    assert "page.add" in entry.body and TERMINAL in entry.body


async def test_the_same_upload_twice_is_one_page(
    documents: DocumentsService, now: datetime, photograph: bytes, tmp_path: Path
) -> None:
    asked = await ask(documents, now)
    upload = (CASE, asked, photograph, sha256(photograph))
    first, second = await asyncio.gather(
        documents.receive(*upload, by=TERMINAL, now=now),
        documents.receive(*upload, by=TERMINAL, now=now),
    )
    third = await documents.receive(*upload, by=TERMINAL, now=now)
    assert first == second == third
    assert len((await documents.documents_of(CASE)).pages) == 1
    assert blobs_kept(tmp_path) == 3


@pytest.mark.one_engine
async def test_a_page_is_shown_to_its_own_case_only_and_originals_to_nobody(
    documents: DocumentsService, now: datetime, photograph: bytes
) -> None:
    asked = await ask(documents, now)
    page = await documents.receive(
        CASE, asked, photograph, sha256(photograph), by=TERMINAL, now=now
    )
    for case_id, digest in (
        (OTHER, page.page_sha256),
        (CASE, sha256(photograph)),
        (CASE, "0" * 64),
        (CASE, "../../etc/passwd"),
    ):
        with pytest.raises(refusals.PageUnknown):
            await documents.image(case_id, digest)


async def refused_with(
    documents: DocumentsService, asked: RequestId, content: bytes, digest: str, now: datetime
) -> str:
    with pytest.raises(refusals.PhotographRefused) as caught:
        await documents.receive(CASE, asked, content, digest, by=TERMINAL, now=now)
    return caught.value.code


@pytest.mark.one_engine
async def test_an_unreadable_photograph_is_told_to_both_and_leaves_the_request_open(
    documents: DocumentsService,
    executor: Executor,
    now: datetime,
    photograph: bytes,
    tmp_path: Path,
) -> None:
    asked = await ask(documents, now)
    blurred = encode_jpeg(synth.blurred(synth.kiosk(2).image, 3), 90)
    assert await refused_with(documents, asked, blurred, sha256(blurred), now) == "page_blurred"
    assert await refused_with(documents, asked, b"a letter", sha256(b"a letter"), now) == (
        "not_an_image"
    )
    assert await refused_with(documents, asked, photograph, "0" * 64, now) == "digest_mismatch"
    after = await documents.documents_of(CASE)
    assert after.pages == () and after.open_request is not None
    assert (after.open_request.request_id, after.open_request.refusal) == (asked, "digest_mismatch")
    assert blobs_kept(tmp_path) == 0
    for audience in (AGENT, TERMINAL):
        rows = (await executor.read(told, audience))[1:]
        assert [kind for kind, _ in rows] == ["page.refused"] * 3
        codes = [body["code"] for _, body in rows]
        assert codes == ["page_blurred", "not_an_image", "digest_mismatch"]
    page = await documents.receive(
        CASE, asked, photograph, sha256(photograph), by=TERMINAL, now=now
    )
    assert page.seq == 1


@pytest.mark.one_engine
async def test_what_nobody_asked_for_is_not_even_looked_at(
    documents: DocumentsService, now: datetime, photograph: bytes
) -> None:
    asked = await ask(documents, now)
    await documents.cancel(CASE, asked, by=AGENT, now=now)
    for case_id, request_id in ((CASE, asked), (OTHER, asked), (CASE, RequestId("none"))):
        with pytest.raises(refusals.ScanNotAsked):
            await documents.receive(
                case_id, request_id, photograph, sha256(photograph), by=TERMINAL, now=now
            )


class CancelsMeanwhile:
    """A scanner during whose work the agent takes the request back."""

    def __init__(self, scan_pool: ScanPool) -> None:
        self.pool = scan_pool
        self.documents: DocumentsService | None = None
        self.asked = RequestId("")

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        assert self.documents is not None
        result = await self.pool.scan(photograph, limits)
        now = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
        await self.documents.cancel(CASE, self.asked, by=AGENT, now=now)
        return result


async def test_a_request_taken_back_during_the_scan_gets_no_page(
    executor: Executor,
    tmp_path: Path,
    scan_pool: ScanPool,
    new_id: Callable[[], str],
    now: datetime,
    photograph: bytes,
) -> None:
    scanner = CancelsMeanwhile(scan_pool)
    blobs = DirectoryBlobs(tmp_path / "blobs")
    documents = DocumentsService(SqlPapers(executor, audiences), blobs, scanner, new_id)
    scanner.documents, scanner.asked = documents, await ask(documents, now)
    with pytest.raises(refusals.ScanNotAsked):
        await documents.receive(
            CASE, scanner.asked, photograph, sha256(photograph), by=TERMINAL, now=now
        )
    assert (await documents.documents_of(CASE)).pages == ()
