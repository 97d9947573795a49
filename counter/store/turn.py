"""One order for the locks that every command takes at its end.

A command changes its own rows first, then tells screens and records the journal.  Two commands that
tell the same screens in opposite order would wait for each other; PostgreSQL notices after a second
and aborts one.  So whoever tells or records waits for its turn first.  Journal writers stand in
line anyway, at the journal's head.
"""

from typing import Final

from sqlalchemy import Connection, func, select

TELLING: Final = 0x636F756E
"Number of the advisory lock; any number, the same on every node."


_WAIT: Final = select(func.pg_advisory_xact_lock(TELLING))


def take_turn(conn: Connection) -> None:
    """Wait until no other command tells or records; the turn ends with the transaction.

    Cheap when repeated.  On SQLite there is one writer, whose turn it always is.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_WAIT)
