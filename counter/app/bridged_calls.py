"""Where signalling meets media: its calls become arrangements of a media process."""

from counter.media.arrangement import Arrangement, Party
from counter.media.control import LegOffer, LegReport
from counter.media.pool import WorkerPool
from counter.signaling.media_ports import CallShape, Stock


class BridgedCalls:
    """Implements `counter.signaling.media_ports.MediaPlane`."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self.place = pool.place
        self.answer = pool.answer
        self.hang_up = pool.hang_up
        self.end = pool.end

    async def open(self, worker: str, owner: str) -> LegOffer:
        return await self._pool.open(worker, owner)

    async def restart(self, worker: str, owner: str, leg_id: str) -> LegOffer:
        return await self._pool.restart(worker, owner, leg_id)

    async def arrange(self, worker: str, call_id: str, shape: CallShape) -> None:
        parties = tuple(
            Party(
                owner=party.owner,
                role=party.role,
                mode=party.mode,
                muted=party.muted,
                hidden=party.hidden,
            )
            for party in shape.parties
        )
        await self._pool.arrange(worker, call_id, Arrangement(parties=parties, held=shape.held))

    async def legs(self, worker: str, call_id: str) -> list[LegReport]:
        return await self._pool.legs(worker, call_id)

    async def stock(self, worker: str) -> Stock:
        owners, calls = await self._pool.stock(worker)
        return Stock(owners=frozenset(owners), calls=frozenset(calls))
