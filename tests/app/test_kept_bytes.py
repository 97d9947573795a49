"""Whatever names kept bytes is found, in every table of the counter, on both engines."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from counter.app.kept_bytes import EXCUSED, named_bytes, naming_columns
from counter.documents.handover import Frozen
from counter.documents.papers import Turned
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_opencv.turn import turn
from counter.documents.service import DocumentsService
from counter.documents.store_advance import advance_paper
from counter.documents.store_handover import freeze
from counter.ids import Digest
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from tests.app.later_house import House, made, upload
from tests.documents.photographs import photograph
from tests.documents.test_same import CASE, Draws, send
from tests.documents.test_store_documents import audiences
from tests.documents.test_turning import marked, turned
from tests.store.test_blobs_aging import age, collect
from tests.tables import all_metadata
from tests.web.citizen.walk import Citizen

KNOWN = {
    *("advance_paper.page_blob", "advance_paper.thumb_blob", "advance_paper.more"),
    *("capture.thumb_sha256", "capture.preview_sha256"),
    *("ceremony.sha256", "ceremony.signed_sha256", "ceremony.sealed_sha256"),
    *("esign_page_image.revision_sha256", "esign_page_image.sha256", "esign_revision.sha256"),
    *("esign_ticket.parent_sha256", "esign_ticket.hole_sha256", "esign_ticket.revision_sha256"),
    *("handover.manifest_sha256", "handover.files", "page_form.sha256", "recording_file.sha256"),
    *("page.original_sha256", "page.page_sha256", "page.thumb_sha256", "page.flat"),
    *("paper_sheet.page_blob", "paper_sheet.thumb_blob"),
}
"Columns whose bytes are put by what is served today."


def test_all_that_names_bytes_today_counts_and_what_is_excused_is_there() -> None:
    counter = all_metadata()[0]
    counted = {str(one) for columns in naming_columns(counter).values() for one in columns}
    assert counted >= KNOWN
    every = {str(one) for table in counter.sorted_tables for one in table.columns}
    assert every >= EXCUSED


def digest(begin: str) -> Digest:
    return Digest(begin + "0" * (64 - len(begin)))


async def test_digests_are_found_in_columns_and_in_json(executor: Executor, now: datetime) -> None:
    def write(conn: Connection) -> None:
        files = (("a.jpg", digest("ab1")), ("b.jpg", digest("cd")), ("manifest", digest("ab2")))
        freeze(conn, "c-1", Frozen(name="f", manifest_sha256=digest("ab2"), files=files), now)
        conn.execute(
            advance_paper.insert().values(
                id="p-1",
                appointment_id="a-1",
                item="i",
                original_sha256=digest("ef"),
                page_blob=digest("ab3"),
                thumb_blob=digest("ab4"),
                wrapped_key=b"k",
                more=[{"page_blob": digest("ab5"), "thumb_blob": digest("12")}],
                state="ready",
                width_px=1,
                height_px=1,
                findings={},
                photographs=1,
                taken_at=now,
            )
        )

    await executor.write(write)
    found = await executor.read(named_bytes(), "ab")
    assert found >= {digest(f"ab{number}") for number in range(1, 6)}
    assert digest("ff") not in found


class Turns:
    """See `Turner`; in this process."""

    async def turn(self, page: bytes, quarters: int) -> Turned | None:
        return turn(page, quarters)


def files_in(folder: Path) -> set[str]:
    return {one.name for one in folder.rglob("*") if one.is_file()}


async def named_of(executor: Executor, files: set[str]) -> set[str]:
    """What is named in the parts in which these lie."""
    named = set[str]()
    for part in {file[:2] for file in files}:
        named |= await executor.read(named_bytes(), part)
    return named


@pytest.mark.one_engine
async def test_a_page_that_was_turned_can_be_turned_back_after_the_grace(
    executor: Executor, tmp_path: Path, new_id: Callable[[], str], now: datetime
) -> None:
    folder = tmp_path / "blobs"
    papers, blobs = SqlPapers(executor, audiences), DirectoryBlobs(folder)
    documents = DocumentsService(papers, blobs, Draws(), new_id, turner=Turns())
    first = await send(documents, marked(), now)
    once = await turned(documents, first, 1, now)
    age(folder)
    assert collect(folder, await named_of(executor, files_in(folder))) == 0
    assert await turned(documents, once, 3, now) == first
    assert await documents.image(CASE, first.page_sha256) == marked()
    assert await documents.image(CASE, first.thumb_sha256)


@pytest.mark.parametrize("state", ["uploaded", "sent"])
async def test_a_paper_that_is_on_its_way_loses_nothing_after_the_grace(
    house: House, agent: Citizen, person: Citizen, state: str
) -> None:
    await house.case()
    path = await made(house, agent)
    await person.get(path)
    await upload(person, path, photograph())
    if state == "sent":
        await person.post(f"{path}/send")
    before = files_in(house.folder)
    age(house.folder)
    named = await named_of(house.executor, before)
    assert before and collect(house.folder, named) == 0
    assert files_in(house.folder) == before
