"""Closing a case on the real floor: missing papers are settled; the citizen reads what is due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from booking.store_sql import booking_service, plant_seed
from counter.app.hooks import Snapshot, hooks_of
from counter.app.notices import PAPERS_MISSING, owe_missing_papers
from counter.case import Case
from counter.documents.refusals import DueDayWrong, PapersUndecided
from counter.errors import BadInput
from counter.esign.form_typst import shipped_forms
from counter.ids import AppointmentId, CaseId, TerminalId
from counter.protocol import desk, terminal
from counter.protocol.checklist import PaperDue
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_asks import attach, carry_out
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.cases import case_on_terminal, get_case
from counter.store.executor import Executor
from counter.store.journal_sql import record
from tests.signaling.floor import ringing
from web.notices.letter import facts_of
from web.terminal.screen import TerminalScreens

TERMINAL = "hengqin-neighbourhood-1"
LEI = GatewayPrincipal(audience="/agent", subject="lei")
MACHINE = GatewayPrincipal(audience="/terminal", subject=TERMINAL)


class Visit:
    """A walk-in in a call about a service with one paper, which is missing."""

    def __init__(self, executor: Executor, now: datetime, new_id: Callable[[], str]) -> None:
        self.executor, self.now, self.new_id = executor, now, new_id
        self.booking = booking_service(
            executor,
            record=record,
            owe=outbox.owe,
            new_id=new_id,
            random_bytes=lambda size: b"r" * size,
        )

    async def begun(self) -> "Visit":
        await plant_seed(self.executor, self.now)
        self.snapshot = Snapshot(await self.booking.catalogue())
        self.hooks = hooks_of(self.snapshot, self.booking)
        write = self.executor.write
        await write(put_agent, "lei", "Lei", "dsi", self.now)
        for who in (LEI, MACHINE):
            assert await write(attach, self.hooks, who, self.now) == 1
        await self.ask(LEI, desk.PresenceChoose(key=self.key(), presence="ready"))
        take = terminal.TicketTake(key=self.key(), service="dsi-personal-data")
        await self.ask(MACHINE, take)
        offer = await self.executor.read(ringing, "lei")
        assert offer is not None
        await self.ask(LEI, desk.OfferAccept(key=self.key(), pairing_id=offer))
        return self

    def key(self) -> str:
        return f"key-{self.new_id():0>8}"

    async def ask(self, who: GatewayPrincipal, ask: Ask) -> None:
        now_holding = GatewayPrincipal(audience=who.audience, subject=who.subject, epoch=1)
        await self.executor.write(carry_out, self.hooks, now_holding, ask, self.now)

    async def close(self, *papers: PaperDue) -> Case:
        case = await self.executor.read(case_on_terminal, TerminalId(TERMINAL))
        assert case is not None
        close = desk.CaseClose(key=self.key(), outcome="papers_missing", papers=list(papers))
        try:
            await self.ask(LEI, close)
        finally:
            now = await self.executor.read(get_case, CaseId(case.id))
        return now


@pytest.fixture
async def visit(executor: Executor, now: datetime, new_id: Callable[[], str]) -> Visit:
    return await Visit(executor, now, new_id).begun()


async def test_a_missing_paper_is_settled_before_the_case_closes(visit: Visit) -> None:
    with pytest.raises(PapersUndecided):
        await visit.close()
    with pytest.raises(DueDayWrong):
        await visit.close(PaperDue(item="bir-original", until="2026-11-23"))
    with pytest.raises(BadInput):
        await visit.close(PaperDue(item="bir-original", until="2026-02-30"))
    before = await visit.executor.read(case_on_terminal, TerminalId(TERMINAL))
    assert before is not None and before.open, "a refused end changed nothing"
    assert not (await visit.close(PaperDue(item="bir-original", until="2026-12-23"))).open


async def test_the_receipt_and_the_letter_say_what_is_missing_and_until_when(
    visit: Visit,
) -> None:
    case = await visit.close(PaperDue(item="bir-original", until="2026-12-23"))
    screens = TerminalScreens(
        catalogue=visit.snapshot,
        forms=shipped_forms(),
        link_address=lambda link: link,
        document_address=lambda link: link,
    )
    screen = await visit.executor.read(screens.screen, TERMINAL, visit.now)
    assert screen.receipt is not None
    [missing] = screen.receipt.missing
    assert (missing.label, missing.until) == ("澳門居民身份證", "2026年12月23日（星期三）")

    booked = replace(case, appointment_id=AppointmentId("ap-1"))
    await visit.executor.write(owe_missing_papers, booked, visit.now)
    [owed] = [
        row
        for row in await visit.executor.write(outbox.take_due, visit.now)
        if row.kind == PAPERS_MISSING
    ]
    facts = facts_of(PAPERS_MISSING, owed.body, visit.snapshot.catalogue, "en")
    assert facts.papers == (
        "Macao resident identity card (BIR) (Original): by Wednesday 23 December 2026",
    )
    assert date.fromisoformat(owed.body["until"]["bir-original"]) == date(2026, 12, 23)
