"""Two at once, and death at every statement: on both engines, in real transactions."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from counter.errors import Refusal
from counter.protocol import desk, terminal
from counter.protocol.message import Ask
from counter.signaling.store_asks import carry_out
from counter.signaling.tables import agent, call, pairing, ticket
from counter.store.cases import case_table
from counter.store.executor import Executor
from counter.store.journal_sql import check, journal_entry
from counter.store.once import command_key
from counter.store.session_log import session_log
from tests.signaling.floor import Commands, Floor, ringing, seed, violations

AGENTS = {f"a-{n}": "d-1" for n in range(1, 6)}


class Killed(Exception):
    """The process died here."""


def _everything(conn: Connection) -> list[Any]:
    tables = (ticket, agent, pairing, call, case_table, session_log, journal_entry, command_key)
    return [sorted(str(tuple(row)) for row in conn.execute(select(table))) for table in tables]


async def test_two_answers_at_once_are_one_call(executor: Executor, now: datetime) -> None:
    commands = Commands(Floor())
    await executor.write(seed, now)
    await executor.write(commands.ready, "a-1", now)
    await executor.write(commands.walk_in, "t-1", now)
    pairing_id = await executor.read(ringing, "a-1")
    assert pairing_id
    accepts = [
        executor.write(
            commands.ask,
            "a-1",
            desk.OfferAccept(key=commands.floor.key(), pairing_id=pairing_id),
            now,
        )
        for _ in range(4)
    ]
    await asyncio.gather(*accepts)
    assert await executor.read(violations) == []
    calls = await executor.read(lambda conn: conn.execute(select(call)).all())
    assert len(calls) == 1


async def test_an_answer_and_a_leaving_at_once_end_in_one_of_both(
    executor: Executor, now: datetime
) -> None:
    commands = Commands(Floor())
    await executor.write(seed, now)
    await executor.write(commands.ready, "a-1", now)
    for _ in range(4):
        await executor.write(commands.walk_in, "t-1", now)
        pairing_id = await executor.read(ringing, "a-1")
        assert pairing_id
        accept = desk.OfferAccept(key=commands.floor.key(), pairing_id=pairing_id)
        leave = terminal.VisitLeave(key=commands.floor.key())
        await asyncio.gather(
            executor.write(commands.ask, "a-1", accept, now),
            executor.write(commands.ask, "t-1", leave, now),
            return_exceptions=True,
        )
        assert await executor.read(violations) == []
        states = set(
            await executor.read(lambda conn: conn.execute(select(ticket.c.state)).scalars().all())
        )
        assert states == {"abandoned"}
        await executor.write(commands.ask, "a-1", commands.presence("ready"), now)


async def test_many_tickets_and_agents_at_once_are_paired_one_to_one(
    executor: Executor, now: datetime
) -> None:
    commands = Commands(Floor())
    await executor.write(seed, now, AGENTS)
    terminals = [f"t-{n}" for n in range(1, 8)]
    for subject in [*AGENTS, *terminals]:
        await executor.write(commands.attach, subject, now)
    await asyncio.gather(
        *(executor.write(commands.walk_in, subject, now) for subject in terminals),
        *(
            executor.write(commands.ask, subject, commands.presence("ready"), now)
            for subject in AGENTS
        ),
        executor.write(commands.sweep, now),
        executor.write(commands.sweep, now),
    )
    await executor.write(commands.sweep, now)
    assert await executor.read(violations) == []
    states = await executor.read(
        lambda conn: sorted(conn.execute(select(ticket.c.state)).scalars().all())
    )
    assert states == ["offered"] * 5 + ["waiting"] * 2
    assert (await executor.read(check))[1] == []
    numbers = await executor.read(
        lambda conn: conn.execute(select(ticket.c.number)).scalars().all()
    )
    assert sorted(numbers) == [f"A00{n}" for n in range(1, 8)]


@pytest.mark.parametrize("what", ["arrive", "accept", "close", "leave", "login"])
async def test_death_at_any_statement_leaves_nothing_half_done(
    executor: Executor, now: datetime, what: str
) -> None:
    commands = Commands(Floor())
    await executor.write(seed, now)
    await executor.write(commands.ready, "a-1", now)
    await executor.write(commands.attach, "t-1", now)
    if what != "arrive":
        await executor.write(commands.walk_in, "t-1", now)
    if what in {"close", "leave"}:
        await executor.write(commands.accept, "a-1", now)
    pairing_id = await executor.read(ringing, "a-1")
    asks: dict[str, tuple[str, Ask]] = {
        "arrive": ("t-1", terminal.TicketTake(key="the-same-key", service="d-1:id")),
        "accept": ("a-1", desk.OfferAccept(key="the-same-key", pairing_id=pairing_id or "none")),
        "close": ("a-1", desk.CaseClose(key="the-same-key", outcome="completed")),
        "leave": ("t-1", terminal.VisitLeave(key="the-same-key")),
    }

    def run(conn: Connection) -> Any:
        if what == "login":
            return commands.attach(conn, "a-1", now)
        subject, ask = asks[what]
        return carry_out(conn, commands.hooks, commands.who(subject), ask, now)

    def die_at(conn: Connection, statement: int) -> None:
        left = [statement]

        def count(*_: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        event.listen(conn, "before_cursor_execute", count)
        try:
            run(conn)
        finally:
            event.remove(conn, "before_cursor_execute", count)

    before = await executor.read(_everything)
    deaths = 0
    while True:
        try:
            await executor.write(die_at, deaths)
        except Killed:
            deaths += 1
            assert await executor.read(_everything) == before
        else:
            break
    assert deaths > 5
    after = await executor.read(_everything)
    assert after != before
    assert await executor.read(violations) == []
    if what != "login":
        await executor.write(run)
        assert await executor.read(_everything) == after, "the same key twice is once"


async def test_what_is_refused_keeps_neither_rows_nor_its_key(
    executor: Executor, now: datetime
) -> None:
    commands = Commands(Floor())
    await executor.write(seed, now)
    await executor.write(commands.attach, "t-1", now)
    before = await executor.read(_everything)
    ask = terminal.TicketTake(key="the-same-key", service="d-9:id")
    with pytest.raises(Refusal):
        await executor.write(commands.ask, "t-1", ask, now)
    assert await executor.read(_everything) == before
