"""What documents need from outside: rows, bytes by digest, and someone who looks at photographs."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from counter.documents.admit import Admitted, NotAdmitted
from counter.documents.advance import AdvancePaper, Look, NewAdvance, Sealed
from counter.documents.bundle import Book, Leaf
from counter.documents.capture import Announced, Capture, CaptureState
from counter.documents.folder import CaseFacts
from counter.documents.handover import Frozen
from counter.documents.job import Job, JobKind, JobOutcome
from counter.documents.later import Asked, Link, NewSheet
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
from counter.documents.preview import Glance
from counter.ids import AppointmentId, CaseId, Digest, PageId, RequestId


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


class Previewer(Protocol):
    """Looks at one small picture of what lies under the camera, away from the event loop."""

    async def preview(self, picture: bytes, finer: float) -> Glance | ScanRefused:
        """As `Scanner.scan`.  finer: how many times as wide the camera's own picture is."""
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


class Captures(Protocol):
    """Photographs on their way up, as durable rows; see `counter.documents.store_captures`."""

    async def announce(
        self,
        terminal_id: str,
        new: Announced,
        capture_id: str,
        thumb_sha256: Digest | None,
        now: datetime,
    ) -> Capture:
        """The capture of this photograph, new or known.  Raises `ScanNotAsked`."""
        ...

    async def of(self, terminal_id: str, capture_id: str) -> Capture:
        """Raises `CaptureUnknown`."""
        ...

    async def require_asked(self, one: Capture) -> None:
        """Raises `ScanNotAsked` when nobody asks for it any more."""
        ...

    async def note_progress(self, one: Capture, received: int, now: datetime) -> None:
        """So many bytes are here; 0: it begins anew."""
        ...

    async def count_failure(self, one: Capture) -> int:
        """The scanner's process ended over it once more; how often by now, on whichever node."""
        ...

    async def add_preview(self, one: Capture, sha256: Digest, now: datetime) -> None: ...

    async def end(
        self,
        one: Capture,
        state: CaptureState,
        now: datetime,
        *,
        page_id: PageId | None = None,
        code: str | None = None,
    ) -> None:
        """It is stored, refused or dropped."""
        ...

    async def overdue(self, now: datetime) -> list[Capture]:
        """Those that have not come in their time."""
        ...

    async def on_their_way(self, capture_ids: Collection[str]) -> set[str]:
        """Which of these have not ended."""
        ...

    async def forget_pictures(self, now: datetime) -> list[Digest]:
        """Thumbnails and previews of what has ended; which bytes nobody names any more."""
        ...


class CaptureBytes(Protocol):
    """What has come up of each; see `counter.documents.capture_files`."""

    async def size(self, capture_id: str) -> int: ...

    async def append(self, capture_id: str, offset: int, chunk: bytes) -> int:
        """The new end.  Raises `CaptureOffset`, `Busy`."""
        ...

    async def read(self, capture_id: str) -> bytes: ...

    async def remove(self, capture_id: str) -> None: ...

    async def names(self) -> Collection[str]:
        """Of which captures there are bytes."""
        ...


class Miniatures(Protocol):
    """Draws a small picture again, away from the event loop."""

    async def redraw(self, picture: bytes) -> bytes | None:
        """The same pixels as a new JPEG; None for what is no picture."""
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


class Looker(Protocol):
    """Draws one photograph taken at home as a page, away from the event loop."""

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        """As `Scanner.scan`; a code only for what is no picture."""
        ...

    async def look_at_drawn(self, page: bytes, limits: Limits) -> Look | ScanRefused:
        """The same for a page that was drawn from a PDF."""
        ...


class Decoder(Protocol):
    """Decodes one file of a stranger where it can do no harm."""

    async def decode(self, content: bytes) -> Admitted | NotAdmitted:
        """Never raises for what a file can do: a dead process is the code `scan_failed`."""
        ...


class VirusCheck(Protocol):
    """Asks a virus scanner."""

    async def check(self, content: bytes) -> None:
        """Raises `FileInfected`; `CheckUnavailable` when nobody answers and somebody must."""
        ...


