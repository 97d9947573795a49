"""Keys at a remote signing service: Cloud Signature Consortium API, version 1 and version 2.

Only SCAL2 is accepted: what the person activates is bound to the hash that he was shown, so that
nothing else can be signed with it.  Codes and activation data are neither kept nor logged.
Source: CSC API 1.0.4.0 and 2.0.0.2, 11.5 to 11.9; ETSI EN 419241-1 (sole control level 2).
"""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import ClientSession
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from counter.esign.certificate_ports import CscAccess
from counter.esign.certificate_refusals import ActivationLapsed, ActivationLocked, ActivationRefused
from counter.esign.csc_http import CscService
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
        self.wants_pin = False
        "Known once its certificates are: a code alone does not activate it."
        self._chain: CertificateChain | None = None
        self._algorithms: frozenset[str] = frozenset()
        self._wrong: dict[bytes, int] = {}

    async def certificates(self) -> CertificateChain:
        """Who signs.  Raises `KeyUnusable` for a key that is off, or of SCAL1."""
        if self._chain is None:
            asked = {"credentialID": self._of.credential_id, "certificates": "chain"}
            said = await self._service.ask("credentials/info", asked | {"authInfo": True})
            try:
                self._require_usable(said)
                self.wants_pin = _wants_pin(said)
                self._algorithms = frozenset(map(str, said["key"]["algo"]))
                self._chain = _chain(said["cert"]["certificates"])
            except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
                raise self._service.unavailable(
                    f"{type(error).__name__} in credentials/info"
                ) from error
        return self._chain

    async def send_code(self) -> None:
        """Have a one-time code sent to the person.  Raises `KeyUnavailable`."""
        call = "credentials/sendOTP" if self._of.version == 1 else "credentials/getChallenge"
        await self._service.ask(call, {"credentialID": self._of.credential_id})

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """Sign a SHA-256 with a new activation that is good for this hash alone.

        Raises `ActivationRefused` for a wrong code, `ActivationLapsed` for one that became too old
        on the way, `ActivationLocked` after three wrong ones, `KeyUnusable`, `KeyUnavailable`.
        """
        await self.certificates()
        algorithm, kind = ALGORITHMS[mechanism]
        if not self._algorithms & {algorithm, kind}:
            raise KeyUnusable(f"{self._about} does not do {mechanism}")
        if activation is None:
            raise ActivationRefused(f"{self._about}: no code was given")
        if self._wrong.get(dtbsr, 0) >= TRIES:
            raise ActivationLocked(f"{self._about}: {TRIES} wrong codes")
        try:
            sad = await self._authorize(dtbsr, activation)
        except ActivationRefused:
            self._wrong[dtbsr] = self._wrong.get(dtbsr, 0) + 1
            raise
        self._wrong.pop(dtbsr, None)
        try:
            return await self._value(dtbsr, algorithm, sad)
        except ActivationRefused as old:
            # The code was right: it is no wrong one, and a new activation is for the same hash.
            raise ActivationLapsed(str(old)) from old

    async def _authorize(self, dtbsr: bytes, activation: Activation) -> str:
        hashes = [base64.b64encode(dtbsr).decode()]
        asked: dict[str, Any] = {"credentialID": self._of.credential_id, "numSignatures": 1}
        codes = {"PIN": activation.pin, "OTP": activation.otp}
        given = {name: code for name, code in codes.items() if code}
        if self._of.version == 1:
            asked |= {"hash": hashes, **given}
        else:
            asked |= {
                "hashes": hashes,
                "hashAlgorithmOID": SHA256,
                "authData": [{"id": name, "value": code} for name, code in given.items()],
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


def _wants_pin(said: dict[str, Any]) -> bool:
    """Version 1 says it of the PIN, version 2 among what is to be authenticated."""
    if str(said.get("PIN", {}).get("presence", "false")) == "true":
        return True
    objects = said.get("auth", {}).get("objects", [])
    return any(str(one.get("id", "")).upper() == "PIN" for one in objects)


def _chain(given: list[str]) -> CertificateChain:
    ders = [base64.b64decode(one, validate=True) for one in given]
    leaf, *others = [load_der_x509_certificate(der) for der in ders]
    return CertificateChain(
        certificate=leaf.public_bytes(serialization.Encoding.DER),
        issuers=tuple(issuers_of(leaf, others)),
    )
