"""Who had checked in and was not served: the appointment can be used once more."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection

from booking.appointment import CHECK_IN_AGAIN_UNTIL, Details, State
from booking.store_sql import booking_service, plant_seed
from counter.app.hooks import Snapshot, hooks_of
from counter.case import Case
from counter.esign.form_typst import shipped_forms
from counter.ids import TerminalId
from counter.protocol import terminal
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.ring import TERMINAL_LEASE
from counter.signaling.store_asks import attach, carry_out
from counter.signaling.store_step import in_step
from counter.signaling.store_sweep import overdue, settle
from counter.store import outbox
from counter.store.cases import case_on_terminal
from counter.store.executor import Executor
from counter.store.journal_sql import record
from web.terminal.screen import TerminalScreens

TERMINAL = "hengqin-centre-1"
MACHINE = GatewayPrincipal(audience="/terminal", subject=TERMINAL)
SERVICE = "dsf-salaries-tax-certificate"
TEN = datetime(2026, 11, 27, 2, tzinfo=UTC)


class Visit:
    """Somebody who booked for ten and sits at the terminal."""

    def __init__(self, executor: Executor, now: datetime, new_id: Callable[[], str]) -> None:
        self.executor, self.now, self.new_id = executor, now, new_id
        numbers = count(1)
        self.booking = booking_service(
            executor,
            record=record,
            owe=outbox.owe,
            new_id=new_id,
            random_bytes=lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size],
        )

    async def begun(self) -> "Visit":
        await plant_seed(self.executor, self.now)
        self.snapshot = Snapshot(await self.booking.catalogue())
        self.hooks = hooks_of(self.snapshot, self.booking)
        held = await self.booking.hold("k", SERVICE, "hengqin-centre", TEN, "p", self.now)
        details = Details(name="陳大文", contact="", language="zh_Hant")
        await self.booking.confirm(held.reference, details, self.now)
        self.reference, self.now = held.reference, TEN
        return self

    async def ask(self, ask: Ask) -> None:
        epoch = await self.executor.write(attach, self.hooks, MACHINE, self.now)
        holding = GatewayPrincipal(audience="/terminal", subject=TERMINAL, epoch=epoch)
        await self.executor.write(carry_out, self.hooks, holding, ask, self.now)

    def key(self) -> str:
        return f"key-{self.new_id():0>8}"

    async def check_in(self) -> Case:
        await self.ask(terminal.AppointmentFind(key=self.key(), reference=self.reference))
        await self.ask(terminal.ArrivalConfirm(key=self.key()))
        case = await self.case()
        assert case is not None
        return case

    async def case(self) -> Case | None:
        return await self.executor.read(case_on_terminal, TerminalId(TERMINAL))

    async def state(self) -> State:
        return (await self.booking.appointment(self.reference, self.now)).state

    async def again_until(self) -> str | None:
        screens = TerminalScreens(
            catalogue=self.snapshot,
            forms=shipped_forms(),
            link_address=lambda link: link,
            document_address=lambda link: link,
        )
        screen = await self.executor.read(screens.screen, TERMINAL, self.now)
        assert screen.ticket is not None
        return screen.ticket.again_until

    async def lose_power(self) -> None:
        def sweep(conn: Connection) -> None:
            for item in overdue(conn, self.now):
                in_step(conn, self.hooks, self.now, settle, item)

        self.now += TERMINAL_LEASE + timedelta(seconds=1)
        await self.executor.write(sweep)


@pytest.fixture
async def visit(executor: Executor, now: datetime, new_id: Callable[[], str]) -> Visit:
    return await Visit(executor, now, new_id).begun()


async def test_a_terminal_that_fails_costs_nobody_his_appointment(visit: Visit) -> None:
    first = await visit.check_in()
    assert await visit.state() is State.ARRIVED
    await visit.lose_power()
    assert await visit.case() is None
    assert await visit.state() is State.BOOKED
    visit.now = TEN + timedelta(minutes=40)
    second = await visit.check_in()
    assert second.id != first.id and second.appointment_id == first.appointment_id
    assert await visit.state() is State.ARRIVED


async def test_who_leaves_the_queue_is_told_until_when_he_may_come_again(visit: Visit) -> None:
    await visit.check_in()
    assert await visit.again_until() == "2026-11-27T03:00:00.000+00:00"
    await visit.ask(terminal.TicketLeave(key=visit.key()))
    assert await visit.state() is State.BOOKED
    await visit.check_in()
    visit.now = TEN + CHECK_IN_AGAIN_UNTIL + timedelta(seconds=1)
    assert await visit.again_until() is None, "nothing is promised that does not hold"
    await visit.ask(terminal.TicketLeave(key=visit.key()))
    assert await visit.state() is State.CANCELLED
