"""Commands of the store asked for at the same moment: one engine's luck is not a promise."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from counter.store import journal_sql
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.once import once
from counter.store.outbox import owe, take_due
from counter.store.session_log import session_log, tell


def log(conn: Connection, number: int, now: datetime) -> None:
    facts = {"number": number}
    record(conn, actor="agent:1", action="ticket.took", subject="case:1", facts=facts, now=now)


async def test_the_journal_is_one_chain_when_many_write_at_once(
    executor: Executor, now: datetime
) -> None:
    await asyncio.gather(*(executor.write(log, number, now) for number in range(40)))
    assert await executor.read(journal_sql.check) == (40, [])


async def test_a_command_repeated_while_it_runs_is_carried_out_once(
    executor: Executor, now: datetime
) -> None:
    def take(conn: Connection) -> dict[str, Any]:
        return {"seq": tell(conn, "terminal:1", "told", {}, now)}

    def ask(conn: Connection) -> Any:
        return once(conn, "terminal:1", "key-00001", "ticket.take", take, now)

    answers = await asyncio.gather(*(executor.write(ask) for _ in range(12)))
    assert answers == [{"seq": 1}] * 12
    rows = select(func.count()).select_from(session_log)
    assert await executor.read(lambda conn: conn.execute(rows).scalar_one()) == 1


async def test_commands_that_tell_two_screens_in_opposite_order_both_succeed(
    executor: Executor, now: datetime
) -> None:
    def tell_both(conn: Connection, first: str, second: str) -> None:
        tell(conn, first, "told", {}, now)
        tell(conn, second, "told", {}, now)

    there = [executor.write(tell_both, "agent:1", "terminal:1") for _ in range(10)]
    back = [executor.write(tell_both, "terminal:1", "agent:1") for _ in range(10)]
    await asyncio.gather(*there, *back)
    rows = select(func.max(session_log.c.seq)).group_by(session_log.c.audience)
    assert await executor.read(lambda conn: list(conn.execute(rows).scalars())) == [20, 20]


async def test_what_is_owed_is_taken_by_one_deliverer_only(
    executor: Executor, now: datetime
) -> None:
    for number in range(30):
        await executor.write(owe, "notice", f"case:{number}", {}, now)

    def take(conn: Connection) -> list[str]:
        return [owed.ref for owed in take_due(conn, now, limit=7)]

    taken = await asyncio.gather(*(executor.write(take) for _ in range(8)))
    refs = [ref for some in taken for ref in some]
    assert len(refs) == len(set(refs)), "two deliverers took the same row"
    while some := await executor.write(take):
        refs += some
    assert len(refs) == len(set(refs)) == 30
