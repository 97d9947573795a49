"""The rules of dispatch: states, the order of the queue, what a choice or a miss leads to.

Order is one number, `due`, a virtual time of arrival: first come, first served inside a class, and
nobody is overtaken by more than `BOOST + GRACE`, so nobody starves.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, Literal

from counter.errors import NotAllowedNow
from counter.signaling.ring import MISSES

BOOST: Final = timedelta(minutes=10)
"How much earlier than its slot an appointment counts as arrived."
GRACE: Final = timedelta(minutes=10)
"Later than its slot by more than this, an appointment waits like a walk-in."

_MACAU: Final = timezone(timedelta(hours=8))  # Macau and Hengqin: one offset, no summer time


class TicketState(StrEnum):
    """Every ticket is in exactly one of these."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACTIVE = "active"
    DONE = "done"
    ABANDONED = "abandoned"


class AgentState(StrEnum):
    """What an agent is doing."""

    OFFLINE = "offline"
    IDLE = "idle"
    OFFERED = "offered"
    BUSY = "busy"
    WRAPUP = "wrapup"
    PAUSED = "paused"


class PairingState(StrEnum):
    """The bond of a ticket and an agent, from the first ring to its end."""

    OFFERED = "offered"
    ACTIVE = "active"
    ENDED = "ended"
    MISSED = "missed"
    DECLINED = "declined"
    LOST = "lost"
    MOVED = "moved"
    "The ticket went to another agent, with its call."


LIVE_TICKET: Final = (TicketState.WAITING, TicketState.OFFERED, TicketState.ACTIVE)
LIVE_PAIRING: Final = (PairingState.OFFERED, PairingState.ACTIVE)
PAIRED_AGENT: Final = (AgentState.OFFERED, AgentState.BUSY)

Presence = Literal["ready", "paused"]
"What an agent may choose."

PRESENCE: Final[Mapping[tuple[AgentState, Presence], AgentState]] = {
    (AgentState.OFFLINE, "ready"): AgentState.IDLE,
    (AgentState.IDLE, "ready"): AgentState.IDLE,
    (AgentState.WRAPUP, "ready"): AgentState.IDLE,
    (AgentState.PAUSED, "ready"): AgentState.IDLE,
    (AgentState.OFFLINE, "paused"): AgentState.PAUSED,
    (AgentState.IDLE, "paused"): AgentState.PAUSED,
    (AgentState.WRAPUP, "paused"): AgentState.PAUSED,
    (AgentState.PAUSED, "paused"): AgentState.PAUSED,
}
"What is not in here is refused: a ringing or speaking agent answers or closes first."

AFTER_LOGIN: Final[Mapping[AgentState, AgentState]] = {
    # Nobody is rung before they said that they are ready; a reload changes nothing else.
    AgentState.OFFLINE: AgentState.PAUSED,
    AgentState.IDLE: AgentState.IDLE,
    AgentState.OFFERED: AgentState.IDLE,
    AgentState.BUSY: AgentState.BUSY,
    AgentState.WRAPUP: AgentState.WRAPUP,
    AgentState.PAUSED: AgentState.PAUSED,
}


def due_at(*, arrived_at: datetime, starts_at: datetime | None) -> datetime:
    """The virtual time of arrival that orders the queue; `starts_at` is None for a walk-in."""
    if starts_at is None or arrived_at > starts_at + GRACE:
        return arrived_at
    return starts_at - BOOST


def chosen(state: AgentState, presence: Presence) -> AgentState:
    """Where a choice leads.  Raises `NotAllowedNow` while an offer rings or a call is on."""
    try:
        return PRESENCE[state, presence]
    except KeyError:
        raise NotAllowedNow(f"the agent is {state}: {presence} can be chosen afterwards") from None


def after_miss(misses: int) -> AgentState:
    """Where a missed or declined offer leads; `misses` includes it."""
    return AgentState.PAUSED if misses >= MISSES else AgentState.WRAPUP


def day_of(now: datetime) -> date:
    """The day whose ticket numbers and counts `now` belongs to."""
    return now.astimezone(_MACAU).date()


def start_of_day(now: datetime) -> datetime:
    """The midnight before `now`."""
    return now.astimezone(_MACAU).replace(hour=0, minute=0, second=0, microsecond=0)


def ticket_number(prefix: str, count: int) -> str:
    """Such as `A013`: what is called out and printed."""
    return f"{prefix}{count:03d}"
