"""The session log: what screens are told, as rows `(audience, seq, kind, body)`.

Rows are written in the transaction that changed the facts and delivered after COMMIT.  `seq` counts
from 1 without gaps per audience, so a client that knows its last one misses nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, delete, select

from counter.store.executor import leave_wakes
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.turn import take_turn

audience_head = Table(
    "audience_head",
    metadata,
    Column("audience", String(80), primary_key=True),
    Column("seq", Integer, nullable=False),
)

session_log = Table(
    "session_log",
    metadata,
    Column("audience", String(80), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

Audiences = Callable[[Connection, str], Sequence[str]]
"Who has a case on a screen: (connection, case id) -> audiences."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One row as a screen gets it."""

    audience: str
    seq: int
    kind: str
    body: dict[str, Any]


def tell(conn: Connection, audience: str, kind: str, body: Mapping[str, Any], now: datetime) -> int:
    """Append one row for `audience` and return its seq."""
    take_turn(conn)
    head = insert_for(conn, audience_head).values(audience=audience, seq=1)
    seq: int = conn.execute(
        head.on_conflict_do_update(
            index_elements=["audience"], set_={"seq": audience_head.c.seq + 1}
        ).returning(audience_head.c.seq)
    ).scalar_one()
    conn.execute(
        session_log.insert().values(audience=audience, seq=seq, kind=kind, body=dict(body), at=now)
    )
    leave_wakes(conn, audience, seq)
    return seq


def tell_all(
    conn: Connection,
    audiences: Audiences,
    case_id: str,
    kind: str,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """Append it for every screen that shows this case."""
    for audience in audiences(conn, case_id):
        tell(conn, audience, kind, body, now)


def tail(
    conn: Connection, audiences: Sequence[str], after: Mapping[str, int], *, limit: int = 200
) -> list[Told]:
    """Rows of `audiences` newer than `after[audience]`, oldest first, at most `limit` of each."""
    rows: list[Told] = []
    for audience in audiences:
        found = conn.execute(
            select(session_log)
            .where(session_log.c.audience == audience, session_log.c.seq > after.get(audience, 0))
            .order_by(session_log.c.seq)
            .limit(limit)
        )
        rows += [
            Told(audience=row.audience, seq=row.seq, kind=row.kind, body=row.body) for row in found
        ]
    return rows


def heads(conn: Connection, audiences: Sequence[str]) -> dict[str, int]:
    """The last seq of each audience, 0 for one that was never told anything."""
    found = conn.execute(select(audience_head).where(audience_head.c.audience.in_(audiences)))
    known = {row.audience: row.seq for row in found}
    return {audience: known.get(audience, 0) for audience in audiences}


def forget(conn: Connection, *, before: datetime) -> int:
    """Drop rows older than `before`; a client that is further behind reads a fresh snapshot."""
    return conn.execute(delete(session_log).where(session_log.c.at < before)).rowcount
