"""Bytes without a row go after the grace, by whichever node's turn it is; others never."""

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from counter.app.kept_bytes import named_bytes
from counter.documents.store_bundles import keep, page_form
from counter.ids import PageId
from counter.store.blobs_collecting import (
    LAPS,
    PACE,
    PARTS,
    BlobCollector,
    Turn,
    blob_round,
    next_part,
)
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.postgres_pool import PostgresPool
from tests.store.dying_put import CONTENT
from tests.store.test_blobs_aging import age

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def place_of(executor: Executor, folder: Path) -> str:
    if isinstance(executor, PostgresPool):
        url = executor.engine.url.set(drivername="postgresql")
        return url.render_as_string(hide_password=False).removeprefix("postgresql://")
    return str(folder / "counter.sqlite")


async def test_killed_between_put_and_commit_it_goes_after_the_grace_and_nothing_else_does(
    new_executor: Callable[..., Executor], tmp_path: Path, now: datetime
) -> None:
    root = tmp_path / "blobs"
    blobs = DirectoryBlobs(root)
    first = new_executor()
    named = await blobs.put(b"a page with a row")
    await first.write(keep, PageId("page-0"), "words", named, now)
    store = place_of(first, tmp_path)
    await first.close()
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.dying_put", str(root), store, cwd=ROOT
    )
    async with asyncio.timeout(60):
        assert await node.wait() == -9

    executor = new_executor()

    def rows(conn: Connection) -> int:
        return conn.execute(select(func.count()).select_from(page_form)).scalar_one()

    collector = BlobCollector(executor, root, named_bytes())
    orphan = await blobs.put(CONTENT)
    assert await executor.read(rows) == 1
    parts = sorted({orphan[:2], named[:2]})
    for part in parts:
        assert await collector.collect(part, LONG_AGO, now) == 0, "it may be about to be committed"
    age(root)
    gone = [
        await collector.collect(part, LONG_AGO, now) for part in sorted({orphan[:2], named[:2]})
    ]
    assert sum(gone) == 1
    assert await blobs.size(orphan) is None and await blobs.get(named) == b"a page with a row"
    (entry,) = await executor.read(read_all)
    told = json.loads(entry.body)
    assert told["action"] == "bytes.collected" and told["facts"] == {"count": 1}
    assert orphan not in entry.body
    await executor.close()


async def test_each_part_has_its_turn_at_one_node(executor: Executor, now: datetime) -> None:
    turns = await asyncio.gather(*(executor.write(next_part, now) for _ in range(3)))
    assert sorted(turns, key=str) == [None, None, Turn(part="00", lap=0, since=now)]
    seen = []
    for minute in range(PARTS + 1):
        turn = await executor.write(next_part, now + (minute + 1) * PACE)
        assert turn is not None and turn.since == now
        seen.append((turn.lap, turn.part))
    first = [(0, f"{part:02x}") for part in range(1, PARTS)]
    assert seen == [*first, (1, "00"), (1, "01")]


async def test_after_the_last_lap_the_first_begins_again(executor: Executor, now: datetime) -> None:
    def at_the_end(conn: Connection) -> None:
        conn.execute(
            blob_round.insert().values(one=1, part=PARTS * LAPS - 2, due_at=now, since=now)
        )

    await executor.write(at_the_end)
    laps = [await executor.write(next_part, now + minute * PACE) for minute in range(2)]
    assert laps == [
        Turn(part="ff", lap=LAPS - 1, since=now),
        Turn(part="00", lap=0, since=now),
    ]


@given(content=st.binary(max_size=8))
def test_each_digest_has_its_turn_in_one_lap_of_all(content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    turns = [Turn(part=sha256[:2], lap=lap, since=LONG_AGO) for lap in range(LAPS)]
    assert sum(turn.includes(sha256) for turn in turns) == 1


async def test_a_round_looks_at_the_part_whose_turn_it_is_and_at_what_this_store_saw(
    executor: Executor, tmp_path: Path, now: datetime
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    digests = [await blobs.put(b"%d" % number) for number in range(400)]
    begun = datetime(2020, 1, 1, tzinfo=UTC)  # long before the grace, by the disk's clock
    collector = BlobCollector(executor, tmp_path, named_bytes())
    assert await collector.round(begun) == 0
    age(tmp_path, begun - timedelta(seconds=1))
    assert await collector.round(begun + PACE) == 0, "another store's, as far as this one knows"
    age(tmp_path, begun)
    there = sum(one.startswith("02") for one in digests)
    assert await collector.round(begun + 2 * PACE) == there > 0
    assert await collector.round(begun + 2 * PACE) == 0
