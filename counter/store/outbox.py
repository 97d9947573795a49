"""The outbox: what is owed to the outside, written with the fact that makes it owed.

A deliverer takes what is due, does it, and marks it done; a crash in between delivers again, so
receivers get the row's id to tell repeats by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, select, update

from counter.store.metadata import BigSerial, UtcDateTime, metadata

FIRST_PAUSE = timedelta(seconds=30)
"Longer than one delivery may take, so that no other node begins it meanwhile."
LONGEST_PAUSE = timedelta(hours=1)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigSerial, primary_key=True, autoincrement=True),
    Column("kind", String(60), nullable=False),
    Column("ref", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Column("owed_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("done_at", UtcDateTime),
)


_OWE = outbox.insert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing to deliver."""

    id: int
    kind: str
    ref: str
    body: dict[str, Any]
    owed_at: datetime
    attempts: int
    "This one included."


def owe(
    conn: Connection,
    kind: str,
    ref: str,
    body: Mapping[str, Any],
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Write down that `kind` is owed for `ref`, at once or at `due_at`."""
    row = {"kind": kind, "ref": ref, "body": dict(body), "owed_at": now, "due_at": due_at or now}
    conn.execute(_OWE, {**row, "attempts": 0})


def take_due(conn: Connection, now: datetime, *, limit: int = 20) -> list[Owed]:
    """Take up to `limit` due rows for delivery; each comes again after a pause unless done.

    Two nodes never take the same row at once: the pause is written in this transaction.
    """
    rows = conn.execute(
        select(outbox)
        .where(outbox.c.done_at.is_(None), outbox.c.due_at <= now)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts, 10))
        conn.execute(
            update(outbox)
            .where(outbox.c.id == row.id)
            .values(attempts=row.attempts + 1, due_at=now + pause)
        )
    return [
        Owed(
            id=row.id,
            kind=row.kind,
            ref=row.ref,
            body=row.body,
            owed_at=row.owed_at,
            attempts=row.attempts + 1,
        )
        for row in rows
    ]


def done(conn: Connection, owed_id: int, now: datetime) -> None:
    """Mark one as delivered; harmless when repeated."""
    conn.execute(
        update(outbox).where(outbox.c.id == owed_id, outbox.c.done_at.is_(None)).values(done_at=now)
    )
