"""Those who are in a call beside its citizen and its agent: brought in, handed over to, gone."""

from sqlalchemy import update

from counter.errors import NotAllowed, NotAllowedNow, NotFound
from counter.ids import AgentId
from counter.signaling.party import (
    By,
    CannotTakeOver,
    Event,
    PartyState,
    Purpose,
)
from counter.signaling.store_calls import rearrange
from counter.signaling.store_desk import locked_desk, locked_desks
from counter.signaling.store_dispatch import offer_for_agent
from counter.signaling.store_hold import end_hold
from counter.signaling.store_party_rows import (
    OngoingCall,
    Party,
    call_by_id,
    call_led_by,
    end_party,
    live_parties,
    live_party_of,
    party_by_id,
    tell_all,
)
from counter.signaling.store_screens import departments_of
from counter.signaling.store_step import Step
from counter.signaling.store_transfer import move_call
from counter.signaling.tables import party


def bring_in(step: Step, agent_id: AgentId, epoch: int, party_id: str) -> None:
    """Who was consulted speaks with the citizen too; with nobody aside any more, all go on.

    Harmless when he is in already.  Raises `NotFound` for nobody of this call.
    """
    locked_desk(step, agent_id, epoch)
    found, one = _present(step, agent_id, party_id)
    if not one.aside:
        return
    step.conn.execute(update(party).where(party.c.id == one.id).values(aside=False))
    step.news.note(
        f"agent:{agent_id}", "party.brought_in", f"case:{found.case_id}", agent=one.agent_id
    )
    if not any(other.aside for other in live_parties(step.conn, found.id)):
        end_hold(step, found)
    rearrange(step, found.id)
    tell_all(step, found.id, "party.joined")


def hand_over(step: Step, agent_id: AgentId, epoch: int, party_id: str, *, stays: bool) -> None:
    """One who is in the call takes the case.  A repeat is answered alike.

    Raises `NotFound` for nobody of this call, `NotAllowed` for a supervisor, `CannotTakeOver` for
    one who does not serve this department.
    """
    known = party_by_id(step.conn, party_id)
    if known is None:
        locked_desk(step, agent_id, epoch)
        raise NotFound(f"party {party_id} is not known")
    leading, taking = locked_desks(step, agent_id, epoch, known.agent_id)
    now_led = call_by_id(step, known.call_id)
    if known.state is PartyState.TOOK_OVER and now_led and now_led.agent_id == known.agent_id:
        return
    found, one = _present(step, agent_id, party_id)
    if one.purpose is Purpose.SUPERVISE:
        raise NotAllowed("a supervisor is not handed a case")
    if found.department_id not in departments_of(step.conn, one.agent_id):
        raise CannotTakeOver(f"agent {one.agent_id} does not serve {found.department_id}")
    move_call(step, found, one, leading=leading, taking=taking, by="agent", stays=stays)


def leave_call(step: Step, agent_id: AgentId, epoch: int) -> None:
    """Leave the call that one was asked into.  Harmless for one who is in none."""
    locked_desk(step, agent_id, epoch)
    one = live_party_of(step.conn, agent_id)
    if one is not None and one.state is PartyState.PRESENT:
        go(step, one, "self", "leave")


def remove(step: Step, agent_id: AgentId, epoch: int, party_id: str) -> None:
    """Whom the agent asked in shall leave.  Harmless when he has.

    Raises `NotFound` for nobody of this call, `NotAllowed` for a supervisor.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    one = party_by_id(step.conn, party_id)
    if one is None or one.call_id != found.id:
        raise NotFound(f"party {party_id} is not of the call of agent {agent_id}")
    if one.purpose is Purpose.SUPERVISE:
        raise NotAllowed("an agent does not send a supervisor away")
    if one.state is PartyState.PRESENT:
        go(step, one, "agent", "remove")


def gone(step: Step, agent_id: AgentId) -> None:
    """His page fell silent for a lease: he is asked no more, or has left.  Harmless otherwise."""
    one = live_party_of(step.conn, agent_id)
    if one is not None:
        go(step, one, "time", "leave")


def go(step: Step, one: Party, by: By, event: Event) -> None:
    """He leaves the call, the others go on; a citizen who is held waits for the agent."""
    found = call_by_id(step, one.call_id)
    ended = end_party(step, one, by, event)
    if found is not None:
        rearrange(step, found.id)
        tell_all(step, found.id, f"party.{ended}")
        supervised = one.purpose is Purpose.SUPERVISE
        actor = f"{'supervisor' if supervised else 'agent'}:{one.agent_id}"
        step.news.note(
            f"agent:{found.agent_id}" if by == "agent" else actor,
            "supervision.ended" if supervised else f"party.{ended}",
            f"case:{found.case_id}",
            call=found.id,
            agent=one.agent_id,
        )
    offer_for_agent(step, one.agent_id)


def _present(step: Step, agent_id: AgentId, party_id: str) -> tuple[OngoingCall, Party]:
    """The call that this agent leads, and one who is present in it."""
    found = call_led_by(step, agent_id)
    one = party_by_id(step.conn, party_id)
    if one is None or one.call_id != found.id:
        raise NotFound(f"party {party_id} is not of the call of agent {agent_id}")
    if one.state is not PartyState.PRESENT:
        raise NotAllowedNow(f"party {party_id} is {one.state}")
    return found, one
