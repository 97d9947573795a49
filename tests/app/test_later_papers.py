"""A paper after the visit, from the console over the link to the case, on both engines.

Both faces stand in one application on the real store; only the decoder is a fake.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, select

from booking.store_sql import booking_service, plant_seed
from counter.app.later_papers import LinkAddresses, owe_links
from counter.app.notices import PAPERS_MISSING, owe_missing_papers
from counter.app.paper_work import owe_paper_work
from counter.case import Case, Outcome
from counter.documents.job import JobKind, JobOutcome
from counter.documents.later import REACH, LinkState
from counter.documents.later_service import LaterService
from counter.documents.later_sql import SqlLaterPapers
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_pool import ScanPool
from counter.documents.seal_cryptography import PaperSeal
from counter.documents.service import DocumentsService
from counter.documents.store_jobs import SqlJobs, outcomes_of, owe
from counter.documents.store_later import links_of
from counter.errors import NotFound
from counter.esign.form_typst import shipped_forms
from counter.ids import (
    AgentId,
    AppointmentId,
    CaseId,
    DepartmentId,
    PageId,
    ServiceId,
    SiteId,
    TerminalId,
)
from counter.settings import Settings
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.cases import audiences, get_case, put_case, require_open
from counter.store.executor import Executor
from counter.store.journal_sql import read_all, record
from counter.store.session_log import session_log
from tests.documents.photographs import FakeReader, chance, photograph
from tests.web.citizen.walk import BROWSER, Citizen
from web.api.limits import Limits
from web.citizen import later_pages
from web.citizen.later_pages import LaterDeps
from web.console import later_pages as console_pages
from web.console.later_local import LocalLater
from web.notices.letter import facts_of, letter_of, uploads_of
from web.shared import csrf
from web.shared.access import NOBODY, Principal
from web.shared.setup import Base, install
from web.terminal.screen import TerminalScreens

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
TERMINAL = "hengqin-centre-1"
MINE, FOREIGN = "lei", "ana"
CASE = CaseId("case-1")
NAME = "陳大文 Chan"
TOKEN = re.compile(r"/papers/([A-Za-z0-9_-]{43})")


class Staff:
    """A header says who it is."""

    async def principal(self, request: web.Request) -> Principal:
        who = request.headers.get("X-Agent", "")
        return Principal(kind="agent", subject=who, csrf="c" * 32) if who else NOBODY


class House:
    """Everything of a counter that links need."""

    def __init__(
        self, executor: Executor, blobs: Path, now: datetime, new_id: Callable[[], str]
    ) -> None:
        self.executor, self.now, self.folder = executor, now, blobs
        self.seconds = 0.0
        self.reader = FakeReader()
        draw = chance()
        self.booking = booking_service(
            executor, record=record, owe=outbox.owe, new_id=new_id, random_bytes=draw
        )
        store = DirectoryBlobs(blobs)
        self.later = LaterService(
            SqlLaterPapers(executor, audiences),
            store,
            self.reader,
            PaperSeal(b"k" * 32, draw),
            new_id,
            b"l" * 32,
        )
        self.addresses = LinkAddresses(self.later.token, lambda link: link)
        self.addresses.base = "https://counter.example"
        self.documents = DocumentsService(
            SqlPapers(executor, audiences, require_open), store, ScanPool(), new_id
        )

    async def open(self) -> web.Application:
        self.catalogue = await self.booking.catalogue()
        self.console = LocalLater(
            executor=self.executor,
            later=self.later,
            documents=self.documents,
            snapshot=lambda: self.catalogue,
            clock=lambda: self.now,
            address_of=self.addresses,
            owe=owe_links,
            owe_work=owe_paper_work(Settings(handover={"all": self.folder})),
        )
        app = web.Application(client_max_size=21 * 1024 * 1024)
        install(app, Base(sessions=Staff(), random_bytes=chance(), secret=b"s" * 32, secure=False))

        async def service_of(case_id: CaseId) -> str:
            return (await self.executor.read(get_case, case_id)).service_id

        app.add_routes(
            later_pages.routes(
                LaterDeps(
                    papers=self.later,
                    catalogue=self.booking.catalogue,
                    service_of=service_of,
                    now=lambda: self.now,
                    limits=Limits(lambda: self.seconds),
                )
            )
        )
        app.add_routes(console_pages.routes(self.console))
        return app

    @property
    def item(self) -> str:
        return self.catalogue.service(SERVICE).papers[0].id

    async def case(self, **changed: Any) -> Case:
        case = Case(
            id=CASE,
            number="A013",
            terminal_id=TerminalId(TERMINAL),
            site_id=SiteId(SITE),
            department_id=DepartmentId("dsf"),
            service_id=ServiceId(SERVICE),
            appointment_id=AppointmentId("a-1"),
            citizen=NAME,
            language="en",
            needs=(),
            agent_id=AgentId(MINE),
            opened_at=self.now,
        )
        case = replace(case, **changed)
        await self.executor.write(put_case, case)
        return case

    async def close(self, outcome: Outcome = Outcome.PAPERS_MISSING) -> None:
        def command(conn: Connection) -> None:
            case = get_case(conn, CASE).closed(outcome, next_step="", note="", now=self.now)
            put_case(conn, case)
            owe_missing_papers(conn, case, self.now)

        await self.executor.write(command)

    async def owed(self) -> list[Any]:
        def read(conn: Connection) -> list[Any]:
            return [
                row.body
                for row in conn.execute(select(outbox.outbox).order_by(outbox.outbox.c.id))
                if row.kind == PAPERS_MISSING
            ]

        return await self.executor.read(read)


@pytest.fixture
async def house(
    executor: Executor, tmp_path: Path, now: datetime, new_id: Callable[[], str]
) -> House:
    await plant_seed(executor, now)
    await executor.write(put_agent, MINE, "Lei", "dsf", now)
    await executor.write(put_agent, FOREIGN, "Ana", "safp", now)
    return House(executor, tmp_path / "blobs", now, new_id)


@pytest.fixture
async def client(house: House) -> AsyncIterator[TestClient]:
    server = TestServer(await house.open())
    await server.start_server(access_log=None)  # as the counter serves
    made = TestClient(server)
    yield made
    await made.close()


@pytest.fixture
def agent(client: TestClient) -> Citizen:
    return Citizen(client, headers=dict(BROWSER) | {"X-Agent": MINE, "Accept-Language": "en"})


@pytest.fixture
def person(client: TestClient) -> Citizen:
    return Citizen(client, headers=dict(BROWSER) | {"Accept-Language": "en"})


async def made(house: House, agent: Citizen, days: int = 14) -> str:
    """Make a link on the console; the path that the citizen opens."""
    await agent.get(f"/console/later/{CASE}")
    await agent.post(f"/console/later/{CASE}", item=house.item, days=str(days))
    found = TOKEN.search(agent.body)
    assert found, agent.text
    return found[0]


async def upload(person: Citizen, path: str, content: bytes) -> None:
    form = FormData({"csrf": person.value("csrf")})
    form.add_field("picture", content, filename="../../x.pdf", content_type="text/html")
    await person._take(await person.client.post(path, data=form, headers=person.headers))


async def test_a_missing_paper_from_the_console_to_the_phone_and_back(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    assert "Waiting for the citizen" in agent.text
    await house.close()
    await person.get(path)
    paper = house.catalogue.service(SERVICE).papers[0].names["en"]
    assert person.status == 200 and paper in person.title
    assert "Until the end of Monday 7 December 2026" in person.text
    assert NAME not in person.body and "A013" not in person.body
    house.reader.advice = "page_blurred"
    await upload(person, path, photograph(1))
    assert person.path == path and "not sharp" in person.text
    await person.post(person.action("/remove"))
    assert person.path == path and "Hand it in" not in person.text
    house.reader.advice, house.reader.pages = None, 2
    await upload(person, path, photograph(2))
    assert "Page 2" in person.text
    thumb = re.search(r'src="([^"]*/thumb)"', person.body)
    assert thumb is not None
    answer = await person.client.get(thumb[1])
    assert answer.content_type == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"
    await person.post(f"{path}/send")
    assert person.status == 200 and "The paper was handed in" in person.title
    assert "Pages 2" in person.text
    await person.get(path)
    assert person.status == 410

    await agent.get("/console/later")
    assert "A013" in agent.text and "To be looked at" in agent.text
    await agent.get(agent.link(f"/console/later/{CASE}"))
    assert "Handed in" in agent.text and agent.body.count("/images/") == 4
    image = re.search(r'src="([^"]*/images/[0-9a-f]{64})"', agent.body)
    assert image is not None
    answer = await agent.client.get(image[1], headers=agent.headers)
    assert (await answer.read()).startswith(b"\xff\xd8\xff page of")
    await agent.post(agent.action("/pages/"), word="accept")
    assert "Accepted" in agent.text
    await agent.post(agent.action("/pages/"), word="reject")
    assert "Sent back" in agent.text and 'name="word"' not in agent.body


async def test_what_is_accepted_after_the_end_is_read_and_handed_over(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close()
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")
    handover = (JobKind.HANDOVER, CASE)
    jobs = SqlJobs(house.executor)

    await house.executor.write(owe, JobKind.HANDOVER, CASE, CASE, house.now)
    job = await jobs.take([JobKind.HANDOVER], house.now)
    assert job is not None
    await jobs.end(job, JobOutcome.NOTHING, house.now)
    await agent.get(f"/console/later/{CASE}")
    await agent.post(agent.action("/pages/"), word="accept")
    owed = await house.executor.read(outcomes_of, CASE)
    assert {kind for kind, _ in owed} == {JobKind.WORDS, JobKind.BITONAL, JobKind.HANDOVER}
    assert owed[handover] is None, "it is to be handed over after all"


async def test_the_agents_screen_is_told_of_what_came(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")

    def told(conn: Connection) -> list[tuple[str, str]]:
        return [(row.audience, row.kind) for row in conn.execute(select(session_log))]

    assert (f"agent:{MINE}", "page.added") in await house.executor.read(told)


async def test_every_link_that_does_not_hold_gives_one_same_page(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    first = await made(house, agent)
    second = await made(house, agent)
    assert first != second
    pages = set()
    for path in (first, "/papers/" + "x" * 43, "/papers/short", "/papers/", f"{second}/no/page"):
        await person.get(path)
        assert person.status == 410, path
        pages.add(person.text)
    assert len(pages) == 1 and "book a time" in person.text
    await person.get(second)
    token = person.value("csrf")
    await agent.get(f"/console/later/{CASE}")
    await agent.post(agent.action("/revoke"))
    assert "Taken back" in agent.text
    form = {"csrf": token}
    for below in ("", "/send", "/p-1/remove"):
        answer = await person.client.post(f"{second}{below}", data=form, headers=person.headers)
        assert answer.status == 410
    third = await made(house, agent, days=3)
    house.now += timedelta(days=4)
    await person.get(third)
    assert person.status == 410


async def test_hostile_files_are_refused_at_the_field_and_nothing_is_kept(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await person.get(path)
    for content, said in (
        (b"hello", "no picture or PDF"),
        (b"", "Take a photograph or choose a file"),
        (b"%PDF-1.7" + b"\0" * 20 * 1024 * 1024, "at most 20 MB"),
    ):
        await upload(person, path, content)
        assert person.status == 422 and said in person.text
    house.reader.refusal = "pdf_active"
    await upload(person, path, b"%PDF-1.7")
    assert person.status == 422 and "Print it into a new PDF" in person.text
    await person.get(path)
    assert "Page 1" not in person.text
    assert not [one for one in house.folder.rglob("*") if one.is_file()]


async def test_who_is_not_of_the_department_finds_nothing(house: House, agent: Citizen) -> None:
    await house.case()
    await made(house, agent)
    (link,) = await house.executor.read(links_of, [CASE], house.now)
    agent.headers["X-Agent"] = FOREIGN
    await agent.get("/console/later")
    assert agent.status == 200 and "A013" not in agent.text
    forbidden = [
        house.console.one(FOREIGN, CASE),
        house.console.make(FOREIGN, CASE, house.item, 3),
        house.console.revoke(FOREIGN, CASE, link.link_id),
        house.console.decide(FOREIGN, CASE, PageId("p"), accept=True),
        house.console.image(FOREIGN, CASE, "0" * 64),
        house.console.one(MINE, "case-2"),
    ]
    for attempt in forbidden:
        with pytest.raises(NotFound):
            await attempt
    del agent.headers["X-Agent"]
    await agent.get("/console/later")
    assert agent.status == 401


async def test_a_link_is_made_for_a_paper_of_the_checklist_and_not_long_after_the_end(
    house: House, agent: Citizen
) -> None:
    await house.case()
    await agent.get(f"/console/later/{CASE}")
    for fields in ({"item": "passport of a friend", "days": "3"}, {"item": "other", "days": "5"}):
        await agent.post(f"/console/later/{CASE}", **fields)
        assert agent.status == 400
        await agent.get(f"/console/later/{CASE}")
    await house.close()
    house.now += REACH
    await agent.get(f"/console/later/{CASE}")
    assert "Make the link" not in agent.text and "more than two days ago" in agent.text
    form = {"csrf": "c" * 32, "item": house.item, "days": "3"}
    answer = await agent.client.post(f"/console/later/{CASE}", data=form, headers=agent.headers)
    assert answer.status == 409


async def test_only_pages_that_came_over_a_link_are_decided_about_after_the_end(
    house: House, agent: Citizen, executor: Executor
) -> None:
    await house.case()
    with pytest.raises(NotFound):
        await house.console.decide(MINE, CASE, PageId("scanned"), accept=True)


async def test_the_letter_brings_the_link_and_the_outbox_does_not_hold_it(
    house: House, agent: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close(Outcome.ACCEPTED)
    (body,) = await house.owed()
    assert path.rsplit("/", 1)[1] not in str(body)
    uploads = uploads_of(body, house.catalogue, "en", house.addresses)
    facts = facts_of(PAPERS_MISSING, body, house.catalogue, "en")
    letter = letter_of(facts, "en", link="https://counter.example", uploads=uploads)
    assert f"https://counter.example{path}" in letter.text
    assert "until the end of Monday 7 December 2026" in letter.text
    again = await made(house, agent)
    later = (await house.owed())[1:]
    assert [one["papers"] for one in later] == [[house.item]]
    (told,) = uploads_of(later[0], house.catalogue, "zh_Hant", house.addresses)
    assert again in told and path not in told


async def test_the_receipt_shows_what_is_open_and_nothing_else(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    await house.close()
    screens = TerminalScreens(
        catalogue=lambda: house.catalogue,
        forms=shipped_forms(),
        link_address=house.addresses,
        document_address=house.addresses.documents,
    )

    async def shown() -> list[Any]:
        screen = await house.executor.read(screens.screen, TERMINAL, house.now)
        assert screen.receipt is not None
        return screen.receipt.later

    (card,) = await shown()
    assert card.qr.startswith("data:image/svg+xml") and card.until
    await person.get(path)
    await upload(person, path, photograph())
    await person.post(f"{path}/send")
    assert await shown() == []
    (link,) = await house.executor.read(links_of, [CASE], house.now)
    assert link.state is LinkState.SENT


async def test_no_token_is_logged_or_journalled(
    house: House,
    agent: Citizen,
    person: Citizen,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    await house.case()
    path = await made(house, agent)
    token = path.rsplit("/", 1)[1]
    await person.get(path)
    await person.client.post(path, data={"csrf": "wrong"}, headers=person.headers)
    await person.client.post(path, data={"csrf": "wrong"})
    await person.client.get(f"{path}/none/thumb", headers=person.headers)
    monkeypatch.setattr(house.reader, "read", lambda content: 1 / 0)
    await upload(person, path, photograph())
    assert person.status == 500
    assert "/papers/…" in caplog.text and token not in caplog.text
    assert not any(token in entry.body for entry in await house.executor.read(read_all))


async def test_who_asks_too_often_is_told_when_to_come_back(
    house: House, agent: Citizen, person: Citizen
) -> None:
    await house.case()
    path = await made(house, agent)
    for asked, most in ((path, later_pages.PER_S), ("/papers/x", later_pages.UNKNOWN_PER_S)):
        statuses = []
        for _ in range(2 * most + 1):
            answer = await person.client.get(asked, headers=person.headers)
            statuses.append(answer.status)
        assert statuses[-1] == 429 and 429 not in statuses[:-1]
        house.seconds += 1


async def test_a_body_that_drips_is_cut_off(
    house: House, agent: Citizen, person: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csrf, "BODY_S", 0.05)
    await house.case()
    path = await made(house, agent)
    await person.get(path)

    async def drips() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
        await never.wait()

    never = asyncio.Event()
    headers = person.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    async with asyncio.timeout(20):
        answer = await person.client.post(path, data=drips(), headers=headers)
    assert answer.status == 400
