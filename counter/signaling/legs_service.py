"""What signalling does with media: legs made, healed and moved; calls arranged and let go of.

The store says where everything shall be; this carries it out and repeats what failed.  A worker
that died has lost all legs and calls: they are forsaken, and each page makes its leg anew.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar

from counter.errors import Refusal
from counter.protocol.calling import LegOffered
from counter.signaling.media_ports import MEDIA_ELSEWHERE, MEDIA_GONE, LegOffer, MediaPlane, Relays
from counter.signaling.ports import GatewayPrincipal, LegPlace, Store, Unarranged
from counter.signaling.warm import whose_trouble

log = logging.getLogger(__name__)

MOVES = 3
"Workers tried before a join gives up."


class NoMedia(Refusal):
    """No media worker has this leg; join again."""

    code: ClassVar[str] = MEDIA_GONE
    status: ClassVar[int] = 503


class OtherSideSilent(Refusal):
    """Nothing arrives because nothing comes from the other side; this line is sound."""

    code: ClassVar[str] = "other_side_silent"
    status: ClassVar[int] = 409


class LegsService:
    """Use cases of legs, and of what workers are told."""

    def __init__(
        self, store: Store, media: MediaPlane, relays: Relays, clock: Callable[[], datetime]
    ) -> None:
        """clock: the current instant, aware."""
        self._store = store
        self._media = media
        self._relays = relays
        self._clock = clock

    # -- one leg ------------------------------------------------------------------------------

    async def join(self, who: GatewayPrincipal) -> LegOffered:
        """An offer of a new leg.  Raises `NotAllowedNow` when this side shall have none."""
        for _ in range(MOVES):
            place = await self._store.leg_place(who)
            worker = place.worker or await self._seat(place)
            try:
                offer = await self._media.open(worker, who.own)
            except Refusal as refusal:
                # A leg that nobody waits for is made wherever this node reaches.
                free = refusal.code == MEDIA_ELSEWHERE and not place.bound
                if refusal.code != MEDIA_GONE and not free:
                    raise
                await self._store.forsake(worker, [who.own], self._clock())
                continue
            tag = await self._store.leg_made(place, worker, offer.leg_id, self._clock())
            if tag is not None:
                await self.arrange_due()
                return self._offered(offer, tag)
        raise NoMedia(f"{who.own}: {MOVES} media workers died while it joined")

    async def answer(self, who: GatewayPrincipal, leg_id: str, sdp: str) -> None:
        """The answer to an offer.  Raises `media_gone` when it is to be joined again."""
        place = await self._made(who, leg_id)
        assert place.worker is not None
        await self._media.answer(place.worker, who.own, leg_id, sdp)

    async def restart(self, who: GatewayPrincipal, leg_id: str, *, silent: bool) -> LegOffered:
        """An offer to find a new way for this very leg.

        silent: it stands, but nothing arrives.  Raises `OtherSideSilent` when that is not its
        fault, `media_gone` or `NotAllowedNow` when it is to be joined again.
        """
        place = await self._made(who, leg_id)
        assert place.worker is not None
        if silent and place.call_id is not None:
            legs = await self._media.legs(place.worker, place.call_id)
            if whose_trouble(who.own, legs) == "other":
                raise OtherSideSilent(f"{who.own}: nothing comes from the other side")
        offer = await self._media.restart(place.worker, who.own, leg_id)
        return self._offered(offer, place.tag)

    async def _made(self, who: GatewayPrincipal, leg_id: str) -> LegPlace:
        place = await self._store.leg_place(who)
        if place.worker is None or place.leg_id != leg_id:
            raise NoMedia(f"leg {leg_id} of {who.own} was replaced or is no more")
        return place

    async def _seat(self, place: LegPlace) -> str:
        worker = await self._media.place(place.key)
        return await self._store.seat_leg(place, worker, self._clock())

    def _offered(self, offer: LegOffer, tag: int) -> LegOffered:
        return LegOffered(
            leg_id=offer.leg_id,
            sdp=offer.sdp,
            tag=tag,
            ice_servers=self._relays.servers(self._clock()),
            relay_only=self._relays.only,
        )

    # -- calls --------------------------------------------------------------------------------

    async def arrange_due(self) -> None:
        """Tell the workers of every call that has changed how it is now.

        What fails is tried again by the sweeper; a leg that is not there yet is linked when it is.
        """
        for call in await self._store.unarranged():
            try:
                await self._arrange(call)
            except Refusal as refusal:
                if refusal.code == MEDIA_GONE:
                    owners = [party.owner for party in call.shape.parties]
                    await self._store.forsake(call.worker, owners, self._clock())
                elif refusal.code != MEDIA_ELSEWHERE:
                    log.warning("call %s was not arranged: %s", call.call_id, refusal.code)

    async def _arrange(self, call: Unarranged) -> None:
        while True:
            await self._media.arrange(call.worker, call.call_id, call.shape)
            if await self._store.arranged(call):
                return
            # It changed meanwhile.  Somebody may have told the newer shape before us, so that ours
            # now stands in the worker: it is told anew, whatever is noted.
            found = await self._store.call_now(call.call_id)
            if found is None or found.worker != call.worker:
                await self._media.end(call.worker, call.call_id)
            if found is None:
                return
            call = found

    # -- what is over -------------------------------------------------------------------------

    async def let_go(self) -> None:
        """Let media go of ended calls and unneeded legs; what fails is tried by the sweeper."""
        for call_id, worker in await self._store.unreleased():
            if await self._ended(f"call {call_id}", self._media.end(worker, call_id)):
                await self._store.release(call_id)
        for place in await self._store.idle_legs():
            if place.worker is not None and await self._store.retire_leg(place):
                ending = self._media.hang_up(place.worker, place.owner)
                await self._ended(f"the leg of {place.owner}", ending)

    async def _ended(self, what: str, ending: Awaitable[None]) -> bool:
        try:
            await ending
        except Refusal as refusal:
            if refusal.code == MEDIA_ELSEWHERE:
                return False  # a node of that machine sweeps too
            if refusal.code != MEDIA_GONE:
                log.warning("%s was not let go of: %s", what, refusal.code)
                return False
        return True

    # -- workers ------------------------------------------------------------------------------

    async def worker_gone(self, worker: str) -> None:
        """It died: its legs are made anew and its calls go on elsewhere."""
        await self._store.forsake(worker, None, self._clock())

    async def take_stock(self) -> None:
        """Compare what is noted of every worker with what it has.

        For the start of a node: what died while none was up was told to nobody.
        """
        for worker, noted in (await self._store.occupied()).items():
            try:
                stock = await self._media.stock(worker)
            except Refusal as refusal:
                if refusal.code == MEDIA_GONE:
                    await self.worker_gone(worker)
                continue
            if lost := noted.owners - stock.owners:
                await self._store.legs_lost(worker, sorted(lost), self._clock())
            if unknown := noted.calls - stock.calls:
                await self._store.unknown_calls(worker, sorted(unknown))
