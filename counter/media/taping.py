"""What of a call is taped while it is recorded: what citizen and agent say and show each other.

A supervisor is not taped, and neither is what the citizen does not hear: whispers, the talk of two
agents while the citizen is on hold, a muted microphone, a hidden picture.  Agreement was given to a
conversation, not to what is said beside it.
"""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from counter.media.arrangement import Arrangement, Party, Role
from counter.media.routing import Hop
from counter.media.rtp import Kind

TAPED_ROLES: Final[frozenset[Role]] = frozenset({"citizen", "agent", "colleague"})
State = Literal["on", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taping:
    """What the counter wants of one call's recording."""

    recording_id: str
    key: bytes
    "Data key, 32 octets; it is in memory here and is not written down."
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TapedLeg:
    """One leg that belongs to a recording."""

    owner: str
    role: Role
    leg_id: str
    hop: Hop
    on: bool
    "False: it stays in the recording and leaves a marked gap."
    without: frozenset[Kind] = frozenset()
    "Not kept, because nobody hears or sees it."


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeReport:
    """How taping goes."""

    legs: int
    "With an open dump."
    written_bytes: int
    trouble: str | None
    "Why some of it is lost, such as a full disk; never with a path or a key."


class Recorder(Protocol):
    """Writes down what legs send."""

    def tape(self, taping: Taping, legs: Iterable[TapedLeg]) -> None:
        """Tape these legs and no others for this recording.  Harmless when repeated."""

    def end(self, recording_id: str) -> None:
        """Close its dumps.  Harmless when there are none."""

    def report(self, recording_id: str) -> TapeReport:
        """How it goes; all zero for one that is not known."""

    def settle(self) -> Awaitable[None]:
        """Done when everything that was closed is with the kernel."""


def taped_legs(
    arrangement: Arrangement, legs: Mapping[str, tuple[str, Hop]], *, paused: bool
) -> list[TapedLeg]:
    """Who is taped.  legs: owner -> leg's id and hop, of those that are connected."""
    on = not paused and not arrangement.held
    return [
        TapedLeg(
            owner=party.owner,
            role=party.role,
            leg_id=legs[party.owner][0],
            hop=legs[party.owner][1],
            on=on,
            without=_unheard(party),
        )
        for party in arrangement.parties
        if party.role in TAPED_ROLES and party.mode == "full" and party.owner in legs
    ]


def _unheard(party: Party) -> frozenset[Kind]:
    unheard: dict[Kind, bool] = {"audio": party.muted, "video": party.hidden}
    return frozenset(kind for kind, hushed in unheard.items() if hushed)
