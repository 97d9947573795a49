"""Handing a case over: not before it may leave, one folder whatever dies, and then others hear."""

import asyncio
import hashlib
import json
import os
import shutil
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents.folder_files import DirectoryShelf
from counter.documents.handover import PATIENCE, PAUSE, FolderDiffers, frozen_of, place_for
from counter.documents.job import LEASE, JobOutcome, pause_after
from counter.documents.store_handover import SqlHandOvers, handover, tell_voided
from counter.documents.store_jobs import SqlJobs, owe
from counter.ids import Digest
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.sqlite_lane import SqliteLane
from tests.documents.back_office import HANDOVER, WORDS, Office, owed, whole
from tests.documents.dying_handover import DIRECTORY, STEPS, node_on
from tests.documents.folders import CASE, Cases, case_in, unsealed, voided
from tests.documents.leaves import AT

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def office(executor: Executor, tmp_path: Path) -> Office:
    made = Office(executor, tmp_path, Cases(await case_in(DirectoryBlobs(tmp_path / "blobs"))))
    await made.owe()
    return made


def done_at(conn: Connection) -> datetime | None:
    return conn.execute(select(handover.c.done_at)).scalar_one()


async def test_a_closed_case_is_put_there_and_others_are_told(office: Office) -> None:
    assert await office.node().work_one()
    assert await office.outcome() is JobOutcome.DONE
    assert office.folders() == ["A013-case-1"]
    manifest = whole(office.shelf / "A013-case-1")
    assert {file["role"] for file in manifest["files"]} == {
        *("page", "original", "bundle", "signed_document")
    }
    raw = (office.shelf / "A013-case-1/manifest.json").read_bytes()
    ((kind, ref, body),) = await office.executor.read(owed)
    assert (kind, ref) == ("case.handed_over", "case-1")
    assert body == {
        "department": "dsaj",
        "service": "dsaj:certificate",
        "site": "hengqin",
        "folder": "A013-case-1",
        "manifest_sha256": hashlib.sha256(raw).hexdigest(),
    }
    (entry,) = await office.executor.read(read_all)
    assert json.loads(entry.body)["action"] == "case.handed_over"
    assert await office.executor.read(done_at) == office.now


@pytest.mark.parametrize("state", ["open", "unsealed"])
async def test_nothing_leaves_before_it_is_closed_and_sealed(office: Office, state: str) -> None:
    closed = office.cases.known
    office.cases.known = replace(closed, closed_at=None) if state == "open" else unsealed(closed)
    office.now += PATIENCE  # patience is with words, not with this
    assert await office.node().work_one()
    assert await office.outcome() is None
    assert office.folders() == [] and await office.executor.read(owed) == []
    office.cases.known = closed
    office.now += PAUSE
    assert await office.node().work_one()
    assert office.folders() == ["A013-case-1"]


async def test_a_case_whose_only_document_has_no_seal_yet_waits_for_it(office: Office) -> None:
    sealed = replace(office.cases.known, leaves=())
    office.cases.known = unsealed(sealed)
    assert await office.node().work_one()
    assert await office.outcome() is None
    office.cases.known = sealed
    office.now += PAUSE
    assert await office.node().work_one()
    assert office.folders() == ["A013-case-1"]


async def test_it_waits_for_words_for_a_while_and_then_goes_without(office: Office) -> None:
    await office.owe(WORDS, "p-1")
    assert await office.node().work_one()
    assert office.folders() == []
    office.now = AT + PATIENCE
    assert await office.node().work_one()
    assert office.folders() == ["A013-case-1"]


async def test_with_words_it_goes_at_once(office: Office) -> None:
    await office.owe(WORDS, "p-1")
    jobs = SqlJobs(office.executor)
    words = await jobs.take([WORDS], AT)
    assert words is not None
    await jobs.end(words, JobOutcome.DONE, AT)
    assert await office.node().work_one()
    assert office.folders() == ["A013-case-1"]


async def test_a_case_without_papers_or_department_goes_nowhere(office: Office) -> None:
    full = office.cases.known
    office.cases.known = replace(full, leaves=full.leaves[2:], documents=())
    assert await office.node().work_one()
    assert await office.outcome() is JobOutcome.NOTHING
    assert office.folders() == [] and await office.executor.read(owed) == []


