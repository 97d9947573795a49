"""Served cases on the console: a list, a case, its files; and the page in a browser."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from booking.catalogue import Catalogue
from counter.documents.bundle_refusals import NothingToBind
from counter.documents.folder_service import FolderService
from counter.documents.printing import Print, PrintState
from counter.documents.zip_files import zipped
from counter.errors import NotFound
from counter.esign.issued import Delivery
from counter.identity.proofing import Level
from counter.store.blobs_directory import DirectoryBlobs
from tests.documents.folders import Cases, PlainBinder, case_in
from tests.documents.leaves import AT
from tests.web.citizen.test_browser import AXE, SMALL, VIOLATIONS
from tests.web.citizen.walk import SERVICE, SITE
from tests.web.console.test_papers_before import BROWSER, text
from tests.web.fake_counter import FakeSessions
from tests.web.fakes import chance, places
from tests.web.live_pages import axe_on_first
from web.console.case_pages import routes
from web.console.case_ports import CaseView, Left, Served
from web.shared.access import Principal
from web.shared.setup import Base, install


class FakeCases:
    """One closed case, of `agent-1`."""

    def __init__(self, folders: FolderService, facts: Any) -> None:
        self.folders = folders
        self.facts = facts
        self.handover = "done"
        self.reads_words = False
        self.prints: tuple[Print, ...] = ()
        self.link_until: datetime | None = None
        self.deliveries: tuple[Delivery, ...] = ()
        self.revoked_later: dict[str, dict[str, datetime | None]] = {}
        self.left = Left()

    def catalogue(self) -> Catalogue:
        return places()

    async def served(self, who: Principal) -> Sequence[Served]:
        if who.subject != "agent-1" or self.facts is None:
            return []
        return [
            Served(
                case_id=self.facts.id,
                number=self.facts.number,
                service=SERVICE,
                site=SITE,
                opened_at=AT,
                closed_at=AT + timedelta(minutes=20),
                outcome="accepted",
            )
        ]

    async def one(self, who: Principal, case_id: str, tag: str) -> CaseView:
        self._mine(case_id)
        return CaseView(
            link_until=self.link_until,
            deliveries=self.deliveries,
            facts=self.facts,
            form_titles={"c-1": "Application for a certificate"},
            handover=self.handover,
            prints=self.prints,
            reads_words=self.reads_words,
            revoked_later=self.revoked_later,
            left=self.left,
        )

    async def pdf(self, who: Principal, case_id: str, item: str | None) -> bytes:
        self._mine(case_id)
        return await self.folders.pdf(case_id, item)  # type: ignore[arg-type]

    async def document(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        self._mine(case_id)
        return await self.folders.document(case_id, ceremony_id)  # type: ignore[arg-type]

    async def audit_pack(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        self._mine(case_id)
        return b"PK"

    async def revoke_link(self, who: Principal, case_id: str) -> None:
        self._mine(case_id)
        self.link_until = None

    async def add_note(self, who: Principal, case_id: str, text: str) -> None:
        self._mine(case_id)
        self.left = replace(self.left, note=f"{self.left.note}\n{text}".strip())

    async def zipped(self, who: Principal, case_id: str) -> tuple[str, AsyncIterator[bytes]]:
        self._mine(case_id)
        folder = await self.folders.folder(self.facts.id, originals=False)
        return folder.name, zipped(folder, self.folders.content)

    def _mine(self, case_id: str) -> None:
        if case_id != self.facts.id:
            raise NotFound("somebody else's")


@pytest.fixture
async def cases(tmp_path: Path) -> FakeCases:
    blobs = DirectoryBlobs(tmp_path / "blobs")
    facts = await case_in(blobs, service=SERVICE, site=SITE, department="dsi")
    return FakeCases(FolderService(Cases(facts), blobs, PlainBinder()), facts)


@pytest.fixture
async def server(cases: FakeCases) -> AsyncIterator[TestServer]:
    app = web.Application()
    install(
        app,
        Base(sessions=FakeSessions(), random_bytes=chance(), secret=b"s" * 32, secure=False),
    )
    app.add_routes(routes(cases))
    made = TestServer(app)
    await made.start_server()
    yield made
    await made.close()


@pytest.fixture
async def agent(server: TestServer) -> AsyncIterator[ClientSession]:
    async with ClientSession(
        server.make_url("/"), cookies={"agent": "yes"}, headers=BROWSER
    ) as made:
        yield made


async def page(agent: ClientSession, path: str) -> tuple[int, str]:
    async with agent.get(path) as answer:
        return answer.status, await answer.text()


async def test_the_list_and_the_case(agent: ClientSession, cases: FakeCases) -> None:
    _, listed = await page(agent, "/console/cases")
    assert "A013" in text(listed) and 'href="/console/cases/case-1"' in listed
    status, one = await page(agent, "/console/cases/case-1")
    said = text(one)
    assert status == 200 and "Case A013" in said and "Handed over" in said
    assert "1 page" in said and "1 not accepted" in said
    assert "Application for a certificate" in said
    assert 'href="/console/cases/case-1/documents/c-1.pdf"' in one
    assert 'href="/console/cases/case-1/documents/c-1.asice"' in one
    assert "No text layer on this machine" in said
    cases.reads_words, cases.handover = True, "none"
    said = text((await page(agent, "/console/cases/case-1"))[1])
    assert "No text layer" not in said and "Back office" not in said


async def test_what_was_left_for_whoever_comes_next_is_read_there(
    agent: ClientSession, cases: FakeCases
) -> None:
    said = text((await page(agent, "/console/cases/case-1"))[1])
    assert "L0, nobody checked" in said
    assert "Note for colleagues" not in said and "to be handed in" not in said
    cases.left = Left(
        next_step="The certificate is ready on Friday.",
        note="<b>Speaks Hokkien</b>, call the son.",
        missing=(("bir-original", date(2026, 12, 8)),),
        level=Level.DOCUMENT,
    )
    said = text((await page(agent, "/console/cases/case-1"))[1])
    assert "The certificate is ready on Friday." in said
    assert "&lt;b&gt;Speaks Hokkien&lt;/b&gt;, call the son." in said
    assert "by Tuesday 8 December 2026" in said and "L2, identity document" in said


async def test_a_note_is_added_after_the_case_was_closed(
    agent: ClientSession, cases: FakeCases
) -> None:
    path = "/console/cases/case-1"
    token = re.search(r'name="csrf" value="([^"]+)"', (await page(agent, path))[1])
    assert token is not None
    for text_of_it in (" He ended it by mistake. ", "  "):
        data = {"csrf": token[1], "note": text_of_it}
        async with agent.post(f"{path}/note", data=data) as answer:
            assert answer.status == 200 and answer.url.path == path
    assert cases.left.note == "He ended it by mistake."
    async with agent.post(f"{path}/note", data={"note": "forged"}) as answer:
        assert answer.status == 403
    assert cases.left.note == "He ended it by mistake."


async def test_an_empty_list_says_what_comes(agent: ClientSession, cases: FakeCases) -> None:
    cases.facts = None
    _, listed = await page(agent, "/console/cases")
    assert "A case appears here when you answer a call." in listed


async def test_prints_are_shown_with_what_to_do(agent: ClientSession, cases: FakeCases) -> None:
    cases.prints = (
        Print(
            maker="page",
            id="k-1",
            case_id="case-1",
            terminal_id="t-1",
            what="receipt",
            ref="",
            sheets=1,
            state=PrintState.FAILED,
            reason="printer",
            asked_at=AT,
            changed_at=AT,
        ),
    )
    said = text((await page(agent, "/console/cases/case-1"))[1])
    assert "Not printed The printer is out of order." in said


async def test_whose_certificate_was_revoked_after_signing_is_said_with_the_day_there(
    agent: ClientSession, cases: FakeCases
) -> None:
    path = f"/console/cases/{cases.facts.id}"
    assert "revoked" not in (await page(agent, path))[1]
    # Half past midnight at the counter.
    at = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    cases.revoked_later = {"c-1": {"Agent": at, "Seal": None}, "c-other": {"Citizen": at}}
    said = text((await page(agent, path))[1])
    for role, when in {
        "Officer at the counter": "on Tuesday 24 November 2026, after",
        "Seal of the department": "after",
    }.items():
        words = f"{role} Its certificate was revoked {when} it had signed: it still counts."
        assert words in said, said
    assert "Applicant" not in said
    # What was taken back counts for nothing: nothing is said of it.
    voided = [replace(one, state="voided", sealed_sha256=None) for one in cases.facts.documents]
    cases.facts = replace(cases.facts, documents=tuple(voided))
    assert "still counts" not in (await page(agent, path))[1]


async def test_what_the_citizen_took_is_shown_and_the_link_taken_back(
    agent: ClientSession, cases: FakeCases
) -> None:
    sealed = next(one.sealed_sha256 for one in cases.facts.documents if one.sealed_sha256)
    cases.link_until = AT + timedelta(days=30)
    cases.deliveries = (Delivery(sha256=sealed, channel="link", first_at=AT, times=2),)
    status, text = await page(agent, f"/console/cases/{cases.facts.id}")
    assert status == 200
    assert "Taken by the citizen" in text and "Take the link back" in text
    token = re.search(r'name="csrf" value="([^"]+)"', text)
    assert token is not None
    path = f"/console/cases/{cases.facts.id}/documents/revoke"
    async with agent.post(path, data={"csrf": token[1]}) as answer:
        assert answer.status == 200
    assert cases.link_until is None
    _, text = await page(agent, f"/console/cases/{cases.facts.id}")
    assert "Take the link back" not in text


async def test_a_document_that_was_taken_back_is_not_called_unsigned(
    agent: ClientSession, cases: FakeCases
) -> None:
    first, *others = cases.facts.documents
    voided = replace(first, state="voided", sealed_sha256=None)
    cases.facts = replace(cases.facts, documents=(voided, *others))
    _, text = await page(agent, f"/console/cases/{cases.facts.id}")
    assert "Signed, and taken back" in text


@pytest.mark.parametrize(
    "path, name",
    [
        ("bundle.pdf", "bundle.pdf"),
        ("papers/identity-card.pdf", "identity-card.pdf"),
        ("documents/c-1.pdf", "signed.pdf"),
        ("documents/c-1.asice", "audit.asice"),
    ],
)
async def test_files_are_attachments_and_kept_by_nobody(
    agent: ClientSession, path: str, name: str
) -> None:
    async with agent.get(f"/console/cases/case-1/{path}") as answer:
        pack = path.endswith(".asice")
        assert answer.status == 200
        assert (await answer.read()).startswith(b"PK" if pack else b"%PDF")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        kind = "application/vnd.etsi.asic-e+zip" if pack else "application/pdf"
        assert answer.content_type == kind
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_folder_comes_as_a_zip(agent: ClientSession) -> None:
    async with agent.get("/console/cases/case-1/folder.zip") as answer:
        assert answer.content_type == "application/zip"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="A013-case-1.zip"'
        assert "no-store" in answer.headers["Cache-Control"]
        with ZipFile(BytesIO(await answer.read())) as archive:
            assert archive.testzip() is None and "A013-case-1/manifest.json" in archive.namelist()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/bundle.pdf",
        "/papers/x.pdf",
        "/documents/c-1.pdf",
        "/documents/c-1.asice",
        "/folder.zip",
    ],
)
async def test_what_is_somebody_elses_is_not_there(
    agent: ClientSession, server: TestServer, path: str
) -> None:
    status, _ = await page(agent, f"/console/cases/case-2{path}")
    assert status == 404
    for cookies, refused in (({}, 401), ({"terminal": "yes"}, 403)):
        async with (
            ClientSession(server.make_url("/"), cookies=cookies) as other,
            other.get(f"/console/cases/case-1{path}", allow_redirects=False) as answer,
        ):
            assert answer.status == refused


async def test_a_paper_without_accepted_pages_says_so(agent: ClientSession) -> None:
    status, said = await page(agent, "/console/cases/case-1/papers/photo.pdf")
    assert status == NothingToBind.status
    assert "No page of this paper was accepted" in said


@pytest.mark.parametrize(("language", "axe"), axe_on_first("zh-Hant", "pt"))
async def test_the_pages_are_in_order_for_hands_and_readers(
    chromium: Browser, server: TestServer, cases: FakeCases, language: str, axe: bool
) -> None:
    cases.revoked_later = {"c-1": {"Agent": AT, "Seal": None}}
    context = await chromium.new_context(locale=language, viewport={"width": 1440, "height": 900})
    await context.add_cookies([{"name": "agent", "value": "yes", "url": str(server.make_url("/"))}])
    shown = await context.new_page()
    wrong: list[str] = []
    for path in ("/console/cases", "/console/cases/case-1"):
        await shown.goto(str(server.make_url(path)))
        if axe:
            await shown.evaluate(AXE)
            wrong += [f"{path}: {one}" for one in await shown.evaluate(VIOLATIONS)]
        wrong += [f"{path}: small {one}" for one in await shown.evaluate(SMALL)]
    assert wrong == []
