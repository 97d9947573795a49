"""What revocation, trust and the archive need from outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from counter.esign.archive import Archived, Hole, Job, StampLife, Work
from counter.esign.revocation import Evidence, Kind, Link, Proof, Standing
from counter.esign.ticket import CertificateChain
from counter.ids import Digest


class RevocationSource(Protocol):
    """Where OCSP responses and CRLs come from."""

    def addresses(self, kind: Kind, link: Link) -> tuple[str, ...]:
        """Where to ask, first to last; none: the certificate does not say."""
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

    async def links_of_stamp(self, token: bytes, now: datetime) -> tuple[Link, ...]:
        """The same of a timestamp that is in no document yet.  Raises `StampInvalid`."""
        ...

    async def stamp_life(self, pdf: bytes, now: datetime) -> StampLife:
        """How long the newest timestamp over a document lasts.

        Raises `CertificateExpired`, `RevocationUnknown`, `SignatureInvalid`.
        """
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
        ahead: bytes | None = None,
    ) -> Hole:
        """ahead: a timestamp by the service that is to fill it, whose chain is proved here too.

        Raises `CertificateRevoked`, `CertificateExpired`, `RevocationUnknown`.
        """
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
        life: StampLife,
        facts: Mapping[str, str],
        now: datetime,
    ) -> Digest:
        """Keep the child; answers the one that stands, which is the first."""
        ...

    async def unplanned(self, now: datetime) -> Job | None:
        """One that waits for a day which an older version planned; None when there is none."""
        ...

    async def planned(self, job: Job, life: StampLife | None, renew_at: datetime) -> None:
        """Bring it forward to this day, never back.  life: None where it cannot be told."""
        ...

    async def needed_roots(self) -> Mapping[str, int]:
        """SHA-256 of each root that kept documents lead to, and how many do."""
        ...

    async def failed(self, job: Job, code: str, next_at: datetime, now: datetime) -> None:
        """Note it, and when to try again; from the fourth time on somebody is told."""
        ...


class Trust(Protocol):
    """Whether those who sign here may."""

    def prepare(self, agent_id: str, department: str) -> None:
        """Begin to fetch what `require` needs; nobody waits for it."""
        ...

    async def require(
        self, case_id: str, ceremony_id: str, agent_id: str, department: str, now: datetime
    ) -> None:
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
