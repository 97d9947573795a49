"""What documents need from outside: rows, bytes by digest, and someone who looks at photographs."""

from datetime import datetime
from typing import Protocol

from counter.documents.page import Limits, RequestState, ScanRefused, ScanResult
from counter.documents.papers import CaseDocuments, NewPage, OpenRequest, PageRow
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
