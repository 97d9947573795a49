"""What screens show of those in a call beside the two who began it."""

from typing import Literal

from counter.protocol.message import Instant, Language, Model

PartyRole = Literal[
    "citizen", "agent", "colleague", "interpreter", "consult", "transfer", "supervisor"
]
"`transfer`: one who is asked to take the case over."


class PartyCard(Model):
    """One of the others in the conversation, as this side has it."""

    key: str
    """Stays the same while this one takes part."""
    party_id: str | None
    """None for the citizen and the agent."""
    owner: str
    """Whose leg; empty on the terminal, which asks nothing about others."""
    name: str
    """Empty for the citizen of a walk-in."""
    department: str
    role: PartyRole
    mode: Literal["full", "whisper", "listen"]
    slot: int | None
    """In which of the leg's streams; null when nothing of this one is received."""
    muted: bool
    hidden: bool
    aside: bool
    """Speaks with the agent only, while the citizen waits."""


class AskedCard(Model):
    """Somebody is being rung to join."""

    party_id: str
    name: str
    department: str
    purpose: Literal["colleague", "interpreter", "consult", "transfer"]
    deadline: Instant


class InviteCard(Model):
    """A colleague asks this desk to join."""

    party_id: str
    purpose: Literal["colleague", "interpreter", "consult", "transfer"]
    asked_by: str
    """Name of the colleague."""
    department: str
    """Of the colleague."""
    number: str
    service: str
    language: Language
    """Of the citizen."""
    deadline: Instant


class CallRow(Model):
    """A call that a supervisor may take part in."""

    call_id: str
    number: str
    service: str
    agent_name: str
    since: Instant
    others: int
    """Who take part beside citizen and agent."""


class CandidateCard(Model):
    """Somebody who could be asked now; a row of the answer to `party.candidates`."""

    agent_id: str
    name: str
    department: str
    languages: list[Language]
    serves: bool
    """Serves the department of the case, so may take it over."""
    speaks: bool
    """Serves in the citizen's language."""
