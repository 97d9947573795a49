"""What signing needs from outside, and the shapes in which it speaks with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from counter.esign.archive import Archived, Hole, Job, Work
from counter.esign.attendance import Attendance
from counter.esign.ceremony import Ceremony, Prepared, Signed
from counter.esign.certificate import Activating
from counter.esign.demands import SignatureClass
from counter.esign.forms import FormTemplate, Language, OwnForm
from counter.esign.ink import Ink
from counter.esign.own_forms import FormVersion
from counter.esign.revocation import Evidence, Kind, Link, Proof, Standing
from counter.esign.ticket import (
    Act,
    Begun,
    CertificateChain,
    KeptTicket,
    LeftOver,
    Mechanism,
    SigningTicket,
    Witness,
)
from counter.esign.validation import Found, Recorded
from counter.ids import CaseId, CeremonyId, Digest, DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """A key and its certificates, as PEM files."""

    key: Path
    "PKCS#8, not encrypted, readable by this process only."
    certificate: Path
    chain: tuple[Path, ...]
    "Issuers' certificates, nearest first, without the root."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs12File:
    """A key and its certificates in one PKCS #12 file."""

    path: Path
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Key:
    """A key in an HSM or on a card."""

    library: Path
    "The maker's PKCS #11 module."
    token: str
    "Label of the token."
    label: str
    "Of the key and of its certificate."
    pin: str = field(repr=False)
    chain: tuple[Path, ...] = ()
    "Issuers' certificates as PEM, nearest first, without the root."


KeySource = KeyFiles | Pkcs12File | Pkcs11Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """Whose keys sign, and whom we trust."""

    witness: KeySource
    "Seals the citizen's ink: witness to the handwriting, not the citizen's own key."
    seal: KeySource
    "The department's."
    agent: KeySource | None = None
    "With which agents witness; None: the witness key."
    agents: Mapping[str, KeySource] = field(default_factory=dict)
    "Of those who have an own one, by the agent's id."
    roots: tuple[Path, ...]
    "Trust anchors for our own signatures and their timestamps, PEM."


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page as people see it: the same pixels for citizen, agent and record."""

    page: int
    "From 1."
    image: bytes
    "PNG."
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedForm:
    """A drawn form with empty signature fields."""

    pdf: bytes
    pages: tuple[PageImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What a person says to let a remote service use his key.  Never kept, never logged."""

    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)


class KeyProvider(Protocol):
    """Holds a private key: a file, an HSM, a remote service."""

    async def certificates(self) -> CertificateChain:
        """Who signs.  Raises `KeyUnusable`, `KeyUnavailable`."""
        ...

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """The signature value over a SHA-256; ECDSA as DER.

        Raises `KeyUnavailable` when asking again later may help, `KeyUnusable` when not,
        `ActivationRefused` when the person must say it again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CscAccess:
    """How we are let in at a remote signing service."""

    url: str
    "Of the service, without `/csc/v…`; https, or loopback."
    version: Literal[1, 2]
    access_token: str = field(repr=False)
    patience_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenProvider:
    """The service at which citizens have keys of their own."""

    name: str
    "As citizens know it."
    gives: SignatureClass
    "What its certificates make."
    access: CscAccess


class CitizenKey(KeyProvider, Protocol):
    """One citizen's key at a remote service."""

    async def send_code(self) -> None:
        """Have a one-time code sent to him.  Raises `KeyUnavailable`, `KeyUnusable`."""
        ...


class CitizenKeys(Protocol):
    """Citizens' keys at the service that keeps them."""

    @property
    def name(self) -> str:
        """Of the service, as citizens know it."""
        ...

    @property
    def gives(self) -> SignatureClass:
        """The class of signature that its certificates make."""
        ...

    async def find(self, user: str) -> str:
        """The credential of who is known to the service by this name.

        Raises `CredentialUnknown`, `CredentialUnfit`, `KeyUnavailable`.
        """
        ...

    def key(self, credential_id: str) -> CitizenKey: ...


