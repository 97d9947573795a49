"""The papers of a case as screens draw them: references and measures, never bytes."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from counter.documents.capture import CaptureState
from counter.documents.codes import Code
from counter.documents.page import Findings, Format, Note, PageState
from counter.ids import Digest, PageId, RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """A page as a screen needs it: references and measures, no bytes."""

    page_id: PageId
    request_id: RequestId
    seq: int
    "Counts from 1 within the case."
    item: str
    state: PageState
    page_sha256: Digest
    thumb_sha256: Digest
    width_px: int
    height_px: int
    notes: tuple[Note, ...]
    stored_at: datetime
    format: Format = "free"
    shown: bool = False
    "An agent has been given the page to look at."
    codes: tuple[Code, ...] = ()
    "What stands in barcodes on it; for the agent alone."
    same_as: PageId | None = None
    "The page of this case that shows the same sheet, with the note `seen_before`."

    @property
    def over_link(self) -> bool:
        """It came over a link: then it is its own request."""
        return str(self.request_id) == str(self.page_id)

    def body(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"notes": list(self.notes), "stored_at": self.stored_at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page as it is shown, by digests of durable bytes."""

    sha256: Digest
    thumb_sha256: Digest
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Faced:
    """A page, and how it was turned."""

    row: PageRow
    flat: Picture
    "As it was flattened, before anybody turned it."
    quarters: int
    "By how many quarters it is turned clockwise since, 0 to 3."
    turned_before: bool
    "By somebody, if only back again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A page that was drawn anew after turning it."""

    page_jpeg: bytes
    thumb_jpeg: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A photograph on its way up, as a screen shows it."""

    state: CaptureState
    thumb_sha256: Digest | None
    preview_sha256: Digest | None
    "The page as the terminal itself flattened it; nobody decides by it."
    quarters: int
    "Of its bytes that are here, 0 to 4."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """What the citizen is being asked to lay under the camera."""

    request_id: RequestId
    item: str
    label_id: str | None
    asked_at: datetime
    refusal: str | None = None
    "Code of the last photograph that would not do."
    retake_of: PageId | None = None
    "The page that the answer stands in for."
    source: str = "camera"
    "With what device of the terminal it is taken; as `counter.protocol.device.ScanSource`."
    taking: bool = False
    "The terminal's program has been told to take a photograph, and none was announced since."
    shot: int = 0
    "Which photograph that is, of those that this request wanted."
    arriving: Arriving | None = None
    "The newest one that has not ended."

    def body(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"asked_at": self.asked_at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDocuments:
    """The papers of one case: what both screens draw."""

    open_request: OpenRequest | None
    pages: tuple[PageRow, ...]
    "In the order in which they came."

    def body(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "open_request": self.open_request.body() if self.open_request else None,
            "pages": [row.body() for row in self.pages],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    """A page whose bytes are durable already, on its way to become a row."""

    page_id: PageId
    original_sha256: Digest
    page_sha256: Digest
    thumb_sha256: Digest
    width_px: int
    height_px: int
    findings: Findings
    notes: tuple[Note, ...]
    codes: tuple[Code, ...] = ()
