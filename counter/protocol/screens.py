"""What the counter tells screens: the whole screen as a function of server state.

After anything changed, and on every connect, a page gets `screen.changed` with its whole screen;
between, it gets the rows of its session log (`told`), which are for sounds and live regions only:
what is drawn comes from the screen alone.  Texts are already in the language of the screen.
"""

from typing import ClassVar, Literal

from counter.protocol.certificate import CertificateCard
from counter.protocol.checklist import ChecklistRow, MissingPaper
from counter.protocol.device import DeviceScreenChanged, ScanSource
from counter.protocol.filling import DraftCard, FillChoice
from counter.protocol.hands import HandsCard
from counter.protocol.message import Instant, Language, Model, Tell
from counter.protocol.party_cards import AskedCard, CallRow, InviteCard, PartyCard, PartyRole
from counter.protocol.pointing import MarkCard, MarksLie, PointerMoved
from counter.protocol.printing import PrintCard, PrintFailed, PrintRow
from counter.protocol.proofing import IdentityCard, IdentityPrompt, SecondCard
from counter.protocol.reading import SaidLine
from counter.protocol.recording import RecordingCard

CasePageState = Literal["stored", "accepted", "rejected", "superseded"]
CeremonyState = Literal[
    "presented",
    "consented",
    "signing",
    "sealed",
    "declined",
    "withdrawn",
    "abandoned",
    "expired",
    "voided",
]
PaperFormat = Literal["a-series", "a4", "a5", "id-1", "td3", "td3-open", "free"]
PageNote = Literal[
    "resolution_low",
    "slightly_blurred",
    "whole_frame",
    "glare_spot",
    "seen_before",
    "same_side",
    "turned_by_counter",
]


class PageCode(Model):
    """What stands in a barcode on a page: a stranger's text, shown and never followed."""

    kind: str
    text: str


class CasePage(Model):
    """A scanned page, on either screen."""

    page_id: str
    item: str
    label: str
    """What paper it is, in the screen's language."""
    state: CasePageState
    sha256: str
    """Of the flattened page; both screens fetch `/pages/{sha256}`."""
    thumb_sha256: str
    width_px: int
    height_px: int
    shown: bool = False
    """An agent has been given it to look at."""
    format: PaperFormat = "free"
    """Told by size where the mat gave the scale, else by proportion."""
    notes: list[PageNote] = []
    """What the agent should know before deciding."""
    same_as: str | None = None
    """With `seen_before`: the page of this case that shows the same sheet."""
    codes: list[PageCode] = []
    """On the agent's screen."""


class ArrivingCard(Model):
    """A photograph on its way up from the terminal's program."""

    state: Literal["captured", "uploading"]
    thumb_sha256: str | None
    """Fetched as a page is."""
    preview_sha256: str | None
    """The page as the terminal flattened it, to read while the photograph is still coming."""
    quarters: int
    """Of its bytes that are here, 0 to 4."""


class ScanCard(Model):
    """A paper was asked for."""

    request_id: str
    item: str
    label: str
    refusal: str | None
    """Code of the last photograph that would not do; gone with the next one."""
    by_device: bool = False
    """The terminal's program photographs it, when `shot.take` says so; else the page does."""
    taking: bool = False
    """It has been told to, and has not begun to send."""
    retake: bool = False
    """In place of a page that there is."""
    source: ScanSource = "camera"
    """With what it is taken, as the agent chose."""
    sources: list[ScanSource] = []
    """What the agent may choose from; empty: there is nothing to choose."""
    arriving: ArrivingCard | None = None


class SheetCard(Model):
    """One page of the document to be signed, as an image."""

    number: int
    sha256: str
    """Fetched as `/sheets/{sha256}`."""
    width_px: int
    height_px: int
    seen: bool
    seconds: int = 0
    """How long it was on the citizen's screen, in all."""
    shown: bool = False
    """It is there now."""


class FormField(Model):
    """A field of a form."""

    name: str
    label: str
    required: bool
    value: str
    """What the case already knows, or empty."""
    max_length: int
    choices: list[FillChoice] = []
    """What may be chosen; empty where it is written freely."""


class AgreementCard(Model):
    """What the citizen is asked to agree to."""

    sentence: str
    """In the language of the screen, to be shown as it is."""
    sha256: str
    """Of the sentence, UTF-8."""


