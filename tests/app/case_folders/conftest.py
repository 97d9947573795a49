"""A case with two pages that count, on the real store."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest

from counter.documents.text_process import TesseractReader
from counter.store.executor import Executor
from tests.app.folder_floor import Floor


class ReadsOnce(TesseractReader):
    """The program of this machine, which reads a page once for all of these tests."""

    read: ClassVar[dict[tuple[bytes, float], bytes]] = {}

    async def words(self, page_jpeg: bytes, dpi: float) -> bytes:
        page = (page_jpeg, dpi)
        if page not in self.read:
            self.read[page] = await super().words(page_jpeg, dpi)
        return self.read[page]


@pytest.fixture
async def floor(
    executor: Executor, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Floor]:
    monkeypatch.setattr("counter.app.paper_work.TesseractReader", ReadsOnce)
    made = Floor(executor, tmp_path, now)
    async with AsyncExitStack() as closing:
        await made.open(closing)
        yield made
