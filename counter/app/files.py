"""Small secrets as files of this user only, and the lock on the data directory."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import TextIO


class AlreadyServed(Exception):
    """Another process serves this data directory."""


def hold_directory(data: Path) -> TextIO:
    """One node per data directory: a second one is refused.  Raises `AlreadyServed`."""
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.close()
        raise AlreadyServed(f"{data} is served by another process; stop it first") from taken
    return lock


def secret(path: Path) -> bytes:
    """The secret in this file, 32 bytes; made when there is none."""
    if not path.exists():
        write_secret(path, secrets.token_bytes(32))
    return path.read_bytes()


def write_secret(path: Path, content: bytes) -> None:
    """Write it so that only this user reads it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_suffix(".tmp")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
