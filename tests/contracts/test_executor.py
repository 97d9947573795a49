"""One suite for both executors: what every command may rely on, whatever the engine."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from counter.errors import NotAllowedNow, StoreUnavailable
from counter.store.executor import Executor
from counter.store.postgres_pool import PostgresPool
from counter.store.session_log import audience_head, session_log, tail, tell
from counter.store.sqlite_lane import SqliteLane
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parent.parent.parent

NewExecutor = Callable[..., Executor]


def rows(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(session_log)).scalar_one()


def tell_and_refuse(conn: Connection, audience: str, now: datetime) -> None:
    tell(conn, audience, "told", {}, now)
    raise NotAllowedNow("the rule says no after the row was written")


def tell_and_fault(conn: Connection, audience: str, now: datetime) -> None:
    tell(conn, audience, "told", {}, now)
    conn.execute(audience_head.insert().values(audience=audience, seq=0))  # the key exists


def add_one(conn: Connection, audience: str) -> int:
    """Read, then write what was read plus one: loses updates unless transactions are serial."""
    statement = select(audience_head.c.seq).where(audience_head.c.audience == audience)
    if conn.dialect.name == "postgresql":
        statement = statement.with_for_update()
    seq = conn.execute(statement).scalar_one()
    where = audience_head.c.audience == audience
    conn.execute(update(audience_head).where(where).values(seq=seq + 1))
    return int(seq) + 1


async def test_what_a_command_answers_comes_back(executor: Executor, now: datetime) -> None:
    assert await executor.write(tell, "agent:a-1", "told", {"n": 1}, now) == 1
    assert await executor.write(tell, "agent:a-1", "told", {"n": 2}, now) == 2
    told = await executor.read(tail, ["agent:a-1"], {})
    assert [row.body for row in told] == [{"n": 1}, {"n": 2}]


async def test_a_refusal_leaves_nothing_and_is_raised_as_it_was(
    executor: Executor, now: datetime
) -> None:
    with pytest.raises(NotAllowedNow, match="the rule says no"):
        await executor.write(tell_and_refuse, "agent:a-1", now)
    assert await executor.read(rows) == 0
    assert await executor.write(tell, "agent:a-1", "told", {}, now) == 1


async def test_a_fault_of_the_database_leaves_nothing(executor: Executor, now: datetime) -> None:
    with pytest.raises(DBAPIError):
        await executor.write(tell_and_fault, "agent:a-1", now)
    assert await executor.read(rows) == 0


async def test_a_fault_of_the_database_does_not_say_what_was_written(
    executor: Executor, now: datetime
) -> None:
    def fault(conn: Connection) -> None:
        tell(conn, "agent:a-1", "told", {"name": "陳大文"}, now)
        row = {"audience": "agent:a-1", "seq": 1, "kind": "told", "at": now}
        conn.execute(session_log.insert().values(**row, body={"name": "陳大文"}))

    with pytest.raises(DBAPIError) as raised:
        await executor.write(fault)
    assert "陳大文" not in str(raised.value)
    assert "\\u9673" not in str(raised.value)


async def test_commands_at_once_do_not_disturb_each_other(
    executor: Executor, now: datetime
) -> None:
    wanted = [
        executor.write(tell_and_refuse, "agent:bad", now)
        if number % 3 == 0
        else executor.write(tell_and_fault, "agent:worse", now)
        if number % 3 == 1
        else executor.write(tell, f"agent:{number}", "told", {}, now)
        for number in range(90)
    ]
    answers = await asyncio.gather(*wanted, return_exceptions=True)
    assert [type(answer) for answer in answers[0::3]] == [NotAllowedNow] * 30
    assert all(isinstance(answer, DBAPIError) for answer in answers[1::3])
    assert answers[2::3] == [1] * 30
    assert await executor.read(rows) == 30


async def test_no_update_is_lost_among_commands_at_once(executor: Executor, now: datetime) -> None:
    await executor.write(tell, "agent:a-1", "told", {}, now)
    answers = await asyncio.gather(*(executor.write(add_one, "agent:a-1") for _ in range(60)))
    assert sorted(answers) == list(range(2, 62))


async def test_the_numbers_of_one_audience_have_no_gap_and_no_repeat(
    executor: Executor, now: datetime
) -> None:
    wanted = [
        executor.write(tell_and_refuse if number % 4 == 0 else tell_once, "agent:a-1", now)
        for number in range(60)
    ]
    await asyncio.gather(*wanted, return_exceptions=True)
    told = await executor.read(tail, ["agent:a-1"], {})
    assert [row.seq for row in told] == list(range(1, 46))


def tell_once(conn: Connection, audience: str, now: datetime) -> None:
    tell(conn, audience, "told", {}, now)


async def test_reading_cannot_write(executor: Executor, now: datetime) -> None:
    with pytest.raises(DBAPIError):
        await executor.read(tell, "agent:a-1", "told", {}, now)
    assert await executor.read(rows) == 0
    assert await executor.write(tell, "agent:a-1", "told", {}, now) == 1


async def test_one_reading_sees_one_moment(executor: Executor, now: datetime) -> None:
    """Between two selects of one query another command commits: the second sees the same."""
    loop = asyncio.get_running_loop()

    def twice(conn: Connection) -> tuple[int, int]:
        first = rows(conn)
        if conn.dialect.name == "sqlite":
            # The query runs in a reader's thread, so this waits for the writer's COMMIT.
            write = executor.write(tell, "agent:a-1", "told", {}, now)
            asyncio.run_coroutine_threadsafe(write, loop).result(60)
        else:
            await_only(executor.write(tell, "agent:a-1", "told", {}, now))
        return first, rows(conn)

    assert await executor.read(twice) == (0, 0)
    assert await executor.read(rows) == 1


async def test_who_is_woken_hears_it_after_the_commit(
    new_executor: NewExecutor, now: datetime
) -> None:
    heard: list[tuple[str, int]] = []
    executor = new_executor(on_wake=lambda wakes: heard.extend(wakes))
    await executor.write(tell, "agent:a-1", "told", {}, now)
    async with asyncio.timeout(30):
        while not heard:
            await asyncio.sleep(0)
    assert heard == [("agent:a-1", 1)]
    await executor.close()


async def test_nobody_is_woken_by_what_was_rolled_back(
    new_executor: NewExecutor, now: datetime
) -> None:
    heard: list[tuple[str, int]] = []

    def hear(wakes: Iterable[tuple[str, int]]) -> None:
        heard.extend(wakes)

    executor = new_executor(on_wake=hear)
    wanted = [executor.write(tell_and_refuse, "agent:bad", now) for _ in range(5)]
    wanted.append(executor.write(tell_once, "agent:good", now))
    await asyncio.gather(*wanted, return_exceptions=True)
    await executor.close()
    assert heard == [("agent:good", 1)]


async def test_a_command_stands_when_the_asker_gave_up(
    new_executor: NewExecutor, now: datetime
) -> None:
    """Whoever was cut off repeats with the same key; a half-done command would be worse."""
    executor = new_executor()
    asking = asyncio.ensure_future(executor.write(tell_once, "agent:a-1", now))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await executor.close()
    again = new_executor()
    assert await again.read(rows) in {0, 1}, "whole or not at all"
    heads = await again.read(lambda conn: conn.execute(select(audience_head.c.seq)).all())
    assert len(heads) == await again.read(rows)
    await again.close()


async def test_closing_finishes_what_was_taken_on(new_executor: NewExecutor, now: datetime) -> None:
    executor = new_executor()
    taken = [
        asyncio.ensure_future(executor.write(tell_once, f"agent:{number}", now))
        for number in range(50)
    ]
    await asyncio.sleep(0)
    await executor.close()
    answers = await asyncio.gather(*taken, return_exceptions=True)
    done = [answer for answer in answers if answer is None]
    again = new_executor()
    assert await again.read(rows) == len(done), "answered and stored are the same commands"
    await again.close()


CHILD = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from counter.store.postgres_pool import PostgresPool
from counter.store.session_log import tell
from counter.store.sqlite_lane import SqliteLane

async def main(kind, where):
    executor = SqliteLane(Path(where)) if kind == "sqlite" else PostgresPool(where)
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    async def ask_for_ever(audience):
        for number in itertools.count(1):
            await executor.write(tell, audience, "told", {"n": number}, now)
            print(audience, number, flush=True)

    await asyncio.gather(*(ask_for_ever(f"agent:{name}") for name in range(8)))

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@pytest.mark.parametrize(
    "kills", [pytest.param(1, marks=pytest.mark.deep), 2, pytest.param(3, marks=pytest.mark.deep)]
)
async def test_what_was_answered_survives_a_kill(
    new_executor: NewExecutor, kills: int, tmp_path: Path
) -> None:
    """A process is killed (-9) among its commands; all that it had answered is in the store."""
    opened = new_executor()
    kind = "sqlite" if type(opened).__name__ == "SqliteLane" else "postgres"
    where = str(tmp_path / "counter.sqlite")
    if isinstance(opened, PostgresPool):
        where = opened.engine.url.render_as_string(hide_password=False).split("://")[1]
    await opened.close()
    answered: dict[str, int] = {}
    for _ in range(kills):
        already = sum(answered.values())
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, kind, where], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert child.stdout is not None
        heard = 0
        for line in child.stdout:
            if not line.endswith("\n"):
                break  # It was killed in the middle of saying it.
            audience, _ = line.split()
            answered[audience] = answered.get(audience, 0) + 1
            heard += 1
            if heard == 40:
                child.kill()
        child.wait()
        assert heard >= 40
        assert sum(answered.values()) == already + heard
    again = new_executor()
    heads = await again.read(
        lambda conn: {row.audience: row.seq for row in conn.execute(select(audience_head)).all()}
    )
    for audience, times in answered.items():
        # At most the one command under way when it was killed was stored and not answered.
        assert times <= heads[audience] <= times + kills
    assert await again.read(rows) == sum(heads.values())
    await again.close()


async def test_postgres_away_is_said_and_its_return_is_noticed(now: datetime) -> None:
    server = PostgresServer()
    try:
        pool = PostgresPool(server.address("postgres"))
        async with pool.engine.begin() as conn:
            await conn.run_sync(session_log.metadata.create_all)
        await pool.write(tell, "agent:a-1", "told", {}, now)
        server.stop(crash=True)
        with pytest.raises(StoreUnavailable):
            await pool.write(tell, "agent:a-1", "told", {}, now)
        with pytest.raises(StoreUnavailable):
            await pool.read(rows)
        server.start()
        assert await pool.write(tell, "agent:a-1", "told", {}, now) == 2
        await pool.close()
    finally:
        server.close()


async def test_a_new_file_is_ready_for_two_connections_at_once(tmp_path: Path) -> None:
    """A connection that makes it a WAL file meanwhile locks out who lays tables."""
    lane = SqliteLane(tmp_path / "new.sqlite")
    with closing(dbapi2.connect(str(tmp_path / "new.sqlite"))) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await lane.close()
