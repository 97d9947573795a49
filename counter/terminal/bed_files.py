"""The `BedPicture` port as one file; nothing of a citizen is in it."""

import asyncio
from pathlib import Path

from counter.terminal.journal_files import write_durably


class FileBedPicture:
    """See `counter.terminal.ports.BedPicture`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def get(self) -> bytes | None:
        return await asyncio.to_thread(self._read)

    async def put(self, still: bytes) -> None:
        await asyncio.to_thread(write_durably, self._path, still)

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
