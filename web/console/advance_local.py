"""Papers before the trip for the console, from the services and the store of this process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from booking.appointment import COMING
from booking.catalogue import Catalogue
from booking.grains import instant_of
from booking.tables import appointment
from counter.documents.advance import AGAIN_OWED, SHOWN, AdvancePaper, Reason
from counter.documents.advance_service import AdvanceService
from counter.documents.store_advance import advance_paper, papers_of
from counter.documents.store_advance_commands import decide
from counter.errors import NotFound
from counter.ids import AppointmentId, PageId
from counter.signaling.store_screens import departments_of
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from web.console.advance_pages import Coming

MOST = 200
"Appointments on the list."


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBeforeVisits:
    """See `web.console.advance_pages.BeforeVisits`."""

    executor: Executor
    advance: AdvanceService
    snapshot: Callable[[], Catalogue]
    clock: Callable[[], datetime]

    def catalogue(self) -> Catalogue:
        return self.snapshot()

    async def coming(self, agent_id: str) -> Sequence[Coming]:
        return await self.executor.read(_coming, agent_id)

    async def one(self, agent_id: str, appointment_id: str) -> Coming:
        return await self.executor.write(_look, agent_id, appointment_id, self.clock())

    async def image(self, agent_id: str, appointment_id: str, item: str, number: int) -> bytes:
        await self.executor.write(_look_closer, agent_id, appointment_id, item, self.clock())
        return await self.advance.image(appointment_id, item, "page", number)

    async def decide(
        self, agent_id: str, appointment_id: str, item: str, paper_id: PageId, reason: Reason | None
    ) -> None:
        await self.executor.write(
            _decide, agent_id, appointment_id, item, paper_id, reason, self.clock()
        )


def _of_agent(conn: Connection, agent_id: str) -> Select[Any]:
    """Coming appointments of the agent's departments for which papers were sent."""
    sent = select(advance_paper.c.appointment_id).where(advance_paper.c.state.in_(SHOWN))
    return select(appointment).where(
        appointment.c.department.in_(departments_of(conn, agent_id)),
        appointment.c.state.in_(COMING),
        appointment.c.id.in_(sent),
    )


def _coming(conn: Connection, agent_id: str) -> list[Coming]:
    rows = conn.execute(
        _of_agent(conn, agent_id).order_by(appointment.c.first_grain, appointment.c.id).limit(MOST)
    ).all()
    papers = _shown(conn, [row.id for row in rows])
    return [_of_row(row, papers) for row in rows]


def _mine(conn: Connection, agent_id: str, appointment_id: str) -> Row[Any]:
    """Raises `NotFound` alike for what there is not and for what is another department's."""
    row = conn.execute(
        _of_agent(conn, agent_id).where(appointment.c.id == appointment_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"agent {agent_id}: no papers of an appointment {appointment_id}")
    return row


def _look(conn: Connection, agent_id: str, appointment_id: str, now: datetime) -> Coming:
    row = _mine(conn, agent_id, appointment_id)
    found = _of_row(row, _shown(conn, [row.id]))
    _viewed(conn, agent_id, row.id, found.papers, now)
    return found


def _look_closer(
    conn: Connection, agent_id: str, appointment_id: str, item: str, now: datetime
) -> None:
    row = _mine(conn, agent_id, appointment_id)
    found = [paper for paper in _shown(conn, [row.id]) if paper.item == item]
    if not found:
        raise NotFound(f"agent {agent_id}: no such paper of an appointment {appointment_id}")
    _viewed(conn, agent_id, row.id, found, now)


def _viewed(
    conn: Connection,
    agent_id: str,
    appointment_id: str,
    papers: Sequence[AdvancePaper],
    now: datetime,
) -> None:
    record(
        conn,
        actor=f"agent:{agent_id}",
        action="papers.viewed",
        subject=f"appointment:{appointment_id}",
        facts={"papers": [paper.paper_id for paper in papers]},
        now=now,
    )


def _decide(
    conn: Connection,
    agent_id: str,
    appointment_id: str,
    item: str,
    paper_id: PageId,
    reason: Reason | None,
    now: datetime,
) -> None:
    row = _mine(conn, agent_id, appointment_id)
    news = decide(
        conn, AppointmentId(row.id), item, paper_id, reason, by=f"agent:{agent_id}", now=now
    )
    if news and reason is not None:
        body = {
            "department": row.department,
            "service": row.service,
            "papers": [item],
            "paper": paper_id,
            "reason": reason,
        }
        owe(conn, AGAIN_OWED, row.id, body, now)


def _shown(conn: Connection, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
    return [paper for paper in papers_of(conn, appointment_ids) if paper.state in SHOWN]


def _of_row(row: Row[Any], papers: Sequence[AdvancePaper]) -> Coming:
    return Coming(
        appointment_id=row.id,
        department=row.department,
        service=row.service,
        site=row.site,
        start=instant_of(row.first_grain),
        name=row.name,
        language=row.language,
        papers=tuple(paper for paper in papers if paper.appointment_id == row.id),
    )
