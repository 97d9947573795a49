"""What photographs that come up in parts need from outside, and what looks at them before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from counter.documents.capture import Announced, Capture, CaptureState
from counter.documents.marks import Corners, DrawnMark, Hidden, Lying, Points, Tied
from counter.documents.page import ScanRefused
from counter.documents.preview import Glance
from counter.ids import CaseId, Digest, PageId, RequestId


class Previewer(Protocol):
    """Looks at one small picture of what lies under the camera, away from the event loop."""

    async def preview(self, picture: bytes, finer: float) -> Glance | ScanRefused:
        """As `Scanner.scan`.  finer: how many times as wide the camera's own picture is."""
        ...

    async def lie(
        self,
        picture: bytes,
        page: Corners | None,
        known: tuple[Tied, ...],
        new: tuple[DrawnMark, ...],
    ) -> Lying | ScanRefused:
        """Where the marks lie in it.  page: where a sheet was found.  new: to be tied to it."""
        ...


class LiveMarks(Protocol):
    """What an agent draws on a sheet that still lies under the camera."""

    async def drawn(self, case_id: CaseId, request_id: RequestId) -> Sequence[DrawnMark]:
        """What is drawn now, hidden or not; empty while the agent may not."""
        ...

    async def hide(self, case_id: CaseId, why: Mapping[str, Hidden]) -> None:
        """Let these marks, by id, be hidden until the agent has decided about them."""
        ...

    async def tell(
        self, case_id: CaseId, request_id: RequestId, places: Mapping[str, Points]
    ) -> None:
        """Let the agent see where they lie.  Not kept."""
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
