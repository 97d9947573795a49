"""Data keys of recordings, kept wrapped: only who has the site's key can open one."""

from counter.media.recording_keys_service import OtherKey
from counter.media.seal_cryptography import KEY_BYTES, CannotOpen, RandomBytes, unwrap, wrap


class Vault:
    """Implements `recording_keys_service.Vault`."""

    def __init__(self, site_key: bytes, random_bytes: RandomBytes) -> None:
        self._site_key = site_key
        self._random_bytes = random_bytes

    def new_key(self, recording_id: str) -> bytes:
        """A fresh data key, wrapped."""
        return wrap(self._site_key, self._random_bytes(KEY_BYTES), recording_id, self._random_bytes)

    def open(self, recording_id: str, wrapped: bytes) -> bytes:
        """Raises `OtherKey`."""
        try:
            return unwrap(self._site_key, wrapped, recording_id)
        except CannotOpen as error:
            raise OtherKey(str(error)) from error
