"""Certificates of whatever name, that nobody trusts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.esign.conftest import NOW

OIDS = {
    "common_name": NameOID.COMMON_NAME,
    "given_name": NameOID.GIVEN_NAME,
    "surname": NameOID.SURNAME,
    "serial_number": NameOID.SERIAL_NUMBER,
    "country_name": NameOID.COUNTRY_NAME,
}


STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")


def certified(
    said: Mapping[str, str], *, policies: Sequence[str] = (), statements: bytes | None = None
) -> bytes:
    """Return a certificate with this subject, DER, signed by itself.

    statements: the value of the extension.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(OIDS[kind], text) for kind, text in said.items()])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    if policies:
        under = [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in policies]
        builder = builder.add_extension(x509.CertificatePolicies(under), critical=False)
    if statements is not None:
        extension = x509.UnrecognizedExtension(STATEMENTS, statements)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
