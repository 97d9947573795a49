"""Pairing as facts in SQL: who is rung for whom.

Same statements on both engines; on PostgreSQL the chosen rows are locked and locked ones skipped,
so that two nodes never choose the same.  Every change of a pairing, its ticket and its agent is one
transaction, so a crash leaves nothing half done.
"""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select, update

from counter.case import Case
from counter.errors import NotAllowedNow, NotFound
from counter.ids import AgentId, CaseId, PairingId, TicketId
from counter.signaling.dispatch import (
    LIVE_PAIRING,
    PAIRED_AGENT,
    AgentState,
    PairingState,
    TicketState,
)
from counter.signaling.ring import AGENT_LEASE, RING
from counter.signaling.store_calls import end_call, start_call
from counter.signaling.store_legs import gather
from counter.signaling.store_step import Step
from counter.signaling.tables import agent, pairing, pairing_lives, skill, ticket, ticket_waits
from counter.store.cases import get_case, put_case


class OfferOver(NotAllowedNow):
    """The ticket was taken back before it was answered."""

    code = "offer_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaired:
    """What a pairing was before it ended."""

    ticket_id: TicketId
    agent_id: AgentId
    case: Case
    was: PairingState


def spoken(queue: FromClause) -> ColumnElement[bool]:
    """Joins `skill` where `agent` has one for this department and language."""
    return and_(
        skill.c.agent_id == agent.c.id,
        skill.c.department_id == queue.c.department_id,
        skill.c.language == queue.c.language,
    )


def serves(queue: FromClause) -> ColumnElement[bool]:
    """Whether `agent` serves this department and language, with `skill` joined on `spoken`.

    queue: has columns `department_id` and `language`; tickets, or what was selected of them.
    """
    limits = skill.alias()
    limited = exists().where(
        and_(limits.c.agent_id == agent.c.id, limits.c.department_id == queue.c.department_id)
    )
    own = and_(agent.c.department_id == queue.c.department_id, ~limited)
    return or_(skill.c.agent_id.is_not(None), own)


def offer_for_agent(step: Step, agent_id: AgentId) -> PairingId | None:
    """Ring an idle agent for the ticket that is due first among those he serves."""
    now = step.now
    ready = step.conn.execute(
        select(agent.c.id, agent.c.epoch)
        .where(agent.c.id == agent_id, agent.c.state == AgentState.IDLE, agent.c.lease_until > now)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if ready is None:
        return None
    first = step.conn.execute(
        select(ticket.c.id)
        .select_from(ticket.join(agent, agent.c.id == agent_id).outerjoin(skill, spoken(ticket)))
        .where(ticket_waits, ticket.c.lease_until > now, serves(ticket))
        .order_by(ticket.c.due, ticket.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=ticket)
    ).scalar_one_or_none()
    return _pair(step, TicketId(first), agent_id, ready.epoch) if first else None


def offer_for_ticket(step: Step, ticket_id: TicketId) -> PairingId | None:
    """Ring the best idle agent for a waiting ticket: highest skill, then longest idle."""
    now = step.now
    waiting = step.conn.execute(
        select(ticket.c.id)
        .where(
            ticket.c.id == ticket_id,
            ticket_waits,
            ticket.c.lease_until > now,
        )
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if waiting is None:
        return None
    best = step.conn.execute(
        select(agent.c.id, agent.c.epoch)
        .select_from(agent.join(ticket, ticket.c.id == ticket_id).outerjoin(skill, spoken(ticket)))
        .where(agent.c.state == AgentState.IDLE, agent.c.lease_until > now, serves(ticket))
        .order_by(func.coalesce(skill.c.level, 0).desc(), agent.c.since, agent.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=agent)
    ).one_or_none()
    return _pair(step, ticket_id, AgentId(best.id), best.epoch) if best else None


def _pair(step: Step, ticket_id: TicketId, agent_id: AgentId, epoch: int) -> PairingId:
    row = step.conn.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id, ticket_waits)
        .values(state=TicketState.OFFERED, rev=ticket.c.rev + 1)
        .returning(ticket.c.department_id, ticket.c.number, ticket.c.terminal_id)
    ).one_or_none()
    taken = step.conn.execute(
        update(agent)
        .where(agent.c.id == agent_id, agent.c.state == AgentState.IDLE, agent.c.epoch == epoch)
        .values(state=AgentState.OFFERED, since=step.now)
    ).rowcount
    if row is None or not taken:
        raise NotAllowedNow(f"ticket {ticket_id} or agent {agent_id} was taken meanwhile")
    pairing_id = PairingId(step.hooks.new_id())
    step.conn.execute(
        pairing.insert().values(
            id=pairing_id,
            ticket_id=ticket_id,
            agent_id=agent_id,
            epoch=epoch,
            state=PairingState.OFFERED,
            deadline=step.now + RING,
            at=step.now,
        )
    )
    # While it rings the agent's page makes its leg where the terminal's is.
    gather(step, f"terminal:{row.terminal_id}", f"agent:{agent_id}")
    step.news.tell(f"agent:{agent_id}", "offer.rung", pairing_id=pairing_id, number=row.number)
    step.news.queue(row.department_id)
    return pairing_id


