"""What documents need from outside: rows, bytes by digest, and someone who looks at photographs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from counter.documents.facing import LyingText, LyingZone, ToldBy
from counter.documents.mrz import Reading
from counter.documents.page import Limits, RequestState, ScanRefused, ScanResult
from counter.documents.papers import (
    CaseDocuments,
    Faced,
    NewPage,
    OpenRequest,
    PageRow,
    Picture,
    Turned,
)
from counter.ids import CaseId, Digest, PageId, RequestId


class Blobs(Protocol):
    """Bytes by their SHA-256; durable when `put` returns."""

    async def put(self, content: bytes) -> Digest:
        """Keep these bytes."""
        ...

    async def get(self, sha256: str) -> bytes:
        """The bytes of this digest, checked."""
        ...


class Scanner(Protocol):
    """Finds, flattens and judges one photograph, away from the event loop."""

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        """Never raises for what a file can do: a dead worker is the code `scan_failed`."""
        ...


class Comparer(Protocol):
    """Tells sheets from each other, away from the event loop."""

    async def find_same(self, page: bytes, others: Sequence[bytes]) -> int | None:
        """Which of the others shows the same sheet, by its place; None also when it went wrong.

        All are flattened pages, as JPEG.
        """
        ...


class Turner(Protocol):
    """Turns pages, away from the event loop."""

    async def turn(self, page: bytes, quarters: int) -> Turned | None:
        """The flattened page turned clockwise by 1 to 3 quarters; `None`: it went wrong."""
        ...


class ZoneFinder(Protocol):
    """Finds machine-readable zones however they lie, away from the event loop."""

    async def lying_zone(self, page: bytes) -> LyingZone | None:
        """page: flattened, as JPEG.  `None`: there is none that reads without doubt."""
        ...


class TextFacing(Protocol):
    """Says which way up a page of text lies, away from the event loop."""

    async def lying_text(self, page: bytes) -> LyingText | None:
        """page: flattened, as JPEG.  `None`: it cannot be told here, or not of this page."""
        ...


class Papers(Protocol):
    """Requests and pages as durable rows; each change is told to the screens and journalled."""

    async def request_scan(
        self,
        case_id: CaseId,
        request_id: RequestId,
        *,
        item: str,
        label_id: str | None,
        by: str,
        now: datetime,
        retake_of: PageId | None = None,
    ) -> OpenRequest:
        """Open a request; an older open one of the case is cancelled.

        retake_of: a page that the answer stands in for.  Raises `PageUnknown`, `NotAllowedNow`.
        """
        ...

    async def cancel_request(
        self,
        case_id: CaseId,
        request_id: RequestId,
        *,
        by: str,
        now: datetime,
        to: RequestState = RequestState.CANCELLED,
    ) -> None:
        """Take an open request back, or decline it.  Raises `ScanNotAsked`."""
        ...

    async def may_receive(
        self, case_id: CaseId, request_id: RequestId, original_sha256: str
    ) -> PageRow | None:
        """`None`: send it.  A page: this photograph was taken before.  Raises `ScanNotAsked`."""
        ...

    async def add_page(
        self,
        case_id: CaseId,
        request_id: RequestId,
        new: NewPage,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        """Answer the request with a page.  Raises `ScanNotAsked`."""
        ...

    async def kept_before(self, case_id: CaseId, page_id: PageId) -> list[tuple[PageId, Digest]]:
        """Pages that count and came before this one, the newest first; with their digests."""
        ...

    async def note_same(
        self, case_id: CaseId, page_id: PageId, same_as: PageId, *, by: str, now: datetime
    ) -> PageRow:
        """This page shows the same sheet as another one; noted while nobody has decided."""
        ...

    async def faced(self, case_id: CaseId, page_id: PageId) -> Faced:
        """How this page lies now.  Raises `PageUnknown`."""
        ...

    async def turn_page(
        self,
        case_id: CaseId,
        page_id: PageId,
        before: Digest,
        picture: Picture,
        quarters: int,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        """Show this picture in place of `before`.  Raises `PageUnknown`, `NotAllowedNow`."""
        ...

    async def set_upright(
        self,
        case_id: CaseId,
        page_id: PageId,
        before: Digest,
        picture: Picture,
        quarters: int,
        *,
        told_by: ToldBy,
        now: datetime,
    ) -> PageRow:
        """As `turn_page`, by the counter itself; not when somebody turned or decided before."""
        ...

    async def cards_before(self, case_id: CaseId, page_id: PageId) -> list[tuple[PageId, Digest]]:
        """As `kept_before`, but only cards of the same item as this one; as they were flattened."""
        ...

    async def note_same_side(self, case_id: CaseId, page_id: PageId, *, now: datetime) -> PageRow:
        """This card shows the side that is here already; noted while nobody has decided."""
        ...

    async def tell_refused(
        self, case_id: CaseId, request_id: RequestId, *, code: str, now: datetime
    ) -> None:
        """Let the screens know why a photograph was not taken."""
        ...

    async def decide_page(
        self, case_id: CaseId, page_id: PageId, *, accept: bool, by: str, now: datetime
    ) -> PageRow:
        """Accept or reject.  Raises `PageUnknown`, `NotAllowedNow`."""
        ...

    async def documents_of(self, case_id: CaseId) -> CaseDocuments:
        """The papers of this case."""
        ...

    async def note_shown(self, case_id: CaseId, sha256: str, *, by: str, now: datetime) -> None:
        """An agent has been given this page; noted once.  Harmless for what is no page."""
        ...

    async def take_shot(
        self, case_id: CaseId, request_id: RequestId, *, by: str, now: datetime
    ) -> None:
        """Have the terminal's program photograph what lies there.  Raises `ScanNotAsked`."""
        ...

    async def shows(self, case_id: CaseId, sha256: str) -> bool:
        """Whether a screen of this case may be given these bytes."""
        ...


class Checklists(Protocol):
    """What agents say of papers, as durable rows; told to the screens and journalled."""

    async def attest(
        self, case_id: CaseId, item: str, *, seen: bool, by: str, now: datetime
    ) -> None:
        """The original was seen, or not after all.  Raises `NotAllowedNow` when closed."""
        ...

    async def need(
        self, case_id: CaseId, item: str, *, needed: bool, by: str, now: datetime
    ) -> None:
        """The matter needs it, or does without.  Raises `NotAllowedNow` when closed."""
        ...


class ZoneReader(Protocol):
    """Reads the machine-readable zone of a page, away from the event loop."""

    async def zone(self, page: bytes) -> Reading | None:
        """page: the JPEG of a flattened page.  `None`: there is no zone, or nothing came of it."""
        ...
