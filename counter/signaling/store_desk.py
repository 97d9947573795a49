"""What an agent's desk does: sign in, beat, choose presence, answer, close the case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter.case import Case, Outcome
from counter.errors import NotAllowedNow, NotFound, UsedElsewhere
from counter.ids import AgentId, CaseId, PairingId
from counter.signaling.dispatch import (
    AFTER_LOGIN,
    AgentState,
    PairingState,
    Presence,
    TicketState,
    after_miss,
    chosen,
)
from counter.signaling.ring import AGENT_LEASE
from counter.signaling.store_dispatch import (
    accept,
    live_pairing_of_agent,
    offer_for_agent,
    offer_for_ticket,
    unpair,
)
from counter.signaling.store_party_rows import live_party_of
from counter.signaling.store_step import Step
from counter.signaling.tables import agent, pairing, skill, ticket
from counter.store.cases import get_case, put_case
from counter.store.metadata import insert_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agent as this transaction found and locked it."""

    id: AgentId
    department_id: str
    state: AgentState
    epoch: int
    misses: int


def locked_desk(step: Step, agent_id: AgentId, epoch: int) -> Desk:
    """The agent, locked.  Raises `UsedElsewhere` when a newer connection holds the desk."""
    desk = any_desk(step, agent_id)
    if desk.epoch != epoch:
        raise UsedElsewhere(f"agent {agent_id}: epoch {epoch} is over, {desk.epoch} holds the desk")
    return desk


def locked_desks(step: Step, agent_id: AgentId, epoch: int, other: AgentId) -> tuple[Desk, Desk]:
    """One's own desk and another, locked in one order whoever asks.  Raises as `locked_desk`."""
    desks = {one: any_desk(step, one) for one in sorted({agent_id, other})}
    return locked_desk(step, agent_id, epoch), desks[other]


def log_in(step: Step, agent_id: AgentId) -> int:
    """A newer tab or device takes the desk over; returns its epoch, which fences the older one.

    A ringing offer goes back to the queue, a call goes on, and so does being asked into one.
    """
    desk = any_desk(step, agent_id)
    pairing_id = live_pairing_of_agent(step, agent_id)
    dropped = pairing_id and unpair(
        step,
        pairing_id,
        to=PairingState.LOST,
        ticket_to=TicketState.WAITING,
        agent_to=AgentState.IDLE,
        reason="elsewhere",
        was=(PairingState.OFFERED,),
    )
    epoch = desk.epoch + 1
    state = desk.state if live_party_of(step.conn, agent_id) else AFTER_LOGIN[desk.state]
    step.conn.execute(
        update(agent)
        .where(agent.c.id == agent_id)
        .values(epoch=epoch, lease_until=step.now + AGENT_LEASE, state=state)
    )
    if pairing_id:
        step.conn.execute(
            update(pairing)
            .where(pairing.c.id == pairing_id, pairing.c.state == PairingState.ACTIVE)
            .values(epoch=epoch)
        )
    step.news.tell(f"agent:{agent_id}", "presence.changed", epoch=epoch)
    step.news.note(f"agent:{agent_id}", "desk.opened", f"agent:{agent_id}", epoch=epoch)
    if desk.state is AgentState.OFFLINE:
        step.news.queue(desk.department_id)
    if dropped:
        offer_for_ticket(step, dropped.ticket_id)
    return epoch


def beat(step: Step, agent_id: AgentId, epoch: int) -> None:
    """Renew the lease; who had been given up for lost comes back paused."""
    desk = locked_desk(step, agent_id, epoch)
    step.conn.execute(
        update(agent).where(agent.c.id == agent_id).values(lease_until=step.now + AGENT_LEASE)
    )
    if desk.state is AgentState.OFFLINE:
        become(step, desk, AFTER_LOGIN[desk.state])


def leave_desk(conn: Connection, agent_id: AgentId, now: datetime) -> None:
    """Who signs out is rung no more: the next sweep takes the desk for lost, at once.

    Not in a call: its citizen would be sent back to the queue, and the agent has until the end
    of her lease to come back.
    """
    conn.execute(
        update(agent)
        .where(
            agent.c.id == agent_id,
            agent.c.lease_until > now,
            agent.c.state != AgentState.BUSY,
        )
        .values(lease_until=now)
    )


def choose_presence(step: Step, agent_id: AgentId, epoch: int, presence: Presence) -> None:
    """Ready for the next ticket, or not."""
    desk = locked_desk(step, agent_id, epoch)
    state = chosen(desk.state, presence)
    step.conn.execute(
        update(agent)
        .where(agent.c.id == agent_id)
        .values(misses=0, lease_until=step.now + AGENT_LEASE)
    )
    if state is not desk.state:
        become(step, desk, state)
    if state is AgentState.IDLE:
        offer_for_agent(step, agent_id)


def become(step: Step, desk: Desk, state: AgentState) -> None:
    """Change an agent who is in no pairing."""
    step.conn.execute(
        update(agent).where(agent.c.id == desk.id).values(state=state, since=step.now)
    )
    step.news.tell(f"agent:{desk.id}", "presence.changed", presence=state)
    step.news.queue(desk.department_id)
    step.news.note(f"agent:{desk.id}", "presence.changed", f"agent:{desk.id}", to=state)


