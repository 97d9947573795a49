"""A supervisor takes part in a call of her department without being asked.

Default deny: nobody else may.  The agent sees her, every change is in the journal, and what she is
heard by follows her mode alone.
"""

from sqlalchemy import update

from counter.errors import NotAllowedNow, NotFound
from counter.ids import AgentId, CallId
from counter.signaling.dispatch import AgentState
from counter.signaling.party import (
    Mode,
    PartyState,
    Purpose,
    require_room,
    require_supervisor,
)
from counter.signaling.store_calls import rearrange
from counter.signaling.store_desk import locked_desk
from counter.signaling.store_legs import gather
from counter.signaling.store_parties import go
from counter.signaling.store_party_rows import (
    call_by_id,
    live_parties,
    live_party_of,
    screens_of,
    tell_all,
)
from counter.signaling.store_screens import departments_of
from counter.signaling.store_step import Step
from counter.signaling.tables import agent, party

FREE = (AgentState.IDLE, AgentState.PAUSED, AgentState.WRAPUP)


def supervise(
    step: Step, agent_id: AgentId, epoch: int, call_id: CallId, mode: Mode, *, supervisor: bool
) -> str:
    """Take part in a call; returns the party.  Being in it already, only the mode changes.

    supervisor: said by the session, never by the message.  Raises `NotAllowed` for anybody else
    and for a call of another department, `CallIsFull`, `NotAllowedNow` while in another call.
    """
    desk = locked_desk(step, agent_id, epoch)
    found = call_by_id(step, call_id)
    overseen = departments_of(step.conn, agent_id)
    require_supervisor(
        supervisor=supervisor,
        # For who may not, there is no difference between a call of others and none.
        department=found.department_id if found else "",
        overseen=overseen,
    )
    if found is None:
        raise NotFound(f"call {call_id} is over")
    now = live_party_of(step.conn, agent_id)
    if now is not None and now.call_id == call_id and now.purpose is Purpose.SUPERVISE:
        _change(step, now.id, call_id, found.case_id, now.mode, mode, now.owner)
        return now.id
    if desk.state not in FREE:
        raise NotAllowedNow(f"supervisor {agent_id} is {desk.state}: end that first")
    there = [(one.purpose, one.stays) for one in live_parties(step.conn, call_id)]
    require_room([*there, (Purpose.SUPERVISE, False)])
    party_id = step.hooks.new_id()
    step.conn.execute(
        party.insert().values(
            id=party_id,
            call_id=call_id,
            agent_id=agent_id,
            asked_by=agent_id,
            purpose=Purpose.SUPERVISE,
            mode=mode,
            state=PartyState.PRESENT,
            aside=False,
            stays=False,
            was=desk.state,
            deadline=None,
            asked_at=step.now,
            joined_at=step.now,
        )
    )
    step.conn.execute(
        update(agent).where(agent.c.id == agent_id).values(state=AgentState.BUSY, since=step.now)
    )
    gather(step, *screens_of(step.conn, call_id))
    rearrange(step, call_id)
    tell_all(step, call_id, "supervision.begun")
    step.news.queue(desk.department_id)
    step.news.note(
        f"supervisor:{agent_id}",
        "supervision.begun",
        f"case:{found.case_id}",
        call=call_id,
        mode=mode,
    )
    return party_id


def change_mode(step: Step, agent_id: AgentId, epoch: int, mode: Mode) -> None:
    """Be heard otherwise.  Raises `NotAllowedNow` for who supervises no call."""
    locked_desk(step, agent_id, epoch)
    now = live_party_of(step.conn, agent_id)
    found = call_by_id(step, now.call_id) if now else None
    if now is None or found is None or now.purpose is not Purpose.SUPERVISE:
        raise NotAllowedNow(f"agent {agent_id} supervises no call")
    _change(step, now.id, found.id, found.case_id, now.mode, mode, now.owner)


def stop(step: Step, agent_id: AgentId, epoch: int) -> None:
    """Take part no more.  Harmless for who supervises nothing."""
    locked_desk(step, agent_id, epoch)
    now = live_party_of(step.conn, agent_id)
    if now is not None and now.purpose is Purpose.SUPERVISE:
        go(step, now, "self", "leave")


def _change(
    step: Step, party_id: str, call_id: CallId, case_id: str, was: Mode, mode: Mode, owner: str
) -> None:
    if mode == was:
        return
    step.conn.execute(update(party).where(party.c.id == party_id).values(mode=mode))
    rearrange(step, call_id)
    tell_all(step, call_id, "supervision.changed")
    step.news.note(
        owner.replace("agent:", "supervisor:"),
        "supervision.changed",
        f"case:{case_id}",
        call=call_id,
        mode=mode,
    )