def accept(step: Step, agent_id: AgentId, epoch: int, pairing_id: PairingId) -> None:
    """The agent takes the ticket: compare and swap on pairing, agent, epoch, state and deadline.

    A repeat is answered alike.  Raises `OfferOver` when it was taken back, `NotFound` when it never
    was this agent's.
    """
    mine = and_(
        pairing.c.id == pairing_id, pairing.c.agent_id == agent_id, pairing.c.epoch == epoch
    )
    ticket_id = step.conn.execute(
        update(pairing)
        .where(mine, pairing.c.state == PairingState.OFFERED, pairing.c.deadline > step.now)
        .values(state=PairingState.ACTIVE, deadline=None)
        .returning(pairing.c.ticket_id)
    ).scalar_one_or_none()
    if ticket_id is None:
        state = step.conn.execute(select(pairing.c.state).where(mine)).scalar_one_or_none()
        if state == PairingState.ACTIVE:
            return
        raise (OfferOver if state else NotFound)(f"pairing {pairing_id} is {state or 'not yours'}")
    taken = step.conn.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id, ticket.c.state == TicketState.OFFERED)
        .values(state=TicketState.ACTIVE, rev=ticket.c.rev + 1, requeued=False)
        .returning(ticket.c.case_id, ticket.c.department_id)
    ).one()
    step.conn.execute(
        update(agent)
        .where(agent.c.id == agent_id, agent.c.state == AgentState.OFFERED)
        .values(state=AgentState.BUSY, since=step.now, misses=0, lease_until=step.now + AGENT_LEASE)
    )
    case = replace(get_case(step.conn, CaseId(taken.case_id), lock=True), agent_id=agent_id)
    put_case(step.conn, case)
    worker = gather(step, f"terminal:{case.terminal_id}", f"agent:{agent_id}")
    start_call(step, case, pairing_id, agent_id, worker)
    step.news.queue(taken.department_id)


def unpair(
    step: Step,
    pairing_id: PairingId,
    *,
    to: PairingState,
    ticket_to: TicketState,
    agent_to: AgentState,
    reason: str,
    missed: bool = False,
    was: tuple[PairingState, ...] = LIVE_PAIRING,
) -> Unpaired | None:
    """End a live pairing, with its ticket, its agent and its call; None when it is over already.

    A ticket that waits again keeps its `due`, so it stands first.  An offline agent stays offline.
    was: states that are ended, so that a ring is not ended after it was answered.
    missed: counts against the agent.
    """
    row = step.conn.execute(
        select(pairing.c.ticket_id, pairing.c.agent_id, pairing.c.state)
        .where(pairing.c.id == pairing_id, pairing.c.state.in_(was))
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    before = PairingState(row.state)
    step.conn.execute(update(pairing).where(pairing.c.id == pairing_id).values(state=to))
    requeued = {"requeued": True} if before is PairingState.ACTIVE else {}
    freed = step.conn.execute(
        update(ticket)
        .where(ticket.c.id == row.ticket_id)
        .values(
            state=ticket_to,
            rev=ticket.c.rev + 1,
            **(requeued if ticket_to is TicketState.WAITING else {}),
        )
        .returning(ticket.c.case_id, ticket.c.department_id)
    ).one()
    step.conn.execute(
        update(agent)
        .where(agent.c.id == row.agent_id, agent.c.state.in_(PAIRED_AGENT))
        .values(state=agent_to, since=step.now, misses=agent.c.misses + int(missed))
    )
    case = get_case(step.conn, CaseId(freed.case_id), lock=True)
    agent_id = AgentId(row.agent_id)
    if before is PairingState.ACTIVE:
        end_call(step, case, agent_id, reason)
        if ticket_to is TicketState.WAITING:
            case = replace(case, agent_id=None)
            put_case(step.conn, case)
    else:
        step.news.tell(f"agent:{agent_id}", "offer.withdrawn", pairing_id=pairing_id, reason=reason)
        step.news.note(f"agent:{agent_id}", f"offer.{to}", f"case:{case.id}", pairing=pairing_id)
    step.news.queue(freed.department_id)
    return Unpaired(ticket_id=TicketId(row.ticket_id), agent_id=agent_id, case=case, was=before)


def live_pairing_of_agent(step: Step, agent_id: AgentId) -> PairingId | None:
    """The one pairing of this agent that rings or is active."""
    found = step.conn.execute(
        select(pairing.c.id).where(pairing.c.agent_id == agent_id, pairing_lives)
    ).scalar_one_or_none()
    return PairingId(found) if found else None


def live_pairing_of_ticket(step: Step, ticket_id: TicketId) -> PairingId | None:
    """The one pairing of this ticket that rings or is active."""
    found = step.conn.execute(
        select(pairing.c.id).where(pairing.c.ticket_id == ticket_id, pairing_lives)
    ).scalar_one_or_none()
    return PairingId(found) if found else None
