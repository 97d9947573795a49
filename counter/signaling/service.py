"""What is more than one transaction: asks and what follows from them, and the sweeper."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from counter.protocol import parties
from counter.protocol.desk import CaseClose, OfferAccept
from counter.protocol.message import Ask
from counter.protocol.terminal import LegAnswer, LegJoin, LegRestart, TicketLeave, VisitLeave
from counter.signaling.legs_service import LegsService
from counter.signaling.media_ports import MediaPlane, Relays
from counter.signaling.ports import GatewayPrincipal, Handler, Store

log = logging.getLogger(__name__)

ENDING = (CaseClose, VisitLeave, TicketLeave)
"Asks that may end a call."
ARRANGING: tuple[type[Ask], ...] = (OfferAccept, *parties.CHANGES)
"Asks after which somebody else may take part in a call, or otherwise."


class SignalingService:
    """Use cases of terminals and desks."""

    def __init__(
        self, store: Store, media: MediaPlane, relays: Relays, clock: Callable[[], datetime]
    ) -> None:
        """clock: the current instant, aware."""
        self._store = store
        self._clock = clock
        self.legs = LegsService(store, media, relays, clock)

    async def attach(self, who: GatewayPrincipal) -> int:
        """A newer connection takes its subject over; returns the epoch it speaks with."""
        return await self._store.attach(who, self._clock())

    async def carry_out(self, who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        """An ask that is one transaction; returns the facts of its answer after COMMIT."""
        facts = await self._store.carry_out(who, ask, self._clock())
        if isinstance(ask, ENDING):
            await self.legs.let_go()
        if isinstance(ask, ARRANGING):
            await self.legs.arrange_due()
        return facts

    async def sweep(self) -> None:
        """Settle what time has decided, once."""
        now = self._clock()
        for item in await self._store.overdue(now):
            try:
                await self._store.settle(item, now)
            except Exception:
                log.exception("sweep: %s %s was not settled; the others go on", item.kind, item.id)
        await self.legs.arrange_due()
        await self.legs.let_go()

    async def sweep_for_ever(self, interval_s: float = 1.0) -> None:
        """Sweep until cancelled.

        Begins by renewing every lease, as nobody could beat before, and with a look at what the
        media workers still have.
        """
        forgiven = False
        while True:
            try:
                if not forgiven:
                    await self._store.forgive(self._clock())
                    await self.legs.take_stock()
                    forgiven = True
                await self.sweep()
            except Exception:
                log.exception("sweep failed; the next one is in %s s", interval_s)
            await asyncio.sleep(interval_s)


def handlers(service: SignalingService, commands: Iterable[type[Ask]]) -> dict[type[Ask], Handler]:
    """Signalling's rows of the gateway's table; `commands`: the asks that are one each."""

    async def join(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        return (await service.legs.join(who)).model_dump(mode="json")

    async def answer(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, LegAnswer)
        await service.legs.answer(who, ask.leg_id, ask.sdp)
        return {}

    async def restart(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, LegRestart)
        offered = await service.legs.restart(who, ask.leg_id, silent=ask.silent)
        return offered.model_dump(mode="json")

    table: dict[type[Ask], Handler] = dict.fromkeys(commands, service.carry_out)
    return table | {LegJoin: join, LegAnswer: answer, LegRestart: restart}
