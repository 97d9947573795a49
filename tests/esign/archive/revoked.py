"""Lists of revoked certificates that name one more."""

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import (
    CertificateRevocationListBuilder,
    InvalidityDate,
    RevokedCertificate,
    RevokedCertificateBuilder,
    load_der_x509_crl,
    load_pem_x509_certificate,
)

from counter.esign.revocation import Proof
from tests.esign.conftest import NOW
from tests.esign.trust_services import TrustServices


def stolen(services: TrustServices, name: str, revoked: datetime) -> RevokedCertificate:
    """Return the entry that says so of a leaf: the day before NOW."""
    theirs = load_pem_x509_certificate(services.files(name).certificate.read_bytes())
    entry = RevokedCertificateBuilder().serial_number(theirs.serial_number)
    since = InvalidityDate(NOW - timedelta(days=1))
    return entry.revocation_date(revoked).add_extension(since, critical=False).build()


def with_entry(
    services: TrustServices,
    proof: Proof,
    entry: RevokedCertificate,
    now: datetime,
    authority: str = "issuing",
) -> Proof:
    """Return the proofs with this entry on the list of an authority."""
    where = services.roots[0].with_name(f"{authority}.crt")
    key = load_pem_private_key(
        (where.parent / "keys" / f"{authority}.pem").read_bytes(), password=None
    )
    assert isinstance(key, EllipticCurvePrivateKey)
    lists = []
    for der in proof.crls:
        old = load_der_x509_crl(der)
        if old.issuer == load_pem_x509_certificate(where.read_bytes()).subject:
            made = CertificateRevocationListBuilder(
                old.issuer, now, now + timedelta(days=1), list(old.extensions)
            ).add_revoked_certificate(entry)
            der = made.sign(key, SHA256()).public_bytes(Encoding.DER)
        lists.append(der)
    return replace(proof, crls=tuple(lists))
