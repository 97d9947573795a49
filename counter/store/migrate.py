"""Brings a store to the newest schema with Alembic, on either engine."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATING = 0x6D696772
"Number of the advisory lock; any number, the same on every node."
ATTEMPTS = 5
DEADLOCK = "40P01"

log = logging.getLogger(__name__)


def upgrade(conn: Connection) -> None:
    """Apply every migration this store has not seen, in one transaction.

    Nodes that start together wait for the first of them.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    if _is_newest(conn):
        return
    # Loaded only when there is something to migrate: it takes as long as the rest of a start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def upgrade_engine(engine: Engine) -> None:
    """Migrate through a plain engine (SQLite)."""
    with engine.begin() as conn:
        upgrade(conn)


async def upgrade_async(engine: "AsyncEngine") -> None:
    """Migrate through an async engine (PostgreSQL).

    An older node that still serves may hold what this waits for, and wait for what this holds:
    PostgreSQL ends one of both.  If that was this, all of it is tried again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with engine.begin() as conn:
                await conn.run_sync(upgrade)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK or attempt == ATTEMPTS:
                raise
            log.warning("migrating and a node that serves waited for each other; once more")


def newest_revision() -> str:
    """The number of the last file in `migrations/versions`."""
    return max(path.name.split("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def _is_newest(conn: Connection) -> bool:
    if not inspect(conn).has_table("alembic_version"):
        return False
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return list(found) == [newest_revision()]
