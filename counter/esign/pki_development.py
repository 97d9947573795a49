"""Certificates and keys for trying the counter out: made at first start, never for production.

A root, an issuing authority, the department's seal, the witness key that seals handwriting, the
key of its agents, and a time-stamping authority.  All P-256.  Every name says "development", so
that nobody takes a paper signed with these for a real one.
Source: RFC 5280 (profile), RFC 3161 2.3 (a TSA's extended key usage is critical and alone).
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from counter.esign.key_ports import KeyFiles, SigningKeys

ROOT = "root"
AUTHORITY_LIFE = timedelta(days=20 * 365)
LEAF_LIFE = timedelta(days=3 * 365)
RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentPki:
    """Where everything lies."""

    witness: KeyFiles
    agent: KeyFiles
    seal: KeyFiles
    tsa: KeyFiles
    roots: tuple[Path, ...]

    @property
    def signing(self) -> SigningKeys:
        """What signs, and whom we trust."""
        return SigningKeys(witness=self.witness, agent=self.agent, seal=self.seal, roots=self.roots)


def ensure(directory: Path, now: datetime) -> DevelopmentPki:
    """Make what is missing or expires within 60 days below `directory`; keep the rest as it is."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = _authority(directory, ROOT, None, now)
    issuing = _authority(directory, "issuing", root, now)
    witness = _leaf(directory, "witness", "Development Witness of Handwriting", issuing, now)
    agent = _leaf(directory, "agent", "Development Agents of the Counter", issuing, now)
    seal = _leaf(directory, "seal", "Development Department Seal", issuing, now)
    tsa = _leaf(directory, "tsa", "Development Time-stamping Authority", issuing, now)
    return DevelopmentPki(
        witness=witness, agent=agent, seal=seal, tsa=tsa, roots=(root.certificate,)
    )


def _authority(directory: Path, name: str, issuer: KeyFiles | None, now: datetime) -> KeyFiles:
    files = _files(directory, name, issuer)
    if not _is_good(files, issuer, now):
        key = ec.generate_private_key(ec.SECP256R1())
        title = f"Development {name.title()} Authority"
        builder = _builder(title, key, now, AUTHORITY_LIFE)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=1 if issuer is None else 0), critical=True
        ).add_extension(_key_usage(signs_certificates=True), critical=True)
        if issuer is None:
            builder = builder.issuer_name(_name(title))
        _issue(files, key, builder, issuer)
    return files


def _leaf(directory: Path, name: str, title: str, issuer: KeyFiles, now: datetime) -> KeyFiles:
    files = _files(directory, name, issuer)
    if not _is_good(files, issuer, now):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(title, key, now, LEAF_LIFE).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        builder = builder.add_extension(_key_usage(commits=name != "tsa"), critical=True)
        if name == "tsa":
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True)
        _issue(files, key, builder, issuer)
    return files


def _files(directory: Path, name: str, issuer: KeyFiles | None) -> KeyFiles:
    is_root = issuer is None or issuer.certificate.stem == ROOT
    return KeyFiles(
        key=directory / f"{name}.key",
        certificate=directory / f"{name}.crt",
        chain=() if is_root or issuer is None else (issuer.certificate, *issuer.chain),
    )


def _is_good(files: KeyFiles, issuer: KeyFiles | None, now: datetime) -> bool:
    """Whether key and certificate are there, belong together and are good for a while."""
    if not (files.key.exists() and files.certificate.exists()):
        return False
    certificate = _certificate(files)
    same = certificate.public_key() == _key(files).public_key()
    if issuer is not None:
        same = same and _issued(certificate, _certificate(issuer))
    return same and certificate.not_valid_after_utc - now > RENEW_BEFORE


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def _builder(
    title: str, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A counter whose clock was set back a little still trusts its own certificates.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(title: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "MO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Remote Video Counter (development)"),
            x509.NameAttribute(NameOID.COMMON_NAME, title),
        ]
    )


def _key_usage(*, signs_certificates: bool = False, commits: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=commits,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _issue(
    files: KeyFiles,
    key: ec.EllipticCurvePrivateKey,
    builder: x509.CertificateBuilder,
    issuer: KeyFiles | None,
) -> None:
    signing_key = key
    if issuer is not None:
        above = _certificate(issuer)
        above_id = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above_id)
        builder = builder.issuer_name(above.subject).add_extension(by, critical=False)
        signing_key = _key(issuer)
    certificate = builder.sign(signing_key, hashes.SHA256())
    _write(
        files.key,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _certificate(files: KeyFiles) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.certificate.read_bytes())


def _key(files: KeyFiles) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # this module made it
    return key


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by nobody else from the first byte on."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
