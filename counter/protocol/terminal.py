"""What a terminal asks: finding its way to the queue, then taking part in the call."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol import certificate, filling, hands, pointing, proofing
from counter.protocol.line import LegReport, PictureChoose
from counter.protocol.message import Ask, Ident, Language, Model, Sha256, Text
from counter.protocol.printing import PrintReport
from counter.protocol.reading import TERMINAL_ASKS as READING_ASKS
from counter.protocol.reading import DeclineReason
from counter.protocol.recording import TERMINAL_ASKS


class ScreenOpen(Ask):
    """Go to one of the screens before arrival."""

    event: ClassVar[str] = "screen.open"
    stage: Literal["attract", "start", "reference", "departments", "services"]
    department: Ident | None = None
    """Whose services, with stage `services`."""


class LanguageChoose(Ask):
    """Speak this language from now on, until the citizen leaves."""

    event: ClassVar[str] = "language.choose"
    language: Language


class TextSizeChoose(Ask):
    """Larger letters, until the citizen leaves."""

    event: ClassVar[str] = "text_size.choose"
    text_size: Literal["A", "A+", "A++"]


class AppointmentFind(Ask):
    """A reference was typed or its QR was read."""

    event: ClassVar[str] = "appointment.find"
    reference: Annotated[Text, Field(min_length=1, max_length=200)]


class ArrivalConfirm(Ask):
    """Yes, this is my appointment: take my place in the queue."""

    event: ClassVar[str] = "arrival.confirm"


class TicketTake(Ask):
    """No appointment: a walk-in ticket for this service."""

    event: ClassVar[str] = "ticket.take"
    service: Ident


class TicketLeave(Ask):
    """Give the place in the queue up."""

    event: ClassVar[str] = "ticket.leave"


class PagesShown(Ask):
    """All of page `number` of the presented document was on the screen, for a moment."""

    event: ClassVar[str] = "page.seen"
    ceremony_id: Ident
    number: Annotated[int, Field(ge=1, le=500)]


class CeremonyConsent(Ask):
    """I have read it and agree to sign it electronically."""

    event: ClassVar[str] = "ceremony.consent"
    ceremony_id: Ident
    sha256: Sha256
    """Of the document that was on the screen."""
    text_sha256: Sha256
    """Of the sentence agreed to, as it stood there."""


class InkPoint(Model):
    """Where the pen was."""

    x: Annotated[float, Field(ge=0, le=10_000)]
    """In pixels of the pad, from its left."""
    y: Annotated[float, Field(ge=0, le=10_000)]
    """In pixels of the pad, from its top."""
    t_ms: Annotated[float, Field(ge=0, le=3_600_000)] = 0.0
    """Of pages of before: taken and dropped, since when each point was drawn is nobody's."""
    pressure: Annotated[float, Field(ge=0, le=1)] = 0.5
    """As the device feels it; 0.5 for one that does not."""


Stroke = Annotated[list[InkPoint], Field(min_length=1, max_length=2000)]


class CeremonySign(Ask):
    """The ink, drawn on the pad after consent."""

    event: ClassVar[str] = "ceremony.sign"
    ceremony_id: Ident
    sha256: Sha256
    strokes: Annotated[list[Stroke], Field(min_length=1, max_length=300)]
    """More than a signature has is refused with a sentence of its own."""


class CeremonyDecline(Ask):
    """Not now, or not this document."""

    event: ClassVar[str] = "ceremony.decline"
    ceremony_id: Ident
    reason: DeclineReason = "other"


class OriginalsTaken(Ask):
    """Nothing of mine lies under the camera."""

    event: ClassVar[str] = "originals.taken"


class ScanDecline(Ask):
    """I do not have this paper with me."""

    event: ClassVar[str] = "scan.decline"
    request_id: Ident


class ShotTake(Ask):
    """The paper lies under the document camera: let the terminal's program photograph it."""

    event: ClassVar[str] = "shot.take"
    request_id: Ident


class VisitRate(Ask):
    """How it was, from 1 to 5."""

    event: ClassVar[str] = "visit.rate"
    stars: Annotated[int, Field(ge=1, le=5)]


class VisitLeave(Ask):
    """Done here: forget everything on this machine."""

    event: ClassVar[str] = "visit.leave"


class DeviceReport(Ask):
    """What the terminal found out about its own camera and microphone."""

    event: ClassVar[str] = "device.report"
    camera: Literal["good", "refused", "missing"]
    microphone: Literal["good", "refused", "missing"]


class TerminalBeat(Ask):
    """The terminal is alive."""

    event: ClassVar[str] = "terminal.beat"


class LegJoin(Ask):
    """Give me an offer for a leg of mine, in place of an older one (terminal and agent alike)."""

    event: ClassVar[str] = "leg.join"


class LegAnswer(Ask):
    """My answer to that offer."""

    event: ClassVar[str] = "leg.answer"
    leg_id: Ident
    sdp: Annotated[str, Field(min_length=1, max_length=32_768)]


class LegRestart(Ask):
    """Give me an offer to find a new way for this very leg."""

    event: ClassVar[str] = "leg.restart"
    leg_id: Ident
    silent: bool
    """It stands, but nothing of the other side arrives; that may be the other side's fault."""


ASKS: tuple[type[Ask], ...] = (
    ScreenOpen,
    LanguageChoose,
    TextSizeChoose,
    AppointmentFind,
    ArrivalConfirm,
    TicketTake,
    TicketLeave,
    PagesShown,
    CeremonyConsent,
    CeremonySign,
    CeremonyDecline,
    ScanDecline,
    OriginalsTaken,
    ShotTake,
    VisitRate,
    VisitLeave,
    DeviceReport,
    TerminalBeat,
    LegJoin,
    LegAnswer,
    LegRestart,
    LegReport,
    PictureChoose,
    PrintReport,
    *READING_ASKS,
    *TERMINAL_ASKS,
    *hands.TERMINAL_ASKS,
    *pointing.TERMINAL_ASKS,
    *proofing.TERMINAL_ASKS,
    *filling.TERMINAL_ASKS,
    *certificate.TERMINAL_ASKS,
)
"Everything the namespace `/terminal` may say."
