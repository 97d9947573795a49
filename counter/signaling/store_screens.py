"""What screens show of signalling: read-only, one row type per thing, no decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from counter.signaling.dispatch import (
    LIVE_TICKET,
    AgentState,
    PairingState,
    TicketState,
    start_of_day,
)
from counter.signaling.ring import AGENT_LEASE, AWAY
from counter.signaling.tables import agent, call, pairing, skill, terminal_state, ticket
from counter.signaling.wait import USUAL, Wait, estimate
from counter.store.cases import case_table

RECENT = 20
"Calls of today whose length says how long the next will take."
ON_DUTY = (AgentState.IDLE, AgentState.OFFERED, AgentState.BUSY, AgentState.WRAPUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalView:
    """The terminal before arrival, and how it is."""

    stage: str
    language: str
    text_size: str
    department_id: str | None
    draft: dict[str, Any] | None
    version: int
    camera: str | None
    microphone: str | None
    beat_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A place in the queue, seen from the terminal."""

    number: str
    state: TicketState
    ahead: int
    wait: Wait
    requeued: bool
    agents_on_duty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """The live conversation of a case."""

    call_id: str
    agent_id: str
    agent_name: str
    agent_away: bool
    terminal_away: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent at a desk."""

    id: str
    name: str
    department_id: str
    state: AgentState
    epoch: int
    departments: tuple[str, ...]
    "Whose queues this desk serves."
    served_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One live ticket in a department's queue."""

    ticket_id: str
    number: str
    department_id: str
    service_id: str
    site_id: str
    language: str
    booked: bool
    starts_at: datetime | None
    arrived_at: datetime
    state: TicketState


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """A ticket that rings at an agent."""

    pairing_id: str
    deadline: datetime
    number: str
    service_id: str
    language: str
    arrived_at: datetime


ATTRACT = TerminalView(
    stage="attract",
    language="zh-Hant",
    text_size="A",
    department_id=None,
    draft=None,
    version=0,
    camera=None,
    microphone=None,
    beat_at=None,
)
"A terminal that has never said anything."


def terminal_view(conn: Connection, terminal_id: str) -> TerminalView:
    """How the terminal stands."""
    row = conn.execute(
        select(terminal_state).where(terminal_state.c.terminal_id == terminal_id)
    ).one_or_none()
    if row is None:
        return ATTRACT
    return TerminalView(
        stage=row.stage,
        language=row.language,
        text_size=row.text_size,
        department_id=row.department_id,
        draft=row.draft,
        version=row.version,
        camera=row.camera,
        microphone=row.microphone,
        beat_at=row.beat_at,
    )


def ticket_view(conn: Connection, case_id: str, now: datetime) -> TicketView | None:
    """The ticket of this case, with its place and the wait, while it is in the queue."""
    mine = conn.execute(select(ticket).where(ticket.c.case_id == case_id)).one_or_none()
    if mine is None:
        return None
    ahead = conn.execute(
        select(func.count())
        .select_from(ticket)
        .where(
            ticket.c.department_id == mine.department_id,
            ticket.c.state == TicketState.WAITING,
            or_(
                ticket.c.due < mine.due,
                and_(ticket.c.due == mine.due, ticket.c.id < mine.id),
            ),
        )
    ).scalar_one()
    states = [
        row.state
        for row in _serving(conn, mine.department_id)
        if row.state in ON_DUTY and row.lease_until > now
    ]
    return TicketView(
        number=mine.number,
        state=TicketState(mine.state),
        ahead=ahead,
        wait=estimate(
            ahead=ahead,
            agents=len(states),
            free=states.count(AgentState.IDLE),
            handling=handling_time(conn, mine.department_id, now),
        ),
        requeued=mine.requeued,
        agents_on_duty=len(states),
    )


def handling_time(conn: Connection, department_id: str, now: datetime) -> timedelta:
    """How long the last calls of today took on average; `USUAL` before there were any."""
    rows = conn.execute(
        select(call.c.started_at, call.c.ended_at)
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(
            case_table.c.department_id == department_id,
            call.c.started_at >= start_of_day(now),
            call.c.ended_at.is_not(None),
        )
        .order_by(call.c.ended_at.desc())
        .limit(RECENT)
    ).all()
    if len(rows) < 3:
        return USUAL
    return sum((row.ended_at - row.started_at for row in rows), timedelta()) / len(rows)


