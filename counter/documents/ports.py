"""What documents need from outside: rows, bytes by digest, and someone who looks at photographs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from counter.documents.advance import AdvancePaper, Look, NewAdvance, Sealed
from counter.documents.page import Limits, RequestState, ScanRefused, ScanResult
from counter.documents.papers import CaseDocuments, NewPage, OpenRequest, PageRow
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
    ) -> OpenRequest:
        """Open a request; an older open one of the case is cancelled."""
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

    async def shows(self, case_id: CaseId, sha256: str) -> bool:
        """Whether a screen of this case may be given these bytes."""
        ...


class Looker(Protocol):
    """Draws one photograph taken at home as a page, away from the event loop."""

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        """As `Scanner.scan`; a code only for what is no picture."""
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

    async def sealed(self, appointment_id: str, item: str, purpose: str) -> Sealed:
        """Where a picture lies.  Raises `PageUnknown`."""
        ...

    async def forget(self, now: datetime) -> tuple[Digest, ...]:
        """Forget those of appointments that are over; which bytes nobody needs now."""
        ...
