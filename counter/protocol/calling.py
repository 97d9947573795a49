"""The conversation, how its lines are, and the page's own connection to it."""

from typing import Literal

from counter.protocol.message import Instant, Model
from counter.protocol.party_cards import PartyCard


class LegCard(Model):
    """The page's connection to the media plane; it is made before anybody is spoken with."""

    tag: int
    """Rises whenever a new one is to be made."""
    sending: bool
    """Camera and microphone are sent; who only waits sends nothing."""
    expects: bool
    """Something of the others should be arriving: silence is a fault."""


class LineCard(Model):
    """How the line of one who takes part is, when it is not good."""

    whose: Literal["own", "citizen", "agent", "colleague"]
    verdict: Literal["weak", "bad"]
    cause: Literal[
        "gone",
        "no_sound",
        "no_picture",
        "upload_loss",
        "download_loss",
        "low_bandwidth",
        "delay",
        "cpu",
        "frozen",
    ]


class CallCard(Model):
    """The conversation."""

    call_id: str
    agent_name: str
    department: str
    since: Instant
    task: Literal["talk", "fill", "scan", "read", "sign", "sealing"]
    other_side: Literal["present", "away"]
    lines: list[LineCard] = []
    """Own first; whose line is good is not among them."""
    picture: bool = True
    """False: by agreement it goes on by voice alone."""
    advice: Literal["voice", "picture"] | None = None
    """What would help now: to go on by voice, or to have the picture again."""
    held_since: Instant | None = None
    """The citizen waits, and neither hears nor is heard."""
    parties: list[PartyCard] = []
    """All the others, but for the terminal only those whom the citizen may hear or see."""
    muted: bool = False
    """The agent lets nobody hear this side."""
    hidden: bool = False
    """The agent lets nobody see this side."""


class IceServer(Model):
    """A relay that a page may reach media through, as WebRTC's `RTCIceServer` has it."""

    urls: list[str]
    username: str
    credential: str
    """Good for minutes, and only to begin with."""


class LegOffered(Model):
    """The answer to `leg.join` and `leg.restart`, beside `ok`."""

    leg_id: str
    sdp: str
    tag: int
    """Of the screen's `leg` that this satisfies, and of all before it."""
    ice_servers: list[IceServer]
    """Empty: the page reaches media by itself; it never asks a server of somebody else."""
    relay_only: bool
    """Media goes through these relays and in no other way."""
