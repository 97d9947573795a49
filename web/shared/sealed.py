"""Small data that travels in a cookie and comes back unread and unchanged.

Promise: what a browser returns is what the server gave it, for the same purpose, and not too old;
anything else counts as nothing.  Encrypted, so that a half-filled form is not readable on disk.
So every node can go on with the next page, and no draft of a citizen's is stored on the server.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LONGEST = 3800
"Characters; browsers keep 4096 bytes of a cookie, its name and attributes included."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """AES-256-GCM with one key per purpose, derived from the server's secret."""

    secret: bytes
    random_bytes: Callable[[int], bytes]

    def seal(self, purpose: str, data: dict[str, Any], until: datetime) -> str:
        """Text of at most `LONGEST` characters, safe in a cookie.  Raises `ValueError` above."""
        whole = {"until": until.timestamp(), "data": data}
        # A Chinese letter is three bytes so, not six.
        body = json.dumps(whole, separators=(",", ":"), ensure_ascii=False)
        nonce = self.random_bytes(12)
        sealed = nonce + self._key(purpose).encrypt(nonce, body.encode(), purpose.encode())
        text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        if len(text) > LONGEST:
            raise ValueError(f"{purpose}: {len(text)} characters do not fit into a cookie")
        return text

    def unseal(self, purpose: str, text: str, now: datetime) -> dict[str, Any] | None:
        """What was sealed for this purpose, or None when it is not ours, changed or too old."""
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            opened = self._key(purpose).decrypt(sealed[:12], sealed[12:], purpose.encode())
        except (InvalidTag, ValueError):
            return None
        body = json.loads(opened)
        if datetime.fromtimestamp(body["until"], UTC) <= now:
            return None
        data: dict[str, Any] = body["data"]
        return data

    def _key(self, purpose: str) -> AESGCM:
        return AESGCM(hmac.new(self.secret, b"seal:" + purpose.encode(), hashlib.sha256).digest())
