"""The sweeper, and the table by which asks find their service."""

import asyncio
from datetime import datetime, timedelta

import pytest

from counter.protocol import desk
from counter.protocol.terminal import LegAnswer, LegJoin, LegRestart
from counter.signaling.ports import Overdue
from counter.signaling.ring import AGENT_LEASE, TERMINAL_LEASE
from counter.signaling.service import handlers
from counter.signaling.store_asks import COMMANDS
from counter.signaling.tables import agent, call
from counter.store.executor import Executor
from tests.signaling.floor import state_of
from tests.signaling.visits import Visit


@pytest.fixture
async def visit(executor: Executor, now: datetime) -> Visit:
    return await Visit(executor, now).in_call()


async def test_the_sweeper_ends_the_call_of_a_lost_agent(visit: Visit) -> None:
    await visit.join(visit.agent)
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
    leg_id = str(offer["leg_id"])
    answer = LegAnswer(key=visit.key(), leg_id=leg_id, sdp="mine")
    assert await table[LegAnswer](visit.agent, answer) == {}
    restart = LegRestart(key=visit.key(), leg_id=leg_id, silent=False)
    again = await table[LegRestart](visit.agent, restart)
    assert (again["leg_id"], again["sdp"]) == (leg_id, "offer of w-1, again")
    close = desk.CaseClose(key=visit.key(), outcome="completed")
    answers = [await table[desk.CaseClose](visit.agent, close) for _ in range(2)]
    assert answers == [{"case_id": visit.case_id}] * 2
