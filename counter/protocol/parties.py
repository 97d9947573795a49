"""What desks ask of a call with more than two: hold, silence, ask others in, supervise."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident

Owner = Annotated[str, Field(max_length=60, pattern=r"^(terminal|agent):[A-Za-z0-9_:-]{1,40}$")]
"Whose leg, such as `terminal:hq-1`."
Invitation = Literal["colleague", "interpreter", "consult", "transfer"]
"What somebody can be asked for; one who is consulted speaks with the agent aside at first."
Supervision = Literal["listen", "whisper", "full"]
"listen: heard by nobody; whisper: by the agent only; full: by all."


class CallHold(Ask):
    """Let the citizen wait, neither hearing nor heard, or go on with everybody who is there."""

    event: ClassVar[str] = "call.hold"
    on: bool


class CallMute(Ask):
    """Let nobody hear this one, or let it be heard again."""

    event: ClassVar[str] = "call.mute"
    owner: Owner
    muted: bool


class CallHide(Ask):
    """Let nobody see this one, or let it be seen again."""

    event: ClassVar[str] = "call.hide"
    owner: Owner
    hidden: bool


class PartyCandidates(Ask):
    """Whom can I ask for this?  Answered with `candidates`."""

    event: ClassVar[str] = "party.candidates"
    purpose: Invitation


class PartyInvite(Ask):
    """Ask this colleague into my call."""

    event: ClassVar[str] = "party.invite"
    agent: Ident
    purpose: Invitation
    stay: bool = False
    """With a transfer: I stay in the call as a colleague."""


class PartyTakeBack(Ask):
    """Never mind: do not ring any longer."""

    event: ClassVar[str] = "party.take_back"
    party_id: Ident


class PartyAccept(Ask):
    """I come."""

    event: ClassVar[str] = "party.accept"
    party_id: Ident


class PartyDecline(Ask):
    """I cannot come."""

    event: ClassVar[str] = "party.decline"
    party_id: Ident


class PartyBringIn(Ask):
    """Who was consulted shall speak with the citizen too."""

    event: ClassVar[str] = "party.bring_in"
    party_id: Ident


class PartyHandOver(Ask):
    """Who is in my call already takes the case over."""

    event: ClassVar[str] = "party.hand_over"
    party_id: Ident
    stay: bool = False
    """I stay in the call as a colleague."""


class PartyLeave(Ask):
    """I leave the call that I was asked into."""

    event: ClassVar[str] = "party.leave"


class PartyRemove(Ask):
    """Whom I asked into my call shall leave it."""

    event: ClassVar[str] = "party.remove"
    party_id: Ident


class SuperviseStart(Ask):
    """Take part in a call of my department without being asked."""

    event: ClassVar[str] = "supervise.start"
    call_id: Ident
    mode: Supervision


class SuperviseMode(Ask):
    """Take part otherwise."""

    event: ClassVar[str] = "supervise.mode"
    mode: Supervision


class SuperviseStop(Ask):
    """Take part no more."""

    event: ClassVar[str] = "supervise.stop"


CHANGES: tuple[type[Ask], ...] = (
    CallHold,
    CallMute,
    CallHide,
    PartyInvite,
    PartyTakeBack,
    PartyAccept,
    PartyDecline,
    PartyBringIn,
    PartyHandOver,
    PartyLeave,
    PartyRemove,
    SuperviseStart,
    SuperviseMode,
    SuperviseStop,
)
"One transaction each; who takes part in a call, or how, may be otherwise afterwards."

ASKS: tuple[type[Ask], ...] = (*CHANGES, PartyCandidates)
"All of them, for the namespace `/agent`."
