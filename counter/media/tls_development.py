"""An authority for the control of media nodes, made here, and certificates of it.

For trying media nodes out, and for whoever has no authority of their own: the key of the authority
gives the right to control all media, so it stays on one counter.
"""

import ipaddress
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from counter.media.mutual_tls import COUNTER, MEDIA, TlsFiles

LIFE: Final = timedelta(days=398)
RENEWED_BEFORE: Final = timedelta(days=30)
KEY_USE: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
PRIVATE: Final = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def counter_files(directory: Path, now: datetime) -> TlsFiles:
    """The counter's own certificate, made when there is none that is good for a month."""
    return certificate_files(directory, "counter", [COUNTER], ExtendedKeyUsageOID.CLIENT_AUTH, now)


def media_files(directory: Path, host: str, now: datetime) -> TlsFiles:
    """The certificate of the media node that counters reach as `host`, to be taken there.

    host: a name or an IP address.
    """
    names = [MEDIA, host]
    return certificate_files(
        directory, f"media-{host}", names, ExtendedKeyUsageOID.SERVER_AUTH, now
    )


def certificate_files(
    directory: Path, stem: str, names: list[str], usage: x509.ObjectIdentifier, now: datetime
) -> TlsFiles:
    """A certificate for these names and this use, made when there is none that is good."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = TlsFiles(
        certificate=directory / f"{stem}.pem",
        key=directory / f"{stem}.key",
        authority=directory / "authority.pem",
    )
    maker_key, maker = _authority(files.authority, now)
    if not _is_good(files.certificate, now) or not files.key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(stem, key, now)
            .issuer_name(maker.subject)
            .add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(maker_key.public_key()),
                critical=False,
            )
            .sign(maker_key, hashes.SHA256())
        )
        _write(files.key, key.private_bytes(*PRIVATE, serialization.NoEncryption()))
        _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return files


def _authority(path: Path, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    secret = path.with_suffix(".key")
    if secret.exists() and _is_good(path, now):
        key = serialization.load_pem_private_key(secret.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, x509.load_pem_x509_certificate(path.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    title = "Control of media"
    certificate = (
        _builder(title, key, now, life=5 * LIFE)
        .issuer_name(_name(title))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(KEY_USE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(secret, key.private_bytes(*PRIVATE, serialization.NoEncryption()))
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def _is_good(certificate: Path, now: datetime) -> bool:
    if not certificate.exists():
        return False
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return now + RENEWED_BEFORE < found.not_valid_after_utc


def _builder(
    title: str, key: ec.EllipticCurvePrivateKey, now: datetime, *, life: timedelta = LIFE
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
    )


def _names(names: list[str]) -> list[x509.GeneralName]:
    made: list[x509.GeneralName] = []
    for name in names:
        try:
            made.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            made.append(x509.DNSName(name))
    return made


def _name(title: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])])


def _write(path: Path, content: bytes) -> None:
    half = path.with_suffix(".tmp")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
