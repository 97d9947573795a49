"""Keys of every kind under the development authority: files, an HSM of software, a service."""

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, CertificateType, ObjectClass

from counter.esign.key_ports import KeyFiles
from counter.esign.pki_development import DevelopmentPki
from counter.esign.ticket import Mechanism
from tests.esign.moment import NOW

TOKEN, PIN = "dept", "5678"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
DER = serialization.Encoding.DER


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A key, its certificate, and the authorities above."""

    kind: str
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate
    above: list[x509.Certificate]
    "The issuing authority, then the root."
    files: KeyFiles

    @property
    def mechanism(self) -> Mechanism:
        return "ecdsa_sha256" if self.kind == "ec" else "rsa_sha256"


def ring(kind: str, directory: Path, pki: DevelopmentPki, now: datetime = NOW) -> Ring:
    """Make a key of `ec` (P-256) or `rsa` (3072 bits) and have it certified."""
    witness = pki.witness
    issuing = witness.chain[0]
    issuer = x509.load_pem_x509_certificate(issuing.read_bytes())
    root = x509.load_pem_x509_certificate(pki.roots[0].read_bytes())
    above = serialization.load_pem_private_key(issuing.with_suffix(".key").read_bytes(), None)
    assert isinstance(above, ec.EllipticCurvePrivateKey)
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(65537, 3072)
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test {kind}")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False),
            critical=True,
        )
        .sign(above, hashes.SHA256())
    )
    files = KeyFiles(
        key=directory / f"{kind}.key", certificate=directory / f"{kind}.crt", chain=(issuing,)
    )
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Ring(kind=kind, key=key, certificate=certificate, above=[issuer, root], files=files)


def plant(rings: list[Ring]) -> None:
    """Put keys and certificates into a new token of SoftHSM2; its own settings say where."""
    tool("--init-token", "--free", "--label", TOKEN, "--so-pin", "1234", "--pin", PIN)
    for number, one in enumerate(rings, start=1):
        where = ("--token", TOKEN, "--label", one.kind, "--id", f"0{number}", "--pin", PIN)
        tool("--import", str(one.files.key), *where)
    token = pkcs11.lib(str(SOFTHSM)).get_token(token_label=TOKEN)
    with token.open(user_pin=PIN, rw=True) as session:
        for number, one in enumerate(rings, start=1):
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.LABEL: one.kind,
                    Attribute.ID: bytes([number]),
                    Attribute.SUBJECT: one.certificate.subject.public_bytes(),
                    Attribute.VALUE: one.certificate.public_bytes(DER),
                }
            )


def tool(*words: str) -> None:
    subprocess.run(["softhsm2-util", *words], check=True, capture_output=True, timeout=60)
