"""What an agent does to the call he leads: hold it, silence one in it, hide one."""

from sqlalchemy import update

from counter.ids import AgentId
from counter.signaling.party import PartyState, Purpose, require_restrainable
from counter.signaling.store_calls import rearrange
from counter.signaling.store_desk import locked_desk
from counter.signaling.store_party_rows import (
    OngoingCall,
    call_led_by,
    live_parties,
    restraints,
    tell_all,
)
from counter.signaling.store_step import Step
from counter.signaling.tables import call, party, restraint
from counter.store.metadata import insert_for


def hold(step: Step, agent_id: AgentId, epoch: int, *, on: bool) -> None:
    """Let the citizen wait, or go on with everybody who is there.  Harmless when it is so.

    Raises `NotAllowedNow` for an agent who leads no call.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    if on:
        begin_hold(step, found)
    else:
        end_hold(step, found)


def begin_hold(step: Step, found: OngoingCall) -> None:
    """The citizen waits from now on, unless it did before."""
    if found.held_since is not None:
        return
    step.conn.execute(update(call).where(call.c.id == found.id).values(held_since=step.now))
    rearrange(step, found.id)
    tell_all(step, found.id, "call.held")
    step.news.note(f"agent:{found.agent_id}", "call.held", f"case:{found.case_id}", call=found.id)


def end_hold(step: Step, found: OngoingCall) -> None:
    """The citizen takes part again; who was consulted aside is with all the others now."""
    if found.held_since is None:
        return
    step.conn.execute(update(call).where(call.c.id == found.id).values(held_since=None))
    step.conn.execute(update(party).where(party.c.call_id == found.id).values(aside=False))
    rearrange(step, found.id)
    tell_all(step, found.id, "call.resumed")
    step.news.note(
        f"agent:{found.agent_id}", "call.resumed", f"case:{found.case_id}", call=found.id
    )


def restrain(
    step: Step,
    agent_id: AgentId,
    epoch: int,
    owner: str,
    *,
    muted: bool | None = None,
    hidden: bool | None = None,
) -> None:
    """Silence or hide one who takes part; None leaves it as it is.

    Raises `NotAllowed` for one whom an agent may not silence, `NotAllowedNow` without a call.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    others: list[tuple[str, Purpose | None]] = [(f"terminal:{found.terminal_id}", None)]
    others += [
        (one.owner, one.purpose)
        for one in live_parties(step.conn, found.id)
        if one.state is PartyState.PRESENT
    ]
    require_restrainable(owner, others)
    before = restraints(step.conn, found.id).get(owner, (False, False))
    now = (before[0] if muted is None else muted, before[1] if hidden is None else hidden)
    if now == before:
        return
    values = {"muted": now[0], "hidden": now[1]}
    step.conn.execute(
        insert_for(step.conn, restraint)
        .values(call_id=found.id, owner=owner, **values)
        .on_conflict_do_update(index_elements=["call_id", "owner"], set_=values)
    )
    rearrange(step, found.id)
    tell_all(step, found.id, "party.restrained")
    step.news.note(
        f"agent:{agent_id}", "party.restrained", f"case:{found.case_id}", whom=owner, **values
    )
