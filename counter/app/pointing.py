"""A pointer on its way to the other side of the call: nothing of it is kept.

Who points at whom is asked of the store every two seconds at most; the places go over the bus, as
the other side's socket may be at another node.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow
from counter.protocol.message import Ask
from counter.protocol.pointing import PointerMove
from counter.signaling.pointer import Pace
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_asks import require_current
from counter.signaling.tables import call, call_is_on
from counter.store.bus import Bus
from counter.store.cases import case_table
from counter.store.executor import Executor

POINTER = "pointer:"
"Before the audience, in a topic of the bus."
KNOWN_S = 2.0
MOST = 1000


@dataclass(slots=True)
class _Side:
    pace: Pace = field(default_factory=Pace)
    other: str = ""
    known_until: float = 0.0
    epoch: int = 0


class Pointing:
    """Passes pointers on."""

    def __init__(self, executor: Executor, bus: Bus, monotonic: Callable[[], float]) -> None:
        self._executor = executor
        self._bus = bus
        self._monotonic = monotonic
        self._sides: dict[str, _Side] = {}

    async def move(self, who: GatewayPrincipal, ask: PointerMove) -> None:
        """Tell the other side.  Raises `NotAllowedNow` without a call, or after a stop."""
        now = self._monotonic()
        if len(self._sides) > MOST:
            self._sides = {own: side for own, side in self._sides.items() if side.known_until > now}
        side = self._sides.setdefault(who.own, _Side())
        gone = ask.x is None or ask.y is None
        if not gone and not side.pace.take(now):
            return
        if now >= side.known_until or side.epoch != who.epoch:
            side.other = await self._executor.read(other_side, who)
            side.known_until, side.epoch = now + KNOWN_S, who.epoch
        body = {"surface": ask.surface, "x": ask.x, "y": ask.y}
        await self._bus.publish(POINTER + side.other, json.dumps(body))


def other_side(conn: Connection, who: GatewayPrincipal) -> str:
    """Whom this side points for: the audience of the citizen's terminal, or of the agent."""
    require_current(conn, who)
    agent = who.audience == "/agent"
    mine = call.c.agent_id if agent else case_table.c.terminal_id
    row = conn.execute(
        select(call.c.agent_id, call.c.hands, call.c.held_since, case_table.c.terminal_id)
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(call_is_on, mine == who.subject, case_table.c.left_at.is_(None))
    ).one_or_none()
    if row is None or row.held_since or (agent and row.hands != "allowed"):
        raise NotAllowedNow(f"{who.own} points at nothing that another sees")
    return f"terminal:{row.terminal_id}" if agent else f"agent:{row.agent_id}"


def handlers(pointing: Pointing) -> dict[type[Ask], Handler]:
    """The row of the gateway's table, for both namespaces."""

    async def move(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PointerMove)
        await pointing.move(who, ask)
        return {}

    return {PointerMove: move}
