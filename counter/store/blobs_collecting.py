"""Collects kept bytes that no row names: put, and then the COMMIT that was to name them failed.

Promise: what a row names is never collected, and what is put is not for `GRACE`, within which the
row that names it must be committed; nor is what is older than the store itself, so that a store
that was mistaken for another empties nothing.  One node looks at one of 256 parts at a time; after
it somebody may look at bytes of that part that must not change, at each about once a week.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
LAPS: Final = 40
"After so many times around, about a week, it begins anew."

Named = Callable[[Connection, str], set[str]]
"Digests that rows name and that begin with two hexadecimal digits; others do no harm."


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is to be looked at now."""

    part: str
    "The two hexadecimal digits with which its digests begin."
    lap: int
    "How often all parts were looked at before, 0 to `LAPS` - 1."
    since: datetime
    "What was put before is left alone."

    def includes(self, sha256: str) -> bool:
        """Whether this digest, of this part, is looked at in this lap; in each week it is once."""
        return int(sha256[2:10], 16) % LAPS == self.lap


Look = Callable[[Turn], Awaitable[None]]

blob_round = Table(
    "blob_round",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)
"""One row.  part: which was looked at last, and 256 times the lap.  due_at: of the next.

since: when the first was.
"""


class BlobCollector:
    """Runs beside the counter; any node may run one."""

    def __init__(
        self,
        executor: Executor,
        root: Path,
        named: Named,
        grace: timedelta = GRACE,
        look: Look | None = None,
    ) -> None:
        """named: of all parts together.  grace: longer than any put waits for its COMMIT.

        look: done after each part, by the node whose turn it was.
        """
        self._executor = executor
        self._old = OldBlobs(root)
        self._named = named
        self._grace = grace
        self._look = look

    async def round(self, now: datetime) -> int:
        """Look at the next part when it is due; how many were collected."""
        turn = await self._executor.write(next_part, now)
        if turn is None:
            return 0
        gone = await self.collect(turn.part, turn.since, now)
        if self._look is not None:
            await self._look(turn)
        return gone

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


def next_part(conn: Connection, now: datetime) -> Turn | None:
    """Whose turn it is, given to one node; None: it is not time yet."""
    last = PARTS * LAPS - 1
    first = insert_for(conn, blob_round).values(one=1, part=last, due_at=now, since=now)
    conn.execute(first.on_conflict_do_nothing(index_elements=["one"]))
    row = conn.execute(
        update(blob_round)
        .where(blob_round.c.one == 1, blob_round.c.due_at <= now)
        .values(part=(blob_round.c.part + 1) % (PARTS * LAPS), due_at=now + PACE)
        .returning(blob_round.c.part, blob_round.c.since)
    ).one_or_none()
    if row is None:
        return None
    lap, part = divmod(row.part, PARTS)
    return Turn(part=f"{part:02x}", lap=lap, since=row.since)


def _note(conn: Connection, gone: int, now: datetime) -> None:
    record(
        conn,
        actor="counter:collector",
        action="bytes.collected",
        subject="store:blobs",
        facts={"count": gone},
        now=now,
    )
