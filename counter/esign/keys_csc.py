"""Keys at a remote signing service: Cloud Signature Consortium API, version 1 and version 2.

Only SCAL2 is accepted: what the person activates is bound to the hash that he was shown, so that
nothing else can be signed with it.  PIN, code and activation data are neither kept nor logged.
What opens a key: `csc_openers`.
Source: CSC API 1.0.4.0 and 2.0.0.2, 11.5 to 11.9; ETSI EN 419241-1 (sole control level 2).
"""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import ClientSession
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from counter.esign.certificate import Wanted
from counter.esign.certificate_ports import CscAccess
from counter.esign.certificate_refusals import (
    ActivationLapsed,
    ActivationLocked,
    ActivationPinRefused,
    ActivationRefused,
)
from counter.esign.csc_http import CscService
from counter.esign.csc_openers import Opener, openers
from counter.esign.key_ports import Activation
from counter.esign.keys_files import issuers_of
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.ticket import CertificateChain, Mechanism

SHA256: Final = "2.16.840.1.101.3.4.2.1"
ALGORITHMS: Final[dict[Mechanism, tuple[str, str]]] = {
    "ecdsa_sha256": ("1.2.840.10045.4.3.2", "1.2.840.10045.2.1"),
    "rsa_sha256": ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"),
}
"Object identifiers: of the signature, and of the kind of key alone, which some services list."

TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One person's key at one service."""

    url: str
    "Of the service, without `/csc/v…`; https, or loopback."
    version: Literal[1, 2]
    credential_id: str
    access_token: str = field(repr=False)
    patience_s: float = 10.0


