"""Keys at a remote signing service: Cloud Signature Consortium API, version 1 and version 2.

Only SCAL2 is accepted: what the person activates is bound to the hash that he was shown, so that
nothing else can be signed with it.  Codes and activation data are neither kept nor logged.
Source: CSC API 1.0.4.0 and 2.0.0.2, 11.5 to 11.9; ETSI EN 419241-1 (sole control level 2).
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from counter.esign.keys_files import issuers_of
from counter.esign.ports import Activation
from counter.esign.refusals import (
    ActivationLocked,
    ActivationRefused,
    KeyUnavailable,
    KeyUnusable,
)
from counter.esign.ticket import CertificateChain, Mechanism

SHA256: Final = "2.16.840.1.101.3.4.2.1"
ALGORITHMS: Final[dict[Mechanism, tuple[str, str]]] = {
    "ecdsa_sha256": ("1.2.840.10045.4.3.2", "1.2.840.10045.2.1"),
    "rsa_sha256": ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"),
}
"Object identifiers: of the signature, and of the kind of key alone, which some services list."

TRIES: Final = 3
MAX_ANSWER_BYTES: Final = 65_536
WRONG_CODE: Final = {"invalid_otp", "invalid_pin", "invalid_sad", "expired_sad"}
"Errors after which a new code from the person helps."


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
    """`counter.esign.ports.KeyProvider` at a remote service."""

    def __init__(self, session: ClientSession, credential: Credential) -> None:
        """Raise `KeyUnusable` for an address that would carry codes in the clear."""
        address = urlsplit(credential.url)
        if address.scheme != "https" and address.hostname != "127.0.0.1":
            raise KeyUnusable(f"{address.hostname}: codes go over https only")
        self._session = session
        self._of = credential
        self._chain: CertificateChain | None = None
        self._algorithms: frozenset[str] = frozenset()
        self._wrong: dict[bytes, int] = {}

    async def certificates(self) -> CertificateChain:
        """Who signs.  Raises `KeyUnusable` for a key that is off, or of SCAL1."""
        if self._chain is None:
            asked = {"credentialID": self._of.credential_id, "certificates": "chain"}
            said = await self._ask("credentials/info", asked | {"authInfo": True})
            try:
                self._require_usable(said)
                self._algorithms = frozenset(map(str, said["key"]["algo"]))
                self._chain = _chain(said["cert"]["certificates"])
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise self._unavailable(f"{type(error).__name__} in credentials/info") from error
        return self._chain

    async def send_code(self) -> None:
        """Have a one-time code sent to the person.  Raises `KeyUnavailable`."""
        call = "credentials/sendOTP" if self._of.version == 1 else "credentials/getChallenge"
        await self._ask(call, {"credentialID": self._of.credential_id})

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """Sign a SHA-256 with a new activation that is good for this hash alone.

        Raises `ActivationRefused` for a wrong or old code, `ActivationLocked` after three,
        `KeyUnusable`, `KeyUnavailable`.
        """
        await self.certificates()
        algorithm, kind = ALGORITHMS[mechanism]
        if not self._algorithms & {algorithm, kind}:
            raise KeyUnusable(f"credential {self._of.credential_id} does not do {mechanism}")
        if activation is None:
            raise ActivationRefused(f"credential {self._of.credential_id}: no code was given")
        if self._wrong.get(dtbsr, 0) >= TRIES:
            raise ActivationLocked(f"credential {self._of.credential_id}: {TRIES} wrong codes")
        try:
            sad = await self._authorize(dtbsr, activation)
            value = await self._value(dtbsr, algorithm, sad)
        except ActivationRefused:
            self._wrong[dtbsr] = self._wrong.get(dtbsr, 0) + 1
            raise
        self._wrong.pop(dtbsr, None)
        return value

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
        said = await self._ask("credentials/authorize", asked)
        sad = said.get("SAD")
        if not isinstance(sad, str) or not sad:
            raise self._unavailable("no SAD in credentials/authorize")
        return sad

    async def _value(self, dtbsr: bytes, algorithm: str, sad: str) -> bytes:
        hashes = [base64.b64encode(dtbsr).decode()]
        names = ("hash", "hashAlgo") if self._of.version == 1 else ("hashes", "hashAlgorithmOID")
        said = await self._ask(
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
            raise self._unavailable(f"{type(error).__name__} in signatures/signHash") from error

    def _require_usable(self, said: dict[str, Any]) -> None:
        name = self._of.credential_id
        if str(said.get("SCAL", "1")) != "2":
            raise KeyUnusable(f"credential {name}: SCAL1 lets one code sign something else")
        if said["key"].get("status") != "enabled":
            raise KeyUnusable(f"credential {name}: its key is {said['key'].get('status')}")
        if said["cert"].get("status", "valid") != "valid":
            raise KeyUnusable(f"credential {name}: its certificate is {said['cert']['status']}")

    async def _ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._session.post(
                f"{self._of.url}/csc/v{self._of.version}/{call}",
                json=body,
                headers={"Authorization": f"Bearer {self._of.access_token}"},
                timeout=ClientTimeout(total=self._of.patience_s),
                allow_redirects=False,
            ) as answer:
                content = b""
                async for chunk in answer.content.iter_any():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise self._unavailable(f"{call}: an answer that does not end")
                status = answer.status
        except (ClientError, TimeoutError, OSError) as error:
            raise self._unavailable(f"{call}: {type(error).__name__}") from error
        try:
            said = json.loads(content) if content else {}
        except ValueError as error:
            raise self._unavailable(f"{call}: no JSON, status {status}") from error
        if not isinstance(said, dict):
            raise self._unavailable(f"{call}: no object, status {status}")
        if status in (200, 204):
            return said
        problem = said.get("error")
        if isinstance(problem, str) and problem in WRONG_CODE:
            raise ActivationRefused(f"credential {self._of.credential_id}: {problem}")
        if status in (401, 403):
            raise KeyUnusable(f"{call}: the service does not let us in")
        raise self._unavailable(f"{call}: status {status}")

    def _unavailable(self, what: str) -> KeyUnavailable:
        return KeyUnavailable(f"remote signing at {urlsplit(self._of.url).hostname}: {what}")


def _chain(given: list[str]) -> CertificateChain:
    ders = [base64.b64decode(one, validate=True) for one in given]
    leaf, *others = [load_der_x509_certificate(der) for der in ders]
    return CertificateChain(
        certificate=leaf.public_bytes(serialization.Encoding.DER),
        issuers=tuple(issuers_of(leaf, others)),
    )
