"""The journal's rows.  Written in the transaction of the change they record, never after it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Table, Text, bindparam, select, update

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

journal_head = Table(
    "journal_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("leaf", String(64), nullable=False),
)
"One row.  Its lock puts writers on PostgreSQL in line; its leaf shows a cut tail."

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


def entries_about(conn: Connection, subject: str, since: str) -> list[Entry]:
    """Entries about one subject, oldest first.

    since: no earlier one is looked at; ISO 8601 in UTC with milliseconds, as bodies say it.
    """
    first, last = 1, head(conn)
    while first < last:  # times only grow, so the first that counts is found in a few steps
        middle = (first + last) // 2
        body = conn.execute(
            select(journal_entry.c.body).where(journal_entry.c.seq == middle)
        ).scalar_one()
        if json.loads(body)["at"] < since:
            first = middle + 1
        else:
            last = middle
    rows = conn.execute(
        select(journal_entry).where(journal_entry.c.seq >= first).order_by(journal_entry.c.seq)
    )
    return [
        Entry(seq=row.seq, body=row.body, previous=row.previous, leaf=row.leaf)
        for row in rows
        if json.loads(row.body)["subject"] == subject
    ]


def read_all(conn: Connection) -> list[Entry]:
    """Every entry, oldest first."""
    rows = conn.execute(select(journal_entry).order_by(journal_entry.c.seq))
    return [Entry(seq=row.seq, body=row.body, previous=row.previous, leaf=row.leaf) for row in rows]


def check(conn: Connection) -> tuple[int, list[Fault]]:
    """How many entries there are, and every place where the chain does not hold."""
    head = conn.execute(select(journal_head)).one_or_none()
    entries = read_all(conn)
    return len(entries), verify(entries, last_leaf=head.leaf if head else GENESIS)
