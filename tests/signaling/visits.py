"""A visit on a fresh store, and a media plane that remembers what it was told."""

import dataclasses
from datetime import datetime
from typing import ClassVar, Literal

from sqlalchemy import Connection, select

from counter.errors import NotFound, Refusal
from counter.ids import CallId
from counter.protocol import desk, terminal
from counter.protocol.calling import IceServer, LegOffered
from counter.protocol.message import Ask
from counter.signaling.media_ports import CallShape, Stock
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.service import SignalingService
from counter.signaling.store_asks import SqlStore
from counter.signaling.store_calls import rearrange
from counter.signaling.store_legs import bring
from counter.signaling.store_legs_reading import LegView, leg_view
from counter.signaling.store_screens import offer_view
from counter.signaling.store_step import in_step
from counter.signaling.tables import call
from counter.store.executor import Executor
from counter.store.session_log import tail
from tests.signaling.floor import Floor, seed


class Dead(Refusal):
    code: ClassVar[str] = "media_gone"


class Elsewhere(Refusal):
    code: ClassVar[str] = "media_elsewhere"


@dataclasses.dataclass
class Offer:
    leg_id: str
    sdp: str


@dataclasses.dataclass
class Heard:
    """How a leg does."""

    owner: str
    connected: bool = True
    silent_ms: int | None = 20


class Media:
    """Two workers; the dead ones say so, and those that are elsewhere too."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.elsewhere: set[str] = set()
        self.silent: dict[str, int | None] = {}
        "Milliseconds, by owner; the others were heard just now."
        self.held: dict[tuple[str, str], str] = {}
        self.shapes: dict[tuple[str, str], CallShape] = {}
        self.answered: list[tuple[str, str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.order = ["w-1", "w-2"]
        self.made = 0
        self.keys: list[str] = []

    async def place(self, key: str) -> str:
        self.keys.append(key)
        fit = (name for name in self.order if name not in self.dead | self.elsewhere)
        return next(fit, self.order[0])

    async def open(self, worker: str, owner: str) -> Offer:
        self._check(worker)
        self.made += 1
        self.held[worker, owner] = f"leg-{self.made}"
        return Offer(leg_id=f"leg-{self.made}", sdp=f"offer of {worker}")

    async def answer(self, worker: str, owner: str, leg_id: str, sdp: str) -> None:
        self._check(worker)
        if self.held.get((worker, owner)) != leg_id:
            raise NotFound("no such leg")
        self.answered.append((worker, owner, sdp))

    async def restart(self, worker: str, owner: str, leg_id: str) -> Offer:
        self._check(worker)
        if self.held.get((worker, owner)) != leg_id:
            raise NotFound("no such leg")
        return Offer(leg_id=leg_id, sdp=f"offer of {worker}, again")

    async def hang_up(self, worker: str, owner: str) -> None:
        self._check(worker)
        self.held.pop((worker, owner), None)

    async def arrange(self, worker: str, call_id: str, shape: CallShape) -> None:
        self._check(worker)
        self.shapes[worker, call_id] = shape

    async def end(self, worker: str, call_id: str) -> None:
        self._check(worker)
        self.ended.append((worker, call_id))

    async def legs(self, worker: str, call_id: str) -> list[Heard]:
        self._check(worker)
        parties = self.shapes[worker, call_id].parties
        return [
            Heard(owner=party.owner, silent_ms=self.silent.get(party.owner, 20))
            for party in parties
            if (worker, party.owner) in self.held
        ]

    async def stock(self, worker: str) -> Stock:
        self._check(worker)
        return Stock(
            owners=frozenset(owner for name, owner in self.held if name == worker),
            calls=frozenset(call_id for name, call_id in self.shapes if name == worker),
        )

    def die(self, worker: str) -> None:
        """Lose everything; it lives again as soon as it is taken off `dead`."""
        self.dead.add(worker)
        self.held = {key: leg for key, leg in self.held.items() if key[0] != worker}
        self.shapes = {key: shape for key, shape in self.shapes.items() if key[0] != worker}

    def _check(self, worker: str) -> None:
        if worker in self.dead:
            raise Dead(worker)
        if worker in self.elsewhere:
            raise Elsewhere(worker)


class OneRelay:
    """Gives out when it was asked."""

    only = True

    def servers(self, now: datetime) -> list[IceServer]:
        urls = ["turn:relay.example:3478?transport=udp"]
        return [IceServer(urls=urls, username=now.isoformat(), credential="c")]


class Visit:
    """A service on a fresh store, with an agent and a terminal that speak through it."""

    def __init__(self, executor: Executor, now: datetime) -> None:
        self.floor = Floor()
        self.executor = executor
        self.media = Media()
        self.now = now
        self.store = SqlStore(executor, self.floor.hooks())
        self.service = SignalingService(self.store, self.media, OneRelay(), lambda: self.now)
        self.agent = GatewayPrincipal(audience="/agent", subject="a-1")
        self.terminal = GatewayPrincipal(audience="/terminal", subject="t-1")
        self.case_id = ""

    async def attach(self) -> None:
        epoch = await self.service.attach(self.agent)
        self.agent = dataclasses.replace(self.agent, epoch=epoch)
        epoch = await self.service.attach(self.terminal)
        self.terminal = dataclasses.replace(self.terminal, epoch=epoch)

    async def begun(self) -> "Visit":
        """Both are there: the agent takes a pause, the citizen has not touched anything."""
        await self.executor.write(seed, self.now)
        await self.attach()
        return self

    async def in_call(self) -> "Visit":
        """Nobody has a leg yet."""
        await self.begun()
        await self.ready()
        await self.take_ticket()
        await self.accept()
        return self

    async def ready(self) -> None:
        await self.agent_asks(self.presence("ready"))

    def presence(self, presence: Literal["ready", "paused"]) -> desk.PresenceChoose:
        return desk.PresenceChoose(key=self.key(), presence=presence)

    async def take_ticket(self) -> None:
        take = terminal.TicketTake(key=self.key(), service="d-1:id")
        answer = await self.service.carry_out(self.terminal, take)
        self.case_id = str(answer["case_id"])

    async def accept(self) -> None:
        offer = await self.executor.read(offer_view, "a-1")
        assert offer is not None
        await self.agent_asks(desk.OfferAccept(key=self.key(), pairing_id=offer.pairing_id))

    async def close(self) -> None:
        await self.agent_asks(desk.CaseClose(key=self.key(), outcome="completed"))

    async def join(self, who: GatewayPrincipal) -> LegOffered:
        """Join and answer."""
        offer = await self.service.legs.join(who)
        await self.service.legs.answer(who, offer.leg_id, "mine")
        return offer

    async def leg(self, who: GatewayPrincipal) -> LegView | None:
        """What its page is told of its leg."""
        return await self.executor.read(leg_view, who.own)

    async def agent_asks(self, ask: Ask) -> None:
        await self.service.carry_out(self.agent, ask)

    async def call_row(self) -> tuple[str, str | None]:
        row = await self.executor.read(lambda conn: conn.execute(select(call)).one())
        return row.id, row.worker

    async def kinds(self, audience: str) -> list[str]:
        return [row.kind for row in await self.executor.read(tail, [audience], {})]

    def rearranged(self, conn: Connection, call_id: str) -> None:
        in_step(conn, self.floor.hooks(), self.now, rearrange, CallId(call_id))

    def moved_to(self, conn: Connection, owner: str, worker: str) -> None:
        bring(conn, owner, worker)

    def key(self) -> str:
        return self.floor.key()
