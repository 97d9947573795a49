"""Who else takes part in a call, and what may become of each.

A call has a citizen and an agent.  A *party* is a third: a colleague, an interpreter, one who is
consulted while the citizen waits, one who shall take the case over, a supervisor.  What the table
does not say is refused.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Literal

from counter.errors import NotAllowed, NotAllowedNow
from counter.signaling.dispatch import AgentState, after_miss


class PartyState(StrEnum):
    """Where a party stands; those that are not live stay as history."""

    ASKED = "asked"
    PRESENT = "present"
    DECLINED = "declined"
    MISSED = "missed"
    TAKEN_BACK = "taken_back"
    LEFT = "left"
    REMOVED = "removed"
    TOOK_OVER = "took_over"


class Purpose(StrEnum):
    """What a party is for."""

    COLLEAGUE = "colleague"
    INTERPRETER = "interpreter"
    CONSULT = "consult"
    "Speaks with the agent aside, while the citizen waits, until brought in."
    TRANSFER = "transfer"
    SUPERVISE = "supervise"


Mode = Literal["full", "whisper", "listen"]
By = Literal["self", "agent", "time", "end"]
"The party, the agent of the call, the sweeper, the end of the call."
Event = Literal["accept", "decline", "expire", "take_back", "leave", "remove", "take_over"]

LIVE_PARTY: Final = (PartyState.ASKED, PartyState.PRESENT)
MAX_OTHERS: Final = 2
"Beside citizen and agent: every page receives at most three others."

TRANSITIONS: Final[Mapping[tuple[PartyState, By, Event], PartyState]] = {
    (PartyState.ASKED, "self", "accept"): PartyState.PRESENT,
    (PartyState.ASKED, "self", "take_over"): PartyState.TOOK_OVER,
    (PartyState.ASKED, "self", "decline"): PartyState.DECLINED,
    (PartyState.ASKED, "agent", "take_back"): PartyState.TAKEN_BACK,
    (PartyState.ASKED, "time", "expire"): PartyState.MISSED,
    (PartyState.ASKED, "end", "take_back"): PartyState.TAKEN_BACK,
    (PartyState.PRESENT, "self", "leave"): PartyState.LEFT,
    (PartyState.PRESENT, "agent", "remove"): PartyState.REMOVED,
    (PartyState.PRESENT, "agent", "take_over"): PartyState.TOOK_OVER,
    (PartyState.PRESENT, "end", "leave"): PartyState.LEFT,
    # Whose page fell silent has left, whether he had answered or not.
    (PartyState.ASKED, "time", "leave"): PartyState.MISSED,
    (PartyState.PRESENT, "time", "leave"): PartyState.LEFT,
}


class AgentNotFree(NotAllowedNow):
    """Whoever was asked rings, speaks, pauses or is away."""

    code = "agent_not_free"


class CallIsFull(NotAllowedNow):
    """Nobody more can take part."""

    code = "call_is_full"


class CannotTakeOver(NotAllowedNow):
    """Whoever shall take over does not serve this department."""

    code = "cannot_take_over"


class InviteOver(NotAllowedNow):
    """It was answered, taken back, or rang for too long."""

    code = "invite_over"


def after(state: PartyState, by: By, event: Event) -> PartyState:
    """Where `event` leads.  Raises `InviteOver` for one who is not asked any more."""
    try:
        return TRANSITIONS[state, by, event]
    except KeyError:
        refusal = NotAllowedNow if state is PartyState.PRESENT else InviteOver
        raise refusal(f"a party that is {state}: {event} by {by} is over or not possible") from None


def freed(ended: PartyState, before: AgentState, misses: int) -> AgentState:
    """What an agent is again after his part has ended.

    before: what he was when he was asked.  misses: those before this one.
    """
    if ended is PartyState.MISSED:
        return after_miss(misses + 1)
    return AgentState.PAUSED if before is AgentState.PAUSED else AgentState.IDLE


def require_room(others: Iterable[tuple[Purpose, bool]]) -> None:
    """Raises `CallIsFull` when these are too many.

    others: purpose, and for a transfer whether the one who hands over stays, of all who were asked
    or are present and of the one who is to be added.
    """
    needing = [purpose for purpose, stays in others if purpose is not Purpose.TRANSFER or stays]
    if len(needing) > MAX_OTHERS:
        raise CallIsFull(f"a call has room for {MAX_OTHERS} beside citizen and agent")


def require_supervisor(*, supervisor: bool, department: str, overseen: Iterable[str]) -> None:
    """Raises `NotAllowed` unless this is a supervisor of the call's department."""
    if not supervisor or department not in overseen:
        raise NotAllowed("only a supervisor of this department may take part unasked")


def require_restrainable(owner: str, others: Iterable[tuple[str, Purpose | None]]) -> None:
    """Raises `NotAllowed` unless the agent may silence or hide this one.

    others: all who take part but the agent: whose leg, and for what; None for the citizen.
    """
    purposes = dict(others)
    if owner not in purposes or purposes[owner] is Purpose.SUPERVISE:
        raise NotAllowed("an agent silences the citizen and whom he has asked, nobody else")
