"""Passphrases with Argon2id (RFC 9106), parameters of the security design."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passphrases:
    """See `counter.identity.ports.Passphrases`.  64 MiB and some 100 ms each."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)

    def stored(self, passphrase: str) -> str:
        return self._hasher.hash(passphrase)

    def right(self, passphrase: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, passphrase)
        except (VerificationError, InvalidHashError):
            return False
