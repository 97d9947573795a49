"""The journal's rows.  Written in the transaction of the change they record, never after it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from counter.journal import GENESIS, Entry, Fault, next_entry, verify
from counter.store.metadata import insert_for, metadata
from counter.store.turn import take_turn

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("leaf", String(64), nullable=False, unique=True),
)


class _SubjectOf(FunctionElement[str]):
    """The subject in a body; written into the statement, for an index knows no parameters."""

    inherit_cache = True
    type = String()


@compiles(_SubjectOf, "sqlite")
def _in_sqlite(element: _SubjectOf, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **how)}, '$.subject')"


@compiles(_SubjectOf, "postgresql")
def _in_postgresql(element: _SubjectOf, compiler: SQLCompiler, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)}::json ->> 'subject')"


Index("ix_journal_entry_subject", _SubjectOf(journal_entry.c.body))
"Of the bodies themselves: a column beside them would be no part of the chain."

journal_head = Table(
    "journal_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("leaf", String(64), nullable=False),
)
"One row.  Its lock puts writers on PostgreSQL in line; its leaf shows a cut tail."

PAGE = 1000
"Entries that are read at once where all are."

# Made once: a statement costs more to make than to carry out, and this is part of every command.
_HEAD = select(journal_head).with_for_update()
_APPEND = journal_entry.insert()
_MOVE = update(journal_head).values(seq=bindparam("last_seq"), leaf=bindparam("last_leaf"))


def record(
    conn: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> Entry:
    """Append one entry.  actor and subject are `kind:id`; facts hold no personal data."""
    take_turn(conn)
    head = conn.execute(_HEAD).one_or_none()
    if head is None:
        conn.execute(
            insert_for(conn, journal_head)
            .values(one=1, seq=0, leaf=GENESIS)
            .on_conflict_do_nothing(index_elements=["one"])
        )
        head = conn.execute(_HEAD).one()
    entry = next_entry(
        head.seq, head.leaf, actor=actor, action=action, subject=subject, facts=facts, now=now
    )
    conn.execute(
        _APPEND,
        {"seq": entry.seq, "body": entry.body, "previous": entry.previous, "leaf": entry.leaf},
    )
    conn.execute(_MOVE, {"last_seq": entry.seq, "last_leaf": entry.leaf})
    return entry


def head(conn: Connection) -> int:
    """How many entries there are."""
    seq: int | None = conn.execute(select(journal_head.c.seq)).scalar_one_or_none()
    return seq or 0


def newest(conn: Connection) -> tuple[int, str]:
    """Number and leaf of the last entry: what the journal is known by now."""
    row = conn.execute(select(journal_head.c.seq, journal_head.c.leaf)).one_or_none()
    return (row.seq, row.leaf) if row else (0, GENESIS)


def entries_about(conn: Connection, subject: str) -> list[Entry]:
    """Entries about one subject, oldest first; an index finds them.  The chain begins with 1."""
    rows = conn.execute(
        select(journal_entry)
        .where(_SubjectOf(journal_entry.c.body) == subject, journal_entry.c.seq >= 1)
        .order_by(journal_entry.c.seq)
    )
    return [_entry(row) for row in rows]


def read_all(conn: Connection) -> list[Entry]:
    """Every entry, oldest first."""
    return list(_walk(conn))


def check(conn: Connection) -> tuple[int, list[Fault]]:
    """How many entries there are, and every place where the chain does not hold.

    However long the journal is, a page of it is in memory at a time.
    """
    head = conn.execute(select(journal_head)).one_or_none()
    count = 0

    def counted() -> Iterator[Entry]:
        nonlocal count
        for entry in _walk(conn):
            count += 1
            yield entry

    faults = verify(counted(), last_leaf=head.leaf if head else GENESIS)
    return count, faults


def _walk(conn: Connection) -> Iterator[Entry]:
    after: int | None = None  # not 0: what was slipped in before the first is walked too
    while True:
        page = select(journal_entry).order_by(journal_entry.c.seq).limit(PAGE)
        if after is not None:
            page = page.where(journal_entry.c.seq > after)
        rows = conn.execute(page).all()
        yield from map(_entry, rows)
        if len(rows) < PAGE:
            return
        after = rows[-1].seq


def _entry(row: Row[Any]) -> Entry:
    return Entry(seq=row.seq, body=row.body, previous=row.previous, leaf=row.leaf)
