"""A call goes to another agent, in one transaction; the citizen's side of it is not touched."""

from dataclasses import replace

from sqlalchemy import delete, update

from counter.ids import PairingId
from counter.signaling.dispatch import AgentState, PairingState
from counter.signaling.party import By, PartyState, Purpose, after
from counter.signaling.ring import AGENT_LEASE
from counter.signaling.store_calls import rearrange
from counter.signaling.store_desk import Desk
from counter.signaling.store_hold import end_hold
from counter.signaling.store_legs import gather
from counter.signaling.store_party_rows import (
    OngoingCall,
    Party,
    end_party,
    live_parties,
    screens_of,
    tell_all,
)
from counter.signaling.store_step import Step
from counter.signaling.tables import agent, call, pairing, party, restraint, ticket
from counter.store.cases import get_case, put_case


def move_call(
    step: Step,
    found: OngoingCall,
    one: Party,
    *,
    leading: Desk,
    taking: Desk,
    by: By,
    stays: bool,
) -> None:
    """`one` becomes the agent of the call; who led it finishes up, or stays as a colleague.

    leading, taking: both desks, locked.  A citizen who was held is so no more.
    """
    step.conn.execute(
        update(party)
        .where(party.c.id == one.id)
        .values(state=after(one.state, by, "take_over"), deadline=None, aside=False)
    )
    pairing_id = _pair_anew(step, found, taking)
    step.conn.execute(
        update(call).where(call.c.id == found.id).values(agent_id=taking.id, pairing_id=pairing_id)
    )
    case = get_case(step.conn, found.case_id, lock=True)
    put_case(step.conn, replace(case, agent_id=taking.id))
    step.conn.execute(
        delete(restraint).where(restraint.c.call_id == found.id, restraint.c.owner == one.owner)
    )
    lease = step.now + AGENT_LEASE
    for desk, state in (
        (taking, AgentState.BUSY),
        (leading, AgentState.BUSY if stays else AgentState.WRAPUP),
    ):
        step.conn.execute(
            update(agent)
            .where(agent.c.id == desk.id)
            .values(state=state, since=step.now, misses=0, lease_until=lease)
        )
    if stays:
        _stay(step, found, leading)
    _take_other_transfers_back(step, found)
    end_hold(step, replace(found, agent_id=taking.id))
    gather(step, *screens_of(step.conn, found.id))
    rearrange(step, found.id)
    tell_all(step, found.id, "call.transferred")
    step.news.tell(f"agent:{leading.id}", "call.transferred", call_id=found.id)
    for department_id in {found.department_id, leading.department_id, taking.department_id}:
        step.news.queue(department_id)
    step.news.note(
        f"agent:{leading.id}",
        "call.transferred",
        f"case:{found.case_id}",
        call=found.id,
        to=taking.id,
        stays=stays,
    )


def _pair_anew(step: Step, found: OngoingCall, taking: Desk) -> PairingId:
    """The ticket's pairing ends and another begins: a ticket has one live pairing at any time."""
    ticket_id = step.conn.execute(
        update(pairing)
        .where(pairing.c.id == found.pairing_id)
        .values(state=PairingState.MOVED)
        .returning(pairing.c.ticket_id)
    ).scalar_one()
    pairing_id = PairingId(step.hooks.new_id())
    step.conn.execute(
        pairing.insert().values(
            id=pairing_id,
            ticket_id=ticket_id,
            agent_id=taking.id,
            epoch=taking.epoch,
            state=PairingState.ACTIVE,
            deadline=None,
            at=step.now,
        )
    )
    step.conn.execute(update(ticket).where(ticket.c.id == ticket_id).values(rev=ticket.c.rev + 1))
    return pairing_id


def _stay(step: Step, found: OngoingCall, leading: Desk) -> None:
    step.conn.execute(
        party.insert().values(
            id=step.hooks.new_id(),
            call_id=found.id,
            agent_id=leading.id,
            asked_by=leading.id,
            purpose=Purpose.COLLEAGUE,
            mode="full",
            state=PartyState.PRESENT,
            aside=False,
            stays=False,
            was=AgentState.IDLE,
            deadline=None,
            asked_at=step.now,
            joined_at=step.now,
        )
    )


def _take_other_transfers_back(step: Step, found: OngoingCall) -> None:
    """Whoever was asked as well can take nothing over any more."""
    for other in live_parties(step.conn, found.id):
        if other.state is PartyState.ASKED and other.purpose is Purpose.TRANSFER:
            end_party(step, other, "agent", "take_back")
