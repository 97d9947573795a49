"""What reading a document, correcting and voiding it need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from counter.esign.attendance import Attendance
from counter.esign.forms import Language
from counter.ids import CaseId, CeremonyId, Digest, DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A form that is drawn anew while it is being read."""

    parent_sha256: Digest
    "What was on the screen when the correction was made."
    data: dict[str, str]
    corrected: tuple[str, ...]
    "Names of the fields that differ."
    sha256: Digest
    size_bytes: int
    template_sha256: str = ""
    "Of what it was drawn with, see `PreparedForm`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an open document says."""

    form: str
    form_version: int
    language: Language
    sha256: Digest
    data: dict[str, str]
    check_reference: str
    "By which anybody checks it; empty for an older one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a document is being read, as screens show it."""

    attendance: Attendance
    may_resume: bool
    reason: str | None
    aloud: Literal["machine", "agent"] | None
    revision: int
    corrected: tuple[str, ...]
    "Names of fields."
    page: int | None
    "On the citizen's screen now."
    seconds: dict[int, int]
    "By page: how long it was there."
    data: dict[str, str]
    "What it says while it is read or signed; else empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a document left behind that was never sealed."""

    ceremony_id: CeremonyId
    case_id: CaseId
    document_id: DocumentId
    files: tuple[Digest, ...]
    "Revisions that no other document has."


class Readings(Protocol):
    """How documents are read, kept in the store; each method is one transaction."""

    async def page_shown(
        self, case_id: CaseId, ceremony_id: str, page: int | None, now: datetime, *, still: bool
    ) -> None: ...

    async def page_read(
        self, case_id: CaseId, ceremony_id: str, page: int, now: datetime
    ) -> tuple[int, ...]: ...

    async def attend(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None: ...

    async def read_aloud(
        self, case_id: CaseId, ceremony_id: str, by: str, language: Language, now: datetime
    ) -> None: ...

    async def content(self, case_id: CaseId, ceremony_id: str) -> Content:
        """Raises `CeremonyUnknown`."""
        ...

    async def correct(
        self, case_id: CaseId, ceremony_id: str, new: Correction, *, by: str, now: datetime
    ) -> None: ...

    async def resume(
        self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime
    ) -> None: ...

    async def void(
        self, case_id: CaseId, ceremony_id: str, reason: str, *, by: str, now: datetime
    ) -> None: ...

    async def overdue(self, now: datetime) -> Sequence[CeremonyId]: ...

    async def expire(self, ceremony_id: str, now: datetime) -> None: ...

    async def remains(self, now: datetime) -> Sequence[Remains]: ...

    async def forgotten(self, one: Remains, now: datetime) -> None: ...
