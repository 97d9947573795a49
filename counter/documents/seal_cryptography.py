"""How pictures of papers sent before the visit are encrypted: AES-256-GCM, one key per photograph.

The key is kept in the paper's row, wrapped by the site's key, and nowhere else: with the row goes
whatever is left of the picture, on any disk and in any copy.  The sealed bytes of one photograph
are like those of no other, so nobody else's row ever names them.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from counter.documents.refusals import PaperSealed

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

RandomBytes = Callable[[int], bytes]
"Makes so many unpredictable octets."


class PaperSeal:
    """See `counter.documents.sent_ports.Seal`."""

    def __init__(self, site_key: bytes, random_bytes: RandomBytes) -> None:
        self._site_key = site_key
        self._random_bytes = random_bytes

    def new_key(self, paper_id: str) -> bytes:
        return self._seal(self._site_key, self._random_bytes(KEY_BYTES), paper_id)

    def seal(self, paper_id: str, purpose: str, wrapped_key: bytes, content: bytes) -> bytes:
        return self._seal(self._key(paper_id, wrapped_key), content, f"{paper_id}|{purpose}")

    def open(self, paper_id: str, purpose: str, wrapped_key: bytes, sealed: bytes) -> bytes:
        return _open(self._key(paper_id, wrapped_key), sealed, f"{paper_id}|{purpose}")

    def _key(self, paper_id: str, wrapped_key: bytes) -> bytes:
        return _open(self._site_key, wrapped_key, paper_id)

    def _seal(self, key: bytes, content: bytes, name: str) -> bytes:
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, name.encode())


def _open(key: bytes, sealed: bytes, name: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise PaperSealed(f"{name} was sealed under another key, or changed since") from error
