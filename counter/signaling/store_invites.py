"""Asking somebody into a call: the ring at a colleague's desk, and its answers."""

from sqlalchemy import select, update

from counter.errors import NotFound
from counter.ids import AgentId
from counter.signaling.dispatch import AgentState
from counter.signaling.party import (
    AgentNotFree,
    By,
    CannotTakeOver,
    Event,
    InviteOver,
    PartyState,
    Purpose,
    require_room,
)
from counter.signaling.ring import AGENT_LEASE, INVITE
from counter.signaling.store_calls import rearrange
from counter.signaling.store_desk import Desk, locked_desk, locked_desks
from counter.signaling.store_dispatch import offer_for_agent
from counter.signaling.store_hold import begin_hold
from counter.signaling.store_legs import gather
from counter.signaling.store_party_rows import (
    OngoingCall,
    Party,
    call_by_id,
    call_led_by,
    end_party,
    live_parties,
    party_by_id,
    screens_of,
    tell_all,
)
from counter.signaling.store_screens import departments_of
from counter.signaling.store_step import Step
from counter.signaling.store_transfer import move_call
from counter.signaling.tables import agent, party


def invite(
    step: Step, agent_id: AgentId, epoch: int, asked: AgentId, purpose: Purpose, *, stays: bool
) -> str:
    """Ring an idle colleague; returns the party.

    Raises `AgentNotFree`, `CallIsFull`, `CannotTakeOver` for a transfer to one who does not serve
    this department, `NotAllowedNow` for an agent who leads no call.
    """
    locked_desks(step, agent_id, epoch, asked)
    found = call_led_by(step, agent_id)
    if purpose is Purpose.TRANSFER and found.department_id not in departments_of(step.conn, asked):
        raise CannotTakeOver(f"agent {asked} does not serve {found.department_id}")
    there = [(one.purpose, one.stays) for one in live_parties(step.conn, found.id)]
    require_room([*there, (purpose, stays)])
    taken = step.conn.execute(
        update(agent)
        .where(agent.c.id == asked, agent.c.state == AgentState.IDLE)
        .where(agent.c.lease_until > step.now)
        .values(state=AgentState.OFFERED, since=step.now)
    ).rowcount
    if not taken:
        raise AgentNotFree(f"agent {asked} is not free now; ask another")
    party_id = step.hooks.new_id()
    step.conn.execute(
        party.insert().values(
            id=party_id,
            call_id=found.id,
            agent_id=asked,
            asked_by=agent_id,
            purpose=purpose,
            mode="full",
            state=PartyState.ASKED,
            aside=False,
            stays=stays,
            was=AgentState.IDLE,
            deadline=step.now + INVITE,
            asked_at=step.now,
        )
    )
    # While it rings the colleague's page makes its leg where the others' are.
    gather(step, *screens_of(step.conn, found.id), f"agent:{asked}")
    step.news.tell(f"agent:{asked}", "party.rung", party_id=party_id, purpose=purpose)
    step.news.tell(f"agent:{agent_id}", "party.asked", party_id=party_id)
    for department_id in departments_of(step.conn, asked):
        step.news.queue(department_id)
    step.news.note(
        f"agent:{agent_id}", "party.asked", f"case:{found.case_id}", agent=asked, purpose=purpose
    )
    return party_id


def accept_invite(step: Step, agent_id: AgentId, epoch: int, party_id: str) -> None:
    """He comes, or takes the case over.  A repeat is answered alike.

    Raises `InviteOver` when it was taken back or rang for too long, `NotFound` for another's.
    """
    one, found, own, leading = _of_invited(step, agent_id, epoch, party_id)
    if one.state in (PartyState.PRESENT, PartyState.TOOK_OVER):
        return
    late = one.deadline is None or one.deadline <= step.now
    if found is None or late or one.state is not PartyState.ASKED:
        raise InviteOver(f"party {party_id} is {one.state}")
    if one.purpose is Purpose.TRANSFER:
        move_call(step, found, one, leading=leading, taking=own, by="self", stays=one.stays)
        return
    aside = one.purpose is Purpose.CONSULT
    step.conn.execute(
        update(party)
        .where(party.c.id == party_id)
        .values(state=PartyState.PRESENT, deadline=None, joined_at=step.now, aside=aside)
    )
    step.conn.execute(
        update(agent)
        .where(agent.c.id == agent_id)
        .values(state=AgentState.BUSY, since=step.now, misses=0, lease_until=step.now + AGENT_LEASE)
    )
    if aside:
        begin_hold(step, found)
    gather(step, *screens_of(step.conn, found.id))
    rearrange(step, found.id)
    tell_all(step, found.id, "party.joined")
    step.news.note(
        one.owner, "party.joined", f"case:{found.case_id}", call=found.id, purpose=one.purpose
    )


def decline_invite(step: Step, agent_id: AgentId, epoch: int, party_id: str) -> None:
    """He cannot come.  Harmless when it is over; raises `NotFound` for another's."""
    one, found, _, _ = _of_invited(step, agent_id, epoch, party_id)
    if one.state is PartyState.ASKED:
        close_invite(step, one, found, "self", "decline")


def take_back(step: Step, agent_id: AgentId, epoch: int, party_id: str) -> None:
    """Whoever asked does not any longer.  Harmless when it is over.

    Raises `NotFound` for what this agent's call did not ask.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    one = party_by_id(step.conn, party_id)
    if one is None or one.call_id != found.id:
        raise NotFound(f"party {party_id} is not of the call of agent {agent_id}")
    if one.state is PartyState.ASKED:
        close_invite(step, one, found, "agent", "take_back")


def expire_invite(step: Step, party_id: str) -> None:
    """It rang for too long; harmless when it was answered."""
    one = party_by_id(step.conn, party_id)
    if one is None or one.state is not PartyState.ASKED:
        return
    if one.deadline is None or one.deadline > step.now:
        return
    close_invite(step, one, call_by_id(step, one.call_id), "time", "expire")


def close_invite(step: Step, one: Party, found: OngoingCall | None, by: By, event: Event) -> None:
    """It rings no more and nobody came; whoever asked is told."""
    ended = end_party(step, one, by, event)
    if found is not None:
        step.news.tell(
            f"agent:{found.agent_id}", f"party.{ended}", party_id=one.id, agent=one.agent_id
        )
        step.news.note(
            one.owner if by == "self" else f"agent:{found.agent_id}",
            f"party.{ended}",
            f"case:{found.case_id}",
            agent=one.agent_id,
        )
    offer_for_agent(step, one.agent_id)


def _of_invited(
    step: Step, agent_id: AgentId, epoch: int, party_id: str
) -> tuple[Party, OngoingCall | None, Desk, Desk]:
    """The party, its call if that is on, and both desks, all locked."""
    leads = step.conn.execute(
        select(party.c.agent_id, party.c.asked_by).where(
            party.c.id == party_id, party.c.agent_id == agent_id
        )
    ).one_or_none()
    if leads is None:
        locked_desk(step, agent_id, epoch)
        raise NotFound(f"party {party_id} is not of agent {agent_id}")
    own, leading = locked_desks(step, agent_id, epoch, AgentId(leads.asked_by))
    one = party_by_id(step.conn, party_id)
    assert one is not None, "it was there, and rows of this table stay"
    return one, call_by_id(step, one.call_id), own, leading