def take_offer(step: Step, agent_id: AgentId, epoch: int, pairing_id: PairingId) -> None:
    """The agent answers."""
    locked_desk(step, agent_id, epoch)
    accept(step, agent_id, epoch, pairing_id)


def decline_offer(step: Step, agent_id: AgentId, epoch: int, pairing_id: PairingId) -> None:
    """Not this agent: the ticket goes back to its place, another one is rung.

    Harmless when the offer is over already.  Raises `NotFound` for somebody else's,
    `NotAllowedNow` when it was answered.
    """
    desk = locked_desk(step, agent_id, epoch)
    row = step.conn.execute(
        select(pairing.c.state).where(pairing.c.id == pairing_id, pairing.c.agent_id == agent_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"pairing {pairing_id} is not of agent {agent_id}")
    if row.state == PairingState.ACTIVE:
        raise NotAllowedNow(f"pairing {pairing_id} was answered; close the case instead")
    withdraw(step, pairing_id, desk, PairingState.DECLINED)


def withdraw(step: Step, pairing_id: PairingId, desk: Desk, to: PairingState) -> None:
    """A ring ends without an answer; harmless when it has ended."""
    freed = unpair(
        step,
        pairing_id,
        to=to,
        ticket_to=TicketState.WAITING,
        agent_to=after_miss(desk.misses + 1),
        reason=to,
        missed=True,
        was=(PairingState.OFFERED,),
    )
    if freed:
        step.news.tell(f"agent:{desk.id}", "presence.changed", presence=after_miss(desk.misses + 1))
        offer_for_ticket(step, freed.ticket_id)


def close_case(
    step: Step,
    agent_id: AgentId,
    epoch: int,
    outcome: Outcome,
    next_step: str,
    note: str,
    papers: Mapping[str, date | None],
    *,
    originals: bool = False,
) -> Case:
    """The agent says how it ended; the call ends with it, wrap-up begins.

    papers: of those that are missing, the last day to hand them in.  originals: the agent knows
    that one may lie there.
    Raises `NotAllowedNow` when this agent works on no case, and what `Hooks.closing` and
    `Hooks.originals` raise.
    """
    locked_desk(step, agent_id, epoch)
    row = step.conn.execute(
        select(pairing.c.id, ticket.c.case_id)
        .join(ticket, ticket.c.id == pairing.c.ticket_id)
        .where(pairing.c.agent_id == agent_id, pairing.c.state == PairingState.ACTIVE)
    ).one_or_none()
    if row is None:
        raise NotAllowedNow(f"agent {agent_id} works on no case")
    unpair(
        step,
        PairingId(row.id),
        to=PairingState.ENDED,
        ticket_to=TicketState.DONE,
        agent_to=AgentState.WRAPUP,
        reason="closed",
    )
    case = get_case(step.conn, CaseId(row.case_id), lock=True)
    if not originals:
        step.hooks.originals(step.conn, case)
    step.hooks.closing(step.conn, case, outcome, papers, step.now)
    case = case.closed(outcome, next_step=next_step, note=note, now=step.now)
    put_case(step.conn, case)
    step.hooks.closed(step.conn, case, step.now)
    for audience in (f"agent:{agent_id}", f"terminal:{case.terminal_id}"):
        step.news.tell(audience, "case.closed", case_id=case.id, outcome=outcome)
    step.news.note(f"agent:{agent_id}", "case.closed", f"case:{case.id}", outcome=outcome)
    return case


def put_agent(
    conn: Connection, agent_id: str, name: str, department_id: str, now: datetime
) -> None:
    """Make the agent known, or change name and department; offline until a desk is opened."""
    conn.execute(
        insert_for(conn, agent)
        .values(
            id=agent_id,
            name=name,
            department_id=department_id,
            state=AgentState.OFFLINE,
            since=now,
            epoch=0,
            lease_until=now,
            misses=0,
        )
        .on_conflict_do_update(
            index_elements=["id"], set_={"name": name, "department_id": department_id}
        )
    )


def put_skill(
    conn: Connection, agent_id: str, department_id: str, language: str, level: int
) -> None:
    """This agent serves this department in this language; higher levels are rung first."""
    conn.execute(
        insert_for(conn, skill)
        .values(agent_id=agent_id, department_id=department_id, language=language, level=level)
        .on_conflict_do_update(
            index_elements=["agent_id", "department_id", "language"], set_={"level": level}
        )
    )


def grant_skill(conn: Connection, agent_id: str, department_id: str, language: str) -> None:
    """As `put_skill` at the lowest level; who serves there already keeps the level."""
    conn.execute(
        insert_for(conn, skill)
        .values(agent_id=agent_id, department_id=department_id, language=language, level=1)
        .on_conflict_do_nothing(index_elements=["agent_id", "department_id", "language"])
    )


def agent_epoch(conn: Connection, agent_id: str) -> int | None:
    """The epoch that holds the desk now; None for nobody we know."""
    return conn.execute(select(agent.c.epoch).where(agent.c.id == agent_id)).scalar_one_or_none()


def any_desk(step: Step, agent_id: AgentId) -> Desk:
    """The agent, locked, whoever holds the desk."""
    row: Row[Any] | None = step.conn.execute(
        select(agent).where(agent.c.id == agent_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"agent {agent_id} is not known")
    return Desk(
        id=agent_id,
        department_id=row.department_id,
        state=AgentState(row.state),
        epoch=row.epoch,
        misses=row.misses,
    )
