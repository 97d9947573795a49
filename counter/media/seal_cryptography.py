"""How recordings are encrypted: one data key per recording, one key per file, AES-256-GCM chunks.

The data key is kept wrapped by the site's key and nowhere else in the clear; destroying the
wrapped key destroys the recording, wherever copies of its files lie.  A file begins with 8 octets
that say what it is and a salt of 16; its own key comes from data key and salt by HKDF (RFC 5869),
so that a chunk's number can be its nonce and no nonce is ever used twice under one key.  Number and
"this is the last" are authenticated with each chunk: chunks cannot be moved, left out, or cut off.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
NONCE_BYTES: Final = 12
MAGIC_BYTES: Final = 8
HEAD_BYTES: Final = MAGIC_BYTES + SALT_BYTES

RandomBytes = Callable[[int], bytes]
"Makes so many unpredictable octets."


class CannotOpen(Exception):
    """The key is another one, or the bytes are not those that were sealed."""


class FileSeal:
    """Seals and opens the chunks of one file."""

    def __init__(self, data_key: bytes, magic: bytes, salt: bytes, name: str) -> None:
        """name: what the file is, such as `recording|leg`; it must be opened under the same."""
        if len(data_key) != KEY_BYTES or len(salt) != SALT_BYTES or len(magic) != MAGIC_BYTES:
            raise ValueError("a key, a salt or a magic number of another length")
        self.head = magic + salt
        "What the file begins with."
        derived = HKDF(SHA256(), KEY_BYTES, salt, magic + name.encode()).derive(data_key)
        self._gcm = AESGCM(derived)

    def seal(self, number: int, plain: bytes, *, last: bool = False) -> bytes:
        """The chunk, `TAG_BYTES` longer.  number: from 0; never used twice."""
        return self._gcm.encrypt(number.to_bytes(NONCE_BYTES, "big"), plain, _bound(last))

    def open(self, number: int, sealed: bytes, *, last: bool = False) -> bytes:
        """Raises `CannotOpen`."""
        try:
            return self._gcm.decrypt(number.to_bytes(NONCE_BYTES, "big"), sealed, _bound(last))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(f"chunk {number} is not what was sealed under this key") from error


def _bound(last: bool) -> bytes:
    return b"\1" if last else b"\0"


def wrap(site_key: bytes, data_key: bytes, name: str, random_bytes: RandomBytes) -> bytes:
    """The data key of the recording `name`, sealed by the site's key."""
    nonce = random_bytes(NONCE_BYTES)
    return nonce + AESGCM(site_key).encrypt(nonce, data_key, name.encode())


def unwrap(site_key: bytes, wrapped: bytes, name: str) -> bytes:
    """Raises `CannotOpen`."""
    try:
        return AESGCM(site_key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"the key of recording {name} was wrapped by another key") from error
