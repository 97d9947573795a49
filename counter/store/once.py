"""Idempotency: a command that is sent twice with the same key is carried out once.

The answer is stored in the command's own transaction, so a client that never heard it can ask again
with the same key and gets the same answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, select, update

from counter.errors import BadInput
from counter.store.metadata import UtcDateTime, insert_for, metadata

command_key = Table(
    "command_key",
    metadata,
    Column("who", String(80), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("command", String(60), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)


def once(
    conn: Connection,
    who: str,
    key: str,
    command: str,
    run: Callable[[Connection], Any],
    now: datetime,
) -> Any:
    """Run `run(conn)` unless `who` has sent `key` before; then answer what was answered then.

    who: the principal, so that keys of others never meet.  run: returns what JSON can hold.
    Raises `BadInput` when the key was used for another command; what `run` raises is not stored.
    """
    # The key is taken before the command runs: a repeat at the same moment waits here for COMMIT.
    taken = conn.execute(
        insert_for(conn, command_key)
        .values(who=who, key=key, command=command, answer=None, at=now)
        .on_conflict_do_nothing(index_elements=["who", "key"])
    )
    mine = (command_key.c.who == who) & (command_key.c.key == key)
    if not taken.rowcount:
        stored = conn.execute(select(command_key).where(mine)).one()
        if stored.command != command:
            raise BadInput(f"key of {stored.command} was sent again with {command}")
        return stored.answer
    answer = run(conn)
    conn.execute(update(command_key).where(mine).values(answer=answer))
    return answer
