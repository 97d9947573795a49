"""The citizen signs with his own certificate, whose key is at a remote service.

The hole is written and its ticket kept before a code is sent; the service is asked for this hash
alone, as often as it takes.  What opens the key is a PIN, a code or both, given on at once and
forgotten: it is in no row, log or refusal.  A node that dies in between leaves the ticket: with a
value, `EsignService.resume` goes on alone; without one, what is typed next is for the same hash.
The provider may have used a code up whose answer was lost, or whose PIN was wrong: given again, it
is refused without being a wrong one, and a new one is needed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from counter.errors import NotAllowedNow
from counter.esign.ceremony import Consented, Sealed, Signed
from counter.esign.certificate import CODED, TRIES, Activating
from counter.esign.certificate_ports import (
    CertificateRecords,
    CitizenKey,
    CitizenKeys,
    CitizenTrust,
    KnownIdentity,
)
from counter.esign.certificate_refusals import (
    ActivationLapsed,
    ActivationLocked,
    ActivationPinRefused,
    ActivationRefused,
    ActivationUnanswered,
    CredentialUnfit,
)
from counter.esign.key_ports import Activation, Timestamps
from counter.esign.ports import Studio
from counter.esign.record_ports import Records
from counter.esign.sealing_service import SignedDocument
from counter.esign.service import EsignService
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    KeyMismatch,
    KeyUnavailable,
    KeyUnusable,
)
from counter.esign.ticket import CITIZEN, CertificateAct, CertificateChain, KeptTicket
from counter.ids import CaseId, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateParts:
    """What the service stands on."""

    esign: EsignService
    records: Records
    activations: CertificateRecords
    studio: Studio
    stamps: Timestamps
    trust: CitizenTrust
    identity: KnownIdentity
    clock: Callable[[], datetime]


class CertificateService:
    """See the module."""

    def __init__(self, parts: CertificateParts, citizens: CitizenKeys) -> None:
        self._of = parts
        self.citizens = citizens
        # One code at a time on this node, so that two at once are not one try.
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def choose(self, case_id: CaseId, ceremony_id: str, sha256: str, user: str) -> None:
        """Sign with the key of `user` at the service: the hole is written, a code sent if wanted.

        Unless the certificate is of the name that was made sure, the agent is asked before; see
        `confirm`.

        Raises `MeansNotOpen`, `DigestMismatch`, `CredentialUnknown`, `CredentialUnfit`,
        `RevocationUnknown`, `TimestampUnavailable`, `ActivationLocked`, `KeyUnavailable`; before
        the code was sent, asking again is the same.  Another certificate than before is as
        `another` and then this one.
        """
        parts = self._of
        one = await parts.esign.require_means(case_id, ceremony_id, "certificate")
        stage = await parts.records.load(case_id, ceremony_id)
        if not isinstance(stage, Consented):
            raise NotAllowedNow(f"ceremony {ceremony_id}: nobody has agreed yet")
        now = parts.clock()
        stage.activated(sha256, now)
        before = await parts.activations.activating(ceremony_id)
        self._require_unlocked(ceremony_id, before)
        await parts.stamps.require(now)
        credential_id = await self.citizens.find(user)
        chain = await self._fit(self.citizens.key(credential_id))
        kept = await parts.records.ticket(ceremony_id, CITIZEN)
        if kept is not None and kept.ticket.chain.sha256 != chain.sha256:
            await self.another(case_id, ceremony_id)
            kept = None
        known = before is not None and before.state in CODED and kept is not None
        await parts.activations.choose(case_id, ceremony_id, sha256, credential_id, now)
        if kept is None:
            act = CertificateAct(
                region=parts.esign.sealing.region(one),
                name=parts.esign.sealing.drawable(self.citizens.claims(chain).name),
                at=now,
            )
            kept = await parts.esign.signing.begin(ceremony_id, Digest(sha256), act, chain)
            _require_same(kept, chain)
        claims = self.citizens.claims(chain)
        if known or await parts.identity.agrees(case_id, claims.name, claims.number):
            await self._have_typed(case_id, ceremony_id, credential_id)
        else:
            await parts.activations.asked(case_id, ceremony_id, chain.sha256, parts.clock())

    async def confirm(
        self, case_id: CaseId, ceremony_id: str, certificate_sha256: str, *, by: str
    ) -> None:
        """The agent says that this certificate is of who sits there: what opens it may be typed.

        by: as `agent:<id>`.  Said again since, nothing happens.  Raises `NotAllowedNow`
        about a certificate that is not asked about (any more), and what sending raises.
        """
        parts = self._of
        await parts.records.load(case_id, ceremony_id)  # of this case, or unknown
        activating = await parts.activations.activating(ceremony_id)
        kept = await parts.records.ticket(ceremony_id, CITIZEN)
        same = kept is not None and kept.ticket.chain.sha256 == certificate_sha256
        if activating is not None and activating.state in CODED and same:
            return
        await parts.activations.confirmed(
            case_id, ceremony_id, certificate_sha256, by=by, now=parts.clock()
        )
        if activating is not None:
            await self._have_typed(case_id, ceremony_id, activating.credential_id)

    async def deny(self, case_id: CaseId, ceremony_id: str, *, by: str) -> None:
        """The agent says that it is somebody else's: the citizen types another number, if he may.

        Raises `NotAllowedNow` when nobody asks.
        """
        await self._of.activations.denied(case_id, ceremony_id, by=by, now=self._of.clock())
        await self._of.esign.signing.clear(self._of.clock())

    async def send_again(self, case_id: CaseId, ceremony_id: str) -> None:
        """Have a new code sent.

        Raises `ActivationLocked`, `KeyUnavailable`, `NotAllowedNow` when none is for this key.
        """
        await self._of.activations.attend(case_id, ceremony_id, self._of.clock())
        activating = await self._under_way(case_id, ceremony_id)
        if "code" not in activating.wants:
            raise NotAllowedNow(f"ceremony {ceremony_id}: no code is sent for this key")
        await self._have_typed(case_id, ceremony_id, activating.credential_id)

    async def sign(
        self, case_id: CaseId, ceremony_id: str, sha256: str, code: str = "", *, pin: str = ""
    ) -> SignedDocument:
        """Activate the key with what it wants, keep its value, seal.

        code, pin: empty where it wants none.  Again after it signed, answers the same document.
        Raises `ActivationRefused` for a wrong code, `ActivationPinRefused`,
        `ActivationEitherRefused`; `ActivationLapsed` for one that became too old or may have been
        used up by a try whose answer was lost; `ActivationLocked` at the third wrong one and after
        it, `ActivationUnanswered`, `CredentialUnfit`: nothing is signed.  Whatever
        `EsignService.sign` raises: it is signed, and goes on by itself.
        """
        parts = self._of
        lock = self._asking.setdefault(ceremony_id, asyncio.Lock())
        async with lock:
            stage = await parts.records.load(case_id, ceremony_id)
            if not (isinstance(stage, Sealed) or _by_certificate(stage)):
                await self._activate(case_id, ceremony_id, sha256, Activation(pin=pin, otp=code))
        return await parts.esign.sealing.finish(case_id, ceremony_id)

    async def another(self, case_id: CaseId, ceremony_id: str) -> None:
        """Let go of the certificate that was chosen: another number is typed.

        No value is kept of it.  Costs a try; raises `ActivationLocked` when that was the last one.
        """
        parts = self._of
        left = await parts.activations.another(case_id, ceremony_id, parts.clock())
        await parts.esign.signing.clear(parts.clock())
        if not left:
            raise ActivationLocked(f"ceremony {ceremony_id}: {TRIES} wrong tries")

    async def leave(self, case_id: CaseId, ceremony_id: str) -> None:
        """Sign by hand after all.  Raises `MeansNotOpen` when the form does not let him."""
        await self._of.esign.require_means(case_id, ceremony_id, "handwritten")
        await self._of.activations.leave(case_id, ceremony_id, self._of.clock())

    async def _activate(
        self, case_id: CaseId, ceremony_id: str, sha256: str, typed: Activation
    ) -> None:
        parts = self._of
        await parts.activations.attend(case_id, ceremony_id, parts.clock())
        activating = await self._under_way(case_id, ceremony_id)
        if activating.state == "spent":
            raise ActivationLapsed(f"ceremony {ceremony_id}: have a new code sent")
        await parts.esign.require_means(case_id, ceremony_id, "certificate")
        kept = await parts.records.ticket(ceremony_id, CITIZEN)
        if kept is None or kept.ticket.parent_sha256 != sha256:
            raise NotAllowedNow(f"ceremony {ceremony_id}: choose your certificate again")
        ticket = kept.ticket
        key = self.citizens.key(activating.credential_id)
        _require_same(kept, await self._fit(key))
        if await key.wants() != activating.wants:
            await self._have_typed(case_id, ceremony_id, activating.credential_id)
            raise ActivationLapsed(f"ceremony {ceremony_id}: what opens the key is another thing")
        if (bool(typed.pin), bool(typed.otp)) != ("pin" in activating.wants, activating.with_code):
            raise NotAllowedNow(
                f"ceremony {ceremony_id}: {' and '.join(activating.wants)} is typed"
            )
        lost = await parts.activations.code_given(case_id, ceremony_id, parts.clock())
        try:
            value = await key.sign(ticket.dtbsr, ticket.mechanism, typed)
        except ActivationLapsed:
            await parts.activations.code_spent(case_id, ceremony_id, parts.clock())
            raise
        except KeyUnavailable as silent:
            raise ActivationUnanswered(str(silent)) from silent
        except ActivationRefused as wrong:
            pin = isinstance(wrong, ActivationPinRefused)
            if lost and not pin:  # the code is perhaps used up: that is no fault of the citizen's
                await parts.activations.code_spent(case_id, ceremony_id, parts.clock())
                raise ActivationLapsed(f"perhaps used up before: {wrong}") from wrong
            left = await parts.activations.code_refused(
                case_id, ceremony_id, parts.clock(), pin=pin
            )
            if not left:
                raise ActivationLocked(f"ceremony {ceremony_id}: {TRIES} wrong tries") from wrong
            raise
        except KeyUnusable as unfit:
            raise CredentialUnfit(str(unfit)) from unfit
        await parts.studio.require_value(ticket, value)
        facts = {"class": self.citizens.gives, "provider": self.citizens.name}
        await parts.activations.signed(
            case_id, ceremony_id, sha256, ticket.hole_sha256, value, facts, parts.clock()
        )

    async def _fit(self, key: CitizenKey) -> CertificateChain:
        try:
            chain = await key.certificates()
            # Not the time of the wish: the provider may have taken minutes.
            await self._of.trust.require_citizen(chain, self._of.clock())
        except (KeyUnusable, CertificateExpired, CertificateRevoked) as why:
            raise CredentialUnfit(str(why)) from why
        if not self.citizens.reaches(chain):
            raise CredentialUnfit(f"certificate {chain.sha256[:12]} is not {self.citizens.gives}")
        return chain

    async def _have_typed(self, case_id: CaseId, ceremony_id: str, credential_id: str) -> None:
        """From now on what opens the key may be typed; a code among it is sent."""
        key = self.citizens.key(credential_id)
        try:
            wants = await key.wants()
            if "code" in wants:
                await key.send_code()
        except (KeyUnusable, ActivationRefused) as why:
            raise CredentialUnfit(str(why)) from why
        await self._of.activations.to_be_typed(
            case_id, ceremony_id, credential_id, wants, self._of.clock()
        )

    async def _under_way(self, case_id: CaseId, ceremony_id: str) -> Activating:
        await self._of.records.load(case_id, ceremony_id)  # of this case, or unknown
        activating = await self._of.activations.activating(ceremony_id)
        self._require_unlocked(ceremony_id, activating)
        if activating is None or activating.state not in CODED:
            raise NotAllowedNow(f"ceremony {ceremony_id}: choose your certificate first")
        return activating

    def _require_unlocked(self, ceremony_id: str, activating: Activating | None) -> None:
        if activating is not None and activating.state == "locked":
            raise ActivationLocked(f"ceremony {ceremony_id}: {TRIES} wrong tries")


def _by_certificate(stage: object) -> bool:
    return isinstance(stage, Signed) and stage.ink is None


def _require_same(kept: KeptTicket, chain: CertificateChain) -> None:
    if kept.ticket.chain.sha256 != chain.sha256:
        raise KeyMismatch(
            f"the hole is for certificate {kept.ticket.chain.sha256[:12]}, not for "
            f"{chain.sha256[:12]}; withdraw the form, or sign by hand"
        )
