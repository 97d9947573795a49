"""A counter of which only links to papers are wanted, for tests that walk through them.

Both faces stand in one application on the real store; only the decoder is a fake.
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, select

from booking.store_sql import booking_service, plant_seed
from counter.app.later_papers import LinkAddresses, owe_links, owe_links_again
from counter.app.notices import PAPERS_MISSING, owe_missing_papers
from counter.app.paper_work import owe_paper_work
from counter.case import Case, Outcome
from counter.documents.later_service import LaterService
from counter.documents.later_sql import SqlLaterPapers
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_pool import ScanPool
from counter.documents.seal_cryptography import PaperSeal
from counter.documents.service import DocumentsService
from counter.ids import (
    AgentId,
    AppointmentId,
    CaseId,
    DepartmentId,
    ServiceId,
    SiteId,
    TerminalId,
)
from counter.settings.node import Settings
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.cases import audiences, get_case, put_case, require_open
from counter.store.executor import Executor
from counter.store.journal_sql import record
from tests.documents.photographs import FakeReader, chance
from tests.web.citizen.walk import BROWSER, Citizen
from web.api.limits import Limits
from web.citizen import later_pages
from web.citizen.later_pages import LaterDeps
from web.console import later_pages as console_pages
from web.console.later_local import LocalLater
from web.shared.access import NOBODY, Principal
from web.shared.setup import Base, install

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
            owe_again=owe_links_again,
            owe_work=owe_paper_work(Settings(handover={"all": self.folder})),
        )
        app = web.Application(client_max_size=21 * 1024 * 1024)
        base = Base(
            sessions=Staff(),
            random_bytes=chance(),
            secret=b"s" * 32,
            secure=False,
            proxies=("127.0.0.0/8", "::1/128"),
        )
        install(app, base)

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
