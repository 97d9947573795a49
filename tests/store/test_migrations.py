"""A store that was migrated is the store the code speaks to, on both engines."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from counter.esign.store_tables import ceremony
from counter.store import journal_sql, migrate
from counter.store.migrate import MIGRATIONS, upgrade, upgrade_async
from counter.store.sqlite_lane import SqliteLane
from tests.servers import PostgresServer
from tests.tables import all_metadata

AT = datetime(2026, 11, 30, 4, 5, 6, tzinfo=UTC)
CEREMONY = """
INSERT INTO ceremony (id, case_id, document_id, state, version, language, sha256, pages, seen,
  created_at, order_in_case)
VALUES (:id, 'case', :id, 'voided', 1, 'pt', '', 1, '[]', '2026-11-30 00:00:00', 1)
"""


def differences(conn: Connection) -> list[Any]:
    """Return what Alembic would still change to get from this store to the tables in the code."""
    context = MigrationContext.configure(conn, opts={"compare_type": True})
    return list(compare_metadata(context, all_metadata()))  # type: ignore[arg-type]


def names(conn: Connection) -> set[str]:
    return set(inspect(conn).get_table_names())


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """Yield the engine of an empty SQLite store, with the lane's settings."""
    lane = SqliteLane(tmp_path / "counter.sqlite")
    yield lane.engine
    asyncio.run(lane.close())


@pytest.fixture
def postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL database."""
    name = postgres.create_database()
    yield f"postgresql+asyncpg://{postgres.address(name)}"
    postgres.drop_database(name)


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_a_migrated_sqlite_is_what_the_code_speaks_to(sqlite: Engine) -> None:
    with sqlite.begin() as conn:
        upgrade(conn)
    with sqlite.connect() as conn:
        assert differences(conn) == []


def test_what_was_voided_before_learns_from_the_journal_since_when(sqlite: Engine) -> None:
    (file,) = MIGRATIONS.glob("versions/*_say_since_when_a_document_is_void.py")
    script = ScriptDirectory(str(MIGRATIONS))
    before = script.get_revision(file.name.split("_")[0]).down_revision
    with sqlite.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = conn
        command.upgrade(config, str(before))
        for name in ("c-1", "c-2"):
            conn.execute(text(CEREMONY), {"id": name})
        journal_sql.record(
            conn,
            actor="agent:a",
            action="ceremony.voided",
            subject="ceremony:c-1",
            facts={},
            now=AT,
        )
        upgrade(conn)
        found = conn.execute(select(ceremony.c.id, ceremony.c.voided_at).order_by(ceremony.c.id))
        assert [tuple(row) for row in found] == [("c-1", AT), ("c-2", None)]


def test_migrating_again_changes_nothing(sqlite: Engine) -> None:
    schemas = []
    for _ in range(2):
        with sqlite.begin() as conn:
            upgrade(conn)
            schemas.append(conn.execute(text("SELECT sql FROM sqlite_master ORDER BY 1")).all())
    assert schemas[0] == schemas[1]


def test_a_migration_that_fails_leaves_nothing(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[set[str]] = []

    def fail(conn: Connection) -> None:
        upgrade(conn)
        made.append(names(conn))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"), sqlite.begin() as conn:
        fail(conn)
    assert made[0]
    with sqlite.connect() as conn:
        assert names(conn) == set()


async def test_a_migrated_postgres_is_what_the_code_speaks_to(postgres_address: str) -> None:
    engine = create_async_engine(postgres_address)
    await upgrade_async(engine)
    async with engine.connect() as conn:
        assert await conn.run_sync(differences) == []
    await engine.dispose()


async def test_nodes_that_start_together_migrate_once(postgres_address: str) -> None:
    engines: list[AsyncEngine] = [create_async_engine(postgres_address) for _ in range(3)]
    await asyncio.gather(*(upgrade_async(engine) for engine in engines))
    async with engines[0].connect() as conn:
        assert await conn.run_sync(differences) == []
    for engine in engines:
        await engine.dispose()


async def test_a_migration_that_a_node_that_serves_crossed_is_tried_again(
    postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, serving = create_async_engine(postgres_address), create_async_engine(postgres_address)
    async with engine.begin() as conn:
        for name in ("one", "two"):
            await conn.execute(text(f"CREATE TABLE {name} (id integer)"))
    has_one, has_two = asyncio.Event(), asyncio.Event()
    tries = 0

    async def serve() -> None:
        async with serving.begin() as conn:
            await conn.execute(text("SET LOCAL deadlock_timeout = '10min'"))
            await conn.execute(text("LOCK TABLE two"))
            has_two.set()
            await has_one.wait()
            await conn.execute(text("LOCK TABLE one"))

    def crossing(conn: Connection) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            conn.execute(text("SET LOCAL deadlock_timeout = '1ms'"))
            conn.execute(text("LOCK TABLE one"))
            has_one.set()
            await_only(has_two.wait())
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not conn.execute(waiting).scalar_one():
                pass
            conn.execute(text("LOCK TABLE two"))
        upgrade(conn)

    monkeypatch.setattr(migrate, "upgrade", crossing)
    await asyncio.gather(upgrade_async(engine), serve())
    assert tries == 2
    async with engine.begin() as conn:
        for name in ("one", "two"):
            await conn.execute(text(f"DROP TABLE {name}"))
        assert await conn.run_sync(differences) == []
    for one in (engine, serving):
        await one.dispose()
