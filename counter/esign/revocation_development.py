"""CRLs of the development authorities, signed when they are asked for: no network, no addresses.

They are always empty: who tries the counter out revokes nobody.  What becomes of revoked
certificates is tested with a whole PKI (`tests/esign/trust_services.py`).
"""

import asyncio
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from counter.esign.key_ports import KeyFiles
from counter.esign.pki_development import DevelopmentPki
from counter.esign.revocation import Evidence, Kind, Link
from counter.esign.signing_refusals import EvidenceUnavailable

LIFE = timedelta(days=1)


class DevelopmentRevocation:
    """`counter.esign.archive_ports.RevocationSource` with the authorities' own keys."""

    def __init__(self, pki: DevelopmentPki) -> None:
        authorities = (*pki.seal.chain, *pki.roots)
        self._authorities = [
            _authority(KeyFiles(key=path.with_suffix(".key"), certificate=path, chain=()))
            for path in authorities
        ]

    def address(self, kind: Kind, link: Link) -> str | None:
        """Only CRLs; the name stands for an address."""
        return "development" if kind == "crl" else None

    async def fetch(self, kind: Kind, address: str, link: Link, now: datetime) -> Evidence:
        """Sign one.  Raises `EvidenceUnavailable` for a certificate of another authority's."""
        for certificate, key in self._authorities:
            if certificate.public_bytes(serialization.Encoding.DER) == link.issuer:
                return await asyncio.to_thread(_signed, certificate, key, now)
        raise EvidenceUnavailable("not a development authority's certificate")


def _authority(files: KeyFiles) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # pki_development made it
    return x509.load_pem_x509_certificate(files.certificate.read_bytes()), key


def _signed(
    certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, now: datetime
) -> Evidence:
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now)
        .next_update(now + LIFE)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return Evidence(
        kind="crl",
        der=made.public_bytes(serialization.Encoding.DER),
        made_at=now,
        next_update=now + LIFE,
        fetched_at=now,
    )
