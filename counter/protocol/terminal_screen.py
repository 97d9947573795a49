"""Everything the terminal shows, as one model."""

from typing import Literal

from counter.protocol.calling import CallCard, LegCard
from counter.protocol.ceremonies import CeremonyCard
from counter.protocol.checklist import ChecklistRow, MissingPaper
from counter.protocol.choosing import Choice
from counter.protocol.filling import DraftCard
from counter.protocol.hands import HandsCard
from counter.protocol.message import Instant, Language, Model
from counter.protocol.pointing import MarkCard
from counter.protocol.printing import PrintCard, PrintFailed
from counter.protocol.proofing import IdentityPrompt
from counter.protocol.recording import RecordingCard
from counter.protocol.scanning import CasePage, ScanCard


class ArrivalCard(Model):
    """The appointment that was found, before it is confirmed."""

    department: str
    service: str
    starts_at: Instant
    bring: list[str]
    """Papers, in words."""


class TicketCard(Model):
    """A place in today's queue."""

    number: str
    department: str
    service: str
    ahead: int
    """How many are before this one; 0 means next."""
    wait_from_min: int
    wait_to_min: int
    """A range in minutes; both 0 while ringing."""
    ringing: bool
    reconnecting: bool
    """The agent was lost; this ticket stands first in line."""
    agents_on_duty: int
    bring: list[str]
    again_until: Instant | None = None
    """Of who had booked: until when he may check in again, should he leave; None: he cannot."""


class LaterCard(Model):
    """A paper that may be sent after the visit, over a link."""

    label: str
    until: str
    """The last day, in words."""
    qr: str
    """The link as a QR code: an image as a `data:` address."""


class TakeAlongCard(Model):
    """Where the signed documents can be taken with a telephone."""

    until: str
    """The last day, in words."""
    qr: str
    """The link as a QR code: an image as a `data:` address."""


class ReceiptCard(Model):
    """What the citizen takes home."""

    number: str
    department: str
    service: str
    outcome: str
    next_step: str
    handed_in: list[str]
    missing: list[MissingPaper] = []
    """What is still to be handed in, the most urgent first."""
    signed: list[CeremonyCard]
    rated: bool
    later: list[LaterCard] = []
    take_along: TakeAlongCard | None = None


class TerminalScreen(Model):
    """Everything the terminal shows."""

    stage: Literal[
        "attract",
        "start",
        "reference",
        "departments",
        "services",
        "confirm",
        "waiting",
        "call",
        "receipt",
    ]
    language: Language
    text_size: Literal["A", "A+", "A++"]
    terminal: str
    site: str
    now: Instant
    version: int
    """Rises with each change of the stage before arrival."""
    leg: LegCard | None = None
    """None: hang up."""
    choices: list[Choice] = []
    """Departments or services, by stage."""
    chosen_department: str | None = None
    arrival: ArrivalCard | None = None
    ticket: TicketCard | None = None
    call: CallCard | None = None
    scan: ScanCard | None = None
    ceremony: CeremonyCard | None = None
    filling: DraftCard | None = None
    """With task `fill`: the form that citizen and agent fill in."""
    pages: list[CasePage] = []
    checklist: list[ChecklistRow] = []
    hands: HandsCard | None = None
    """With a call."""
    marks: list[MarkCard] = []
    receipt: ReceiptCard | None = None
    recording: RecordingCard | None = None
    printing: PrintCard | None = None
    print_failed: PrintFailed | None = None
    """The print of this visit that was asked for last, when it did not come out."""
    identity: IdentityPrompt | None = None
    take_back: list[str] = []
    """Papers, in words, whose original may still lie under the camera."""
    take_back_seen: bool = False
    """A camera sees it lying there."""
