"""A signing ceremony, one type per stage.

A stage has the methods that lead on from it and no others, so a document cannot be sealed before
the citizen has seen every page, agreed, and drawn ink.  Terms: ETSI EN 319 102-1.

    Prepared -> Presented -> Consented -> Signed -> Sealed
                Presented, Consented -> Declined (citizen)
                Prepared, Presented, Consented, Signed -> Withdrawn (agent)
                Presented, Consented -> Prepared (corrected), Abandoned, Expired (time)
                Signed, Sealed -> Voided (agent)

Consented leads to Signed by ink, or by the value that the citizen's own key gave.
"""

from dataclasses import dataclass
from datetime import datetime

from counter.errors import BadInput
from counter.esign.ink import Ink
from counter.esign.refusals import DigestMismatch, PagesUnseen
from counter.ids import CaseId, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The form is drawn; nobody has seen it yet, and the department has not certified it."""

    case_id: CaseId
    sha256: Digest
    "Of the PDF as drawn."

    def presented(self, certified: Digest, pages: int) -> "Presented":
        """Put the certified document, of `pages` pages, on the citizen's screen."""
        return Presented(case_id=self.case_id, sha256=certified, pages=pages, seen=frozenset())

    def withdrawn(self) -> "Withdrawn":
        """It could not be certified, or the visit ended before it was."""
        return Withdrawn(case_id=self.case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """The citizen has the document on the screen."""

    case_id: CaseId
    sha256: Digest
    "Of the PDF; both screens show its first 6 digits."
    pages: int
    "How many pages, at least 1."
    seen: frozenset[int]
    "Page numbers, from 1, that were on the screen in full."

    @property
    def unseen(self) -> tuple[int, ...]:
        """Page numbers that have not been on the screen yet, in order."""
        return tuple(page for page in range(1, self.pages + 1) if page not in self.seen)

    def page_seen(self, page: int) -> "Presented":
        """Note that a page was on the screen.  Raises `BadInput` for a page there is not."""
        if not 1 <= page <= self.pages:
            raise BadInput(f"case {self.case_id}: page {page} of {self.pages}")
        return Presented(
            case_id=self.case_id,
            sha256=self.sha256,
            pages=self.pages,
            seen=self.seen | {page},
        )

    def consented(self, sha256: str, now: datetime) -> "Consented":
        """The citizen agrees to the document of this digest.

        Raises `PagesUnseen` while pages were not on the screen, `DigestMismatch` for another one.
        """
        _require_same(self.case_id, sha256, self.sha256)
        if self.unseen:
            pages = ", ".join(map(str, self.unseen))
            raise PagesUnseen(f"case {self.case_id}: page {pages} was not on the screen yet")
        return Consented(case_id=self.case_id, sha256=self.sha256, consented_at=now)

    def declined(self) -> "Declined":
        """The citizen does not want to sign it."""
        return Declined(case_id=self.case_id)

    def withdrawn(self) -> "Withdrawn":
        """The agent takes it back."""
        return Withdrawn(case_id=self.case_id)

    def abandoned(self) -> "Abandoned":
        """The citizen is not there any more."""
        return Abandoned(case_id=self.case_id)

    def expired(self) -> "Expired":
        """The call was interrupted for too long."""
        return Expired(case_id=self.case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """The citizen agreed; the pen may write."""

    case_id: CaseId
    sha256: Digest
    consented_at: datetime

    def signed(self, sha256: str, ink: Ink, now: datetime) -> "Signed":
        """The citizen wrote.  Raises `DigestMismatch` when on another document."""
        _require_same(self.case_id, sha256, self.sha256)
        return Signed(case_id=self.case_id, sha256=self.sha256, ink=ink, signed_at=now)

    def activated(self, sha256: str, now: datetime) -> "Signed":
        """The citizen's own key has signed.  Raises `DigestMismatch` when another document."""
        _require_same(self.case_id, sha256, self.sha256)
        return Signed(case_id=self.case_id, sha256=self.sha256, ink=None, signed_at=now)

    def declined(self) -> "Declined":
        """The citizen does not want to sign it after all."""
        return Declined(case_id=self.case_id)

    def withdrawn(self) -> "Withdrawn":
        """The agent takes it back."""
        return Withdrawn(case_id=self.case_id)

    def abandoned(self) -> "Abandoned":
        """The citizen is not there any more."""
        return Abandoned(case_id=self.case_id)

    def expired(self) -> "Expired":
        """The call was interrupted for too long."""
        return Expired(case_id=self.case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The ink, or the value of the citizen's key, is kept.

    What follows needs nobody and can be repeated after a crash.
    """

    case_id: CaseId
    sha256: Digest
    ink: Ink | None
    "None: signed with the citizen's own certificate."
    signed_at: datetime

    def sealed(self, *, signed_sha256: Digest, sealed_sha256: Digest) -> "Sealed":
        """All signatures are in the document and verified."""
        return Sealed(
            case_id=self.case_id, signed_sha256=signed_sha256, sealed_sha256=sealed_sha256
        )

    def withdrawn(self) -> "Withdrawn":
        """The agent takes it back before it was sealed; the ink is destroyed."""
        return Withdrawn(case_id=self.case_id)

    def voided(self) -> "Voided":
        """The agent says that it does not count; nothing of it is erased."""
        return Voided(case_id=self.case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Done: the department's seal closes the document."""

    case_id: CaseId
    signed_sha256: Digest
    "Of the revision with the citizen's ink."
    sealed_sha256: Digest
    "Of the whole file, as it is given out."

    def voided(self) -> "Voided":
        """The agent says that it does not count; nothing of it is erased."""
        return Voided(case_id=self.case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The citizen said no."""

    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The agent took it back."""

    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """The citizen went away, or did not touch the screen, before the ink."""

    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The call was interrupted before the ink and nobody went on in time."""

    case_id: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """Signed, and does not count: a fact of its own."""

    case_id: CaseId


Ceremony = (
    Prepared
    | Presented
    | Consented
    | Signed
    | Sealed
    | Declined
    | Withdrawn
    | Abandoned
    | Expired
    | Voided
)
"Wherever a ceremony stands."


def _require_same(case_id: CaseId, agreed: str, shown: str) -> None:
    if agreed != shown:
        raise DigestMismatch(
            f"case {case_id}: {agreed[:6]} was meant, but {shown[:6]} is on the screen; present it "
            "again"
        )
