"""The counter's clock and its chance: made here, handed to everything else."""

import secrets
import uuid
from datetime import UTC, datetime


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh identifier, 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_token() -> str:
    """A fresh secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def random_bytes(count: int) -> bytes:
    """So many unpredictable octets."""
    return secrets.token_bytes(count)


def random32() -> int:
    """An unpredictable 32-bit number."""
    return secrets.randbits(32)
