"""What identity needs from outside."""

from collections.abc import Callable
from typing import Protocol

NewToken = Callable[[], str]
"A fresh secret of 256 bits, URL-safe."


class Passphrases(Protocol):
    """Makes and checks stored passphrases; slow on purpose, so run off the event loop."""

    def stored(self, passphrase: str) -> str:
        """What may be kept of it."""
        ...

    def right(self, passphrase: str, stored: str) -> bool:
        """Whether this is the passphrase that was stored."""
        ...
