"""Looks at the certificates of those who sign, before the citizen is asked to.

What proves that they hold is fetched while the citizen reads; at consent it is only judged, and
after it nobody is asked for anything but the time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from asn1crypto import x509

from counter.esign.archive_ports import Archivist, TrustRecords
from counter.esign.key_ports import KeyProvider
from counter.esign.revocation import Standing
from counter.esign.revocation_service import RevocationService
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    KeyUnusable,
    RevocationUnknown,
)
from counter.esign.ticket import AGENT_KEY, SEAL_KEY, WITNESS_KEY, CertificateChain
from counter.esign.trust import OwnCertificate, OwnKeys, TrustPolicy

log = logging.getLogger(__name__)


class TrustService:
    """`counter.esign.archive_ports.Trust`."""

    def __init__(
        self,
        *,
        policy: TrustPolicy,
        keys: Mapping[str, KeyProvider],
        revocation: RevocationService,
        archivist: Archivist,
        records: TrustRecords,
        clock: Callable[[], datetime],
    ) -> None:
        """keys: by name; own ones are asked about only where that agent or department serves."""
        self.policy = policy
        self._keys = keys
        self._revocation = revocation
        self._archivist = archivist
        self._records = records
        self._clock = clock
        self._filling: dict[tuple[str, ...], asyncio.Task[None]] = {}

    def prepare(self, agent_id: str, department: str) -> None:
        """Begin to fetch what `require` will need; nobody waits for it."""
        names = self._signing(agent_id, department)
        filling = self._filling.get(names)
        if filling is None or filling.done():
            self._filling[names] = asyncio.create_task(self._fill(names))

    async def require(
        self, case_id: str, ceremony_id: str, agent_id: str, department: str, now: datetime
    ) -> None:
        """Raise unless the keys that sign here may do so now, by what is known.

        agent_id: of who serves the case; nobody else's key is looked at.  department: whose it is.
        Raises `CertificateRevoked`, `CertificateExpired`, `KeyUnusable`; `RevocationUnknown` when
        nothing can be had and the policy has no grace.
        """
        names = self._signing(agent_id, department)
        if names in self._filling:
            await asyncio.wait([self._filling[names]])
        chains = await self._chains(names)
        found = {field: await self._standing(chain, now) for field, chain in sorted(chains.items())}
        await self._records.checked(case_id, ceremony_id, self.policy.facts, found, now)
        for name, standing in found.items():
            _judge(name, standing, chains[name], grace=self.policy.grace)

    async def require_citizen(self, chain: CertificateChain, now: datetime) -> None:
        """Raise unless a citizen's own certificate is good now; there is no grace for it."""
        standing = await self._standing(chain, now)
        if standing == "unknown" and not await self._archivist.links_of_chain(chain, now):
            raise KeyUnusable(f"certificate {chain.sha256[:12]} leads to nobody whom we trust")
        _judge("citizen", standing, chain, grace=False)

    async def own(self) -> OwnKeys:
        """The keys that sign here, for who watches over them; one that is away hides no other."""
        found: list[OwnCertificate] = []
        away: dict[str, str] = {}
        for name in sorted(self._keys):
            try:
                found.append(_own(name, await self._keys[name].certificates()))
            except Exception as problem:
                away[name] = getattr(problem, "code", type(problem).__name__)
        return OwnKeys(certificates=tuple(found), away=away)

    async def close(self) -> None:
        """Let go of what is being fetched."""
        for filling in self._filling.values():
            filling.cancel()
        if self._filling:
            await asyncio.wait(self._filling.values())

    def _signing(self, agent_id: str, department: str) -> tuple[str, ...]:
        """Names of the keys that sign a form of this department which this agent serves."""
        whose = {WITNESS_KEY: department, AGENT_KEY: agent_id, SEAL_KEY: department}
        wanted = (
            own if (own := f"{key}:{who}") in self._keys else key for key, who in whose.items()
        )
        return tuple(name for name in wanted if name in self._keys)

    async def _chains(self, names: Iterable[str]) -> dict[str, CertificateChain]:
        return {name: await self._keys[name].certificates() for name in names}

    async def _standing(self, chain: CertificateChain, now: datetime) -> Standing:
        if _mechanism(chain) not in self.policy.algorithms:
            return "unfit"
        links = await self._archivist.links_of_chain(chain, now)
        proof = await self._revocation.proof(links, now)
        # Asked after the answers came: one that is signed on demand is younger than the question.
        return await self._archivist.standing(chain, proof, self._clock())

    async def _fill(self, names: tuple[str, ...]) -> None:
        try:
            now = self._clock()
            for chain in (await self._chains(names)).values():
                links = await self._archivist.links_of_chain(chain, now)
                await self._revocation.proof(links, now)
        except Exception as problem:
            # Whoever needs it asks again, and tells.
            log.warning("revocation: %s", getattr(problem, "code", type(problem).__name__))


def _judge(name: str, standing: Standing, chain: CertificateChain, *, grace: bool) -> None:
    about = f"key {name}: certificate {chain.sha256[:12]}"
    match standing:
        case "revoked":
            raise CertificateRevoked(f"{about} is revoked")
        case "expired":
            raise CertificateExpired(f"{about} is not valid today")
        case "unfit":
            raise KeyUnusable(
                f"{about} signs with what the trust policy does not take, or is not for signing "
                "documents (keyUsage without nonRepudiation)"
            )
        case "unknown" if not grace:
            raise RevocationUnknown(f"{about}: nobody says whether it is revoked")


def _mechanism(chain: CertificateChain) -> str:
    kind = x509.Certificate.load(chain.certificate).public_key.algorithm
    return {"ec": "ecdsa_sha256", "rsa": "rsa_sha256"}.get(kind, "other")


def _own(name: str, chain: CertificateChain) -> OwnCertificate:
    certificate = x509.Certificate.load(chain.certificate)
    usage = certificate.key_usage_value
    return OwnCertificate(
        key=name,
        since=certificate.not_valid_before,
        until=certificate.not_valid_after,
        commits=usage is not None and "non_repudiation" in usage.native,
    )
