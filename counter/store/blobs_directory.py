"""Big bytes kept by their SHA-256 in a directory.

What `put` has answered survives a power cut: written beside, synced, renamed, directory synced.
What `get` answers is what was put, or an alarm; never something else.
"""

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from counter.errors import NotFound, Refusal
from counter.ids import Digest
from counter.store.blobs_aging import ARRIVING, ASIDE

_HEX = frozenset("0123456789abcdef")
COPIED_BYTES: Final = 1024 * 1024


class BlobMissing(NotFound):
    """Nothing is kept under this digest."""

    code = "blob_missing"


class BlobDamaged(Refusal):
    """The bytes on the disk are not those that were put: an alarm for whoever runs the node."""

    code: ClassVar[str] = "blob_damaged"
    status: ClassVar[int] = 500


class DirectoryBlobs:
    """Content-addressed bytes below `root`: `ab/ab12…` for the digest `ab12…`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._arriving = root / ARRIVING

    async def put(self, content: bytes) -> Digest:
        """Keep `content`; durable when this returns.  Putting the same bytes again is free.

        They are kept for `blobs_collecting.GRACE` from now, and for ever when a row names them.
        """
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        """The bytes of this digest.  Raises `BlobMissing`, `BlobDamaged`."""
        return await asyncio.to_thread(self._get, sha256)

    async def take(self, file: Path) -> Digest:
        """Keep a copy of this file, however large; durable when this returns."""
        return await asyncio.to_thread(self._take, file)

    async def size(self, sha256: str) -> int | None:
        """How many bytes are kept under this digest, unread; None: there are none."""
        return await asyncio.to_thread(_size, self.path(sha256))

    async def remove(self, sha256: str) -> None:
        """Keep them no more.  Harmless when they are gone."""
        await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the bytes of this digest lie, or would lie.  Raises `BlobMissing` for no digest."""
        if len(sha256) != 64 or not _HEX.issuperset(sha256):
            raise BlobMissing("not a SHA-256 in lower-case hexadecimal")
        return self._root / sha256[:2] / sha256

    def _put(self, content: bytes) -> Digest:
        sha256 = hashlib.sha256(content).hexdigest()
        if self._is_whole(self.path(sha256), sha256):
            return Digest(sha256)

        def whole(file: BinaryIO) -> str:
            file.write(content)
            return sha256

        return self._arrive(whole)

    def _take(self, source: Path) -> Digest:
        def copy(file: BinaryIO) -> str:
            digest = hashlib.sha256()
            with source.open("rb") as original:
                while part := original.read(COPIED_BYTES):
                    digest.update(part)
                    file.write(part)
            return digest.hexdigest()

        return self._arrive(copy)

    def _arrive(self, write: Callable[[BinaryIO], str]) -> Digest:
        """Let `write` fill a file, and keep it under the digest that it returns."""
        self._make(self._arriving)
        number, name = tempfile.mkstemp(dir=self._arriving)
        try:
            with open(number, "wb") as file:
                sha256 = write(file)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(sha256)
            self._make(target.parent)
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_directory(target.parent)
        return Digest(sha256)

    @staticmethod
    def _make(folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_directory(folder.parent)

    def _get(self, sha256: str) -> bytes:
        content = self._read(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(f"blob {sha256[:12]} has other bytes now; restore it from a copy")
        return content

    def _read(self, sha256: str) -> bytes:
        for file in self._places(sha256):
            with contextlib.suppress(FileNotFoundError):
                return file.read_bytes()
        raise BlobMissing(f"blob {sha256[:12]} is not in this store")

    def _places(self, sha256: str) -> Iterator[Path]:
        """Where they may lie, each looked for when it was not in the one before."""
        yield self.path(sha256)
        # The collector may have it in its hand, and put it back.
        yield from (self._root / ASIDE).glob(f"*/{sha256}")
        yield self.path(sha256)

    @staticmethod
    def _is_whole(target: Path, sha256: str) -> bool:
        """Whether these bytes are kept already; a damaged copy is written again, not trusted.

        They are young from now on.  Who takes old bytes away has not seen it when he has moved them
        already: so they must still be in their place afterwards (`blobs_aging`).
        """
        try:
            with target.open("rb") as file:
                if hashlib.sha256(file.read()).hexdigest() != sha256:
                    return False
                os.utime(file.fileno())
                return os.path.samestat(os.fstat(file.fileno()), target.stat())
        except FileNotFoundError:
            return False


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _sync_directory(folder: Path) -> None:
    """Make the names in `folder` durable (a rename alone is not, fsync(2))."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
