"""The default sink: one JSON file per notice in a directory, for a mail gateway to pick up."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

from counter.notify.notice import Notice


class DirectorySink:
    """See `counter.notify.ports.Sink`.  A repeat overwrites its own file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def deliver(self, notice: Notice) -> None:
        await asyncio.to_thread(self._write, notice)

    def _write(self, notice: Notice) -> None:
        target = self._directory / f"{notice.id}.json"
        text = json.dumps(
            asdict(notice),
            ensure_ascii=False,
            indent=1,
        )
        half = target.with_suffix(".tmp")
        with half.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        half.replace(target)
