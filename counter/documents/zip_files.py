"""A folder as one ZIP, made while it is sent: no copy on the disk, one file in memory at a time.

Nothing is compressed: pictures and PDFs are already.  Equal folders give equal bytes.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from counter.documents.folder import MANIFEST, File, Folder

DAY = (1980, 1, 1, 0, 0, 0)
"The first that a ZIP knows; when things happened is in the manifest."
MODE = 0o640


class _Taken(io.RawIOBase):
    """Takes what is written, to be given away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: object) -> int:
        taken = bytes(part)  # type: ignore[call-overload]  # any buffer, as RawIOBase has it
        self._parts.append(taken)
        return len(taken)

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def zipped(
    folder: Folder, content: Callable[[File], Awaitable[bytes]]
) -> AsyncIterator[bytes]:
    """The bytes of the ZIP, a file at a time; content: the bytes of a file."""
    out = _Taken()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        await asyncio.to_thread(_add, archive, folder.name, MANIFEST, folder.manifest)
        yield out.take()
        for file in folder.files:
            await asyncio.to_thread(_add, archive, folder.name, file.path, await content(file))
            yield out.take()
    yield out.take()


def _add(archive: ZipFile, folder: str, path: str, content: bytes) -> None:
    entry = ZipInfo(f"{folder}/{path}", DAY)
    entry.external_attr = MODE << 16
    archive.writestr(entry, content)
