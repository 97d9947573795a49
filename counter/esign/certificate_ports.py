"""What signing with the citizen's own certificate needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from counter.esign.certificate import Activating, Wanted
from counter.esign.claims import Claims
from counter.esign.demands import SignatureClass
from counter.esign.key_ports import KeyProvider
from counter.esign.ticket import CertificateChain
from counter.ids import CaseId, Digest


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
    policies: tuple[str, ...] = ()
    "Of these a certificate has to be under one to reach the class; none: it is not looked at."
    statements: tuple[str, ...] = ()
    "All of these it has to make (`QCStatements`) to reach it."

    @property
    def by_word(self) -> bool:
        """Whether the class is the operator's word alone: nothing is read in certificates."""
        return not self.policies and not self.statements


class CitizenKey(KeyProvider, Protocol):
    """One citizen's key at a remote service."""

    async def wants(self) -> tuple[Wanted, ...]:
        """What he types to open it, in this order.  Raises `KeyUnavailable`, `KeyUnusable`."""
        ...

    async def send_code(self) -> None:
        """Have a one-time code sent to him.  Raises the same, also when none is sent for it."""
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

    def claims(self, chain: CertificateChain) -> Claims:
        """What the signer's certificate says."""
        ...

    def reaches(self, chain: CertificateChain) -> bool:
        """Whether a certificate says itself that it makes this class, where that is asked for."""
        ...

    async def find(self, user: str) -> str:
        """The credential of who is known to the service by this name.

        Raises `CredentialUnknown`, `CredentialUnfit`, `KeyUnavailable`.
        """
        ...

    def key(self, credential_id: str) -> CitizenKey: ...


class CertificateRecords(Protocol):
    """How signing with one's own certificate goes on; each method is one transaction."""

    async def activating(self, ceremony_id: str) -> Activating | None: ...

    async def choose(
        self, case_id: CaseId, ceremony_id: str, sha256: str, credential_id: str, now: datetime
    ) -> None:
        """Raises `DigestMismatch`, `NotAllowedNow`, `ActivationLocked`, `CeremonyPaused`."""
        ...

    async def asked(
        self, case_id: CaseId, ceremony_id: str, certificate_sha256: str, now: datetime
    ) -> None:
        """The agent has to say whether this certificate is the citizen's."""
        ...

    async def confirmed(
        self,
        case_id: CaseId,
        ceremony_id: str,
        certificate_sha256: str,
        *,
        by: str,
        now: datetime,
    ) -> None:
        """The agent said that it is.  Raises `NotAllowedNow`, `CeremonyPaused`."""
        ...

    async def denied(self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime) -> int:
        """The agent said that it is not: as `another`, and nobody says that the citizen is there.

        Raises as `confirmed` does.
        """
        ...

    async def to_be_typed(
        self,
        case_id: CaseId,
        ceremony_id: str,
        credential_id: str,
        wants: Sequence[Wanted],
        now: datetime,
    ) -> None:
        """The citizen types this now; a code among it was sent.

        Raises `NotAllowedNow` when this key is not the one that is chosen any more.
        """
        ...

    async def code_given(self, case_id: CaseId, ceremony_id: str, now: datetime) -> bool:
        """What was typed is about to be given to the provider.

        Answers whether its code may be used up: it was given before, and nobody knows what became
        of it, or the PIN with it was wrong.
        """
        ...

    async def code_spent(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        """The provider takes this code no more, and it was no wrong one: a new one is needed."""
        ...

    async def code_refused(
        self, case_id: CaseId, ceremony_id: str, now: datetime, *, pin: bool
    ) -> int:
        """Answers how many tries are left.  pin: it was the PIN that was wrong."""
        ...

    async def another(self, case_id: CaseId, ceremony_id: str, now: datetime) -> int:
        """Let go of the certificate that was chosen, and of its hole.

        Answers how many tries are left.  Raises `NotAllowedNow` when it has signed.
        """
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
        hole: Digest,
        value: bytes,
        facts: Mapping[str, str],
        now: datetime,
    ) -> None:
        """hole: of the ticket that the value is for.

        Raises `NotAllowedNow` when it was declined, signed by another means or begun with another
        certificate meanwhile.
        """
        ...


class KnownIdentity(Protocol):
    """Who sits there, as far as it was made sure in this case."""

    async def agrees(self, case_id: CaseId, name: str, number: str) -> bool:
        """Whether a certificate of this name and subject's serialNumber (or empty) is his.

        False too when nobody was identified, or nothing is known to compare with.
        """
        ...


class CitizenTrust(Protocol):
    """Whether a citizen's certificate holds."""

    async def require_citizen(self, chain: CertificateChain, now: datetime) -> None:
        """Raise `CertificateRevoked`, `CertificateExpired`, `KeyUnusable`, `RevocationUnknown`."""
        ...
