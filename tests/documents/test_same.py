"""Whether a sheet was photographed twice: rule, pixels, rows, and the way through the service."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from counter.documents.page import Limits, PageState, ScanRefused, ScanResult
from counter.documents.papers import PageRow
from counter.documents.papers_sql import SqlPapers
from counter.documents.sameness import CELLS_MIN, CHANGED_MAX, DIFFERING_MAX, Likeness, same_sheet
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.same import find_same, likeness, strokes
from counter.documents.scan_opencv.scan import decode, encode, scan
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.errors import NotFound
from counter.ids import CaseId, Digest, PageId, RequestId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from tests.documents import twins
from tests.documents.test_store_documents import FINDINGS, audiences, page, told

CASE = CaseId("case-1")
AGENT, TERMINAL = "agent:a-1", "terminal:t-1"
SIZE = (2000, 1500)


def taken(first: Bgr, second: Bgr, seed: int) -> list[Bgr]:
    """Both photographed, and made pages of as at the counter."""
    pages = []
    for shot in twins.photographed_twice(seed, first, second, SIZE):
        result = scan(encode(shot.image, 90), Limits())
        assert isinstance(result, ScanResult)
        picture = decode(result.page_jpeg)
        assert picture is not None
        pages.append(picture)
    return pages


@pytest.mark.parametrize(
    ("cells", "differing", "changed", "same"),
    [
        (CELLS_MIN, DIFFERING_MAX, CHANGED_MAX, True),
        (CELLS_MIN - 1, 0, 0, False),
        (1000, DIFFERING_MAX + 1, 0, False),
        (1000, CHANGED_MAX + 1, CHANGED_MAX + 1, False),
        (0, 0, 0, False),
    ],
)
def test_little_may_differ_and_much_must_be_written(
    cells: int, differing: int, changed: int, same: bool
) -> None:
    assert same_sheet(Likeness(cells=cells, differing=differing, changed=changed)) is same


def test_what_a_fold_bleached_is_not_taken_for_other_words() -> None:
    """Four places of 6 x 6 mm, where nothing of the writing is left on one photograph."""
    whole = twins.form(7007, 1)
    bleached, other = whole.copy(), whole.copy()
    for place in range(4):
        spot = np.s_[1345:1388, 120 + 90 * place : 163 + 90 * place]
        bleached[spot] = 251
        other[spot] = whole[spot][::-1, ::-1]
    lost = likeness(strokes(whole), strokes(bleached))
    assert (lost.changed, lost.differing > 2) == (0, True)
    assert likeness(strokes(whole), strokes(other)).changed > CHANGED_MAX


@pytest.mark.parametrize("seed", [7002, pytest.param(7001, marks=pytest.mark.deep)])
def test_a_sheet_photographed_twice_is_told_whichever_way_up_it_lies(seed: int) -> None:
    sheet = twins.form(seed, 1, by_hand=seed % 2 == 0)
    first, second = taken(sheet, sheet, seed)
    assert find_same(first, [second]) == 0
    for quarter in (1, 2, 3):
        assert find_same(first, [np.ascontiguousarray(np.rot90(second, quarter))]) == 0


@pytest.mark.parametrize(
    "kind",
    # The two that are most alike.
    ["one_field", "pages", *(pytest.param(k, marks=pytest.mark.deep) for k in twins.KINDS[:2])],
)
def test_sheets_that_look_alike_are_not_taken_for_one(kind: twins.Kind) -> None:
    first, second = taken(*twins.sheets(7003, kind), 7003)
    assert find_same(first, [second]) is None


def test_the_first_that_is_the_same_is_named() -> None:
    sheet = twins.form(7004, 1)
    other = twins.letter_page(7004, 1)
    assert find_same(sheet, [other, None, sheet, sheet]) == 2
    assert find_same(sheet, []) is None


def test_nearly_empty_and_small_pages_are_never_the_same() -> None:
    empty = np.full((1400, 990, 3), 255, np.uint8)
    empty[700:705, 300:400] = 0
    assert likeness(strokes(empty), strokes(empty)).differing == 0
    assert find_same(empty, [empty]) is None
    small = twins.form(7005, 1)[::3, ::3]
    assert find_same(small, [small]) is None


async def add(
    papers: SqlPapers, name: str, now: datetime, retake_of: PageId | None = None
) -> PageRow:
    request_id = RequestId(f"r-{name}")
    await papers.request_scan(
        CASE,
        request_id,
        item="bir-original",
        label_id=None,
        by=AGENT,
        now=now,
        retake_of=retake_of,
    )
    new = replace(page(f"p-{name}", name), page_sha256=Digest(name * 64))
    return await papers.add_page(CASE, request_id, new, by=TERMINAL, now=now)


async def test_what_counts_is_compared_the_newest_first(executor: Executor, now: datetime) -> None:
    papers = SqlPapers(executor, audiences)
    for name in "abc":
        await add(papers, name, now)
    await papers.decide_page(CASE, PageId("p-a"), accept=True, by=AGENT, now=now)
    await papers.decide_page(CASE, PageId("p-b"), accept=False, by=AGENT, now=now)
    await add(papers, "d", now, retake_of=PageId("p-c"))
    await add(papers, "e", now)
    assert await papers.kept_before(CASE, PageId("p-e")) == [
        ("p-d", "d" * 64),
        ("p-a", "a" * 64),
    ]
    assert await papers.kept_before(CASE, PageId("p-a")) == []


async def test_it_is_noted_once_and_both_screens_hear_of_it(
    executor: Executor, now: datetime
) -> None:
    papers = SqlPapers(executor, audiences)
    await add(papers, "a", now)
    await add(papers, "b", now)
    row = await papers.note_same(CASE, PageId("p-b"), PageId("p-a"), by=TERMINAL, now=now)
    again = await papers.note_same(CASE, PageId("p-b"), PageId("p-a"), by=TERMINAL, now=now)
    assert again == row
    assert (row.notes, row.same_as, row.state) == (("seen_before",), "p-a", PageState.STORED)
    assert (await papers.documents_of(CASE)).pages[1] == row
    for audience in (AGENT, TERMINAL):
        kinds = [kind for kind, _ in await executor.read(told, audience)]
        assert kinds.count("page.noted") == 1
    bodies = [json.loads(entry.body) for entry in await executor.read(read_all)]
    noted = [body["facts"] for body in bodies if body["action"] == "page.note"]
    assert [one["same_as"] for one in noted] == ["p-a"]
    assert (await executor.read(check))[1] == []


async def test_of_a_page_that_was_decided_about_nothing_is_noted(
    executor: Executor, now: datetime
) -> None:
    papers = SqlPapers(executor, audiences)
    await add(papers, "a", now)
    await add(papers, "b", now)
    await papers.decide_page(CASE, PageId("p-b"), accept=True, by=AGENT, now=now)
    row = await papers.note_same(CASE, PageId("p-b"), PageId("p-a"), by=TERMINAL, now=now)
    assert (row.notes, row.same_as) == ((), None)


class Draws:
    """A scanner that makes a page of whatever it is given."""

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        return ScanResult(
            page_jpeg=photograph,
            thumb_jpeg=b"thumb",
            width_px=1654,
            height_px=2339,
            findings=FINDINGS,
            notes=("whole_frame",),
        )


class Says:
    """A comparer that finds what the test says."""

    def __init__(self, place: int | None) -> None:
        self.place = place
        self.compared: list[list[bytes]] = []

    async def find_same(self, page: bytes, others: Sequence[bytes]) -> int | None:
        self.compared.append(list(others))
        return self.place


async def send(documents: DocumentsService, photograph: bytes, now: datetime) -> PageRow:
    asked = await documents.request_scan(CASE, item="bir-original", by=AGENT, now=now)
    digest = hashlib.sha256(photograph).hexdigest()
    return await documents.receive(CASE, asked.request_id, photograph, digest, by=TERMINAL, now=now)


async def noted(documents: DocumentsService, page: PageRow) -> PageRow:
    """The page after it was compared."""
    if documents._looking:
        await asyncio.wait(documents._looking)
    (row,) = [
        one for one in (await documents.documents_of(CASE)).pages if one.page_id == page.page_id
    ]
    return row


def jpeg(mark: bytes) -> bytes:
    return encode(np.full((40, 30, 3), mark[0], np.uint8), 90)


async def test_a_page_is_compared_with_those_before_it_and_stays(
    executor: Executor, tmp_path: Path, new_id: Callable[[], str], now: datetime
) -> None:
    comparer = Says(1)
    documents = DocumentsService(
        SqlPapers(executor, audiences),
        DirectoryBlobs(tmp_path / "blobs"),
        Draws(),
        new_id,
        comparer=comparer,
    )
    first = await noted(documents, await send(documents, jpeg(b"a"), now))
    assert comparer.compared == [] and first.notes == ("whole_frame",)
    comparer.place = None
    assert (await noted(documents, await send(documents, jpeg(b"b"), now))).same_as is None
    comparer.place = 1
    third = await noted(documents, await send(documents, jpeg(b"c"), now))
    assert comparer.compared[1] == [jpeg(b"b"), jpeg(b"a")]
    assert (third.same_as, third.notes) == (first.page_id, ("whole_frame", "seen_before"))
    assert third.state is PageState.STORED


class Waits:
    """A comparer that is not done before the test says so."""

    def __init__(self) -> None:
        self.asked, self.done = asyncio.Event(), asyncio.Event()

    async def find_same(self, page: bytes, others: Sequence[bytes]) -> int | None:
        self.asked.set()
        await self.done.wait()
        return 0


@pytest.mark.parametrize("closed", [False, True])
async def test_a_photograph_is_answered_before_it_was_compared(
    executor: Executor, tmp_path: Path, new_id: Callable[[], str], now: datetime, closed: bool
) -> None:
    comparer = Waits()
    papers, blobs = SqlPapers(executor, audiences), DirectoryBlobs(tmp_path / "blobs")
    documents = DocumentsService(papers, blobs, Draws(), new_id, comparer=comparer)
    first = await send(documents, jpeg(b"a"), now)
    second = await send(documents, jpeg(b"b"), now)
    await comparer.asked.wait()
    assert second.same_as is None
    if closed:  # what is not compared by then is compared never, and the page is there
        await documents.close()
    comparer.done.set()
    found = await noted(documents, second)
    assert found.same_as == (None if closed else first.page_id)


class Loses(DirectoryBlobs):
    """Bytes that cannot be read any more."""

    async def get(self, sha256: str) -> bytes:
        raise NotFound("gone")


async def test_a_page_that_cannot_be_compared_is_kept_all_the_same(
    executor: Executor, tmp_path: Path, new_id: Callable[[], str], now: datetime
) -> None:
    papers = SqlPapers(executor, audiences)
    comparer = Says(0)
    documents = DocumentsService(
        papers, Loses(tmp_path / "blobs"), Draws(), new_id, comparer=comparer
    )
    await send(documents, jpeg(b"a"), now)
    assert (await noted(documents, await send(documents, jpeg(b"b"), now))).same_as is None
    assert comparer.compared == []
    assert len((await papers.documents_of(CASE)).pages) == 2


async def test_a_process_of_its_own_compares(scan_pool: ScanPool) -> None:
    sheet = encode(twins.form(7006, 1), 75)
    other = encode(twins.letter_page(7006, 1), 75)
    assert await scan_pool.find_same(sheet, [other, b"no picture", sheet]) == 2
    assert await scan_pool.find_same(b"no picture", [sheet]) is None