class Timestamps(Protocol):
    """The time-stamping services."""

    @property
    def token_bytes(self) -> int:
        """The longest token to be expected of any of them."""
        ...

    async def stamp(self, digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        """A token (DER of its CMS) over a SHA-256 that is no longer than `room_bytes`.

        Raises `TimestampUnavailable`, `ClockWrong`; `TokenTooLong` when those that answer do not
        fit.
        """
        ...

    async def require(self, now: datetime) -> None:
        """Raise `TimestampUnavailable` unless one of them answers, or did a moment ago."""
        ...

    def distrust(self, token: bytes) -> None:
        """Leave whoever made this token alone for a while: it did not verify."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verification found about one signature."""

    field: str
    signer: str
    "Subject of the certificate, human readable."
    sound: bool
    "Intact, valid, trusted, timestamped, and nothing unexpected was done afterwards."
    timestamp: datetime | None
    "Time in the timestamp token, UTC; None when there is no token."
    covers_file: bool
    "Whether it covers every byte; true of the last signature only."
    why: str
    "Empty when sound; else what was wrong, for the log."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDrawn:
    """A department's own form as its process answered it."""

    pdf: bytes
    "With its empty signature fields."
    pages: tuple[PageImage, ...]


class OwnPress(Protocol):
    """Draws departments' own forms, each in a process that can do nothing else."""

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        """specimen: the pages are photographed, and every text has to stand on the paper.

        Raises `TemplateWrong`, `TemplateUnfit`, `TemplateTooHeavy`.
        """
        ...


class OwnFormsStore(Protocol):
    """Keeps every version of departments' own forms."""

    async def publish(self, new: FormVersion, *, seen: int) -> int:
        """The number of the version.  seen: of the one it was made from; 0: there was none.

        Raises `FormIdTaken`, `FormChanged`.
        """
        ...

    async def retire(
        self, department: str, form: str, version: int, *, by: str, now: datetime
    ) -> None:
        """Offer it no more.  Raises `FormUnknown`, `FormChanged`."""
        ...

    async def versions(self, department: str | None = None) -> Sequence[FormVersion]:
        """Every version, by form and number."""
        ...

    async def mark(self) -> tuple[int, int]:
        """Changes with everything that is published or retired; cheap."""
        ...


class Studio(Protocol):
    """Draws, photographs, signs and verifies, outside the event loop."""

    async def prepare(
        self,
        form: FormTemplate,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        photographed: bool = True,
    ) -> PreparedForm:
        """Draw `form`, already checked.  Raises `SignerUnavailable`."""
        ...

    async def begin(
        self, pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
    ) -> Begun:
        """Write the hole for a signature of `chain`, with room for a token of `token_bytes`.

        Raises `CertificateExpired`, `SignerUnavailable`.
        """
        ...

    async def require_value(self, ticket: SigningTicket, value: bytes) -> None:
        """Raise `KeyMismatch` when it is no signature of the ticket's certificate."""
        ...

    async def finish(
        self, pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
    ) -> bytes:
        """Fill the hole of `pdf` and verify everything.

        Raises `SignatureInvalid`, `ClockWrong`, `SignerUnavailable`.
        """
        ...

    async def photograph(self, pdf: bytes) -> tuple[PageImage, ...]:
        """Every page as people see it.  Raises `SignerUnavailable`."""
        ...

    async def verify(self, pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
        """Check every signature of one of our documents, first to last."""
        ...


class IdentityLevels(Protocol):
    """How surely it is known who sits there."""

    async def level(self, case_id: CaseId) -> str:
        """`L0` to `L3`, as it is now."""
        ...


class Examiner(Protocol):
    """Looks at PDFs of strangers, in a process that holds no key."""

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        """What is found, and the report of ETSI TS 119 102-2 as XML; empty without a signature.

        Raises a `PdfRefused` for what is not looked at, and `CheckBusy`.
        """
        ...


class CheckRecords(Protocol):
    """What the record says about finished documents."""

    async def by_reference(self, reference: str) -> Recorded | None: ...

    async def by_bytes(self, sha256: str) -> Recorded | None:
        """Of a document that was given out with exactly these bytes."""
        ...


class Blobs(Protocol):
    """Big bytes by their SHA-256."""

    async def put(self, content: bytes) -> Digest: ...

    async def get(self, sha256: str) -> bytes: ...

    async def remove(self, sha256: str) -> None:
        """Harmless when they are gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """A page image that was put into the blobs."""

    page: int
    sha256: Digest
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A document that came of one before it by a signature."""

    kind: str
    "certified, signed, witnessed or sealed."
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
    drawn_at: datetime
    "Anew when it was corrected."


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWords:
    """The sentence that the citizen agreed to, as it stood on the screen."""

    language: Language
    text_sha256: Digest
    "Of the sentence, UTF-8."


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
    """What an abandoned document left behind."""

    ceremony_id: CeremonyId
    case_id: CaseId
    document_id: DocumentId
    blobs: tuple[Digest, ...]
    "Its files and page images that no other document has."


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

    async def remains(self) -> Sequence[Remains]: ...

    async def forgotten(self, one: Remains, now: datetime) -> None: ...


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

    async def is_open(self, case_id: CaseId) -> bool:
        """Whether the case has a ceremony under way."""
        ...

    async def witness(self, case_id: CaseId) -> Witness:
        """Who serves the case now."""
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
        self, ceremony_id: str, field: str, hole: Digest, sha256: Digest
    ) -> Digest:
        """Answers the one that stands.  Raises `NotAllowedNow` when withdrawn or begun anew."""
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

    async def keeps_image(self, sha256: str) -> bool:
        """Whether any document has this page image."""
        ...

    async def of_case(self, case_id: CaseId) -> Sequence[CeremonyState]:
        """Newest first."""
        ...


class RevocationSource(Protocol):
    """Where OCSP responses and CRLs come from."""

    def address(self, kind: Kind, link: Link) -> str | None:
        """Where the certificate says to ask; None when it names nothing of this kind."""
        ...

    async def fetch(self, kind: Kind, address: str, link: Link, now: datetime) -> Evidence:
        """Raises `EvidenceUnavailable`, whatever went wrong, in bounded time."""
        ...


class Archivist(Protocol):
    """Works on certificates and on revisions for the archive, outside the event loop."""

    async def links(self, pdf: bytes, work: Work, now: datetime) -> tuple[Link, ...]:
        """The certificates that evidence is wanted about.  Raises `CertificateExpired`."""
        ...

    async def links_of_chain(self, chain: CertificateChain, now: datetime) -> tuple[Link, ...]:
        """The same of a certificate that signs; empty when its chain leads to no root."""
        ...

    async def standing(self, chain: CertificateChain, proof: Proof, now: datetime) -> Standing:
        """What a certificate is worth by this evidence."""
        ...

    async def begin(
        self,
        pdf: bytes,
        work: Work,
        proof: Proof,
        *,
        token_bytes: int,
        new_field: str,
        now: datetime,
    ) -> Hole:
        """Raises `CertificateRevoked`, `CertificateExpired`, `RevocationUnknown`."""
        ...

    async def finish(self, hole: Hole, token: bytes, now: datetime) -> Archived:
        """Raises `SignatureInvalid` when the result does not validate from itself alone."""
        ...


class ArchiveRecords(Protocol):
    """The jobs of the archive; each method is one transaction."""

    async def owe_missing(self, now: datetime) -> int:
        """A job for each sealed document without one; answers how many."""
        ...

    async def take(self, now: datetime) -> Job | None:
        """The job that is due longest, for `LEASE`; None when none is."""
        ...

    async def archived(
        self,
        job: Job,
        sha256: Digest,
        size_bytes: int,
        *,
        renew_at: datetime,
        facts: Mapping[str, str],
        now: datetime,
    ) -> Digest:
        """Keep the child; answers the one that stands, which is the first."""
        ...

    async def failed(self, job: Job, code: str, next_at: datetime, now: datetime) -> None:
        """Note it, and when to try again; from the fourth time on somebody is told."""
        ...


class CertificateRecords(Protocol):
    """How signing with one's own certificate goes on; each method is one transaction."""

    async def activating(self, ceremony_id: str) -> Activating | None: ...

    async def choose(
        self, case_id: CaseId, ceremony_id: str, sha256: str, credential_id: str, now: datetime
    ) -> None:
        """Raises `DigestMismatch`, `NotAllowedNow`, `ActivationLocked`, `CeremonyPaused`."""
        ...

    async def code_sent(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None: ...

    async def code_refused(self, case_id: CaseId, ceremony_id: str, now: datetime) -> int:
        """Answers how many more may be tried."""
        ...

    async def leave(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None: ...

    async def attend(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        """The citizen is there.  Raises `CeremonyPaused`."""
        ...

    async def signed(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        value: bytes,
        facts: Mapping[str, str],
        now: datetime,
    ) -> None:
        """Raises `NotAllowedNow` when it was declined or signed by another means meanwhile."""
        ...


class CitizenTrust(Protocol):
    """Whether a citizen's certificate holds."""

    async def require_citizen(self, chain: CertificateChain, now: datetime) -> None:
        """Raise `CertificateRevoked`, `CertificateExpired`, `KeyUnusable`, `RevocationUnknown`."""
        ...


class Trust(Protocol):
    """Whether those who sign here may."""

    def prepare(self, agent_id: str) -> None:
        """Begin to fetch what `require` needs; nobody waits for it."""
        ...

    async def require(self, case_id: str, ceremony_id: str, agent_id: str, now: datetime) -> None:
        """agent_id: of who serves the case; others' keys hold up nobody.

        Raises `CertificateRevoked`, `CertificateExpired`, `KeyUnusable`, `RevocationUnknown`."""
        ...


class TrustRecords(Protocol):
    """What is noted about certificates."""

    async def checked(
        self,
        case_id: str,
        ceremony_id: str,
        policy: Mapping[str, str],
        found: Mapping[str, str],
        now: datetime,
    ) -> None:
        """By which policy the signers' certificates were looked at, and what was found."""
        ...
