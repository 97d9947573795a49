"""Keys from files: PEM for development, PKCS #12 for small sites without an HSM.

The key is parsed once and kept; parsing it at each signature costs 165 times the signature (RSA).
"""

from asn1crypto import pem, x509
from cryptography import x509 as modern
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from counter.esign.key_ports import Activation, KeyFiles, Pkcs12File, SigningKeys
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.ticket import CertificateChain, Mechanism

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

HASHED = utils.Prehashed(hashes.SHA256())


class FileKey:
    """`counter.esign.key_ports.KeyProvider` on a key in memory."""

    def __init__(self, key: object, certificate: modern.Certificate, issuers: list[bytes]) -> None:
        """Raise `KeyUnusable` when they do not belong together: pyHanko would sign all the same."""
        if not isinstance(key, PrivateKey):
            raise KeyUnusable("the key is neither an elliptic-curve nor an RSA key")
        if certificate.public_key() != key.public_key():
            raise KeyUnusable("the key is not that of its certificate")
        self._key = key
        self._chain = CertificateChain(
            certificate=certificate.public_bytes(serialization.Encoding.DER),
            issuers=tuple(issuers),
        )

    async def certificates(self) -> CertificateChain:
        """Who signs."""
        return self._chain

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """Sign a SHA-256.  Raises `KeyUnusable` for a mechanism of another kind of key."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey) and mechanism == "ecdsa_sha256":
            return self._key.sign(dtbsr, ec.ECDSA(HASHED))
        if isinstance(self._key, rsa.RSAPrivateKey) and mechanism == "rsa_sha256":
            return self._key.sign(dtbsr, padding.PKCS1v15(), HASHED)
        raise KeyUnusable(f"this key does not do {mechanism}")


def load(files: KeyFiles) -> FileKey:
    """Read a key and its certificates from PEM.  Raises `KeyUnusable`."""
    try:
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
        certificate = modern.load_pem_x509_certificate(files.certificate.read_bytes())
        issuers = [load_certificate(path.read_bytes()).dump() for path in files.chain]
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(f"{files.key.name}: {type(error).__name__} while reading it") from error
    return FileKey(key, certificate, issuers)


def load_pkcs12(file: Pkcs12File) -> FileKey:
    """Read a key and its certificates from a PKCS #12 file.  Raises `KeyUnusable`."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(
            file.path.read_bytes(), file.passphrase.encode() if file.passphrase else None
        )
    except (OSError, ValueError, TypeError) as error:
        # A wrong passphrase and a broken file look the same from here.
        raise KeyUnusable(f"{file.path.name}: {type(error).__name__} while opening it") from error
    if certificate is None:
        raise KeyUnusable(f"{file.path.name}: has no certificate")
    return FileKey(key, certificate, issuers_of(certificate, others))


def issuers_of(leaf: modern.Certificate, others: list[modern.Certificate]) -> list[bytes]:
    """Of all certificates that came along, DER of those that vouch for `leaf`, nearest first.

    The root is left out: who trusts it has it.
    """
    found: list[bytes] = []
    below, left = leaf, list(others)
    while below.issuer != below.subject:
        above = next((one for one in left if one.subject == below.issuer), None)
        if above is None or above.issuer == above.subject:
            break
        left.remove(above)  # authorities may vouch for each other, in a circle
        found.append(above.public_bytes(serialization.Encoding.DER))
        below = above
    return found


def load_certificate(content: bytes) -> x509.Certificate:
    """A certificate from PEM."""
    _, _, der = pem.unarmor(content)
    return x509.Certificate.load(der)


def roots_of(keys: SigningKeys) -> list[bytes]:
    """Whom we trust about signatures, DER.  Raises `KeyUnusable`."""
    return [load_certificate(path.read_bytes()).dump() for path in keys.roots]
