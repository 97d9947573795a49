"""What an agent's desk asks: taking calls, asking for papers and signatures, closing the case."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol import (
    certificate,
    checklist,
    filling,
    hands,
    parties,
    pointing,
    proofing,
    reading,
)
from counter.protocol.checklist import PaperDue
from counter.protocol.device import ScanSource
from counter.protocol.line import LegReport, PictureChoose
from counter.protocol.message import Ask, Ident, Sha256, Text
from counter.protocol.printing import PrintRequest
from counter.protocol.recording import DESK_ASKS
from counter.protocol.terminal import LegAnswer, LegJoin, LegRestart, ShotTake


class PresenceChoose(Ask):
    """Ready for the next ticket, or not."""

    event: ClassVar[str] = "presence.choose"
    presence: Literal["ready", "paused"]


class OfferAccept(Ask):
    """I take the ticket that rings."""

    event: ClassVar[str] = "offer.accept"
    pairing_id: Ident


class OfferDecline(Ask):
    """Not me; it goes back to the front of the queue."""

    event: ClassVar[str] = "offer.decline"
    pairing_id: Ident


class ScanRequest(Ask):
    """Please lay this paper under the camera."""

    event: ClassVar[str] = "scan.request"
    item: Annotated[Text, Field(min_length=1, max_length=40)]
    """Which item of the checklist, or `other`."""
    retake: Ident | None = None
    """The page that it shall stand in for; that one stays to be seen, and counts no more."""


class ScanChoose(Ask):
    """Take the paper that is asked for with this device of the terminal."""

    event: ClassVar[str] = "scan.choose"
    request_id: Ident
    source: ScanSource


class ScanCancel(Ask):
    """Never mind the paper."""

    event: ClassVar[str] = "scan.cancel"
    request_id: Ident


class PageDecide(Ask):
    """This page will do, or it will not."""

    event: ClassVar[str] = "page.decide"
    page_id: Ident
    accept: bool


class PageRotate(Ask):
    """This page lies on its side or on its head."""

    event: ClassVar[str] = "page.rotate"
    page_id: Ident
    sha256: Sha256
    """The picture that is to be turned; where another is shown by now, nothing changes."""
    quarters: Literal[1, 2, 3]
    """Clockwise."""


class FormPresent(Ask):
    """Show this form, filled so, to the citizen to read and sign."""

    event: ClassVar[str] = "form.present"
    form: Ident
    fields: dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=500)]] = {}
    """With no draft: what the agent writes; a field of the citizen is refused."""
    draft_id: Ident | None = None
    """What both filled in; `fields` is empty then."""
    digest: Sha256 | None = None
    """With a draft: of what the agent looked at, form, version and texts; another is refused."""


class CeremonyWithdraw(Ask):
    """Take the form back before it is signed."""

    event: ClassVar[str] = "ceremony.withdraw"
    ceremony_id: Ident


class CaseClose(Ask):
    """Say how it ended and what happens next; the call ends with it."""

    event: ClassVar[str] = "case.close"
    outcome: Literal["completed", "accepted", "papers_missing", "referred", "no_show", "abandoned"]
    next_step: Annotated[Text, Field(max_length=500)] = ""
    """For the citizen, in words."""
    note: Annotated[Text, Field(max_length=2000)] = ""
    """For colleagues; never shown to the citizen."""
    papers: Annotated[list[PaperDue], Field(max_length=60)] = []
    """Of each paper that is missing, until when it is handed in."""
    originals: bool = False
    """The agent knows that an original still lies at the terminal."""


class DeskBeat(Ask):
    """The desk is alive, and this is the epoch it holds."""

    event: ClassVar[str] = "desk.beat"


ASKS: tuple[type[Ask], ...] = (
    PresenceChoose,
    OfferAccept,
    OfferDecline,
    ScanRequest,
    ScanChoose,
    ScanCancel,
    ShotTake,
    PageDecide,
    PageRotate,
    FormPresent,
    CeremonyWithdraw,
    CaseClose,
    DeskBeat,
    LegJoin,
    LegAnswer,
    LegRestart,
    LegReport,
    PictureChoose,
    PrintRequest,
    *parties.ASKS,
    *checklist.ASKS,
    *reading.DESK_ASKS,
    *certificate.DESK_ASKS,
    *hands.DESK_ASKS,
    *pointing.DESK_ASKS,
    *DESK_ASKS,
    *proofing.DESK_ASKS,
    *filling.DESK_ASKS,
)
"Everything the namespace `/agent` may say."
