"""Whether the key of a recording opens here, and who is told when it does not.

Each recording's key is wrapped by its site's.  Who brought another `keys/recordings.key`, or has
nodes with different ones, is told of each recording that cannot be read; the others are.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

log = logging.getLogger(__name__)


class OtherKey(Exception):
    """The key of a recording was wrapped by another site's key than the one that is here."""


class Vault(Protocol):
    """Keys."""

    def new_key(self, recording_id: str) -> bytes:
        """A fresh one, wrapped."""
        ...

    def open(self, recording_id: str, wrapped: bytes) -> bytes:
        """Raises `OtherKey`."""
        ...


class Lockable(Protocol):
    """What `Keys` needs of the store."""

    async def lock_out(self, recording_id: str, now: datetime) -> None:
        """Somebody must bring the site's key that its own was wrapped by."""
        ...


class Keys:
    """The keys that open here.  Of each that does not somebody is told, and it is left alone:
    the site's key is another one after a new start at the earliest."""

    def __init__(self, vault: Vault, store: Lockable, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._store = store
        self._clock = clock
        self.locked: set[str] = set()
        "Recordings whose key does not open here."

    async def of(self, recording_id: str, wrapped: bytes) -> bytes | None:
        """The data key; None: it does not open here."""
        if recording_id in self.locked:
            return None
        try:
            return self._vault.open(recording_id, wrapped)
        except OtherKey as error:
            log.error("%s", error)
            await self._store.lock_out(recording_id, self._clock())
            self.locked.add(recording_id)
            return None
