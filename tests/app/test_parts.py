"""What the services of a node are made of, where another choice would be seen by nobody else."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from counter.app import paper_parts
from counter.app import parts as composition
from counter.app.parts import open_parts
from counter.app.store import open_store
from counter.documents.scan_pool import ScanPool
from counter.esign.store_tables import esign_revision
from counter.settings.node import Settings
from counter.store.alerts import open_alerts
from counter.store.blobs_collecting import Turn

FIRST = Turn(part="00", lap=0, since=datetime(2026, 11, 30, tzinfo=UTC))


def is_first(digest: str) -> bool:
    return digest.startswith(FIRST.part) and FIRST.includes(digest)


class Pool(ScanPool):
    """Knows whether it was closed; none of its processes is ever needed here."""

    closed = False

    async def close(self) -> None:
        self.closed = True
        await super().close()


class NoMedia:
    """A media plane that is not there, and is asked for nothing."""

    calls = ()
    on_gone: Any = None

    def __getattr__(self, name: str) -> str:
        return name

    async def start(self) -> None:
        """Nothing."""

    async def stop(self) -> None:
        """Nothing."""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Sockets live below it, and the path of a socket is short."""
    made = Path(tempfile.mkdtemp(prefix="rvc-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


async def test_who_compares_sheets_holds_up_no_photograph_and_no_preview(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool looks at one picture at a time, and comparing takes seconds."""
    monkeypatch.setattr(paper_parts, "ScanPool", Pool)
    monkeypatch.setattr(composition, "media_pool", lambda *_: (NoMedia(), None))
    settings = Settings(data=directory)
    async with AsyncExitStack() as closing:
        store = await open_store(settings, closing)
        made = await open_parts(settings, store, lambda: False, closing)
        comparer = made.documents._comparer
        assert isinstance(comparer, Pool)
        others = (
            made.scanner,
            made.documents._scanner,
            made.documents._turner,
            made.previews._previewer,
        )
        assert all(isinstance(one, Pool) and one is not comparer for one in others)
        assert not comparer.closed
        assert made.own_forms._press is not made.studio._own, "no preview holds up a form"
    assert comparer.closed, "its process would outlive the node"


async def test_a_node_tells_of_a_finished_document_that_was_edited_on_the_disk(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_parts, "ScanPool", Pool)
    monkeypatch.setattr(composition, "media_pool", lambda *_: (NoMedia(), None))
    # Of the part whose turn is the first, in its first lap.
    number = next(n for n in count() if is_first(sha256(b"%d" % n).hexdigest()))
    content = b"%d" % number
    settings = Settings(data=directory)
    async with AsyncExitStack() as closing:
        store = await open_store(settings, closing)
        made = await open_parts(settings, store, lambda: False, closing)
        digest = await store.blobs.put(content)

        def row(conn: Connection) -> None:
            conn.execute(
                esign_revision.insert().values(
                    document_id="d-1",
                    sha256=digest,
                    kind="sealed",
                    pages=1,
                    size_bytes=len(content),
                    created_at=FIRST.since,
                )
            )

        await store.executor.write(row)
        store.blobs.path(digest).write_bytes(b"edited")
        await made.collector.round(FIRST.since)
        (told,) = await store.executor.read(open_alerts)
        assert (told.kind, told.subject) == ("bytes.damaged", f"blob:{digest}")
