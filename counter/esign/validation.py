"""What was found in a signed PDF, and what our own record says should be there.

The record's side is made of rows, never of constants: a form may have two signatures or four, and
an archive's timestamps behind them.
Terms: ETSI EN 319 102-1; levels of ETSI EN 319 142-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from counter.ids import CaseId, CeremonyId, Digest, DocumentId

Level = Literal["B_B", "B_T", "B_LT", "B_LTA"]
Changes = Literal["none", "archive", "signed", "allowed", "forbidden"]
"""What was done after a signature: nothing; proofs for the archive; signatures in fields that were
there; something that only a lenient reader allows; something nobody allows."""

KNOWN_FIELDS = ("Origin", "Citizen", "Agent", "Seal")
"""What our forms call their signature fields, in the order in which they are filled.  A stranger
calls his as he likes: see `judging.has_role`."""

CHECK_ADDRESS = "check_address"
"Drawn with a form's own data: where its QR code leads."

POLICY = "counter-validation-1"
"Names the rules of this validation in every report; they change, the number changes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What time alone has taken from a signature: nobody but a record knows what it was worth."""

    at: datetime
    "When the first certificate of its timestamp ended."
    stamped_at: datetime
    "What that timestamp says; then everything about the signature was sound."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFound:
    """One signature, or one timestamp over the whole document."""

    field: str
    kind: Literal["signature", "timestamp"]
    signer: str
    "Subject of the certificate, human readable."
    certificate_sha256: str
    holds: bool
    "The bytes it covers are those that were signed, by the key of its certificate."
    trusted: bool
    "Its certificate leads to a root that we trust, at the time at which it signed."
    stamped_at: datetime | None
    "Of a timestamp that holds and is trusted; UTC."
    changes: Changes
    covers_file: bool
    why: str = ""
    "For the log; empty when nothing is wrong."
    revoked_at: datetime | None = None
    "Its certificate was revoked then, by a proof in the file; it counts if it signed before."
    ended: Ended | None = None
    "Set when it is not sound, and that is all that is wrong."
    unrooted: bool = False
    "It is not trusted because a chain of its leads to no root that we trust; it holds."
    issuer: str = ""
    "Who issued its certificate, as that says itself."
    claimed_at: datetime | None = None
    "What its timestamp says, whoever made it; None: it has none."
    holder: str = ""
    "Whose its certificate is: the same when that is renewed.  See `holders_cryptography`."

    @property
    def sound(self) -> bool:
        """Whether it passes by the strict rules that our own documents are held to."""
        return (
            self.holds
            and self.trusted
            and self.stamped_at is not None
            and self.changes in ("none", "archive", "signed")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A whole PDF, looked at without asking anybody."""

    sha256: Digest
    size_bytes: int
    signatures: tuple[SignatureFound, ...]
    "First to last, timestamps of the document among them."
    empty_fields: tuple[str, ...]
    "Signature fields that nobody has filled."
    level: Level
    "The least of all signatures; see `level_known`."
    covered: tuple[Digest, ...] = ()
    "SHA-256 of the file up to where each signature's bytes end, shortest first."

    @property
    def level_known(self) -> bool:
        """Not where a timestamp is there that nobody whom we trust has made."""
        return all(one.stamped_at or one.ended or not one.claimed_at for one in self.signers)

    @property
    def signers(self) -> tuple[SignatureFound, ...]:
        """Without the timestamps of the document."""
        return tuple(one for one in self.signatures if one.kind == "signature")

    @property
    def changed_after(self) -> bool:
        """Whether something other than a signature or a proof was added, or bytes were changed."""
        return any(not one.holds or one.changes in ("allowed", "forbidden") for one in self.signers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A signature that the record knows."""

    field: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the record says about one finished document."""

    ceremony_id: str
    signers: tuple[Signer, ...]
    "In the order in which they stand in the file; none: signed before that was recorded."
    sha256s: frozenset[str]
    "Of the sealed document, and of what the archive made of it."
    voided_at: datetime | None = None
    "Since when the department has taken it back."
    beginnings: frozenset[str] = frozenset()
    "SHA-256 of what it was before its last signature: half-signed, and only certified."


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What anybody may know of a finished document who holds it: no name of a citizen."""

    manifest: Manifest
    department: str
    form: str
    case_number: str
    "As each page has it."
    pages: int
    sealed_at: datetime
    sealed_sha256: str
    newest_sha256: str
    "Of the sealed document, or of what the archive made of it last."
    signers: tuple[tuple[str, str], ...]
    "Field, and whom the certificate names unless it is a citizen, in the order of signing."
    not_archived: str = ""
    "The code of why the archive refuses it, which does not mend itself; else empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A ceremony that ended in a sealed document."""

    ceremony_id: CeremonyId
    case_id: CaseId
    document_id: DocumentId
    form: str
    form_version: int
    language: str
    created_at: datetime
    department: str
    department_name: str
    case_number: str
    "Both as each page has them."
    pages: int
    sealed_at: datetime
    signers: tuple[tuple[str, str], ...]
    "Field, and whom the certificate names."
    sealed_sha256: str
    newest_sha256: str
    "Of the sealed document, or of what the archive made of it last."
    manifest: Manifest
    not_archived: str
    "As in `Recorded`."


def level_of(signatures: Sequence[SignatureFound], *, proved: bool, archived: bool) -> Level:
    """proved: proofs about all certificates of its signatures lie in the document.

    archived: a timestamp over the whole document, proofs included, holds.
    """
    signers = [one for one in signatures if one.kind == "signature"]
    if not signers or any(one.stamped_at is None for one in signers):
        return "B_B"
    if not proved:
        return "B_T"
    return "B_LTA" if archived else "B_LT"
