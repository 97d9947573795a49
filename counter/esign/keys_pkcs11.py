"""Keys in an HSM or on a card, through the maker's PKCS #11 module.

Blocks while it signs: runs in the worker.  A session that was lost is opened once more; a PIN that
was refused is never tried again by this process, because tokens count.
Source: PKCS #11 v2.40 (CKM_ECDSA and CKM_RSA_PKCS over a hash: what every token can do).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.x509 import load_der_x509_certificate
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import (
    PinIncorrect,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pkcs11.util.ec import encode_ecdsa_signature

from counter.esign.key_ports import Activation, Pkcs11Key
from counter.esign.keys_files import load_certificate
from counter.esign.signing_refusals import KeyUnavailable, KeyUnusable, PinRefused
from counter.esign.ticket import CertificateChain, Mechanism

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"DigestInfo of RFC 8017 9.2, before the 32 bytes."

_refused: set[tuple[Path, str, bytes]] = set()
"Of this process: module, token, and SHA-256 of the PIN.  Two keys of one token have one PIN."


class HardwareKey:
    """`counter.esign.key_ports.KeyProvider`; opens its session when it is first needed."""

    def __init__(self, source: Pkcs11Key) -> None:
        self._source = source
        self._session: Any = None
        self._key: Any = None
        "Of that session: to look it up takes a token several times as long as an EC signature."
        self._kind: Any = None

    async def certificates(self) -> CertificateChain:
        """Who signs: the certificate on the token.  Raises `KeyUnusable`, `KeyUnavailable`."""
        chain: CertificateChain = self._twice(self._read_chain)
        return chain

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """Sign a SHA-256.  Raises `KeyUnusable`, `KeyUnavailable`."""
        value: bytes = self._twice(lambda session: self._sign(session, dtbsr, mechanism))
        return value

    def close(self) -> None:
        """Let go of the token."""
        session, self._session, self._key = self._session, None, None
        if session is not None:
            try:
                session.close()
            except PKCS11Error:
                return  # it was lost before

    def _twice(self, work: Callable[[Any], Any]) -> Any:
        """Do it; when the session is lost, once more in a new one."""
        had = self._session is not None
        try:
            return work(self._opened())
        except PKCS11Error as error:
            self.close()
            if not had:
                raise self._unavailable(error) from error
        try:
            return work(self._opened())
        except PKCS11Error as error:
            self.close()
            raise self._unavailable(error) from error

    def _opened(self) -> Any:
        if self._session is None:
            source = self._source
            pin = (source.library, source.token, hashlib.sha256(source.pin.encode()).digest())
            if pin in _refused:
                raise PinRefused(f"token {source.token}: its PIN was refused; set another one")
            try:
                token = pkcs11.lib(str(source.library)).get_token(token_label=source.token)
                self._session = _session_on(token, source.pin)
            except (PinIncorrect, PinLocked, PinLenRange) as error:
                _refused.add(pin)
                raise PinRefused(f"token {source.token}: {type(error).__name__}") from error
            except PKCS11Error:
                raise  # one of the errors below too
            except RuntimeError as error:
                raise KeyUnusable(f"{source.library.name} is no PKCS #11 module") from error
        return self._session

    def _read_chain(self, session: Any) -> CertificateChain:
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.LABEL: self._source.label}
        found = [bytes(one[Attribute.VALUE]) for one in session.get_objects(wanted)]
        if len(found) != 1:
            raise KeyUnusable(
                f"token {self._source.token}: {len(found)} certificates named {self._source.label}"
            )
        load_der_x509_certificate(found[0])
        return CertificateChain(
            certificate=found[0],
            issuers=tuple(_der(path) for path in self._source.chain),
        )

    def _sign(self, session: Any, dtbsr: bytes, mechanism: Mechanism) -> bytes:
        if self._key is None:
            label = self._source.label
            self._key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            self._kind = self._key[Attribute.KEY_TYPE]
        if mechanism == "ecdsa_sha256" and self._kind == pkcs11.KeyType.EC:
            raw = self._key.sign(dtbsr, mechanism=pkcs11.Mechanism.ECDSA)
            return bytes(encode_ecdsa_signature(raw))
        if mechanism == "rsa_sha256" and self._kind == pkcs11.KeyType.RSA:
            return bytes(self._key.sign(SHA256_INFO + dtbsr, mechanism=pkcs11.Mechanism.RSA_PKCS))
        raise KeyUnusable(f"key {self._source.label} does not do {mechanism}")

    def _unavailable(self, error: PKCS11Error) -> KeyUnavailable:
        # These errors often come without a word.
        return KeyUnavailable(f"token {self._source.token}: {type(error).__name__}")


def _session_on(token: Any, pin: str) -> Any:
    try:
        return token.open(user_pin=pin)
    except UserAlreadyLoggedIn:
        # Another key of the same token did: signing in is once per process.
        return token.open()


def _der(path: Path) -> bytes:
    der: bytes = load_certificate(path.read_bytes()).dump()
    return der
