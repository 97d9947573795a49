"""The limit: nothing but the statement that guards a slot, `INSERT … ON CONFLICT DO NOTHING`."""

import asyncio
import random
import sqlite3
import time
from pathlib import Path

import asyncpg

GRAINS = 2000
UNITS = 12
TABLE = (
    "CREATE TABLE bare_claim (resource TEXT, grain INT, unit INT, booking TEXT, "
    "PRIMARY KEY (resource, grain, unit))"
)


def sqlite_per_s(where: Path, number: int, *, batch: int) -> float:
    """Inserts in a second, `batch` of them in one durable commit."""
    conn = sqlite3.connect(where, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute(f"{TABLE} WITHOUT ROWID")
    chance = random.Random(1)
    began, done = time.perf_counter(), 0
    while done < number:
        conn.execute("BEGIN IMMEDIATE")
        for _ in range(batch):
            place = ("d", chance.randrange(GRAINS), chance.randrange(UNITS), f"b{done}")
            conn.execute("INSERT INTO bare_claim VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", place)
            done += 1
        conn.execute("COMMIT")
    seconds = time.perf_counter() - began
    conn.close()
    return done / seconds


async def postgres_per_s(where: str, number: int, *, connections: int) -> float:
    """Inserts in a second, one in each transaction, over so many connections."""
    pool = await asyncpg.create_pool(
        f"postgresql://{where}", min_size=connections, max_size=connections
    )
    async with pool.acquire() as conn:
        await conn.execute("DROP TABLE IF EXISTS bare_claim")
        await conn.execute(TABLE)
    chance, left = random.Random(1), number

    async def worker() -> None:
        nonlocal left
        async with pool.acquire() as conn:
            insert = await conn.prepare(
                "INSERT INTO bare_claim VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
            )
            while left > 0:
                left -= 1
                await insert.fetch(
                    "d", chance.randrange(GRAINS), chance.randrange(UNITS), f"b{left}"
                )

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    seconds = time.perf_counter() - began
    await pool.close()
    return number / seconds
