"""A terminal that goes back to a browser alone, by the word of whoever runs the counter."""

from datetime import datetime

from sqlalchemy import Connection

from counter.identity.store_identity import end_sessions_of_program
from counter.signaling.store_device import retire

OPERATOR = "operator:socket"


def end_program(conn: Connection, terminal_id: str, now: datetime) -> bool:
    """End its session and forget what it said of its devices; whether there was one."""
    ended = end_sessions_of_program(conn, terminal_id)
    return retire(conn, terminal_id, by=OPERATOR, now=now) or ended
