"""The `PrintNotes` port as files: one small one per print, durable when `keep` returns."""

import asyncio
import json
import re
from pathlib import Path
from typing import Final

from counter.errors import BadInput
from counter.terminal.journal_files import sync, write_durably
from counter.terminal.printing import Note, Stage

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
SUFFIX: Final = ".print"


class FilePrintNotes:
    """See `counter.terminal.ports.PrintNotes`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def of(self, print_id: str) -> Note | None:
        return await asyncio.to_thread(self._read, print_id)

    async def keep(self, print_id: str, note: Note) -> None:
        await asyncio.to_thread(self._keep, print_id, note)

    async def forget(self, print_id: str) -> None:
        await asyncio.to_thread(self._path(print_id).unlink, missing_ok=True)

    async def ids(self) -> list[str]:
        found = await asyncio.to_thread(lambda: sorted(self._root.glob(f"*{SUFFIX}")))
        return [path.stem for path in found]

    def _read(self, print_id: str) -> Note | None:
        try:
            said = json.loads(self._path(print_id).read_text())
        except FileNotFoundError:
            return None
        return Note(stage=Stage(said["stage"]), job=said["job"])

    def _keep(self, print_id: str, note: Note) -> None:
        if not self._root.is_dir():
            self._root.mkdir(parents=True, mode=0o700)
            sync(self._root.parent)
        said = json.dumps({"stage": note.stage, "job": note.job})
        write_durably(self._path(print_id), said.encode())

    def _path(self, print_id: str) -> Path:
        if NAME.fullmatch(print_id) is None:
            raise BadInput("a print is called by letters and digits")
        return self._root / f"{print_id}{SUFFIX}"
