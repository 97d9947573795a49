"""A full disk refuses, loses nothing that was acknowledged, and heals when there is room again."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from counter.errors import StoreUnavailable
from counter.store import journal_sql
from counter.store.session_log import heads, tell
from counter.store.sqlite_lane import SqliteLane

ROOM_PAGES = 40


def at_most(conn: Connection, pages: int) -> None:
    """Give the file so much room, counted from what it has now."""
    now = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    conn.exec_driver_sql(f"PRAGMA max_page_count={now + pages}")


async def test_a_full_disk_refuses_and_heals(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "counter.sqlite"
    shutil.copyfile(sqlite_template, path)
    lane = SqliteLane(path)
    await lane.write(at_most, ROOM_PAGES)
    told = 0

    async def fill() -> None:
        nonlocal told
        for _ in range(ROOM_PAGES * 2):
            await lane.write(tell, "terminal:1", "page.added", {"filler": "x" * 4000}, now)
            told += 1

    with pytest.raises((OperationalError, StoreUnavailable)):
        await fill()
    assert told > 0
    assert await lane.read(heads, ["terminal:1"]) == {"terminal:1": told}
    await lane.write(at_most, 1000)
    assert await lane.write(tell, "terminal:1", "page.added", {}, now) == told + 1
    assert await lane.read(journal_sql.check) == (0, [])
    await lane.close()


async def test_a_batch_whose_commit_fails_is_refused_whole_and_the_lane_goes_on(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "counter.sqlite"
    shutil.copyfile(sqlite_template, path)
    lane = SqliteLane(path)

    def pull_the_rug(conn: Connection) -> int:
        seq = tell(conn, "terminal:1", "page.added", {}, now)
        conn.connection.close()  # what comes next on this connection fails, COMMIT included
        return seq

    with pytest.raises(StoreUnavailable):
        await lane.write(pull_the_rug)
    assert await lane.read(heads, ["terminal:1"]) == {"terminal:1": 0}
    assert await lane.write(tell, "terminal:1", "page.added", {}, now) == 1
    await lane.close()