class CeremonyCard(Model):
    """A document that is being read or signed, or was signed."""

    ceremony_id: str
    title: str
    state: CeremonyState
    sha256: str
    """Of the document as presented; its first six digits stand on both screens."""
    signed_at: Instant | None = None
    """When the citizen signed."""
    citizen_signed: bool = False
    """The citizen's signature is in the document; the department's follow by themselves."""
    sheets: list[SheetCard]
    signed_sha256: str | None
    """Of the sealed PDF; fetched as `/documents/{sha256}`."""
    reason: str | None = None
    """Why it was declined, abandoned, voided or never made ready."""
    revision: int = 1
    """Rises with each correction."""
    corrected: list[str] = []
    """What the last correction changed, in words; nothing after the consent."""
    read_aloud: Literal["machine", "agent"] | None = None
    """The citizen asked to have it read out, by whom."""
    asks_at: Instant | None = None
    """When the terminal asks whether somebody is there."""
    ends_at: Instant | None = None
    """When it is taken off the screen, if nothing happens."""
    paused: bool = False
    """The call was interrupted; it goes on when the agent says so."""
    may_resume: bool = False
    """The citizen is identified again, as far as he ever was."""
    said: list[SaidLine] = []
    """On the terminal, while it is read: what it says, for reading out and for screen readers."""
    fields: list[FormField] = []
    """On the console, while it can be corrected: what the agent filled in."""
    agreement: AgreementCard | None = None
    """On the terminal, while it is read."""
    certificate: CertificateCard | None = None
    """Once agreed to, where the citizen's own certificate is enough."""
    level: Literal["B_B", "B_T", "B_LT", "B_LTA"] | None = None
    """Of PAdES; for the agent, once something is signed."""
    lasting: str = ""
    """The same in words, with what is still to come."""
    archived_sha256: str | None = None
    """Of the newest revision of the archive, fetched likewise."""


class Choice(Model):
    """Something to choose by name."""

    id: str
    name: str
    hint: str = ""
    unavailable: str | None = None
    """Code of the reason why it cannot be chosen now."""


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


class QueueRow(Model):
    """One who waits."""

    ticket_id: str
    number: str
    service: str
    language: Language
    booked: bool
    starts_at: Instant | None
    waiting_since: Instant
    site: str
    state: Literal["waiting", "offered", "active"]


class OfferCard(Model):
    """A ticket rings."""

    pairing_id: str
    number: str
    service: str
    language: Language
    deadline: Instant
    waiting_since: Instant


class FormCard(Model):
    """A form that can be presented."""

    form: str
    title: str
    fields: list[FormField] = []
    together: bool = False
    """The citizen has fields as well."""
    begun: bool = False
    """There is a draft, to be opened again."""
    refusal: str | None = None
    """Code of why it can never be presented here."""


class DeskCase(Model):
    """The case on the desk."""

    case_id: str
    number: str
    service: str
    department: str
    citizen: str
    """Name as booked; empty for a walk-in."""
    language: Language
    needs: list[str]
    site: str
    terminal: str
    booked: bool
    papers_before: str | None = None
    """Where the photographs sent before the visit are looked at."""
    papers_later: str = ""
    """Where a paper is asked for that comes after the visit."""
    call: CallCard | None
    checklist: list[ChecklistRow]
    pages: list[CasePage]
    scan: ScanCard | None
    forms: list[FormCard]
    filling: DraftCard | None = None
    """The form that is on both screens to be filled in."""
    ceremonies: list[CeremonyCard]
    """Newest first."""
    outcomes: list[Choice]
    recording: RecordingCard | None = None
    hands: HandsCard | None = None
    """With a call."""
    marks: list[MarkCard] = []
    prints: list[PrintRow] = []
    """Newest first."""
    identity: IdentityCard | None = None
    lying: list[str] = []
    """Papers, in words, that may still lie under the terminal's camera."""
    lying_seen: bool = False
    """A camera sees it lying there."""


class GuestCard(Model):
    """The call of a colleague that this desk takes part in: what one has to know, and no papers."""

    party_id: str
    role: PartyRole
    mode: Literal["full", "whisper", "listen"]
    aside: bool
    number: str
    service: str
    language: Language
    """Of the citizen."""
    site: str
    call: CallCard


class DeskScreen(Model):
    """Everything the agent's console shows."""

    agent_id: str
    agent_name: str
    department: str
    language: Language
    presence: Literal["offline", "ready", "paused", "offered", "busy", "wrapup"]
    epoch: int
    now: Instant
    leg: LegCard | None = None
    """None: hang up."""
    queue: list[QueueRow]
    offer: OfferCard | None
    case: DeskCase | None
    served_today: int
    invite: InviteCard | None = None
    guest: GuestCard | None = None
    asked: list[AskedCard] = []
    """Whom this desk is ringing to join its call."""
    calls: list[CallRow] = []
    """For a supervisor: the calls of her departments."""
    seconds: list[SecondCard] = []
    """Colleagues' identifications that wait for a second officer."""


class TerminalScreenChanged(Tell):
    """The terminal's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    """Of this audience's session log, up to which the screen speaks."""
    screen: TerminalScreen


class DeskScreenChanged(Tell):
    """The desk's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    screen: DeskScreen


class Happened(Tell):
    """One row of the session log: for sounds and live regions, not for drawing."""

    event: ClassVar[str] = "happened"
    audience: str
    seq: int
    kind: str
    """Such as `offer.rung`, `page.added`, `document.signed`."""
    body: dict[str, str | int | float | bool | None]


class Displaced(Tell):
    """This desk or terminal was opened somewhere else; this page is out of use."""

    event: ClassVar[str] = "displaced"


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


TELLS: tuple[type[Tell], ...] = (
    TerminalScreenChanged,
    DeskScreenChanged,
    DeviceScreenChanged,
    Happened,
    Displaced,
    PointerMoved,
    MarksLie,
)
