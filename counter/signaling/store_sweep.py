"""What time alone decides: rings that ran out, desks and terminals that fell silent, wrap-up.

Any node may look and settle, at any time and twice: every item is looked at again under its lock.
Each is a transaction of its own, so that one that fails does not hold up the others.
"""

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select, true, update

from counter.ids import AgentId, PairingId, TerminalId
from counter.signaling.dispatch import AgentState, PairingState, TicketState
from counter.signaling.party import PartyState
from counter.signaling.ports import Overdue
from counter.signaling.ring import AGENT_LEASE, TERMINAL_LEASE, WRAPUP
from counter.signaling.store_desk import any_desk, become, withdraw
from counter.signaling.store_dispatch import (
    live_pairing_of_agent,
    offer_for_agent,
    offer_for_ticket,
    serves,
    spoken,
    unpair,
)
from counter.signaling.store_invites import expire_invite
from counter.signaling.store_parties import gone
from counter.signaling.store_step import Step
from counter.signaling.store_terminal import WIPED
from counter.signaling.store_visit import leave
from counter.signaling.tables import (
    agent,
    pairing,
    pairing_lives,
    party,
    party_lives,
    skill,
    terminal_state,
    ticket,
    ticket_lives,
    ticket_waits,
)
from counter.store.cases import case_table


def overdue(conn: Connection, now: datetime) -> list[Overdue]:
    """Everything that time has decided, in the order in which it is best settled."""
    rings = select(pairing.c.id).where(
        pairing_lives, pairing.c.state == PairingState.OFFERED, pairing.c.deadline <= now
    )
    invites = select(party.c.id).where(
        party_lives, party.c.state == PartyState.ASKED, party.c.deadline <= now
    )
    agents = select(agent.c.id).where(
        agent.c.state != AgentState.OFFLINE, agent.c.lease_until <= now
    )
    tickets = select(ticket.c.terminal_id).where(ticket_lives, ticket.c.lease_until <= now)
    terminals = select(terminal_state.c.terminal_id).where(
        terminal_state.c.beat_at <= now - TERMINAL_LEASE,
        or_(
            *(terminal_state.c[name] != WIPED[name] for name in ("stage", "language", "text_size")),
            exists().where(
                and_(
                    case_table.c.terminal_id == terminal_state.c.terminal_id,
                    case_table.c.left_at.is_(None),
                )
            ),
        ),
    )
    wrapups = select(agent.c.id).where(
        agent.c.state == AgentState.WRAPUP, agent.c.since <= now - WRAPUP, agent.c.lease_until > now
    )
    queues = (
        select(ticket.c.department_id, ticket.c.language)
        .where(ticket_waits, ticket.c.lease_until > now)
        .distinct()
        .subquery()
    )
    matches = (
        select(agent.c.id)
        .select_from(agent.join(queues, true()).outerjoin(skill, spoken(queues)))
        .where(agent.c.state == AgentState.IDLE, agent.c.lease_until > now, serves(queues))
        .group_by(agent.c.id)
        .order_by(func.min(agent.c.since), agent.c.id)
    )
    return [
        *(Overdue(kind="ring", id=found) for found in conn.execute(rings).scalars()),
        *(Overdue(kind="invite", id=found) for found in conn.execute(invites).scalars()),
        *(Overdue(kind="agent", id=found) for found in conn.execute(agents).scalars()),
        *(Overdue(kind="ticket", id=found) for found in conn.execute(tickets).scalars()),
        *(Overdue(kind="terminal", id=found) for found in conn.execute(terminals).scalars()),
        *(Overdue(kind="wrapup", id=found) for found in conn.execute(wrapups).scalars()),
        *(Overdue(kind="match", id=found) for found in conn.execute(matches).scalars()),
    ]


def settle(step: Step, item: Overdue) -> None:
    """Carry it out if it still holds."""
    match item.kind:
        case "ring":
            _ring_over(step, PairingId(item.id))
        case "invite":
            expire_invite(step, item.id)
        case "agent":
            _agent_lost(step, AgentId(item.id))
        case "ticket":
            _ticket_lost(step, TerminalId(item.id))
        case "terminal":
            _terminal_lost(step, TerminalId(item.id))
        case "wrapup":
            _wrapup_over(step, AgentId(item.id))
        case "match":
            offer_for_agent(step, AgentId(item.id))


def forgive(conn: Connection, now: datetime) -> None:
    """Renew every lease: while no node was up, nobody could beat."""
    conn.execute(
        update(agent)
        .where(agent.c.state != AgentState.OFFLINE)
        .values(lease_until=now + AGENT_LEASE)
    )
    conn.execute(update(ticket).where(ticket_lives).values(lease_until=now + TERMINAL_LEASE))
    conn.execute(update(terminal_state).values(beat_at=now))


def _ring_over(step: Step, pairing_id: PairingId) -> None:
    agent_id = step.conn.execute(
        select(pairing.c.agent_id).where(
            pairing.c.id == pairing_id,
            pairing.c.state == PairingState.OFFERED,
            pairing.c.deadline <= step.now,
        )
    ).scalar_one_or_none()
    if agent_id is not None:
        withdraw(step, pairing_id, any_desk(step, AgentId(agent_id)), PairingState.MISSED)


def _agent_lost(step: Step, agent_id: AgentId) -> None:
    desk = any_desk(step, agent_id)
    alive = step.conn.execute(
        select(agent.c.id).where(agent.c.id == agent_id, agent.c.lease_until > step.now)
    ).one_or_none()
    if alive or desk.state is AgentState.OFFLINE:
        return
    pairing_id = live_pairing_of_agent(step, agent_id)
    become(step, desk, AgentState.OFFLINE)
    gone(step, agent_id)
    freed = pairing_id and unpair(
        step,
        pairing_id,
        to=PairingState.LOST,
        ticket_to=TicketState.WAITING,
        agent_to=AgentState.OFFLINE,
        reason="agent_lost",
    )
    if freed:
        offer_for_ticket(step, freed.ticket_id)


def _ticket_lost(step: Step, terminal_id: TerminalId) -> None:
    lost = step.conn.execute(
        select(ticket.c.id)
        .where(
            ticket.c.terminal_id == terminal_id,
            ticket_lives,
            ticket.c.lease_until <= step.now,
        )
        .with_for_update()
    ).one_or_none()
    if lost:
        leave(step, terminal_id, pairing_to=PairingState.LOST, reason="terminal_lost")


def _terminal_lost(step: Step, terminal_id: TerminalId) -> None:
    silent = step.conn.execute(
        select(terminal_state.c.terminal_id)
        .where(
            terminal_state.c.terminal_id == terminal_id,
            terminal_state.c.beat_at <= step.now - TERMINAL_LEASE,
        )
        .with_for_update()
    ).one_or_none()
    if silent:
        leave(step, terminal_id, pairing_to=PairingState.LOST, reason="terminal_lost")


def _wrapup_over(step: Step, agent_id: AgentId) -> None:
    desk = any_desk(step, agent_id)
    over = step.conn.execute(
        select(agent.c.id).where(agent.c.id == agent_id, agent.c.since <= step.now - WRAPUP)
    ).one_or_none()
    if over and desk.state is AgentState.WRAPUP:
        become(step, desk, AgentState.IDLE)
        offer_for_agent(step, agent_id)
