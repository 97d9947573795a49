"""Small secrets as files of this user only, and locks on directories."""

import fcntl
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
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


def take_turn_to_start(keys: Path) -> TextIO:
    """Wait until no other node with these keys is starting, so that each thing is made once.

    Blocks.  The turn ends when the answer is closed.
    """
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (keys / "starting.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def secret(path: Path) -> bytes:
    """The secret in this file, 32 bytes; made when there is none."""
    return kept(path, lambda: secrets.token_bytes(32))


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What this file holds; made when there is none, the same for all who ask at once."""
    if not path.exists():
        half = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        _write_half(half, make())
        with suppress(FileExistsError):  # another node was quicker: its content counts
            path.hardlink_to(half)
        half.unlink()
    return path.read_bytes()


def write_secret(path: Path, content: bytes) -> None:
    """Write it so that only this user reads it, whole or not at all."""
    half = path.with_suffix(".tmp")
    _write_half(half, content)
    half.replace(path)


def _write_half(half: Path, content: bytes) -> None:
    half.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
