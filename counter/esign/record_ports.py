"""The facts of signing that the store keeps, and the shapes in which it is asked for them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from counter.esign.attendance import GivenUp
from counter.esign.ceremony import Ceremony, Prepared, Signed
from counter.esign.demands import Acts
from counter.esign.forms import FormTemplate, Language
from counter.esign.ink import Ink
from counter.esign.ticket import KeptTicket, LeftOver, SigningTicket, Witness
from counter.ids import CaseId, CeremonyId, Digest, DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """A page image that was put into the blobs."""

    page: int
    sha256: Digest
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A document that came of one before it by a signature or a timestamp."""

    kind: str
    "certified, signed, witnessed, sealed or archived."
    sha256: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A form that is drawn."""

    ceremony_id: CeremonyId
    document_id: DocumentId
    case_id: CaseId
    form: FormTemplate
    data: dict[str, str]
    language: Language
    sha256: Digest
    size_bytes: int
    check_reference: str = ""
    "What the QR code on its pages leads to; empty: it has none."
    template_sha256: str = ""
    "Of what it was drawn with, see `PreparedForm`."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeal:
    """What finishes a ceremony."""

    revisions: tuple[NewRevision, ...]
    "The signed one first, the sealed one last."
    images: tuple[NewImage, ...]
    "Of the sealed one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertified:
    """A form that is drawn, and that nobody has seen yet."""

    ceremony_id: CeremonyId
    prepared: Prepared
    form: str
    form_version: int
    drawn_at: datetime
    "Anew when it was corrected."
    department: str = ""
    "Whose keys sign; empty: those of all departments."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A ceremony with ink and without seal, with all that is needed to seal it."""

    ceremony_id: CeremonyId
    form: str
    form_version: int
    data: dict[str, str]
    signed: Signed
    witness: Witness | None
    "None: presented before agents witnessed."
    department: str = ""
    "Whose keys sign; empty: those of all departments."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of a document on a screen."""

    page: int
    sha256: Digest
    "Of the image."
    width_px: int
    height_px: int
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyState:
    """A ceremony as screens show it."""

    ceremony_id: CeremonyId
    case_id: CaseId
    document_id: DocumentId
    form: str
    form_version: int
    language: Language
    state: str
    """presented, consented, signing, sealed; declined, withdrawn, abandoned, expired, voided."""
    version: int
    sha256: Digest
    "Of the document as presented."
    sheets: tuple[Sheet, ...]
    "Of the document as presented; once sealed, of the sealed one."
    sealed_sha256: Digest | None
    created_at: datetime
    agreed: Acts | None = None
    "None: not yet, or before this was kept."
    signed_at: datetime | None = None
    "When the citizen signed."
    citizen_signed: bool = False
    "The citizen's signature is in the document with its time; the rest needs nobody."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWords:
    """The sentence that the citizen agreed to, as it stood on the screen."""

    text_id: str
    "Raised when the sentence changes in any language."
    acts: Acts
    "What it agrees to: no other means is open after it."
    language: Language
    text: str
    "The sentence itself: later versions may say it otherwise."

    @property
    def text_sha256(self) -> Digest:
        """Of the sentence, UTF-8."""
        return Digest(hashlib.sha256(self.text.encode()).hexdigest())


class Records(Protocol):
    """The facts, kept in the store; each method is one transaction."""

    async def prepare(self, new: NewDocument, *, by: str, now: datetime) -> None:
        """Raises `CeremonyOpen` when the case has one under way."""
        ...

    async def uncertified(self, ceremony_id: str | None = None) -> Sequence[Uncertified]:
        """Forms that are drawn and not presented, oldest first."""
        ...

    async def present(
        self,
        case_id: CaseId,
        ceremony_id: str,
        drawn_sha256: Digest,
        new: NewRevision,
        images: Sequence[NewImage],
        now: datetime,
    ) -> None:
        """Put it on the citizen's screen, certified.

        drawn_sha256: what was certified.  Raises `NotAllowedNow` when withdrawn or corrected since.
        """
        ...

    async def give_up(
        self, drawn: Uncertified, form: FormTemplate | None, reason: GivenUp, now: datetime
    ) -> bool:
        """Take back what cannot be certified; its fields are a draft on both screens again.

        form: None: it is gone, and there is no draft of it.
        False when it has been certified, withdrawn or corrected since.
        """
        ...

    async def is_open(self, case_id: CaseId) -> bool:
        """Whether the case has a ceremony under way."""
        ...

    async def witness(self, case_id: CaseId) -> Witness:
        """Who serves the case now."""
        ...

    async def department(self, case_id: CaseId) -> str:
        """Whose case it is, by id; empty: nobody knows."""
        ...

    async def load(self, case_id: CaseId, ceremony_id: str) -> Ceremony:
        """Raises `CeremonyUnknown`."""
        ...

    async def page_seen(
        self, case_id: CaseId, ceremony_id: str, page: int, now: datetime
    ) -> tuple[int, ...]: ...

    async def consent(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        now: datetime,
        words: ConsentWords | None = None,
    ) -> None: ...

    async def keep_ink(
        self, case_id: CaseId, ceremony_id: str, sha256: str, ink: Ink, now: datetime
    ) -> None: ...

    async def ticket(self, ceremony_id: str, field: str) -> KeptTicket | None: ...

    async def keep_ticket(
        self, ceremony_id: str, ticket: SigningTicket, now: datetime
    ) -> KeptTicket:
        """Answers the one that stands: the first.  Raises `NotAllowedNow` when withdrawn."""
        ...

    async def keep_value(self, ceremony_id: str, field: str, hole: Digest, value: bytes) -> bytes:
        """Answers the one that stands.  Raises `NotAllowedNow` when withdrawn or begun anew."""
        ...

    async def keep_revision(
        self, ceremony_id: str, field: str, hole: Digest, sha256: Digest, now: datetime
    ) -> Digest:
        """Answers the one that stands.  With the citizen's, the citizen's part is done.

        Raises `NotAllowedNow` when withdrawn or begun anew.
        """
        ...

    async def left_over(self) -> Sequence[LeftOver]:
        """Of ceremonies that do not sign any more."""
        ...

    async def cleared(self, one: LeftOver, now: datetime) -> None:
        """They are out of the blobs."""
        ...

    async def sealed(self, ceremony_id: str, new: NewSeal, now: datetime) -> Digest:
        """Finish; answers the digest that stands, which is the first one if it was done before."""
        ...

    async def decline(
        self, case_id: CaseId, ceremony_id: str, now: datetime, reason: str = "other"
    ) -> None: ...

    async def withdraw(
        self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime
    ) -> None: ...

    async def unfinished(self, ceremony_id: str | None = None) -> Sequence[Unfinished]:
        """Ceremonies with ink and without seal, oldest first."""
        ...

    async def owns_document(self, case_id: CaseId, sha256: str) -> bool: ...

    async def owns_image(self, case_id: CaseId, sha256: str) -> bool: ...

    async def of_case(self, case_id: CaseId) -> Sequence[CeremonyState]:
        """Newest first."""
        ...
