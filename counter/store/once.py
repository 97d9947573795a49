"""Idempotency: a command that is sent twice with the same key is carried out once.

The answer is stored in the command's own transaction, so a client that never heard it can ask again
with the same key and gets the same answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, select

from counter.errors import BadInput
from counter.store.metadata import UtcDateTime, metadata

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
    stored = conn.execute(
        select(command_key.c.command, command_key.c.answer).where(
            command_key.c.who == who, command_key.c.key == key
        )
    ).one_or_none()
    if stored is not None:
        if stored.command != command:
            raise BadInput(f"key of {stored.command} was sent again with {command}")
        return stored.answer
    answer = run(conn)
    conn.execute(
        command_key.insert().values(who=who, key=key, command=command, answer=answer, at=now)
    )
    return answer
