"""A pointer goes to the other side of the call, and to nobody else; nothing of it is kept."""

import json
from datetime import datetime

import pytest
from sqlalchemy import Connection, func, select

from counter.app.pointing import KNOWN_S, POINTER, Pointing, handlers
from counter.errors import NotAllowedNow, UsedElsewhere
from counter.protocol import hands, parties
from counter.protocol.pointing import PointerMove
from counter.signaling.pointer import PER_S
from counter.signaling.ports import GatewayPrincipal
from counter.store.bus_memory import MemoryBus
from counter.store.executor import Executor
from counter.store.session_log import session_log
from tests.signaling.visits import Visit

SURFACE = f"page:{'a' * 64}"


class Bus(MemoryBus):
    """Keeps what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []

    async def publish(self, topic: str, value: str) -> None:
        self.said.append((topic, value))


class Both:
    """A call, and time that is moved by hand."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.bus, self.at = visit, Bus(), 100.0
        self.pointing = Pointing(visit.executor, self.bus, lambda: self.at)

    async def move(self, who: GatewayPrincipal, x: float | None = 0.5) -> None:
        ask = PointerMove(key=self.visit.key(), surface=SURFACE, x=x, y=x)
        assert await handlers(self.pointing)[PointerMove](who, ask) == {}


@pytest.fixture
async def both(executor: Executor, now: datetime) -> Both:
    return Both(await Visit(executor, now).in_call())


def rows(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(session_log)).scalar_one()


async def test_each_side_points_for_the_other(both: Both) -> None:
    before = await both.visit.executor.read(rows)
    await both.move(both.visit.agent)
    await both.move(both.visit.terminal, x=None)
    told = [(topic, json.loads(value)) for topic, value in both.bus.said]
    assert told == [
        (f"{POINTER}terminal:t-1", {"surface": SURFACE, "x": 0.5, "y": 0.5}),
        (f"{POINTER}agent:a-1", {"surface": SURFACE, "x": None, "y": None}),
    ]
    assert await both.visit.executor.read(rows) == before


async def test_places_that_come_too_fast_are_dropped_and_the_end_is_not(both: Both) -> None:
    for step in range(100):
        both.at = 100.0 + step / 100
        await both.move(both.visit.agent)
    assert len(both.bus.said) <= PER_S + 1
    await both.move(both.visit.agent, x=None)
    assert json.loads(both.bus.said[-1][1])["x"] is None


async def test_after_a_stop_on_hold_or_without_a_call_nobody_points(both: Both) -> None:
    visit = both.visit
    await both.move(visit.agent)
    stop = hands.HandsStop(key=visit.key())
    await visit.service.carry_out(visit.terminal, stop)
    both.at += KNOWN_S
    with pytest.raises(NotAllowedNow):
        await both.move(visit.agent)
    await both.move(visit.terminal)
    await visit.agent_asks(parties.CallHold(key=visit.key(), on=True))
    both.at += KNOWN_S
    with pytest.raises(NotAllowedNow):
        await both.move(visit.terminal)
    await visit.close()
    both.at += KNOWN_S
    for who in (visit.agent, visit.terminal):
        with pytest.raises(NotAllowedNow):
            await both.move(who)


async def test_a_page_that_was_displaced_points_no_more(both: Both) -> None:
    await both.move(both.visit.agent)
    older = GatewayPrincipal(audience="/agent", subject="a-1", epoch=0)
    both.at += 1
    with pytest.raises(UsedElsewhere):
        await both.move(older)
