"""Where a call, its media process and the decoder of stills meet (`web.console.stills.Stills`)."""

from sqlalchemy import Connection

from counter.errors import NotAllowedNow
from counter.media.pool import WorkerPool
from counter.media.still_process import StillDecoder
from counter.signaling.store_calls import call_of
from counter.signaling.store_party_rows import shape_of
from counter.store.executor import Executor


class LiveStills:
    """Stills of the calls that are on, and of nothing that nobody sees there."""

    def __init__(self, executor: Executor, media: WorkerPool, decoder: StillDecoder) -> None:
        self._executor = executor
        self._media = media
        self._decoder = decoder

    async def still(self, agent_id: str) -> bytes:
        worker, citizen = await self._executor.read(_citizen, f"agent:{agent_id}")
        return await self._decoder.jpeg(await self._media.still(worker, citizen))


def _citizen(conn: Connection, owner: str) -> tuple[str, str]:
    """Where the call of this agent is, and whose leg is the citizen's."""
    call = call_of(conn, owner)
    if call is None or call.worker is None:
        raise NotAllowedNow(f"{owner} is in no call now")
    shape = shape_of(conn, call.call_id)
    reached = {one.owner: one for one in shape.parties}
    citizen = next((one for one in shape.parties if one.role == "citizen"), None)
    if owner not in reached or citizen is None or shape.held or citizen.hidden:
        raise NotAllowedNow(f"{owner} does not see the citizen now")
    return call.worker, citizen.owner
