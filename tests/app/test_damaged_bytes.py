"""Bytes that changed on the disk are given to nobody, and somebody hears of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from counter.app.damaged_bytes import FinishedBytes, WatchedBlobs
from counter.app.kept_bytes import named_bytes
from counter.esign.store_finished import finished_bytes
from counter.esign.store_tables import esign_revision
from counter.store.alerts import open_alerts
from counter.store.blobs_collecting import LAPS, PACE, BlobCollector, Turn
from counter.store.blobs_directory import BlobDamaged
from counter.store.executor import Executor

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class Shelf:
    """A store whose rows name some documents."""

    def __init__(self, executor: Executor, folder: Path, now: datetime) -> None:
        self.executor = executor
        self.now = now
        self.blobs = WatchedBlobs(folder, executor, lambda: now)
        self.finished = FinishedBytes(
            self.blobs, executor, finished_bytes, named_bytes(), lambda: now
        )

    async def document(self, content: bytes, kind: str = "sealed") -> str:
        sha256 = await self.blobs.put(content)

        def row(conn: Connection) -> None:
            conn.execute(
                esign_revision.insert().values(
                    document_id=content.decode(),
                    sha256=sha256,
                    kind=kind,
                    pages=1,
                    size_bytes=len(content),
                    created_at=self.now,
                )
            )

        await self.executor.write(row)
        return sha256

    def edit(self, sha256: str) -> None:
        self.blobs.path(sha256).write_bytes(b"edited")

    async def week(self, sha256: str) -> None:
        """Every turn that this digest's part has in a week."""
        for lap in range(LAPS):
            await self.finished.look(Turn(part=sha256[:2], lap=lap, since=SINCE))

    async def told(self) -> list[tuple[str, str]]:
        return [(one.kind, one.subject) for one in await self.executor.read(open_alerts)]


@pytest.fixture
def shelf(executor: Executor, tmp_path: Path, now: datetime) -> Shelf:
    return Shelf(executor, tmp_path / "blobs", now)


async def test_whoever_reads_what_was_edited_is_refused_and_an_alert_names_it(
    shelf: Shelf,
) -> None:
    sha256 = await shelf.blobs.put(b"a page")
    assert await shelf.blobs.get(sha256) == b"a page"
    assert await shelf.told() == []
    shelf.edit(sha256)
    for _ in range(2):
        with pytest.raises(BlobDamaged):
            await shelf.blobs.get(sha256)
    assert await shelf.told() == [("bytes.damaged", f"blob:{sha256}")]
    assert shelf.blobs.path(sha256).read_bytes() == b"edited", "it is evidence"


class Full:
    """A store that takes nothing."""

    async def write(self, *_: Any) -> None:
        raise OSError("no space left")


async def test_who_reads_hears_of_the_damage_also_when_the_store_takes_no_alert(
    tmp_path: Path, now: datetime
) -> None:
    full: Any = Full()
    blobs = WatchedBlobs(tmp_path, full, lambda: now)
    sha256 = await blobs.put(b"a page")
    blobs.path(sha256).write_bytes(b"")
    with pytest.raises(BlobDamaged):
        await blobs.get(sha256)


@pytest.mark.parametrize("kind", ["sealed", "archived"])
async def test_a_finished_document_that_was_edited_or_is_gone_is_found_unasked(
    shelf: Shelf, kind: str
) -> None:
    good = await shelf.document(b"good", kind)
    edited = await shelf.document(b"edited later", kind)
    gone = await shelf.document(b"gone", kind)
    shelf.edit(edited)
    await shelf.blobs.remove(gone)
    for one in (good, edited, gone):
        await shelf.week(one)
    assert sorted(await shelf.told()) == [
        ("bytes.damaged", f"blob:{edited}"),
        ("bytes.missing", f"blob:{gone}"),
    ]


async def test_each_is_read_once_a_week_and_what_is_not_finished_never(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = await shelf.document(b"finished")
    drawn = await shelf.document(b"drawn", "prepared")
    read: list[str] = []

    async def get(sha256: str) -> bytes:
        read.append(sha256)
        return b""

    monkeypatch.setattr(shelf.blobs, "get", get)
    for one in {finished[:2], drawn[:2]}:
        await shelf.week(one)
    assert read == [finished]


async def test_it_ends_when_the_bytes_are_back_or_nobody_needs_them(shelf: Shelf) -> None:
    mended = await shelf.document(b"mended")
    edited = await shelf.document(b"edited later")
    gone = await shelf.document(b"gone")
    needless = await shelf.blobs.put(b"a page that no row names")
    for one in (mended, edited, needless):
        shelf.edit(one)
        with pytest.raises(BlobDamaged):
            await shelf.blobs.get(one)
    await shelf.blobs.remove(gone)
    await shelf.week(gone)
    assert len(await shelf.told()) == 4
    await shelf.blobs.remove(needless)
    shelf.blobs.path(mended).write_bytes(b"mended")
    for one in (mended, edited, gone, needless):
        # In whichever lap: it takes one time around.
        await shelf.finished.look(Turn(part=one[:2], lap=0, since=SINCE))
    assert sorted(await shelf.told()) == [
        ("bytes.damaged", f"blob:{edited}"),
        ("bytes.missing", f"blob:{gone}"),
    ]
    shelf.blobs.path(gone).write_bytes(b"gone")
    await shelf.week(gone)
    assert await shelf.told() == [("bytes.damaged", f"blob:{edited}")]


async def test_the_collector_s_round_looks_at_the_part_whose_turn_it_is(
    shelf: Shelf, executor: Executor, tmp_path: Path, now: datetime
) -> None:
    looked: list[Turn] = []

    async def look(turn: Turn) -> None:
        looked.append(turn)

    collector = BlobCollector(executor, tmp_path / "blobs", named_bytes(), look=look)
    for at in (now, now, now + PACE):
        await collector.round(at)
    assert [(turn.part, turn.lap) for turn in looked] == [("00", 0), ("01", 0)]
