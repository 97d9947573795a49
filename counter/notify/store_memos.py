"""The memos of citizens: commands and queries, one transaction each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from counter.notify.store_tables import memo
from counter.store.executor import Executor
from counter.store.metadata import insert_for

NEWEST = 100
KEPT_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """One thing that the app tells one person."""

    id: int
    kind: str
    ref: str
    body: dict[str, Any]
    made_at: datetime
    read: bool


class SqlMemos:
    """Memos for the app's pages.  person: a pseudonym, 64 hex digits."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def of(self, person: str) -> list[Memo]:
        """The newest hundred, newest first."""
        return await self._executor.read(memos_of, person)

    async def unread(self, person: str) -> int:
        """How many were not read yet."""
        return await self._executor.read(unread_of, person)

    async def read_until(self, person: str, memo_id: int, now: datetime) -> None:
        """Mark as read what was on the page: all up to this one."""
        await self._executor.write(read_until, person, memo_id, now)


def keep(
    conn: Connection,
    person: str,
    notice: str,
    kind: str,
    ref: str,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep a memo; the same notice again makes no second one."""
    conn.execute(
        insert_for(conn, memo)
        .values(
            person_key=person,
            notice=notice,
            kind=kind,
            ref=ref,
            body=dict(body),
            made_at=now,
        )
        .on_conflict_do_nothing(index_elements=["notice"])
    )


def memos_of(conn: Connection, person: str) -> list[Memo]:
    """The newest of a person's, newest first."""
    rows = conn.execute(
        select(memo).where(memo.c.person_key == person).order_by(memo.c.id.desc()).limit(NEWEST)
    )
    return [
        Memo(
            id=row.id,
            kind=row.kind,
            ref=row.ref,
            body=row.body,
            made_at=row.made_at,
            read=row.read_at is not None,
        )
        for row in rows
    ]


def unread_of(conn: Connection, person: str) -> int:
    """How many of a person's were not read yet."""
    unread = select(func.count()).where(memo.c.person_key == person, memo.c.read_at.is_(None))
    return int(conn.execute(unread).scalar_one())


def read_until(conn: Connection, person: str, memo_id: int, now: datetime) -> None:
    """Mark a person's memos up to `memo_id` as read; harmless when repeated."""
    conn.execute(
        update(memo)
        .where(memo.c.person_key == person, memo.c.id <= memo_id, memo.c.read_at.is_(None))
        .values(read_at=now)
    )


def tidy(conn: Connection, now: datetime) -> None:
    """Forget what is old."""
    conn.execute(delete(memo).where(memo.c.made_at < now - KEPT_FOR))
