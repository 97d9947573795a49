"""A certificate for trying the counter from a second machine of the same network.

Browsers give a page its camera only over https (or on the same machine), so `--lan` needs one.  The
authority's certificate can be imported into a browser, or given to kiosks as a policy.
"""

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=825)
"The longest that browsers accept of a certificate they were told to trust."


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentTls:
    """What a server needs, and what to tell people."""

    context: ssl.SSLContext
    address: str
    "This machine's address in the network."
    authority: Path
    "PEM; import it to trust the counter."


def own_address() -> str:
    """The IPv4 address that this machine is reached by in its network; loopback when alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: chooses a route, sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def ensure_tls(directory: Path, now: datetime) -> DevelopmentTls:
    """The certificate for today's address, made when there is none or the address has changed."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = own_address()
    authority, chain = directory / "authority.pem", directory / f"{address}.pem"
    if not chain.exists() or not _is_good(chain, now):
        _make(authority, chain, address, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(chain)
    return DevelopmentTls(context=context, address=address, authority=authority)


def _is_good(chain: Path, now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    return now + timedelta(days=7) < certificate.not_valid_after_utc


def _make(authority: Path, chain: Path, address: str, now: datetime) -> None:
    root_key, root = _authority(authority, now)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.DNSName("localhost"),
        x509.DNSName(socket.gethostname()),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address(address)),
    ]
    certificate = (
        _builder("Development counter", key, now)
        .issuer_name(root.subject)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    _write(chain, certificate.public_bytes(serialization.Encoding.PEM) + _pem(key))


def _authority(path: Path, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    secret = path.with_suffix(".key")
    if path.exists() and secret.exists() and _is_good(path, now):
        key = serialization.load_pem_private_key(secret.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, x509.load_pem_x509_certificate(path.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    title = "Development counter authority"
    certificate = (
        _builder(title, key, now)
        .issuer_name(_name(title))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(secret, _pem(key))
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def _builder(title: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE - timedelta(days=2))
    )


def _name(title: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    half = path.with_suffix(".tmp")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