class Reader(Protocol):
    """Makes pages of a file of a stranger."""

    def require_header(self, content: bytes) -> None:
        """Raises a `PhotographRefused` for what need not be looked at further."""
        ...

    async def read(self, content: bytes) -> tuple[Look, ...]:
        """The pages in order, at least one.  Raises a `PhotographRefused` by its code."""
        ...


class RemovableBlobs(Blobs, Protocol):
    """Bytes by their SHA-256 that are kept for a while."""

    async def remove(self, sha256: str) -> None:
        """Keep them no more.  Harmless when they are gone."""
        ...


class Seal(Protocol):
    """Encrypts the pictures of a paper.  Names are bound: what is moved does not open."""

    def new_key(self, paper_id: str) -> bytes:
        """A fresh key, wrapped, for one photograph of this paper."""
        ...

    def seal(self, paper_id: str, purpose: str, wrapped_key: bytes, content: bytes) -> bytes:
        """The picture, so that only the key opens it.  Raises `PaperSealed`."""
        ...

    def open(self, paper_id: str, purpose: str, wrapped_key: bytes, sealed: bytes) -> bytes:
        """The picture.  Raises `PaperSealed` when it is another key, or other bytes."""
        ...


class AdvancePapers(Protocol):
    """Papers sent before the visit as durable rows; each change is journalled."""

    async def may_take(
        self, appointment_id: AppointmentId, item: str, original_sha256: str, now: datetime
    ) -> AdvancePaper | None:
        """`None`: look at it.  A paper: this very photograph was taken before.

        Raises `PaperReady`, `TooManyPhotographs`, and what the appointment's state refuses.
        """
        ...

    async def take(self, new: NewAdvance, now: datetime) -> tuple[AdvancePaper, tuple[Digest, ...]]:
        """Keep it instead of an older one; and which bytes nobody needs now.  Raises as above."""
        ...

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        """Send it as it is.  Raises `PageUnknown`, and what the appointment's state refuses."""
        ...

    async def take_back(
        self, appointment_id: AppointmentId, item: str, now: datetime
    ) -> tuple[Digest, ...]:
        """Forget it; which bytes nobody needs now.  Harmless when there is none."""
        ...

    async def of(self, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
        """All papers of these appointments."""
        ...

    async def sealed(self, appointment_id: str, item: str, picture: str, number: int) -> Sealed:
        """Where a picture of a page lies.  Raises `PageUnknown`."""
        ...

    async def forget(self, now: datetime) -> tuple[Digest, ...]:
        """Forget those of appointments that are over; which bytes nobody needs now."""
        ...


class Binder(Protocol):
    """Binds pages and copies them, away from the event loop.  Both raise `BindingFailed`."""

    async def bind(self, book: Book) -> bytes:
        """The PDF; equal books are equal bytes."""
        ...

    async def bitonal(self, page_jpeg: bytes, dpi: float) -> bytes | None:
        """A copy in black and white as TIFF; None: there is more on the page than text."""
        ...


class WordReader(Protocol):
    """Reads what is written on a page, away from the event loop."""

    async def words(self, page_jpeg: bytes, dpi: float) -> bytes:
        """A PDF of one page with the words and no picture.  Raises `WordsUnread`."""
        ...


class CaseSource(Protocol):
    """Knows what belongs to a case, other parts' documents among it."""

    async def facts(self, case_id: CaseId) -> CaseFacts:
        """All of one moment.  Raises `NotFound`."""
        ...


class Jobs(Protocol):
    """What is to be done with papers afterwards, as durable rows."""

    async def take(self, kinds: Iterable[JobKind], now: datetime) -> Job | None:
        """One that is due; it comes again after its lease unless it is ended."""
        ...

    async def end(self, job: Job, outcome: JobOutcome, now: datetime) -> None:
        """It is over."""
        ...

    async def again(self, job: Job, now: datetime) -> None:
        """It came to nothing: after a pause again, or given up."""
        ...

    async def later(self, job: Job, pause: timedelta, now: datetime) -> None:
        """It was not its turn yet."""
        ...

    async def pages_open(self, case_id: CaseId, kinds: Iterable[JobKind]) -> int:
        """How many jobs of these kinds the case waits for."""
        ...


class Leaves(Protocol):
    """Pages as bundles see them."""

    async def leaf(self, page_id: PageId) -> Leaf:
        """Raises `PageUnknown`."""
        ...

    async def keep(
        self, page_id: PageId, form: Literal["words", "bitonal"], sha256: str, now: datetime
    ) -> None:
        """Note what was made of a page."""
        ...


class HandOvers(Protocol):
    """Hand-overs as durable rows."""

    async def frozen(self, case_id: CaseId) -> tuple[Frozen, ...]:
        """What was written down to be handed over: the folder, then its supplements."""
        ...

    async def freeze(self, facts: CaseFacts, frozen: Frozen, now: datetime) -> Frozen | None:
        """Write down what is handed over; what was written down first holds.

        None: something was decided about the case since its facts were read; nothing is written.
        """
        ...

    async def done(self, frozen: Frozen, facts: CaseFacts, now: datetime) -> None:
        """It is there: the journal and who is told hear of it, once."""
        ...


class Shelf(Protocol):
    """A directory of another department."""

    async def put(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> None:
        """The whole folder or none, durable when this returns.

        Putting it again is free.  Raises `OSError`, and `FolderDiffers` when another is there.
        read: the bytes of a digest.
        """
        ...


class ZoneReader(Protocol):
    """Reads the machine-readable zone of a page, away from the event loop."""

    async def zone(self, page: bytes) -> Reading | None:
        """page: the JPEG of a flattened page.  `None`: there is no zone, or nothing came of it."""
        ...


class LaterPapers(Protocol):
    """Links for papers that come later as durable rows; each change is journalled.

    All that take a token's digest raise `LinkOver` when the link does not hold (any more).
    """

    async def asked(self, token_sha256: str, now: datetime) -> Asked:
        """What who has the link sees."""
        ...

    async def upload_known(self, token_sha256: str, original_sha256: str, now: datetime) -> bool:
        """Whether this very file was uploaded already and is still there."""
        ...

    async def add(self, token_sha256: str, sheets: Sequence[NewSheet], now: datetime) -> bool:
        """Keep the pages of one file; false: it is there already.  Raises `TooManyPhotographs`."""
        ...

    async def remove(self, token_sha256: str, sheet_id: str, now: datetime) -> tuple[Digest, ...]:
        """Take a page away; which bytes nobody needs now."""
        ...

    async def sealed(self, token_sha256: str, sheet_id: str, picture: str, now: datetime) -> Sealed:
        """Where a picture lies.  Raises `PageUnknown`."""
        ...

    async def send(
        self, token_sha256: str, plain: Mapping[str, tuple[Digest, Digest]], now: datetime
    ) -> tuple[Asked, tuple[Digest, ...]]:
        """Make them pages of the case and use the link up; which bytes nobody needs now.

        plain: by sheet, the digests of page and thumbnail, durable already.
        Raises `NothingToSend`, `OtherPhotograph`.
        """
        ...

    async def make(
        self,
        link_id: str,
        case_id: CaseId,
        item: str,
        token_sha256: str,
        expires_at: datetime,
        *,
        by: str,
        now: datetime,
    ) -> Link:
        """Make a link; an older open one for this paper holds no more."""
        ...

    async def still_open(self, link_ids: Sequence[str], now: datetime) -> set[str]:
        """Those of these links that take something now."""
        ...

    async def revoke(self, case_id: CaseId, link_id: str, *, by: str, now: datetime) -> None:
        """Take it back.  Raises `NotFound`."""
        ...

    async def forget(self, now: datetime) -> tuple[Digest, ...]:
        """Forget what was uploaded and never sent; which bytes nobody needs now."""
        ...
