"""What is accepted after a hand-over goes after it, once; what was handed over stays as it is."""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from counter.documents.job import LEASE, JobOutcome, pause_after
from counter.documents.page import PageState
from counter.documents.store_handover import SqlHandOvers
from counter.documents.store_jobs import owe, owe_again
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.documents.back_office import HANDOVER, Office, owed, whole
from tests.documents.dying_handover import DIRECTORY, STEPS, facts_in, live, node_on
from tests.documents.folders import CASE, Cases, accept_one_more, case_in
from tests.documents.leaves import AT
from tests.documents.test_folder import complaints
from tests.forked import death_of

FIRST, SECOND, THIRD = "A013-case-1", "A013-case-1-2", "A013-case-1-3"


@pytest.fixture
async def office(executor: Executor, tmp_path: Path) -> Office:
    """The folder is there, and a page was accepted since."""
    made = Office(executor, tmp_path, Cases(await case_in(DirectoryBlobs(tmp_path / "blobs"))))
    await made.owe()
    assert await made.node().work_one()
    await accept(made)
    return made


async def accept(office: Office) -> None:
    await accept_one_more(office.cases, office.blobs)
    await office.executor.write(owe_again, HANDOVER, CASE, CASE, office.now)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


async def test_what_is_accepted_later_comes_in_a_folder_of_its_own(office: Office) -> None:
    before = bytes_of(office.shelf / FIRST)
    assert await office.outcome() is None
    assert await office.node().work_one()
    assert await office.outcome() is JobOutcome.DONE
    assert office.folders() == [FIRST, SECOND]
    assert bytes_of(office.shelf / FIRST) == before
    first = hashlib.sha256((office.shelf / FIRST / "manifest.json").read_bytes()).hexdigest()
    manifest = whole(office.shelf / SECOND)
    assert complaints(manifest) == []
    assert manifest["supplement"] == {"part": 2, "first_manifest_sha256": first}
    assert [(one["role"], one["page_id"]) for one in manifest["files"]] == [
        *(("page", "p-5"), ("original", "p-5"), ("bundle", None))
    ]
    assert len(manifest["pages"]) == 5, "of every page it is told how it is by now"
    told = [body for _, _, body in await office.executor.read(owed)]
    assert "part" not in told[0]
    raw = (office.shelf / SECOND / "manifest.json").read_bytes()
    assert told[1] == told[0] | {
        "folder": SECOND,
        "manifest_sha256": hashlib.sha256(raw).hexdigest(),
        "part": 2,
        "first_manifest_sha256": first,
    }


async def test_the_next_page_comes_in_the_next_folder(office: Office) -> None:
    assert await office.node().work_one()
    await accept(office)
    assert await office.node().work_one()
    assert office.folders() == [FIRST, SECOND, THIRD]
    manifest = whole(office.shelf / THIRD)
    assert manifest["supplement"]["part"] == 3
    assert {one["page_id"] for one in manifest["files"]} == {"p-6", None}


async def test_what_is_not_accepted_in_the_end_makes_no_folder(office: Office) -> None:
    *others, page = office.cases.known.leaves
    sent_back = replace(page, state=PageState.REJECTED)
    office.cases.known = replace(office.cases.known, leaves=(*others, sent_back))
    assert await office.node().work_one()
    assert await office.outcome() is JobOutcome.DONE
    assert office.folders() == [FIRST] and len(await office.executor.read(owed)) == 1


async def test_what_is_accepted_while_the_folder_waits_for_its_place_is_not_forgotten(
    executor: Executor, tmp_path: Path
) -> None:
    office = Office(executor, tmp_path, Cases(await case_in(DirectoryBlobs(tmp_path / "blobs"))))
    await office.owe()
    office.shelf.rmdir()
    assert await office.node().work_one()
    await accept(office)
    office.shelf.mkdir()
    office.now += pause_after(1)
    assert await office.node().work_one()
    assert await office.outcome() is JobOutcome.DONE
    assert office.folders() == [FIRST, SECOND]
    assert {one["page_id"] for one in whole(office.shelf / SECOND)["files"]} == {"p-5", None}


async def test_nothing_is_frozen_that_was_decided_otherwise_meanwhile(office: Office) -> None:
    folders = SqlHandOvers(office.executor, lambda conn, facts: False)
    (first,) = await folders.frozen(CASE)
    late = replace(first, name=SECOND, part=2, done=False)
    assert await folders.freeze(office.cases.known, late, office.now) is None
    assert await folders.frozen(CASE) == (first,)


@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_any_step_there_is_one_supplement_and_one_word(
    tmp_path: Path, sqlite_template: Path, step: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    (tmp_path / DIRECTORY).mkdir()
    lane = SqliteLane(tmp_path / "counter.sqlite")
    await lane.write(owe, HANDOVER, CASE, CASE, AT)
    assert await node_on(tmp_path, await facts_in(tmp_path), lane, lambda: AT).work_one()
    before = bytes_of(tmp_path / DIRECTORY)
    await lane.write(owe_again, HANDOVER, CASE, CASE, AT)
    await lane.close()
    facts = await facts_in(tmp_path, later=1)
    assert death_of(live, tmp_path, step, facts) == -9

    for left in (tmp_path / DIRECTORY).glob(".*"):
        os.utime(left, (0, 0))  # an hour is over
    lane = SqliteLane(tmp_path / "counter.sqlite")
    try:
        time = AT + LEASE
        after = node_on(tmp_path, facts, lane, lambda: time)
        assert await after.work_one()
        assert not await after.work_one()
        names = sorted(one.name for one in (tmp_path / DIRECTORY).iterdir())
        assert names == [FIRST, SECOND]
        assert bytes_of(tmp_path / DIRECTORY).items() >= before.items()
        assert whole(tmp_path / DIRECTORY / SECOND)["supplement"]["part"] == 2
        assert [body.get("part") for _, _, body in await lane.read(owed)] == [None, 2]
        assert (await lane.read(check)) == (2, [])
    finally:
        await lane.close()
