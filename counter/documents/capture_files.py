"""Photographs that have come up in part: one file each, whose length is how far it has come.

Not synced on purpose: written bytes survive the death of this process, and a power cut costs a
second sending, not a page, because the terminal keeps the photograph until it is stored and the
digest is compared before anything is believed.  A lock of the file's own keeps two nodes, or two
requests, from writing at once.
"""

import asyncio
import fcntl
import os
from collections.abc import Collection
from pathlib import Path

from counter.documents.refusals import CaptureOffset
from counter.errors import Busy

MODE = 0o600


class CaptureFiles:
    """See `counter.documents.capture_ports.CaptureBytes`.

    root: a directory that every node reaches.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def size(self, capture_id: str) -> int:
        """How many bytes there are; 0 when none came."""
        return await asyncio.to_thread(self._size, capture_id)

    async def append(self, capture_id: str, offset: int, chunk: bytes) -> int:
        """Write `chunk` at `offset`, which must be the end; the new end.

        Raises `CaptureOffset` when the end is elsewhere, `Busy` while somebody else writes.
        """
        return await asyncio.to_thread(self._append, capture_id, offset, chunk)

    async def read(self, capture_id: str) -> bytes:
        """All that there is."""
        return await asyncio.to_thread(self._read, capture_id)

    async def remove(self, capture_id: str) -> None:
        """Forget it; harmless when there is nothing."""
        await asyncio.to_thread(self._path(capture_id).unlink, missing_ok=True)

    async def names(self) -> Collection[str]:
        """Of which captures there are bytes."""
        return await asyncio.to_thread(self._names)

    def _path(self, capture_id: str) -> Path:
        return self._root / f"{capture_id}.part"

    def _size(self, capture_id: str) -> int:
        try:
            return self._path(capture_id).stat().st_size
        except FileNotFoundError:
            return 0

    def _read(self, capture_id: str) -> bytes:
        try:
            return self._path(capture_id).read_bytes()
        except FileNotFoundError:
            return b""

    def _append(self, capture_id: str, offset: int, chunk: bytes) -> int:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = os.open(self._path(capture_id), os.O_RDWR | os.O_CREAT, MODE)
        try:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as held:
                raise Busy(f"capture {capture_id} is being written by another request") from held
            end = os.fstat(number).st_size
            if end != offset:
                raise CaptureOffset(f"capture {capture_id} ends at {end}, not at {offset}")
            rest = memoryview(chunk)
            while rest:
                written = os.pwrite(number, rest, end)
                rest, end = rest[written:], end + written
            return end
        finally:
            os.close(number)

    def _names(self) -> list[str]:
        return [path.stem for path in self._root.glob("*.part")]
