"""Joining a call, moving it when its media worker dies, letting go of it, and the sweeper."""

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import ClassVar, Never

import pytest
from sqlalchemy import select

from counter.errors import NotAllowedNow, NotFound, Refusal, UsedElsewhere
from counter.protocol import desk, terminal
from counter.protocol.message import Ask
from counter.protocol.terminal import LegAnswer, LegJoin
from counter.signaling.ports import GatewayPrincipal, Overdue
from counter.signaling.ring import AGENT_LEASE, TERMINAL_LEASE
from counter.signaling.service import SignalingService, handlers
from counter.signaling.store_asks import COMMANDS, SqlStore
from counter.signaling.store_screens import offer_view
from counter.signaling.tables import agent, call
from counter.store.executor import Executor
from counter.store.session_log import tail
from tests.signaling.floor import Floor, seed, state_of


class Dead(Refusal):
    code: ClassVar[str] = "media_gone"


@dataclasses.dataclass
class Offer:
    leg_id: str
    sdp: str


class Media:
    """Two workers; the dead ones say so."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.legs: dict[tuple[str, str, str], str] = {}
        self.answered: list[tuple[str, str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.order = ["w-1", "w-2"]
        self.made = 0

    async def place(self, call_id: str) -> str:
        return next((name for name in self.order if name not in self.dead), self.order[0])

    async def join(self, worker: str, call_id: str, leg: str) -> Offer:
        self._check(worker)
        self.made += 1
        self.legs[worker, call_id, leg] = f"leg-{self.made}"
        return Offer(leg_id=f"leg-{self.made}", sdp=f"offer of {worker}")

    async def answer(self, worker: str, call_id: str, leg: str, leg_id: str, sdp: str) -> None:
        self._check(worker)
        if self.legs.get((worker, call_id, leg)) != leg_id:
            raise NotFound("no such leg")
        self.answered.append((worker, leg, sdp))

    async def end(self, worker: str, call_id: str) -> None:
        self._check(worker)
        self.ended.append((worker, call_id))

    def _check(self, worker: str) -> None:
        if worker in self.dead:
            raise Dead(worker)


class Visit:
    """A service on a fresh store, with an agent and a terminal that speak through it."""

    def __init__(self, executor: Executor, now: datetime) -> None:
        self.floor = Floor()
        self.executor = executor
        self.media = Media()
        self.now = now
        self.store = SqlStore(executor, self.floor.hooks())
        self.service = SignalingService(self.store, self.media, lambda: self.now)
        self.agent = GatewayPrincipal(audience="/agent", subject="a-1")
        self.terminal = GatewayPrincipal(audience="/terminal", subject="t-1")
        self.case_id = ""

    async def attach(self) -> None:
        epoch = await self.service.attach(self.agent)
        self.agent = dataclasses.replace(self.agent, epoch=epoch)
        epoch = await self.service.attach(self.terminal)
        self.terminal = dataclasses.replace(self.terminal, epoch=epoch)

    async def in_call(self) -> "Visit":
        await self.executor.write(seed, self.now)
        await self.attach()
        await self.agent_asks(desk.PresenceChoose(key=self.key(), presence="ready"))
        take = terminal.TicketTake(key=self.key(), service="d-1:id")
        answer = await self.service.carry_out(self.terminal, take)
        self.case_id = str(answer["case_id"])
        offer = await self.executor.read(offer_view, "a-1")
        assert offer is not None
        await self.agent_asks(desk.OfferAccept(key=self.key(), pairing_id=offer.pairing_id))
        return self

    async def agent_asks(self, ask: Ask) -> None:
        await self.service.carry_out(self.agent, ask)

    async def call_row(self) -> tuple[str, str | None]:
        row = await self.executor.read(lambda conn: conn.execute(select(call)).one())
        return row.id, row.worker

    async def kinds(self, audience: str) -> list[str]:
        return [row.kind for row in await self.executor.read(tail, [audience], {})]

    def key(self) -> str:
        return self.floor.key()


@pytest.fixture
async def visit(executor: Executor, now: datetime) -> Visit:
    return await Visit(executor, now).in_call()


async def test_both_sides_join_the_same_worker_and_answer(visit: Visit) -> None:
    first = await visit.service.join_call(visit.terminal)
    visit.media.order.reverse()
    second = await visit.service.join_call(visit.agent)
    assert first.sdp == second.sdp == "offer of w-1"
    await visit.service.answer_call(visit.terminal, first.leg_id, "mine")
    await visit.service.answer_call(visit.agent, second.leg_id, "and mine")
    assert visit.media.answered == [("w-1", "terminal", "mine"), ("w-1", "agent", "and mine")]


async def test_two_sides_that_join_at_once_end_on_one_worker(visit: Visit) -> None:
    answers = iter(["w-1", "w-2"])

    async def place(call_id: str) -> str:
        return next(answers)

    visit.media.place = place  # type: ignore[method-assign]
    offers = await asyncio.gather(
        visit.service.join_call(visit.terminal), visit.service.join_call(visit.agent)
    )
    assert len({offer.sdp for offer in offers}) == 1
    assert (await visit.call_row())[1] == offers[0].sdp.split()[-1]


async def test_a_call_moves_when_its_worker_is_dead_and_the_other_side_is_told(
    visit: Visit,
) -> None:
    await visit.service.join_call(visit.terminal)
    await visit.service.join_call(visit.agent)
    visit.media.dead.add("w-1")
    offer = await visit.service.join_call(visit.agent)
    assert offer.sdp == "offer of w-2"
    assert (await visit.kinds("terminal:t-1"))[-1] == "call.moved"
    assert "call.moved" not in await visit.kinds("agent:a-1")
    assert (await visit.service.join_call(visit.terminal)).sdp == "offer of w-2"
    assert (await visit.kinds("agent:a-1")).count("call.moved") == 0


async def test_no_worker_at_all_is_a_refusal(visit: Visit) -> None:
    visit.media.dead |= {"w-1", "w-2"}
    with pytest.raises(Refusal) as refused:
        await visit.service.join_call(visit.agent)
    assert refused.value.code == "media_gone"


async def test_who_is_in_no_call_joins_none(visit: Visit) -> None:
    stranger = GatewayPrincipal(audience="/terminal", subject="t-2")
    epoch = await visit.service.attach(stranger)
    with pytest.raises(NotAllowedNow):
        await visit.service.join_call(dataclasses.replace(stranger, epoch=epoch))


async def test_an_older_page_joins_no_call(visit: Visit) -> None:
    older = visit.agent
    await visit.attach()
    with pytest.raises(UsedElsewhere):
        await visit.service.join_call(older)
    assert (await visit.service.join_call(visit.agent)).leg_id


async def test_a_closed_case_lets_go_of_media(visit: Visit) -> None:
    await visit.service.join_call(visit.agent)
    call_id, _ = await visit.call_row()
    await visit.agent_asks(desk.CaseClose(key=visit.key(), outcome="completed"))
    assert visit.media.ended == [("w-1", call_id)]
    assert (await visit.call_row())[1] is None
    await visit.service.let_go()
    assert len(visit.media.ended) == 1


async def test_a_dead_worker_has_let_go_already(visit: Visit) -> None:
    await visit.service.join_call(visit.agent)
    visit.media.dead.add("w-1")
    await visit.agent_asks(desk.CaseClose(key=visit.key(), outcome="completed"))
    assert (await visit.call_row())[1] is None


async def test_media_that_cannot_let_go_now_is_asked_again(visit: Visit) -> None:
    class Slow(Refusal):
        code = "busy"

    end = visit.media.end

    async def refuse(worker: str, call_id: str) -> None:
        raise Slow("later")

    await visit.service.join_call(visit.agent)
    visit.media.end = refuse  # type: ignore[method-assign]
    await visit.agent_asks(desk.CaseClose(key=visit.key(), outcome="completed"))
    assert (await visit.call_row())[1] == "w-1"
    visit.media.end = end  # type: ignore[method-assign]
    await visit.service.sweep()
    assert (await visit.call_row())[1] is None


async def test_the_sweeper_ends_the_call_of_a_lost_agent(visit: Visit) -> None:
    await visit.service.join_call(visit.agent)
    visit.now += AGENT_LEASE
    await visit.service.sweep()
    assert await visit.executor.read(state_of, call, visit.case_id) == "ended"
    assert len(visit.media.ended) == 1


async def test_an_item_that_fails_does_not_hold_up_the_others(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    visit.now += max(AGENT_LEASE, TERMINAL_LEASE)
    overdue = visit.store.overdue

    async def with_a_ghost(now: datetime) -> list[Overdue]:
        return [Overdue(kind="agent", id="a-ghost"), *await overdue(now)]

    visit.store.overdue = with_a_ghost  # type: ignore[method-assign]
    await visit.service.sweep()
    assert "a-ghost was not settled" in caplog.text
    assert await visit.executor.read(state_of, agent, "a-1") == "offline"


async def test_after_an_outage_nobody_is_given_up_who_could_not_beat(visit: Visit) -> None:
    visit.now += timedelta(hours=1)
    swept = asyncio.Event()
    overdue = visit.store.overdue

    async def seen(now: datetime) -> list[Overdue]:
        found = await overdue(now)
        swept.set()
        return found

    visit.store.overdue = seen  # type: ignore[method-assign]
    sweeper = asyncio.create_task(visit.service.sweep_for_ever(interval_s=0.01))
    await asyncio.wait_for(swept.wait(), 20)
    sweeper.cancel()
    await asyncio.gather(sweeper, return_exceptions=True)
    assert await visit.executor.read(state_of, call, visit.case_id) == "active"
    visit.now += TERMINAL_LEASE
    await visit.service.sweep()
    assert await visit.executor.read(state_of, call, visit.case_id) == "ended"


async def test_the_table_of_handlers_speaks_to_the_service(visit: Visit) -> None:
    table = handlers(visit.service, COMMANDS)
    offer = await table[LegJoin](visit.agent, LegJoin(key=visit.key()))
    assert offer["sdp"] == "offer of w-1"
    answer = LegAnswer(key=visit.key(), leg_id=str(offer["leg_id"]), sdp="mine")
    assert await table[LegAnswer](visit.agent, answer) == {}
    close = desk.CaseClose(key=visit.key(), outcome="completed")
    answers = [await table[desk.CaseClose](visit.agent, close) for _ in range(2)]
    assert answers == [{"case_id": visit.case_id}] * 2


async def test_a_call_that_lives_on_another_machine_is_not_moved_and_is_let_go_of_there(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    class Elsewhere(Refusal):
        code: ClassVar[str] = "media_elsewhere"

    async def refuse(*args: str) -> Never:
        raise Elsewhere("not on this machine")

    await visit.service.join_call(visit.terminal)
    visit.media.join = refuse  # type: ignore[assignment]
    with pytest.raises(Elsewhere):
        await visit.service.join_call(visit.agent)
    assert (await visit.call_row())[1] == "w-1"
    visit.media.end = refuse  # type: ignore[assignment]
    await visit.agent_asks(desk.CaseClose(key=visit.key(), outcome="completed"))
    await visit.service.sweep()
    # Left to a node of that machine, and not worth a warning every second.
    assert (await visit.call_row())[1] == "w-1"
    assert caplog.records == []
