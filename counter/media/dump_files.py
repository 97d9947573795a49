"""Dumps as files: sealed chunks that are appended, and read back up to the first that is not whole.

Each chunk stands behind its length (4 octets, little-endian).  It is handed to the kernel in one
write, so a process that is killed leaves all chunks whole but the one it was filling; what a power
cut or a full disk tore is recognised by its tag and dropped.
"""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from counter.media.dump import unpacked_entries
from counter.media.seal_cryptography import (
    HEAD_BYTES,
    MAGIC_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    CannotOpen,
    FileSeal,
    RandomBytes,
)

MAGIC: Final = b"RVCDUMP1"
SUFFIX: Final = ".dump"
MAX_CHUNK_BYTES: Final = 32 * 1024 * 1024

_LENGTH: Final = struct.Struct("<I")


def dump_name(recording_id: str, leg_id: str) -> str:
    """What a dump is sealed under: it cannot be passed off as another leg's or recording's."""
    return f"{recording_id}|{leg_id}"


class DumpWriter:
    """One leg's dump, open for appending."""

    def __init__(
        self, path: Path, data_key: bytes, recording_id: str, leg_id: str, random: RandomBytes
    ) -> None:
        """Raises `FileExistsError`: a dump is never written over."""
        self.written_bytes = 0
        self._seal = FileSeal(data_key, MAGIC, random(SALT_BYTES), dump_name(recording_id, leg_id))
        self._number = 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(path, flags, 0o600)
        self._write(self._seal.head)

    def append(self, plain: bytes) -> None:
        """Seal the next chunk and hand it to the kernel; the interpreter is free meanwhile.

        Raises `OSError`; nothing may be appended after that.
        """
        chunk = self._seal.seal(self._number, plain)
        self._number += 1
        self._write(_LENGTH.pack(len(chunk)) + chunk)

    def _write(self, sealed: bytes) -> None:
        view = memoryview(sealed)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.written_bytes += len(sealed)

    def close(self) -> None:
        os.close(self._descriptor)


class DumpReader:
    """What a dump still says.  Can be read more than once."""

    def __init__(self, path: Path, data_key: bytes, recording_id: str, leg_id: str) -> None:
        self.torn_bytes = 0
        "At the end, of a chunk that is not whole.  Known after `entries` was read to the end."
        self._path = path
        self._key = data_key
        self._name = dump_name(recording_id, leg_id)

    def entries(self) -> Iterator[tuple[float, bytes]]:
        """Times and entries up to the first chunk that is not whole; raises nothing for that.

        Raises `CannotOpen` when already the first chunk does not open: the key is another one.
        """
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            if len(head) < HEAD_BYTES or head[:MAGIC_BYTES] != MAGIC:
                self.torn_bytes = size
                return
            seal = FileSeal(self._key, MAGIC, head[MAGIC_BYTES:], self._name)
            number, good = 0, HEAD_BYTES
            while True:
                chunk = _next_chunk(file.read(_LENGTH.size), size - good, file.read)
                if chunk is None:
                    break
                try:
                    plain = seal.open(number, chunk)
                except CannotOpen:
                    if number == 0:
                        raise
                    break
                number += 1
                good += _LENGTH.size + len(chunk)
                yield from unpacked_entries(plain)
            self.torn_bytes = size - good


def _next_chunk(head: bytes, left: int, read: Callable[[int], bytes]) -> bytes | None:
    """None: there is no whole one.  left: octets of the file from `head` on."""
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if not TAG_BYTES <= length <= min(MAX_CHUNK_BYTES, left - _LENGTH.size):
        return None
    chunk = read(length)
    return chunk if len(chunk) == length else None
