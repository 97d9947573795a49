"""What is more than one transaction: joining a call, letting go of media, and the sweeper.

Media is moved when its worker died: the side that notices places the call anew, the other side is
told `call.moved` and joins again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

from counter.errors import Refusal
from counter.protocol.desk import CaseClose
from counter.protocol.message import Ask
from counter.protocol.screens import LegOffered
from counter.protocol.terminal import LegAnswer, LegJoin, TicketLeave, VisitLeave
from counter.signaling.ports import (
    MEDIA_ELSEWHERE,
    MEDIA_GONE,
    ActiveCall,
    GatewayPrincipal,
    MediaPlane,
    Store,
)

log = logging.getLogger(__name__)

Handler = Callable[[GatewayPrincipal, Ask], Awaitable[Mapping[str, object]]]

ENDING = (CaseClose, VisitLeave, TicketLeave)
"Asks that may end a call."
MOVES = 3
"Workers tried before a join gives up."


class SignalingService:
    """Use cases of terminals and desks."""

    def __init__(self, store: Store, media: MediaPlane, clock: Callable[[], datetime]) -> None:
        """clock: the current instant, aware."""
        self._store = store
        self._media = media
        self._clock = clock

    async def attach(self, who: GatewayPrincipal) -> int:
        """A newer connection takes its subject over; returns the epoch it speaks with."""
        return await self._store.attach(who, self._clock())

    async def carry_out(self, who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        """An ask that is one transaction; returns the facts of its answer after COMMIT."""
        facts = await self._store.carry_out(who, ask, self._clock())
        if isinstance(ask, ENDING):
            await self.let_go()
        return facts

    async def join_call(self, who: GatewayPrincipal) -> LegOffered:
        """An offer for this side of its call.  Raises `NotAllowedNow` when it is in none."""
        call = await self._store.active_call(who)
        for _ in range(MOVES):
            worker = call.worker or await self._place(who, call)
            try:
                offer = await self._media.join(worker, call.call_id, who.leg)
            except Refusal as refusal:
                if refusal.code != MEDIA_GONE:
                    raise
                gone = ActiveCall(call_id=call.call_id, case_id=call.case_id, worker=worker)
                worker = await self._place(who, gone)
                call = ActiveCall(call_id=call.call_id, case_id=call.case_id, worker=worker)
            else:
                return LegOffered(leg_id=offer.leg_id, sdp=offer.sdp)
        raise NoMedia(f"call {call.call_id}: {MOVES} media workers died while it was joined")

    async def answer_call(self, who: GatewayPrincipal, leg_id: str, sdp: str) -> None:
        """The answer to that offer.  Raises `media_gone` when it is to be joined again."""
        call = await self._store.active_call(who)
        if call.worker is None:
            raise NoMedia(f"call {call.call_id} was answered before it was joined")
        await self._media.answer(call.worker, call.call_id, who.leg, leg_id, sdp)

    async def let_go(self) -> None:
        """Let media go of every ended call; what fails is tried again by the sweeper."""
        for call_id, worker in await self._store.unreleased():
            try:
                await self._media.end(worker, call_id)
            except Refusal as refusal:
                if refusal.code == MEDIA_ELSEWHERE:
                    continue  # a node of that machine sweeps too
                if refusal.code != MEDIA_GONE:
                    log.warning("call %s was not let go of: %s", call_id, refusal.code)
                    continue
            await self._store.release(call_id)

    async def sweep(self) -> None:
        """Settle what time has decided, once."""
        now = self._clock()
        for item in await self._store.overdue(now):
            try:
                await self._store.settle(item, now)
            except Exception:
                log.exception("sweep: %s %s was not settled; the others go on", item.kind, item.id)
        await self.let_go()

    async def sweep_for_ever(self, interval_s: float = 1.0) -> None:
        """Sweep until cancelled.  Begins by renewing every lease, as nobody could beat before."""
        forgiven = False
        while True:
            try:
                if not forgiven:
                    await self._store.forgive(self._clock())
                    forgiven = True
                await self.sweep()
            except Exception:
                log.exception("sweep failed; the next one is in %s s", interval_s)
            await asyncio.sleep(interval_s)

    async def _place(self, who: GatewayPrincipal, call: ActiveCall) -> str:
        """Choose a worker for a call that has none alive; another side's choice counts first."""
        worker = await self._media.place(call.call_id)
        return await self._store.seat(who, call, worker, self._clock())


class NoMedia(Refusal):
    """No media worker has this call; join again."""

    code = MEDIA_GONE
    status = 503


def handlers(service: SignalingService, commands: Iterable[type[Ask]]) -> dict[type[Ask], Handler]:
    """Signalling's rows of the gateway's table; `commands`: the asks that are one each."""

    async def join(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        return (await service.join_call(who)).model_dump(mode="json")

    async def answer(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, LegAnswer)
        await service.answer_call(who, ask.leg_id, ask.sdp)
        return {}

    table: dict[type[Ask], Handler] = dict.fromkeys(commands, service.carry_out)
    return table | {LegJoin: join, LegAnswer: answer}
