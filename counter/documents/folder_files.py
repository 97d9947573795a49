"""Folders of cases on a disk: whole or not at all, and the same again is free.

Written beside under a hidden name, each file and directory synced, renamed, the directory synced:
who looks at the shelf never sees half a folder, whenever the power is cut.
"""

import asyncio
import errno
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from counter.documents.folder import MANIFEST
from counter.documents.handover import FolderDiffers, Frozen
from counter.ids import NewId

_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
_HALF = ".half"
_LEFT_OVER_S = 3600.0
"Nobody works so long at one folder; what is younger may be another node's, which is slow."


class DirectoryShelf:
    """See `counter.documents.folder_ports.Shelf`."""

    def __init__(self, root: Path, new_id: NewId) -> None:
        self._root = root
        self._new_id = new_id

    async def has(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> bool:
        manifest = await read(frozen.manifest_sha256)
        if not await asyncio.to_thread(self._root.is_dir):
            raise FileNotFoundError(errno.ENOENT, "the directory for folders is away")
        paths = [path for path, _ in frozen.files]
        return await asyncio.to_thread(_is_there, self._root / frozen.name, manifest, paths)

    async def put(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> None:
        target = self._root / frozen.name
        manifest = await read(frozen.manifest_sha256)
        paths = [path for path, _ in frozen.files]
        if await asyncio.to_thread(_is_there, target, manifest, paths):
            return
        half = self._root / f".{frozen.name}.{self._new_id()}{_HALF}"
        await asyncio.to_thread(_begin, self._root, half)
        try:
            for path, sha256 in frozen.files:
                await asyncio.to_thread(_write, _below(half, path), await read(sha256))
            await asyncio.to_thread(_finish, half, target, paths)
        except OSError as taken:
            await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
            # Another node was quicker: what it put there is what we were to put.
            if taken.errno in _TAKEN and await asyncio.to_thread(
                _is_there, target, manifest, paths
            ):
                return
            raise
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
            raise


def _is_there(target: Path, manifest: bytes, paths: Sequence[str]) -> bool:
    """Raises `FolderDiffers` when something else, or less, has this name."""
    if not target.exists():
        return False
    try:
        same = (target / MANIFEST).read_bytes() == manifest
    except FileNotFoundError:
        same = False
    if not same:
        raise FolderDiffers(f"{target.name} is there with another manifest")
    if _missing(target, paths):
        raise FolderDiffers(f"{target.name} is there without some of its files")
    return True


def _missing(folder: Path, paths: Sequence[str]) -> int:
    return sum(not _below(folder, path).is_file() for path in paths)


def _begin(root: Path, half: Path) -> None:
    """A fresh place, and away with what attempts that were cut off have left, of any case.

    How old they are is told by the clock of the disk that they lie on.
    """
    half.mkdir(mode=0o750)
    now = half.stat().st_mtime
    for old in root.glob(f".*{_HALF}"):
        with suppress(FileNotFoundError):
            if old.stat().st_mtime < now - _LEFT_OVER_S:
                shutil.rmtree(old, ignore_errors=True)


def _below(folder: Path, path: str) -> Path:
    """Raises `ValueError` for a way out."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/"):
        raise ValueError("a file of a folder lies below it")
    return folder.joinpath(*parts)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with file.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _finish(half: Path, target: Path, paths: Sequence[str]) -> None:
    """Raises `FileNotFoundError` when somebody took a part of it away meanwhile."""
    if missing := _missing(half, paths):
        raise FileNotFoundError(errno.ENOENT, f"{missing} files of a half folder are gone")
    for folder in sorted((one for one in half.rglob("*") if one.is_dir()), reverse=True):
        _sync(folder)
    _sync(half)
    half.rename(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
