"""What papers from home need from outside: before the trip and after the visit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from counter.documents.advance import AdvancePaper, NewAdvance, Sealed
from counter.documents.later import Asked, Link, NewSheet
from counter.documents.ports import Blobs
from counter.ids import AppointmentId, CaseId, Digest


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
