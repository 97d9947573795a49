"""What the pages of served cases need of the counter, and what they get."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from booking.catalogue import Catalogue
from counter.documents.folder import CaseFacts
from counter.documents.printing import Print
from counter.esign.issued import Delivery
from counter.identity.proofing import Level
from web.shared.access import Principal

NOTE_MAX = 1000
"Letters that are added at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A case on the list."""

    case_id: str
    number: str
    service: str
    site: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What whoever comes next has to know of a case."""

    next_step: str = ""
    "As the citizen reads it."
    note: str = ""
    "For colleagues only."
    missing: tuple[tuple[str, date], ...] = ()
    "(paper, last day to hand it in), the most urgent first."
    level: Level = Level.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case with its papers."""

    facts: CaseFacts
    form_titles: dict[str, str]
    "Of each ceremony, in the reader's language."
    handover: str
    "`none` where the department has no directory, `waiting`, `done` or `failed`."
    prints: tuple[Print, ...]
    link_until: datetime | None
    "Until when the citizen takes the signed documents over the link; `None`: there is none."
    deliveries: tuple[Delivery, ...]
    reads_words: bool
    "Whether this machine can read words."
    revoked_later: Mapping[str, Mapping[str, datetime | None]] = field(default_factory=dict)
    "By ceremony: fields of signers whose certificates were revoked afterwards, and when."
    left: Left = Left()


class CaseFolders(Protocol):
    """What these pages need.  All but the list raise `NotFound` for what is not the reader's."""

    async def served(self, who: Principal) -> Sequence[Served]:
        """Cases of the last days, the newest first."""
        ...

    async def one(self, who: Principal, case_id: str, tag: str) -> CaseView:
        """One of them; that it was looked at is written into the journal."""
        ...

    async def pdf(self, who: Principal, case_id: str, item: str | None) -> bytes:
        """The accepted pages of one paper or of all; journalled."""
        ...

    async def document(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        """A signed document; journalled."""
        ...

    async def audit_pack(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        """The proof of a signed document, as ASiC-E; journalled."""
        ...

    async def revoke_link(self, who: Principal, case_id: str) -> None:
        """Let nothing be taken over the link any more; journalled.  Twice is once."""
        ...

    async def add_note(self, who: Principal, case_id: str, text: str) -> None:
        """Add to the note for colleagues; journalled.  Raises `BadInput` for too much."""
        ...

    async def zipped(self, who: Principal, case_id: str) -> tuple[str, AsyncIterator[bytes]]:
        """The name of the folder, and its bytes as ZIP; journalled before the first."""
        ...

    def catalogue(self) -> Catalogue:
        """For names."""
        ...