class CscKey:
    """`counter.esign.key_ports.KeyProvider` at a remote service."""

    def __init__(self, session: ClientSession, credential: Credential) -> None:
        """Raise `KeyUnusable` for an address that would carry codes in the clear."""
        self._service = CscService(
            session,
            CscAccess(
                url=credential.url,
                version=credential.version,
                access_token=credential.access_token,
                patience_s=credential.patience_s,
            ),
        )
        self._of = credential
        self._about = (
            f"credential {hashlib.sha256(credential.credential_id.encode()).hexdigest()[:8]}"
        )
        self._openers: tuple[Opener, ...] = ()
        self._chain: CertificateChain | None = None
        self._algorithms: frozenset[str] = frozenset()
        self._wrong: dict[bytes, int] = {}

    async def certificates(self) -> CertificateChain:
        """Who signs.  Raises `KeyUnusable` for a key that is off, of SCAL1, or opened elsewhere."""
        if self._chain is None:
            asked = {"credentialID": self._of.credential_id, "certificates": "chain"}
            said = await self._service.ask("credentials/info", asked | {"authInfo": True})
            try:
                self._require_usable(said)
                self._openers = openers(said, self._of.version)
                self._algorithms = frozenset(map(str, said["key"]["algo"]))
                self._chain = _chain(said["cert"]["certificates"])
            except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
                raise self._service.unavailable(
                    f"{type(error).__name__} in credentials/info"
                ) from error
        return self._chain

    async def wants(self) -> tuple[Wanted, ...]:
        """What the person types to open it, in this order.  Raises as `certificates`."""
        await self.certificates()
        return tuple(one.wanted for one in self._openers)

    async def send_code(self) -> None:
        """Have a one-time code sent to the person.

        Raises `KeyUnavailable`; `KeyUnusable` when none is sent for this key, or a question is
        asked instead.
        """
        await self.certificates()
        sent = [one.name for one in self._openers if one.wanted == "code"]
        if not sent:
            raise KeyUnusable(f"{self._about}: no code is sent for it")
        asked = {"credentialID": self._of.credential_id}
        if self._of.version == 1:
            await self._service.ask("credentials/sendOTP", asked)
            return
        said = await self._service.ask(
            "credentials/getChallenge", asked | {"authObjectID": sent[0]}
        )
        if said.get("challenge"):
            raise KeyUnusable(f"{self._about}: the service asks a question of its own")

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """Sign a SHA-256 with a new activation that is good for this hash alone.

        Only what the key wants goes to the service.  Raises `ActivationRefused` (as the service
        says it, of PIN, code or either) for a wrong one, `ActivationLapsed` for one that became too
        old on the way, `ActivationLocked` after three wrong ones, `KeyUnusable`, `KeyUnavailable`.
        """
        await self.certificates()
        algorithm, kind = ALGORITHMS[mechanism]
        if not self._algorithms & {algorithm, kind}:
            raise KeyUnusable(f"{self._about} does not do {mechanism}")
        if activation is None:
            raise ActivationRefused(f"{self._about}: nothing was typed")
        if self._wrong.get(dtbsr, 0) >= TRIES:
            raise ActivationLocked(f"{self._about}: {TRIES} wrong ones")
        typed = self._typed(activation)
        try:
            sad = await self._authorize(dtbsr, typed)
        except ActivationRefused as wrong:
            self._wrong[dtbsr] = self._wrong.get(dtbsr, 0) + 1
            raise self._exactly(wrong) from wrong
        self._wrong.pop(dtbsr, None)
        try:
            return await self._value(dtbsr, algorithm, sad)
        except ActivationRefused as old:
            # What was typed was right: no wrong one, and a new activation is for the same hash.
            raise ActivationLapsed(str(old)) from old

    def _typed(self, activation: Activation) -> dict[str, str]:
        """By the service's names, what it wants."""
        typed = {
            one.name: activation.pin if one.wanted == "pin" else activation.otp
            for one in self._openers
        }
        if not all(typed.values()):
            raise ActivationRefused(f"{self._about}: not all that opens it was typed")
        return typed

    def _exactly(self, wrong: ActivationRefused) -> ActivationRefused:
        """What was wrong, where only one thing was asked for."""
        wanted = {one.wanted for one in self._openers}
        if wanted == {"pin"}:
            return ActivationPinRefused(str(wrong))
        return wrong if "pin" in wanted else ActivationRefused(str(wrong))

    async def _authorize(self, dtbsr: bytes, typed: dict[str, str]) -> str:
        hashes = [base64.b64encode(dtbsr).decode()]
        asked: dict[str, Any] = {"credentialID": self._of.credential_id, "numSignatures": 1}
        if self._of.version == 1:
            asked |= {"hash": hashes, **typed}
        else:
            asked |= {
                "hashes": hashes,
                "hashAlgorithmOID": SHA256,
                "authData": [{"id": name, "value": value} for name, value in typed.items()],
            }
        said = await self._service.ask("credentials/authorize", asked)
        sad = said.get("SAD")
        if not isinstance(sad, str) or not sad:
            raise self._service.unavailable("no SAD in credentials/authorize")
        return sad

    async def _value(self, dtbsr: bytes, algorithm: str, sad: str) -> bytes:
        hashes = [base64.b64encode(dtbsr).decode()]
        names = ("hash", "hashAlgo") if self._of.version == 1 else ("hashes", "hashAlgorithmOID")
        said = await self._service.ask(
            "signatures/signHash",
            {
                "credentialID": self._of.credential_id,
                "SAD": sad,
                names[0]: hashes,
                names[1]: SHA256,
                "signAlgo": algorithm,
            },
        )
        try:
            (value,) = said["signatures"]
            return base64.b64decode(value, validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise self._service.unavailable(
                f"{type(error).__name__} in signatures/signHash"
            ) from error

    def _require_usable(self, said: dict[str, Any]) -> None:
        name = self._about
        if str(said.get("SCAL", "1")) != "2":
            raise KeyUnusable(f"{name}: SCAL1 lets one code sign something else")
        if said["key"].get("status") != "enabled":
            raise KeyUnusable(f"{name}: its key is {said['key'].get('status')}")
        if said["cert"].get("status", "valid") != "valid":
            raise KeyUnusable(f"{name}: its certificate is {said['cert']['status']}")


def _chain(given: list[str]) -> CertificateChain:
    ders = [base64.b64decode(one, validate=True) for one in given]
    leaf, *others = [load_der_x509_certificate(der) for der in ders]
    return CertificateChain(
        certificate=leaf.public_bytes(serialization.Encoding.DER),
        issuers=tuple(issuers_of(leaf, others)),
    )
