"""A page that lies wrongly is turned by hand: which way, once, and back to the same bytes."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from counter.documents.page import Limits, ScanRefused, ScanResult
from counter.documents.papers import PageRow
from counter.documents.papers_sql import SqlPapers
from counter.documents.refusals import PageUnknown, ScanFailed
from counter.documents.scan_opencv.scan import decode, encode
from counter.documents.scan_opencv.turn import turn
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.documents.store_captures import _is_named
from counter.errors import NotAllowedNow
from counter.ids import CaseId, PageId
from counter.store.blobs_directory import BlobMissing, DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from tests.documents.test_same import AGENT, CASE, Draws, send
from tests.documents.test_store_documents import TERMINAL, audiences, told


def marked() -> bytes:
    """A page, wider than high, that is dark in its top left corner."""
    picture = np.full((300, 400, 3), 255, np.uint8)
    picture[:100, :100] = 0
    return encode(picture, 90)


@pytest.mark.parametrize(
    ("quarters", "dark", "size"),
    [(1, (50, 250), (400, 300)), (2, (250, 350), (300, 400)), (3, (350, 50), (400, 300))],
)
def test_it_is_turned_clockwise(
    quarters: int, dark: tuple[int, int], size: tuple[int, int]
) -> None:
    turned = turn(marked(), quarters)
    assert turned is not None
    picture = decode(turned.page_jpeg)
    assert picture is not None and picture.shape[:2] == size
    assert (turned.height_px, turned.width_px) == size
    assert picture[dark].max() < 40 and picture.min(2).mean() > 200
    assert turn(b"no picture", quarters) is None


@pytest.fixture
def documents(
    executor: Executor, tmp_path: Path, scan_pool: ScanPool, new_id: Callable[[], str]
) -> DocumentsService:
    papers, blobs = SqlPapers(executor, audiences), DirectoryBlobs(tmp_path / "blobs")
    return DocumentsService(papers, blobs, Draws(), new_id, turner=scan_pool)


async def turned(
    documents: DocumentsService, page: PageRow, quarters: int, now: datetime
) -> PageRow:
    return await documents.turn(CASE, page.page_id, page.page_sha256, quarters, by=AGENT, now=now)


async def test_turning_it_on_gives_the_first_picture_again(
    documents: DocumentsService, executor: Executor, now: datetime
) -> None:
    first = await send(documents, marked(), now)
    once = await turned(documents, first, 1, now)
    assert (once.width_px, once.height_px) == (300, 400)
    assert once.page_sha256 != first.page_sha256 and once.page_id == first.page_id
    assert await documents.image(CASE, once.page_sha256)
    assert await documents.image(CASE, once.thumb_sha256)
    with pytest.raises(PageUnknown):
        await documents.image(CASE, first.page_sha256)
    back = await turned(documents, await turned(documents, once, 2, now), 1, now)
    assert back == first
    bodies = [json.loads(entry.body) for entry in await executor.read(read_all)]
    facts = [body["facts"] for body in bodies if body["action"] == "page.rotate"]
    assert [one["quarters"] for one in facts] == [1, 3, 0]
    assert facts[0]["before_sha256"] == first.page_sha256
    assert facts[-1]["page_sha256"] == first.page_sha256
    assert (await executor.read(check))[1] == []
    for audience in (AGENT, TERMINAL):
        kinds = [kind for kind, _ in await executor.read(told, audience)]
        assert kinds.count("page.rotated") == 3


async def test_its_first_picture_is_named_and_a_row_names_nothing_that_is_gone(
    documents: DocumentsService, executor: Executor, tmp_path: Path, now: datetime
) -> None:
    first = await send(documents, marked(), now)
    once = await turned(documents, first, 1, now)
    for sha256 in (first.page_sha256, first.thumb_sha256):
        assert await executor.read(_is_named, sha256)
        (file,) = tmp_path.rglob(sha256)
        content = file.read_bytes()
        file.unlink()
        with pytest.raises(BlobMissing):
            await turned(documents, once, 3, now)
        file.write_bytes(content)
    assert (await documents.documents_of(CASE)).pages == (once,)


async def test_asking_twice_turns_once(documents: DocumentsService, now: datetime) -> None:
    first = await send(documents, marked(), now)
    once = await turned(documents, first, 1, now)
    assert await turned(documents, first, 1, now) == once
    assert (await documents.documents_of(CASE)).pages == (once,)


@pytest.mark.parametrize("accept", [True, False])
async def test_a_page_that_was_decided_about_is_not_turned(
    documents: DocumentsService, now: datetime, accept: bool
) -> None:
    page = await send(documents, marked(), now)
    await documents.decide(CASE, page.page_id, accept=accept, by=AGENT, now=now)
    with pytest.raises(NotAllowedNow):
        await turned(documents, page, 1, now)
    assert (await documents.documents_of(CASE)).pages[0].page_sha256 == page.page_sha256


async def test_a_page_of_another_case_is_not_turned(
    documents: DocumentsService, now: datetime
) -> None:
    page = await send(documents, marked(), now)
    with pytest.raises(PageUnknown):
        await documents.turn(CaseId("case-2"), page.page_id, page.page_sha256, 1, by=AGENT, now=now)
    with pytest.raises(PageUnknown):
        await documents.turn(CASE, PageId("p-0"), page.page_sha256, 1, by=AGENT, now=now)


class Garbles(Draws):
    """A scanner whose pages are no pictures."""

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        drawn = await super().scan(photograph, limits)
        assert isinstance(drawn, ScanResult)
        return replace(drawn, page_jpeg=b"no picture")


async def test_what_cannot_be_drawn_stays_as_it_is(
    executor: Executor,
    tmp_path: Path,
    scan_pool: ScanPool,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    papers, blobs = SqlPapers(executor, audiences), DirectoryBlobs(tmp_path / "blobs")
    documents = DocumentsService(papers, blobs, Garbles(), new_id, turner=scan_pool)
    page = await send(documents, marked(), now)
    with pytest.raises(ScanFailed):
        await turned(documents, page, 1, now)
    assert (await documents.documents_of(CASE)).pages == (page,)


async def test_whoever_does_not_lead_the_case_turns_nothing(
    executor: Executor,
    tmp_path: Path,
    scan_pool: ScanPool,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    def led(conn: object, case_id: str, by: str) -> None:
        if by != AGENT:
            raise NotAllowedNow("a colleague leads it")

    documents = DocumentsService(
        SqlPapers(executor, audiences, require_led=led),
        DirectoryBlobs(tmp_path / "blobs"),
        Draws(),
        new_id,
        turner=scan_pool,
    )
    page = await send(documents, marked(), now)
    with pytest.raises(NotAllowedNow):
        await documents.turn(CASE, page.page_id, page.page_sha256, 1, by="agent:a-2", now=now)
