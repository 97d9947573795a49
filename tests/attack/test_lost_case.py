"""What an agent asks of a case that was handed to a colleague meanwhile changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from counter.documents.checklist_sql import SqlChecklists
from counter.documents.page import PageState
from counter.documents.papers_sql import SqlPapers
from counter.documents.store_documents import page
from counter.errors import NotAllowedNow
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument
from counter.esign.records_sql import SqlRecords
from counter.ids import AgentId, CeremonyId, Digest, DocumentId, PageId, RequestId
from counter.store.cases import audiences, put_case, require_led, require_open
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.attack.test_closed_case import CASE, opened

FIRST, SECOND = AgentId("first"), AgentId("second")


class Desk:
    """Asks of one agent, as the services hand them to the store."""

    def __init__(self, executor: Executor, by: str, now: datetime) -> None:
        self.papers = SqlPapers(executor, audiences, require_open, require_led)
        self.checklists = SqlChecklists(executor, audiences, require_open, require_led)
        self.records = SqlRecords(
            executor=executor,
            audiences=audiences,
            require_open=require_open,
            require_led=require_led,
        )
        self.by, self.now = by, now

    async def scan(self) -> None:
        await self.papers.request_scan(
            CASE, RequestId("r-2"), item="other", label_id=None, by=self.by, now=self.now
        )

    async def cancel(self) -> None:
        await self.papers.cancel_request(CASE, RequestId("r-1"), by=self.by, now=self.now)

    async def decide(self) -> None:
        await self.papers.decide_page(CASE, PageId("p-1"), accept=True, by=self.by, now=self.now)

    async def attest(self) -> None:
        await self.checklists.attest(CASE, "other", seen=True, by=self.by, now=self.now)

    async def need(self) -> None:
        await self.checklists.need(CASE, "other", needed=False, by=self.by, now=self.now)

    async def present(self, ceremony: str = "c-2") -> None:
        new = NewDocument(
            ceremony_id=CeremonyId(ceremony),
            document_id=DocumentId(f"d-{ceremony}"),
            case_id=CASE,
            form=shipped_forms().all()[0],
            data={},
            language="pt",
            sha256=Digest("a" * 64),
            size_bytes=1,
        )
        await self.records.prepare(new, by=self.by, now=self.now)

    async def withdraw(self) -> None:
        await self.records.withdraw(CASE, "c-1", by=self.by, now=self.now)


ASKS: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "scan": Desk.scan,
    "cancel": Desk.cancel,
    "decide": Desk.decide,
    "attest": Desk.attest,
    "need": Desk.need,
    "present": Desk.present,
    "withdraw": Desk.withdraw,
}


def _put_page(conn: Connection, now: datetime) -> None:
    conn.execute(
        page.insert().values(
            id="p-1",
            case_id=CASE,
            request_id="r-0",
            seq=1,
            item="other",
            state=PageState.STORED,
            original_sha256="b" * 64,
            page_sha256="c" * 64,
            thumb_sha256="d" * 64,
            width_px=1,
            height_px=1,
            findings={"notes": []},
            stored_at=now,
        )
    )


async def _at_work(executor: Executor, now: datetime, ask: str) -> Desk:
    """The first agent, who may ask this now."""
    await executor.write(put_case, replace(opened(now), agent_id=FIRST))
    await executor.write(_put_page, now)
    first = Desk(executor, f"agent:{FIRST}", now)
    await first.papers.request_scan(
        CASE, RequestId("r-1"), item="other", label_id=None, by=first.by, now=now
    )
    if ask != "present":
        await first.present("c-1")
    return first


def _transfer(conn: Connection, now: datetime) -> None:
    put_case(conn, replace(opened(now), agent_id=SECOND))


@pytest.mark.parametrize("ask", ASKS)
async def test_who_does_not_lead_the_case_any_more_is_refused(
    executor: Executor, now: datetime, ask: str
) -> None:
    first = await _at_work(executor, now, ask)
    await executor.write(_transfer, now)
    before = len(await executor.read(read_all))
    with pytest.raises(NotAllowedNow):
        await ASKS[ask](first)
    assert len(await executor.read(read_all)) == before
    await ASKS[ask](Desk(executor, f"agent:{SECOND}", now))
    assert len(await executor.read(read_all)) > before


@pytest.mark.parametrize("by", ["operator:socket", "terminal:t-1"])
async def test_who_is_no_agent_takes_back_whoever_leads_the_case(
    executor: Executor, now: datetime, by: str
) -> None:
    await executor.write(put_case, replace(opened(now), agent_id=FIRST))
    first = Desk(executor, f"agent:{FIRST}", now)
    await first.present("c-1")
    await Desk(executor, by, now).withdraw()
    assert len(await executor.read(read_all)) == 2


@asynccontextmanager
async def not_yet_committed(
    executor: Executor, command: Callable[[Connection], None]
) -> AsyncIterator[bool]:
    """The command is done and its transaction open; False on SQLite, where it is over by then."""
    done, go_on = asyncio.Event(), asyncio.Event()

    def hold(conn: Connection) -> None:
        command(conn)
        if conn.dialect.name == "postgresql":
            done.set()
            await_only(go_on.wait())

    holding = asyncio.create_task(executor.write(hold))
    waiting = asyncio.create_task(done.wait())
    await asyncio.wait({holding, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield done.is_set()
    finally:
        go_on.set()
        await holding


async def waits(executor: Executor, task: asyncio.Task[Any]) -> None:
    """Return when the task waits for a lock.  It fails when it came through without."""

    def queued(conn: Connection) -> bool:
        asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(conn.execute(asked).scalar_one())

    while not await executor.read(queued):
        assert not task.done(), "it did not wait"


@pytest.mark.parametrize("ask", ASKS)
async def test_who_asks_at_the_instant_of_a_transfer_waits_for_it_and_is_refused(
    executor: Executor, now: datetime, ask: str
) -> None:
    first = await _at_work(executor, now, ask)
    before = len(await executor.read(read_all))
    async with not_yet_committed(executor, lambda conn: _transfer(conn, now)) as apart:
        asking = asyncio.create_task(_asked(ask, first))
        if apart:
            await waits(executor, asking)
    with pytest.raises(NotAllowedNow):
        await asking
    assert len(await executor.read(read_all)) == before


async def test_a_transfer_waits_for_what_its_agent_is_asking(
    executor: Executor, now: datetime
) -> None:
    first = await _at_work(executor, now, "cancel")
    async with not_yet_committed(executor, lambda conn: require_led(conn, CASE, first.by)) as apart:
        moving = asyncio.create_task(executor.write(_transfer, now))
        if apart:
            await waits(executor, moving)
    await moving
    with pytest.raises(NotAllowedNow):
        await first.cancel()


async def _asked(ask: str, desk: Desk) -> None:
    await ASKS[ask](desk)
