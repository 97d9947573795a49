"""A finished recording at rest: chunks of 1 MiB, each sealed, that read like one plain file.

What writes a container goes back to its beginning at the end, and nowhere else; so the first chunk
is kept in memory until then, every chunk is sealed once, and plain octets never reach the disk.
"""

import io
import os
from pathlib import Path
from typing import Any, Final

from counter.media.seal_cryptography import (
    HEAD_BYTES,
    MAGIC_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    CannotOpen,
    FileSeal,
    RandomBytes,
)

MAGIC: Final = b"RVCFILE1"
CHUNK_BYTES: Final = 1024 * 1024
SLOT_BYTES: Final = CHUNK_BYTES + TAG_BYTES


class SealedWriter:
    """A file object for a muxer: written in order, with the first chunk open for changes."""

    def __init__(self, path: Path, data_key: bytes, name: str, random_bytes: RandomBytes) -> None:
        """name: must be given again to read it.  Raises `FileExistsError`."""
        self._seal = FileSeal(data_key, MAGIC, random_bytes(SALT_BYTES), name)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._first = bytearray()
        self._tail = bytearray()
        "Behind the first chunk, from `_number` on."
        self._number = 1
        self._at = 0
        self._size = 0
        os.pwrite(self._descriptor, self._seal.head, 0)

    def write(self, data: Any) -> int:
        octets = memoryview(data).cast("B")
        length = len(octets)
        if self._at < self._size:
            if self._at + length > len(self._first):
                raise io.UnsupportedOperation("only the first chunk can be changed")
            self._first[self._at : self._at + length] = octets
        else:
            room = CHUNK_BYTES - len(self._first)
            self._first += octets[:room]
            self._tail += octets[room:]
            self._size += length
            while len(self._tail) > CHUNK_BYTES:  # one chunk stays: it may be the last
                self._put(self._number, self._tail[:CHUNK_BYTES])
                self._number += 1
                del self._tail[:CHUNK_BYTES]
        self._at += length
        return length

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if not 0 <= start + offset <= self._size:
            raise io.UnsupportedOperation("there is nothing yet")
        self._at = start + offset
        return self._at

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """Seal what is left; durable when this returns."""
        if self._tail:
            self._put(0, self._first)
            self._put(self._number, self._tail, last=True)
        else:
            self._put(0, self._first, last=True)
        os.fsync(self._descriptor)
        os.close(self._descriptor)

    def _put(self, number: int, plain: bytearray, *, last: bool = False) -> None:
        sealed = memoryview(self._seal.seal(number, bytes(plain), last=last))
        at = HEAD_BYTES + number * SLOT_BYTES
        while sealed:
            written = os.pwrite(self._descriptor, sealed, at)
            at += written
            sealed = sealed[written:]


class SealedReader:
    """The plain file, for reading anywhere in it."""

    def __init__(self, path: Path, data_key: bytes, name: str) -> None:
        """Raises `CannotOpen` for another key or name, and for a file that was cut."""
        self._file = path.open("rb")
        sealed = os.fstat(self._file.fileno()).st_size - HEAD_BYTES
        head = self._file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or head[:MAGIC_BYTES] != MAGIC or sealed < TAG_BYTES:
            self._file.close()
            raise CannotOpen("not a sealed recording")
        self._chunks = -(-sealed // SLOT_BYTES)
        self.size = sealed - self._chunks * TAG_BYTES
        "Plain octets."
        self._seal = FileSeal(data_key, MAGIC, head[MAGIC_BYTES:], name)
        self._at = 0
        self._open_number = -1
        self._open = b""
        try:
            self._chunk(self._chunks - 1)
        except CannotOpen:
            self._file.close()
            raise

    def read(self, count: int = -1) -> bytes:
        """Raises `CannotOpen` where the file was changed."""
        end = self.size if count < 0 else min(self.size, self._at + count)
        parts = []
        while self._at < end:
            number, inside = divmod(self._at, CHUNK_BYTES)
            part = self._chunk(number)[inside : inside + end - self._at]
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()

    def _chunk(self, number: int) -> bytes:
        if number != self._open_number:
            self._file.seek(HEAD_BYTES + number * SLOT_BYTES)
            sealed = self._file.read(SLOT_BYTES)
            self._open = self._seal.open(number, sealed, last=number == self._chunks - 1)
            self._open_number = number
        return self._open
