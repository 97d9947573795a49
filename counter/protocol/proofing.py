"""The agent's guided identification: what desk and terminal ask, and what both show of it."""

from typing import ClassVar, Literal

from counter.protocol.message import Ask, Ident, Instant, Model

PaperKindName = Literal["bir", "home_permit", "exit_entry", "mainland_id", "passport", "other"]
StepName = Literal[
    "consent",
    "account",
    "presence",
    "document",
    "feature1",
    "feature2",
    "feature3",
    "finger_portrait",
    "finger_zone",
    "match",
    "face",
    "turn",
    "number",
    "questions",
]
VerdictName = Literal["ok", "doubt", "failed", "skipped"]
LevelName = Literal["L0", "L1", "L2", "L3"]


class IdentityBegin(Ask):
    """Begin to identify the citizen, with this kind of paper."""

    event: ClassVar[str] = "identity.begin"
    document: PaperKindName


class IdentityRead(Ask):
    """Read the zone of the pages that came since."""

    event: ClassVar[str] = "identity.read"


class IdentityGive(Ask):
    """What came of a step."""

    event: ClassVar[str] = "identity.give"
    proofing_id: Ident
    step: StepName
    verdict: VerdictName


class IdentityDecide(Ask):
    """The citizen is the holder, or is not."""

    event: ClassVar[str] = "identity.decide"
    proofing_id: Ident
    identified: bool


class IdentityAbort(Ask):
    """End it without a decision."""

    event: ClassVar[str] = "identity.abort"
    proofing_id: Ident
    reason: Literal[
        "citizen_declined",
        "not_alone",
        "bad_light_or_sound",
        "document_doubtful",
        "not_the_holder",
        "under_pressure",
        "technical",
        "other",
    ]


class IdentitySecond(Ask):
    """A second officer's word on a colleague's decision."""

    event: ClassVar[str] = "identity.second"
    proofing_id: Ident
    agree: bool


class IdentityAgree(Ask):
    """The citizen agrees to be identified, or does not."""

    event: ClassVar[str] = "identity.agree"
    proofing_id: Ident
    agree: bool


class IdentityStepCard(Model):
    """A step of the checklist."""

    step: StepName
    title: str
    todo: str
    """What the agent does and looks at."""
    state: Literal["done", "now", "later"]
    verdict: VerdictName | None
    optional: bool
    by: Literal["agent", "citizen"]


class NameWordCard(Model):
    """A word of a name."""

    text: str
    differs: bool


class NameCard(Model):
    """The name as booked beside the name in the zone."""

    booked: list[NameWordCard]
    zone: list[NameWordCard]
    comparable: bool
    """False: two scripts; it is for the agent to compare."""


class ZoneCard(Model):
    """What was read in the machine-readable zone."""

    sure: bool
    """Every digit holds, nothing was repaired, every character was clear."""
    lines: list[str]
    doubtful: list[list[int]]
    """Line and column, from 0."""
    digits_hold: bool
    number: str
    surname: str
    given: str
    nationality: str
    birth: str
    """As YYYY-MM-DD; empty when it cannot be told."""
    sex: str
    expiry: str
    """As above."""
    permanent: bool
    expired: bool


class PaperPage(Model):
    """A page of an identity paper, for the picture beside the face."""

    sha256: str
    width_px: int
    height_px: int


class ReasonChoice(Model):
    """A reason or a kind of paper."""

    id: str
    name: str


class IdentityCard(Model):
    """How surely it is known who sits there, and the identification under way or last."""

    needed: LevelName
    """By the service."""
    reached: LevelName
    documents: list[ReasonChoice]
    usual: PaperKindName
    """Of the service's papers."""
    item: str
    """What to ask for: the service's first identity paper not accepted yet; else `other`."""
    reasons: list[ReasonChoice]
    """Why it may be ended."""
    proofing_id: str | None = None
    state: Literal["open", "waiting", "identified", "refused", "aborted"] | None = None
    target: LevelName | None = None
    document: PaperKindName | None = None
    reason: str | None = None
    """In words, when it was ended."""
    steps: list[IdentityStepCard] = []
    leads_to: Literal["identified", "waiting"] | None = None
    """Where a positive decision leads; None: a step is open, or failed."""
    unread: bool = False
    """A page came that was not read yet."""
    zone: ZoneCard | None = None
    name: NameCard | None = None
    pages: list[PaperPage] = []


class SecondCard(Model):
    """An identification of a colleague that waits for this officer's word."""

    proofing_id: str
    number: str
    """Of the ticket."""
    service: str
    agent_name: str
    target: LevelName
    since: Instant
    doubts: list[str]
    """Steps in doubt, in words."""


class IdentityPrompt(Model):
    """What the citizen is asked to do now."""

    proofing_id: str
    step: StepName | Literal["wait", "done"]
    title: str
    text: str
    shown: str = ""
    """A number to be said aloud, or nothing."""
    turn: Literal["left", "right"] | None = None


DESK_ASKS: tuple[type[Ask], ...] = (
    IdentityBegin,
    IdentityRead,
    IdentityGive,
    IdentityDecide,
    IdentityAbort,
    IdentitySecond,
)
TERMINAL_ASKS: tuple[type[Ask], ...] = (IdentityAgree,)