async def test_the_department_decides_where(office: Office) -> None:
    assert await office.node({}).work_one()
    assert await office.outcome() is JobOutcome.NOTHING
    assert place_for("dsaj", {"all": 1, "dsaj": 2}) == 2
    assert place_for("dsf", {"all": 1, "dsaj": 2}) == 1
    assert place_for("dsf", {"dsaj": 2}) is None


async def test_a_directory_that_is_away_is_tried_again(office: Office) -> None:
    office.shelf.rmdir()
    assert await office.node().work_one()
    assert await office.outcome() is None
    office.shelf.mkdir()
    office.now += pause_after(1)
    assert await office.node().work_one()
    whole(office.shelf / "A013-case-1")


async def test_what_was_frozen_is_handed_over_whatever_changes_meanwhile(office: Office) -> None:
    office.shelf.rmdir()
    await office.node().work_one()
    office.shelf.mkdir()
    assert len(await SqlHandOvers(office.executor).frozen(CASE)) == 1
    office.cases.known = replace(office.cases.known, journal_seq=99, leaves=())
    office.now += pause_after(1)
    await office.node().work_one()
    manifest = whole(office.shelf / "A013-case-1")
    assert manifest["journal"]["seq"] == 41


async def test_what_was_taken_back_before_its_folder_left_does_not_leave(office: Office) -> None:
    office.shelf.rmdir()
    await office.node().work_one()
    office.cases.known = voided(office.cases.known)
    office.now += pause_after(1)
    await office.node().work_one()
    assert await office.outcome() is None, "whether it has left is not known while it is away"
    office.shelf.mkdir()
    office.now += pause_after(2)
    await office.node().work_one()
    manifest = whole(office.shelf / "A013-case-1")
    assert "signed_document" not in {file["role"] for file in manifest["files"]}
    assert [kind for kind, *_ in await office.executor.read(owed)] == ["case.handed_over"]


async def test_of_what_was_taken_back_while_its_folder_left_who_got_it_hears(
    office: Office,
) -> None:
    """The node died between the folder and its row."""
    office.shelf.rmdir()
    await office.node().work_one()
    office.shelf.mkdir()
    records = SqlHandOvers(office.executor)
    (frozen,) = await records.frozen(CASE)
    await DirectoryShelf(office.shelf, lambda: "x").put(frozen, office.blobs.get)
    office.cases.known = voided(office.cases.known)
    office.now += pause_after(1)
    await office.node().work_one()
    assert whole(office.shelf / "A013-case-1")["files"][-1]["role"] == "signed_document"
    handed, taken_back = await office.executor.read(owed)
    assert handed[0] == "case.handed_over"
    about = {"department": "dsaj", "service": "dsaj:certificate", "site": "hengqin"}
    assert taken_back == ("case.document_voided", CASE, {**about, "ceremony_id": "c-1"})


async def test_of_what_was_taken_back_before_anything_left_nobody_hears(office: Office) -> None:
    about = {"department": "dsaj", "service": "dsaj:certificate", "site": "hengqin"}

    async def taken_back() -> int:
        await office.executor.write(tell_voided, CASE, about, "c-1", AT)
        return len([kind for kind, *_ in await office.executor.read(owed) if "voided" in kind])

    assert await taken_back() == 0
    await office.node().work_one()
    assert await taken_back() == 1


async def test_what_is_decided_while_a_folder_leaves_is_looked_at_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = DirectoryShelf.put

    async def slow(shelf: DirectoryShelf, *args: Any) -> None:
        await put(shelf, *args)
        office.cases.known = voided(office.cases.known)

    monkeypatch.setattr(DirectoryShelf, "put", slow)
    await office.node(unchanged=lambda conn, facts: facts == office.cases.known).work_one()
    kinds = [kind for kind, *_ in await office.executor.read(owed)]
    assert kinds == ["case.handed_over", "case.document_voided"]


async def test_another_folder_of_this_name_is_left_alone(office: Office) -> None:
    other = office.shelf / "A013-case-1"
    other.mkdir()
    (other / "manifest.json").write_text("{}")
    await office.node().work_one()
    assert await office.outcome() is None
    assert (other / "manifest.json").read_text() == "{}" and office.folders() == [other.name]
    shelf = DirectoryShelf(office.shelf, lambda: "x")
    (frozen,) = await SqlHandOvers(office.executor).frozen(CASE)
    with pytest.raises(FolderDiffers):
        await shelf.put(frozen, office.blobs.get)