def call_view(conn: Connection, case_id: str, now: datetime) -> CallView | None:
    """The call of this case, while it lasts."""
    row = conn.execute(
        select(call.c.id, call.c.started_at, agent, terminal_state.c.beat_at)
        .join(agent, agent.c.id == call.c.agent_id)
        .join(case_table, case_table.c.id == call.c.case_id)
        .outerjoin(terminal_state, terminal_state.c.terminal_id == case_table.c.terminal_id)
        .where(call.c.case_id == case_id, call.c.state == "active")
    ).one_or_none()
    if row is None:
        return None
    return CallView(
        call_id=row[0],
        agent_id=row[2],
        agent_name=row.name,
        agent_away=row.lease_until - AGENT_LEASE + AWAY < now,
        terminal_away=row.beat_at is None or row.beat_at + AWAY < now,
        since=row.started_at,
    )


def agent_view(conn: Connection, agent_id: str, now: datetime) -> AgentView | None:
    """The agent, with the queues this desk serves."""
    row = conn.execute(select(agent).where(agent.c.id == agent_id)).one_or_none()
    if row is None:
        return None
    served = conn.execute(
        select(func.count())
        .select_from(case_table)
        .where(case_table.c.agent_id == agent_id, case_table.c.closed_at >= start_of_day(now))
    ).scalar_one()
    return AgentView(
        id=row.id,
        name=row.name,
        department_id=row.department_id,
        state=AgentState(row.state),
        epoch=row.epoch,
        departments=departments_of(conn, agent_id),
        served_today=served,
    )


def departments_of(conn: Connection, agent_id: str) -> tuple[str, ...]:
    """Whose queues this agent serves: the own department first, then those of the skills."""
    own = conn.execute(select(agent.c.department_id).where(agent.c.id == agent_id)).scalar_one()
    skilled = conn.execute(
        select(skill.c.department_id).where(skill.c.agent_id == agent_id).distinct()
    ).scalars()
    return (own, *sorted(set(skilled) - {own}))


def queue_view(conn: Connection, department_ids: Sequence[str]) -> list[QueueView]:
    """Everyone in these queues, in the order in which they will be rung."""
    rows = conn.execute(
        select(ticket, case_table.c.site_id)
        .join(case_table, case_table.c.id == ticket.c.case_id)
        .where(ticket.c.department_id.in_(department_ids), ticket.c.state.in_(LIVE_TICKET))
        .order_by(ticket.c.due, ticket.c.id)
    )
    return [
        QueueView(
            ticket_id=row.id,
            number=row.number,
            department_id=row.department_id,
            service_id=row.service_id,
            site_id=row.site_id,
            language=row.language,
            booked=row.booked,
            starts_at=row.starts_at,
            arrived_at=row.arrived_at,
            state=TicketState(row.state),
        )
        for row in rows
    ]


def offer_view(conn: Connection, agent_id: str) -> OfferView | None:
    """What rings at this agent."""
    row = conn.execute(
        select(pairing.c.id, pairing.c.deadline, ticket)
        .join(ticket, ticket.c.id == pairing.c.ticket_id)
        .where(pairing.c.agent_id == agent_id, pairing.c.state == PairingState.OFFERED)
    ).one_or_none()
    if row is None:
        return None
    return OfferView(
        pairing_id=row[0],
        deadline=row.deadline,
        number=row.number,
        service_id=row.service_id,
        language=row.language,
        arrived_at=row.arrived_at,
    )


def agents_by_department(conn: Connection, now: datetime) -> dict[str, list[AgentState]]:
    """For the wall: the states of the agents on duty, by department served."""
    found: dict[str, list[AgentState]] = {}
    for row in conn.execute(select(agent)):
        if row.state in ON_DUTY and row.lease_until > now:
            for department_id in departments_of(conn, row.id):
                found.setdefault(department_id, []).append(AgentState(row.state))
    return found


def _serving(conn: Connection, department_id: str) -> Sequence[Any]:
    skilled = select(skill.c.agent_id).where(skill.c.department_id == department_id)
    return conn.execute(
        select(agent.c.id, agent.c.state, agent.c.lease_until).where(
            or_(agent.c.department_id == department_id, agent.c.id.in_(skilled))
        )
    ).all()
