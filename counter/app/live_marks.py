"""Marks on what lies under the camera: rows of the call on their way to the previews, and back.

Where they lie goes to the agent over the bus, as a pointer does; nothing of it is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from counter.documents.marks import DrawnMark, Hidden, Points, outline
from counter.ids import CaseId, RequestId
from counter.protocol.pointing import MarksLie, lying_marks
from counter.signaling.store_marks import hide
from counter.signaling.tables import call, call_is_on, mark
from counter.store.bus import Bus
from counter.store.executor import Executor

MARKS = "marks:"
"Before the audience, in a topic of the bus."


class StoredLiveMarks:
    """See `counter.documents.ports.LiveMarks`."""

    def __init__(self, executor: Executor, bus: Bus, clock: Callable[[], datetime]) -> None:
        self._executor = executor
        self._bus = bus
        self._clock = clock

    async def drawn(self, case_id: CaseId, request_id: RequestId) -> Sequence[DrawnMark]:
        """Empty after a stop."""
        return await self._executor.read(drawn_on, case_id, surface_of(request_id), self._clock())

    async def hide(self, case_id: CaseId, why: Mapping[str, Hidden]) -> None:
        """Both screens are told."""
        await self._executor.write(hide, case_id, why, self._clock())

    async def tell(
        self, case_id: CaseId, request_id: RequestId, places: Mapping[str, Points]
    ) -> None:
        """Nobody is told when the call has ended meanwhile."""
        agent_id = await self._executor.read(_agent, case_id)
        if agent_id is None:
            return
        body = MarksLie(surface=surface_of(request_id), marks=lying_marks(places))
        await self._bus.publish(f"{MARKS}agent:{agent_id}", body.model_dump_json())


def surface_of(request_id: RequestId) -> str:
    """What is pointed at and drawn on while this paper is asked for."""
    return f"scan:{request_id}"


def drawn_on(conn: Connection, case_id: CaseId, surface: str, now: datetime) -> Sequence[DrawnMark]:
    """In the order in which they were drawn."""
    rows = conn.execute(
        select(mark)
        .join(call, call.c.id == mark.c.call_id)
        .where(call_is_on, call.c.case_id == case_id, call.c.hands == "allowed")
        .where(mark.c.surface == surface)
        .order_by(mark.c.at, mark.c.id)
    )
    return [
        DrawnMark(
            mark_id=row.id,
            points=outline(row.kind, row.x0, row.y0, row.x1, row.y1),
            age_s=(now - row.at).total_seconds(),
            hidden=row.hidden is not None,
            vouched_s=(now - row.vouched_at).total_seconds() if row.vouched_at else None,
        )
        for row in rows
    ]


def _agent(conn: Connection, case_id: CaseId) -> str | None:
    return conn.execute(
        select(call.c.agent_id).where(call_is_on, call.c.case_id == case_id)
    ).scalar_one_or_none()