async def test_two_nodes_at_once_make_one_folder(office: Office) -> None:
    await office.node().work_one()
    shutil.rmtree(office.shelf / "A013-case-1")
    (frozen,) = await SqlHandOvers(office.executor).frozen(CASE)
    shelf = DirectoryShelf(office.shelf, lambda: next(office.names))
    reading = asyncio.Event()

    async def slow(sha256: str) -> bytes:
        await reading.wait()
        return await office.blobs.get(sha256)

    late = asyncio.create_task(shelf.put(frozen, slow))
    await shelf.put(frozen, office.blobs.get)
    reading.set()
    await asyncio.wait([late])
    whole(office.shelf / "A013-case-1")
    assert office.folders() == ["A013-case-1"]


async def test_what_a_slow_node_works_at_is_left_alone_and_what_is_old_is_not(
    office: Office,
) -> None:
    young, old, other = (office.shelf / name for name in (".a.half", ".b.half", ".snapshot"))
    for folder in (young, old, other):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (0, 0))
    await office.node().work_one()
    assert office.folders() == [young.name, other.name, "A013-case-1"]


async def test_half_a_folder_is_never_put_there_nor_taken_for_a_whole_one(office: Office) -> None:
    await office.node().work_one()
    target = office.shelf / "A013-case-1"
    (frozen,) = await SqlHandOvers(office.executor).frozen(CASE)
    shutil.rmtree(target)
    reads = 0

    async def robbed(sha256: str) -> bytes:
        nonlocal reads
        reads += 1
        if reads == 4:
            for half in office.shelf.iterdir():
                shutil.rmtree(half)
        return await office.blobs.get(sha256)

    shelf = DirectoryShelf(office.shelf, lambda: "x")
    with pytest.raises(FileNotFoundError):
        await shelf.put(frozen, robbed)
    assert office.folders() == []
    await shelf.put(frozen, office.blobs.get)
    next(target.glob("originals/*")).unlink()
    with pytest.raises(FolderDiffers):
        await shelf.put(frozen, office.blobs.get)


@pytest.mark.parametrize("path", ["../out", "/out", "a/../../out", ""])
async def test_no_file_leaves_the_folder(tmp_path: Path, path: str) -> None:
    blobs = DirectoryBlobs(tmp_path / "blobs")
    kept = await blobs.put(b"{}")
    (tmp_path / "shelf").mkdir()
    frozen = replace(frozen_of("a", b'{"files": []}', Digest(kept)), files=((path, Digest(kept)),))
    with pytest.raises(ValueError):
        await DirectoryShelf(tmp_path / "shelf", lambda: "x").put(frozen, blobs.get)
    assert not (tmp_path / "out").exists() and list((tmp_path / "shelf").iterdir()) == []


@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_any_step_there_is_one_folder_and_one_word(
    tmp_path: Path, sqlite_template: Path, step: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    (tmp_path / DIRECTORY).mkdir()
    lane = SqliteLane(tmp_path / "counter.sqlite")
    await lane.write(owe, HANDOVER, CASE, CASE, AT)
    await lane.close()
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.documents.dying_handover",
        str(tmp_path),
        step,
        "folder",
        cwd=ROOT,
    )
    async with asyncio.timeout(60):
        assert await node.wait() == -9

    for left in (tmp_path / DIRECTORY).iterdir():
        os.utime(left, (0, 0))  # an hour is over
    lane = SqliteLane(tmp_path / "counter.sqlite")
    try:
        time = AT + LEASE
        after = await node_on(tmp_path, lane, lambda: time)
        assert await after.work_one()
        assert not await after.work_one()
        assert [one.name for one in (tmp_path / DIRECTORY).iterdir()] == ["A013-case-1"]
        whole(tmp_path / DIRECTORY / "A013-case-1")
        assert [kind for kind, *_ in await lane.read(owed)] == ["case.handed_over"]
        assert (await lane.read(check)) == (1, [])
    finally:
        await lane.close()
