"""Who hears and sees whom in a call: the rule from which all routing of a media process follows.

A call is told to a media process as a whole, as often as it changes; what is linked is derived
from it and from nothing else.  So a transfer, a hold, a third party or a whispering supervisor are
each a new `Arrangement`, and the leg of nobody else is touched.

Congestion is controlled end to end, and a leg's feedback speaks of one stream of transport-wide
numbers only.  Hence the pairs of `Link.feedback` never share a source or a sink; a source that is
in no pair gets its feedback from us.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from counter.errors import BadInput

Role = Literal["citizen", "agent", "colleague", "supervisor"]
Mode = Literal["full", "whisper", "listen"]
"full: heard by all; whisper: heard by the agent only; listen: heard by nobody."

MAX_PARTIES: Final = 4
SLOTS: Final = 3
"Others that a leg can receive at once: each has sound and picture of its own."
PREFERRED: Final[dict[Role, tuple[Role, ...]]] = {
    "citizen": ("agent", "colleague", "supervisor"),
    "agent": ("citizen", "colleague", "supervisor"),
    "colleague": ("agent", "citizen", "supervisor", "colleague"),
    "supervisor": ("agent", "citizen", "colleague"),
}
"Whose feedback a source of this role obeys, the first that is free."


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One who takes part."""

    owner: str
    "Whose leg, such as `terminal:hq-1` or `agent:lei`."
    role: Role
    mode: Mode = "full"
    muted: bool = False
    "Nobody hears this party, whatever its own microphone does."
    hidden: bool = False
    "Nobody sees this party."


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A whole call.  Raises `BadInput` when it makes no sense."""

    parties: tuple[Party, ...]
    held: bool = False
    "The citizen waits, and neither hears nor is heard; the others may talk (consultation)."

    def __post_init__(self) -> None:
        roles = [party.role for party in self.parties]
        if len(roles) > MAX_PARTIES:
            raise BadInput(f"a call has at most {MAX_PARTIES} parties")
        if roles.count("citizen") > 1 or roles.count("agent") > 1:
            raise BadInput("a call has one citizen and one agent")
        if len({party.owner for party in self.parties}) != len(roles):
            raise BadInput("a call has a leg twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What one leg receives of another."""

    source: str
    sink: str
    slot: int
    "0 to `SLOTS` - 1: which of the sink's pairs of streams."
    sound: bool
    picture: bool
    feedback: bool
    "The sink's congestion feedback is passed to the source."


def links(arrangement: Arrangement) -> tuple[Link, ...]:
    """Every link of a call.  A pair that exchanges nothing now keeps its slot and has no link."""
    pairs = _feedback_pairs(arrangement)
    found = []
    for sink in arrangement.parties:
        for slot, source in _slots(sink, arrangement.parties):
            if not reaches(source, sink, held=arrangement.held):
                continue
            if source.muted and source.hidden:
                continue
            found.append(
                Link(
                    source=source.owner,
                    sink=sink.owner,
                    slot=slot,
                    sound=not source.muted,
                    picture=not source.hidden,
                    feedback=(source.owner, sink.owner) in pairs,
                )
            )
    return tuple(found)


def reaches(source: Party, sink: Party, *, held: bool) -> bool:
    """Whether anything of `source` may reach `sink`."""
    if source.owner == sink.owner or source.mode == "listen":
        return False
    if held and "citizen" in (source.role, sink.role):
        return False
    return source.mode == "full" or sink.role == "agent"


def seats(arrangement: Arrangement, owner: str) -> dict[int, str]:
    """For the page of `owner`: who is in which slot, also those that are silent now."""
    for party in arrangement.parties:
        if party.owner == owner:
            return {slot: other.owner for slot, other in _slots(party, arrangement.parties)}
    return {}


def _slots(sink: Party, parties: Iterable[Party]) -> list[tuple[int, Party]]:
    """The citizen sees the agent in slot 0; everybody else sees the citizen there."""
    others = [party for party in parties if party.owner != sink.owner]
    first: Role = "agent" if sink.role == "citizen" else "citizen"
    main = [(0, party) for party in others if party.role == first]
    rest = sorted(
        (party for party in others if party.role != first), key=lambda party: party.role != "agent"
    )
    return [*main, *((1 + place, party) for place, party in enumerate(rest[: SLOTS - 1]))]


def _feedback_pairs(arrangement: Arrangement) -> set[tuple[str, str]]:
    """(source, sink) pairs in which the sink's feedback reaches the source: a matching."""
    order: tuple[Role, ...] = ("citizen", "agent", "colleague", "supervisor")
    free = {party.owner for party in arrangement.parties if party.mode == "full"}
    pairs = set()
    for source in sorted(arrangement.parties, key=lambda party: order.index(party.role)):
        sinks = (
            party
            for role in PREFERRED[source.role]
            for party in arrangement.parties
            if party.role == role
            and party.owner in free
            and reaches(source, party, held=arrangement.held)
        )
        chosen = next(sinks, None)
        if chosen is not None:
            free.discard(chosen.owner)
            pairs.add((source.owner, chosen.owner))
    return pairs
