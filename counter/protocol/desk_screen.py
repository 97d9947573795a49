"""Everything the agent's console shows, as one model."""

from typing import Literal

from counter.protocol.calling import CallCard, LegCard
from counter.protocol.ceremonies import CeremonyCard, FormCard
from counter.protocol.checklist import ChecklistRow
from counter.protocol.choosing import Choice
from counter.protocol.filling import DraftCard
from counter.protocol.hands import HandsCard
from counter.protocol.message import Instant, Language, Model
from counter.protocol.party_cards import AskedCard, CallRow, InviteCard, PartyRole
from counter.protocol.pointing import MarkCard
from counter.protocol.printing import PrintRow
from counter.protocol.proofing import IdentityCard, SecondCard
from counter.protocol.recording import RecordingCard
from counter.protocol.scanning import CasePage, ScanCard


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
