"""Collects kept bytes that no row names: put, and then the COMMIT that was to name them failed.

Promise: what a row names is never collected, and what is put is not for `GRACE`, within which the
row that names it must be committed; nor is what is older than the store itself, so that a store
that was mistaken for another empties nothing.  One node looks at one of 256 parts at a time.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Integer, Table, update

from counter.store.blobs_aging import OldBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata

GRACE: Final = timedelta(hours=24)
PACE: Final = timedelta(minutes=1)
"One part; all of them take four hours and a quarter."
PARTS: Final = 256

Named = Callable[[Connection, str], set[str]]
"Digests that rows name and that begin with two hexadecimal digits; others do no harm."

blob_round = Table(
    "blob_round",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)
"One row: which part was looked at last, when the next is due, and when the first round was."


class BlobCollector:
    """Runs beside the counter; any node may run one."""

    def __init__(
        self, executor: Executor, root: Path, named: Named, grace: timedelta = GRACE
    ) -> None:
        """named: of all parts together.  grace: longer than any put waits for its COMMIT."""
        self._executor = executor
        self._old = OldBlobs(root)
        self._named = named
        self._grace = grace

    async def round(self, now: datetime) -> int:
        """Look at the next part when it is due; how many were collected."""
        turn = await self._executor.write(next_part, now)
        if turn is None:
            return 0
        part, since = turn
        return await self.collect(f"{part:02x}", since, now)

    async def collect(self, part: str, since: datetime, now: datetime) -> int:
        """Collect among the digests that begin with these two digits; how many went.

        since: what was put before is left alone.
        """
        # In this order: what was put before the horizon was committed before the rows are read.
        horizon = await asyncio.to_thread(self._old.horizon, self._grace)
        await asyncio.to_thread(self._old.mend, horizon)
        old = await asyncio.to_thread(self._old.listed, part, since.timestamp(), horizon)
        if not old:
            return 0
        named = await self._executor.read(self._named, part)
        nameless = [sha256 for sha256 in old if sha256 not in named]
        gone = await asyncio.to_thread(self._old.drop, nameless, horizon)
        if gone:
            await self._executor.write(_note, gone, now)
        return gone


def next_part(conn: Connection, now: datetime) -> tuple[int, datetime] | None:
    """The part whose turn it is, given to one node, and `since`; None: it is not time yet."""
    first = insert_for(conn, blob_round).values(one=1, part=PARTS - 1, due_at=now, since=now)
    conn.execute(first.on_conflict_do_nothing(index_elements=["one"]))
    row = conn.execute(
        update(blob_round)
        .where(blob_round.c.one == 1, blob_round.c.due_at <= now)
        .values(part=(blob_round.c.part + 1) % PARTS, due_at=now + PACE)
        .returning(blob_round.c.part, blob_round.c.since)
    ).one_or_none()
    return None if row is None else (row.part, row.since)


def _note(conn: Connection, gone: int, now: datetime) -> None:
    record(
        conn,
        actor="counter:collector",
        action="bytes.collected",
        subject="store:blobs",
        facts={"count": gone},
        now=now,
    )
