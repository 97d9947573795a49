"""Who has a leg, who sends, and whose line it is when nothing arrives.

Legs are warm: the terminal's is connected while its citizen waits, the agent's while on duty, so
that to answer is only to link.  Who merely waits sends nothing: camera and microphone are silent
until somebody may see and hear them.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal

from counter.signaling.dispatch import AgentState, TicketState
from counter.signaling.media_ports import CallParty, CallShape, LegState

HEARD_MS: Final = 600
"Sound comes every 20 ms; whoever was last heard longer ago is not heard now."

Sending = bool
"Whether camera and microphone are sent; None instead: there is no leg."

OF_TICKET: Final[dict[TicketState, Sending | None]] = {
    TicketState.WAITING: False,
    TicketState.OFFERED: False,
    TicketState.ACTIVE: True,
    TicketState.DONE: None,
    TicketState.ABANDONED: None,
}
OF_AGENT: Final[dict[AgentState, Sending | None]] = {
    AgentState.OFFLINE: None,
    AgentState.IDLE: False,
    AgentState.OFFERED: True,  # into the counter only, so that the first picture is there at once
    AgentState.BUSY: True,
    AgentState.WRAPUP: False,
    AgentState.PAUSED: None,
}


def of_party(party: CallParty) -> Sending:
    """Whoever is in a call has a leg; who only listens sends nothing."""
    return party.mode != "listen"


def expects(shape: CallShape, own: str, heard: Collection[str]) -> bool:
    """Whether something of the others should be arriving at `own`.

    heard: owners who have a leg, and a camera or a microphone as far as is known.
    """
    me = next((party for party in shape.parties if party.owner == own), None)
    return me is not None and any(
        other.owner in heard and _reaches(other, me, held=shape.held)
        for other in shape.parties
        if other is not me
    )


def _reaches(source: CallParty, sink: CallParty, *, held: bool) -> bool:
    if source.mode == "listen" or (source.muted and source.hidden):
        return False
    if held and "citizen" in (source.role, sink.role):
        return False
    return source.mode == "full" or sink.role == "agent"


def whose_trouble(own: str, legs: Sequence[LegState]) -> Literal["own", "other"]:
    """Whose line it is when nothing arrives at `own`.

    What the counter hears of the others it has sent on: then it was lost on the way to `own`.
    When it hears neither, both may be cut off, and each looks after its own.
    """
    if any(_is_heard(leg) for leg in legs if leg.owner != own):
        return "own"
    mine = next((leg for leg in legs if leg.owner == own), None)
    if mine is None or not mine.connected:
        return "own"
    return "other" if mine.silent_ms is None or _is_heard(mine) else "own"


def _is_heard(leg: LegState) -> bool:
    return leg.connected and leg.silent_ms is not None and leg.silent_ms < HEARD_MS
