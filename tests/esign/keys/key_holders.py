"""One key with each holder: in a file, on a token, at a remote service."""

import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from counter.esign.key_ports import Activation, KeyProvider, Pkcs11Key, Pkcs12File
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.keys_files import load
from counter.esign.keys_pkcs11 import HardwareKey
from counter.esign.ticket import CertificateChain, Mechanism
from tests.esign.csc_fake import CREDENTIAL, OTP, PIN, TOKEN, FakeService, served
from tests.esign.key_rings import PIN as TOKEN_PIN
from tests.esign.key_rings import SOFTHSM, Ring
from tests.esign.key_rings import TOKEN as TOKEN_LABEL

DIGEST = hashlib.sha256(b"signed attributes").digest()
CODES = Activation(pin=PIN, otp=OTP)
PASSPHRASE = "a long one"


def pkcs12_file(one: Ring, directory: Path) -> Pkcs12File:
    path = directory / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal",
            one.key,
            one.certificate,
            list(reversed(one.above)),
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return Pkcs12File(path=path, passphrase=PASSPHRASE)


def hardware_key(one: Ring, *, pin: str = TOKEN_PIN, label: str | None = None) -> HardwareKey:
    return HardwareKey(
        Pkcs11Key(
            library=SOFTHSM,
            token=TOKEN_LABEL,
            label=label or one.kind,
            pin=pin,
            chain=one.files.chain,
        )
    )


@dataclass(slots=True, kw_only=True)
class Remote:
    """A credential at the fake service."""

    key: CscKey
    service: FakeService


class WithCodes:
    """A remote key and the citizen who always types the right codes."""

    def __init__(self, key: KeyProvider) -> None:
        self.key = key

    async def certificates(self) -> CertificateChain:
        return await self.key.certificates()

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        return await self.key.sign(dtbsr, mechanism, CODES)


async def remote_key(one: Ring, version: int, open_: AsyncExitStack) -> Remote:
    service = await open_.enter_async_context(
        served(FakeService(load(one.files), one.mechanism, version))
    )
    session = await open_.enter_async_context(ClientSession())
    return Remote(key=CscKey(session, credential(service)), service=service)


def credential(
    service: FakeService, *, name: str = CREDENTIAL, token: str = TOKEN, patience_s: float = 10.0
) -> Credential:
    return Credential(
        url=service.url,
        version=1 if service.version == 1 else 2,
        credential_id=name,
        access_token=token,
        patience_s=patience_s,
    )


def require_signature(one: Ring, value: bytes, digest: bytes) -> None:
    public = one.certificate.public_key()
    hashed = utils.Prehashed(hashes.SHA256())
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(value, digest, ec.ECDSA(hashed))
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(value, digest, padding.PKCS1v15(), hashed)
