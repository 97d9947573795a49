"""The nodes of one counter: who serves, and on which machine its media processes are.

A node says so every few seconds.  Who has been silent for `SILENT_FOR` is taken for gone, so that a
call that went through its machine may be placed again elsewhere.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, select

from counter.store.metadata import UtcDateTime, insert_for, metadata

SILENT_FOR: Final = timedelta(seconds=30)
FORGOTTEN_AFTER: Final = timedelta(days=1)

node = Table(
    "node",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place", String(40), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)


def beat(conn: Connection, node_id: str, place: str, now: datetime) -> None:
    """This node serves, with media processes at `place`."""
    row = insert_for(conn, node).values(id=node_id, place=place, seen_at=now)
    conn.execute(
        row.on_conflict_do_update(index_elements=["id"], set_={"place": place, "seen_at": now})
    )
    conn.execute(delete(node).where(node.c.seen_at < now - FORGOTTEN_AFTER))


def depart(conn: Connection, node_id: str) -> None:
    """It serves no more, and its media processes have ended."""
    conn.execute(delete(node).where(node.c.id == node_id))


def place_lives(conn: Connection, place: str, now: datetime) -> bool:
    """Whether a node serves at `place`."""
    found = select(node.c.id).where(node.c.place == place, node.c.seen_at > now - SILENT_FOR)
    return conn.execute(found.limit(1)).first() is not None
