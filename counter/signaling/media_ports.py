"""What signalling needs from the media plane: legs, calls, and how they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from counter.protocol.calling import IceServer

MEDIA_GONE = "media_gone"
"Code of the refusal by which a media plane says that a worker is dead."
MEDIA_ELSEWHERE = "media_elsewhere"
"Code of the refusal by which it says that a worker lives where only other nodes reach it."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallParty:
    """One who takes part in a call."""

    owner: str
    "Whose leg: the audience of its own, such as `terminal:hq-1`."
    role: Literal["citizen", "agent", "colleague", "supervisor"]
    mode: Literal["full", "whisper", "listen"] = "full"
    "full: heard by all; whisper: by the agent only; listen: by nobody."
    muted: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallShape:
    """Who takes part in a call, and how."""

    parties: tuple[CallParty, ...]
    held: bool = False
    "The citizen waits, and neither hears nor is heard."


class LegOffer(Protocol):
    """The media plane's offer for one side of a call."""

    @property
    def leg_id(self) -> str: ...

    @property
    def sdp(self) -> str: ...


class LegState(Protocol):
    """How a leg does, as the media plane sees it."""

    @property
    def owner(self) -> str: ...

    @property
    def connected(self) -> bool: ...

    @property
    def silent_ms(self) -> int | None:
        """Since something was last heard of it; None when nothing ever was."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What one worker has."""

    owners: frozenset[str]
    "Whose legs."
    calls: frozenset[str]


class MediaPlane(Protocol):
    """Where picture and sound of a call go.

    A refusal of code `media_gone`: the worker is dead; `media_elsewhere`: other nodes reach it.
    """

    async def place(self, key: str) -> str:
        """Name of the worker that shall have everything of this key."""
        ...

    async def open(self, worker: str, owner: str) -> LegOffer:
        """A new leg for this owner, in place of an older one."""
        ...

    async def answer(self, worker: str, owner: str, leg_id: str, sdp: str) -> None: ...

    async def restart(self, worker: str, owner: str, leg_id: str) -> LegOffer:
        """An offer to find a new path for this very leg; media goes on meanwhile."""
        ...

    async def hang_up(self, worker: str, owner: str) -> None:
        """Close the owner's leg; harmless when there is none."""
        ...

    async def arrange(self, worker: str, call_id: str, shape: CallShape) -> None:
        """Let the call be so from now on; repeated whenever it changes."""
        ...

    async def end(self, worker: str, call_id: str) -> None:
        """Let go of the call; harmless when it is not known."""
        ...

    async def legs(self, worker: str, call_id: str) -> Sequence[LegState]:
        """How the legs of a call do.  Raises `NotFound` when the worker does not know it."""
        ...

    async def stock(self, worker: str) -> Stock:
        """Everything that the worker has."""
        ...


class Relays(Protocol):
    """By which relays pages may reach media."""

    @property
    def only(self) -> bool:
        """Pages take no other way."""
        ...

    def servers(self, now: datetime) -> list[IceServer]:
        """For one page and one leg, to be used soon; none when there are no relays."""
        ...
