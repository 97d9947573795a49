"""What the store may forget after a while, so that it does not grow for ever."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from counter.store.once import command_key
from counter.store.outbox import outbox
from counter.store.session_log import forget

TOLD_FOR = timedelta(hours=24)
"A client that was away for longer reads a fresh screen."
KEYS_FOR = timedelta(days=3)
"No client repeats a command for that long."
DELIVERED_FOR = timedelta(days=30)


def tidy(conn: Connection, now: datetime) -> None:
    """Drop rows that nobody will ask for any more; facts and the journal stay."""
    forget(conn, before=now - TOLD_FOR)
    conn.execute(delete(command_key).where(command_key.c.at < now - KEYS_FOR))
    conn.execute(delete(outbox).where(outbox.c.done_at < now - DELIVERED_FOR))
