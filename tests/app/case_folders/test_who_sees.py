"""Who sees a case and takes its folder, and what is journalled of it."""

import json
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import Connection

from counter.app.folder_out import write_out
from counter.case import Outcome
from counter.documents.checklist import Due
from counter.documents.handover import FolderDiffers
from counter.documents.store_checklist import put_dues
from counter.errors import BadInput, NotFound
from counter.identity.proofing import Level
from counter.store.cases import get_case, put_case
from counter.store.journal_sql import newest
from tests.app.folder_floor import AGENT, CASE, COLLEAGUE, FOREIGN, SUPERVISOR, Floor, actions
from tests.documents.back_office import whole
from web.console.cases_local import REACH


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
