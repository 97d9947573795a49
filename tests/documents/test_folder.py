"""The folder of a case: its files, its manifest, its ZIP."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from jsonschema import Draft202012Validator

from counter.documents.bundle_refusals import NothingToBind
from counter.documents.folder import Folder, folder_name, kind_of
from counter.documents.folder_service import FolderService
from counter.documents.page import PageState
from counter.documents.zip_files import zipped
from counter.errors import NotFound
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from tests.documents.folders import CASE, HEAD, Cases, PlainBinder, case_in

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "counter/documents/case-folder-1.schema.json").read_text()
)


@pytest.fixture
async def cases(tmp_path: Path) -> Cases:
    return Cases(await case_in(DirectoryBlobs(tmp_path / "blobs")))


@pytest.fixture
def folders(tmp_path: Path, cases: Cases) -> FolderService:
    return FolderService(cases, DirectoryBlobs(tmp_path / "blobs"), PlainBinder())


def complaints(manifest: Any) -> list[str]:
    Draft202012Validator.check_schema(SCHEMA)
    checker = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [one.message for one in checker.iter_errors(manifest)]


async def test_what_was_accepted_and_sealed_is_in_it_and_nothing_else(
    folders: FolderService, cases: Cases
) -> None:
    folder = await folders.folder(CASE, originals=True)
    sealed = cases.known.documents[0].sealed_sha256
    assert sealed is not None
    assert [(file.role, file.path) for file in folder.files] == [
        ("page", f"papers/01-proof-of-address/002-{cases.known.leaves[1].page_sha256[:12]}.jpg"),
        ("original", f"originals/002-{cases.known.leaves[1].original_sha256[:12]}.jpg"),
        ("page", f"papers/02-identity-card/001-{cases.known.leaves[0].page_sha256[:12]}.jpg"),
        ("original", f"originals/001-{cases.known.leaves[0].original_sha256[:12]}.jpg"),
        ("bundle", "bundle.pdf"),
        (
            "signed_document",
            f"documents/01-certificate_application-{sealed[:12]}.pdf",
        ),
    ]
    for file in folder.files:
        content = await folders.content(file)
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert len(content) == file.size_bytes


async def test_a_browser_gets_no_photograph_as_it_came_up(folders: FolderService) -> None:
    folder = await folders.folder(CASE, originals=False)
    assert all(file.role != "original" for file in folder.files)
    assert b"originals/" not in folder.manifest


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts,
        lambda facts: replace(facts, closed_at=None, outcome=None, appointment_id="b-7"),
        lambda facts: replace(facts, leaves=(), documents=(), checklist=()),
        lambda facts: replace(
            facts, leaves=(replace(facts.leaves[0], bitonal_sha256=facts.leaves[1].page_sha256),)
        ),
    ],
)
async def test_the_manifest_follows_the_schema_that_is_shipped(
    folders: FolderService, cases: Cases, change: Callable[[Any], Any]
) -> None:
    cases.known = change(cases.known)
    manifest = json.loads((await folders.folder(CASE, originals=True)).manifest)
    assert complaints(manifest) == []


async def test_the_schema_complains_about_another_manifest(folders: FolderService) -> None:
    manifest = json.loads((await folders.folder(CASE, originals=True)).manifest)
    for path in (["schema"], ["pages", 0, "page_sha256"], ["files", 0, "path"], ["journal", "seq"]):
        wrong = json.loads(json.dumps(manifest))
        place = wrong
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = "../../etc"
        assert complaints(wrong), path


async def test_it_says_who_decided_what_and_what_the_journal_was_known_by(
    folders: FolderService,
) -> None:
    manifest = json.loads((await folders.folder(CASE, originals=True)).manifest)
    assert [(one["state"], one["decided_by"], one["decided_at"]) for one in manifest["pages"]] == [
        ("accepted", "agent:a-1", "2026-11-23T02:01:00.000+00:00"),
        ("accepted", "agent:a-1", "2026-11-23T02:02:00.000+00:00"),
        ("rejected", "agent:a-1", "2026-11-23T02:03:00.000+00:00"),
        ("stored", None, None),
    ]
    assert manifest["journal"] == {"seq": 41, "head": HEAD}
    assert manifest["text_layer"] == "none"
    accepted = {one["page_id"] for one in manifest["pages"] if one["state"] == "accepted"}
    assert {file["page_id"] for file in manifest["files"]} - {None} == accepted


async def test_the_same_case_is_the_same_folder_byte_for_byte(folders: FolderService) -> None:
    async def packed() -> bytes:
        folder = await folders.folder(CASE, originals=True)
        return b"".join([part async for part in zipped(folder, folders.content)])

    assert await packed() == await packed()


async def test_the_zip_opens_and_holds_the_manifest_and_every_file(
    folders: FolderService,
) -> None:
    folder = await folders.folder(CASE, originals=False)
    parts = [part async for part in zipped(folder, folders.content)]
    assert len(parts) > len(folder.files), "it is sent as it is made"
    with ZipFile(BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            f"A013-case-1/{path}" for path in ("manifest.json", *(one.path for one in folder.files))
        ]
        assert archive.read("A013-case-1/manifest.json") == folder.manifest
        for file in folder.files:
            inside = archive.read(f"A013-case-1/{file.path}")
            assert hashlib.sha256(inside).hexdigest() == file.sha256


async def test_one_paper_or_all_of_them_as_a_pdf(folders: FolderService, cases: Cases) -> None:
    whole = await folders.pdf(CASE)
    assert whole.startswith(b"%PDF") and len(await folders.pdf(CASE, "identity-card")) < len(whole)
    with pytest.raises(NothingToBind):
        await folders.pdf(CASE, "photo")
    only = replace(cases.known.leaves[0], state=PageState.REJECTED)
    cases.known = replace(cases.known, leaves=(only,))
    with pytest.raises(NothingToBind):
        await folders.pdf(CASE)
    with pytest.raises(NotFound):
        await folders.pdf(CaseId("another"))


def test_no_name_of_a_file_leads_anywhere_else() -> None:
    assert folder_name("A013", "../../etc/passwd") == "A013-______etc_passwd"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", folder_name("陳大文", "x"))


def test_files_are_known_by_their_first_bytes() -> None:
    assert kind_of(b"\x89PNG\r\n\x1a\n...") == ("image/png", "png")
    assert kind_of(b"II*\x00") == ("image/tiff", "tif")
    assert kind_of(b"<html>") == ("application/octet-stream", "bin")


def test_a_folder_is_known_by_its_manifest() -> None:
    folder = Folder(name="a", manifest=b"{}", files=())
    assert folder.manifest_sha256 == hashlib.sha256(b"{}").hexdigest()
