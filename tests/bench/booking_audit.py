"""What must be true of a store of appointments, in SQL that knows nothing of the code.

The queries run on drivers of their own (`sqlite3`, `asyncpg`), beside the counter.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import asyncpg

FAULTS: Final = {
    "one unit taken twice": """
        SELECT count(*) FROM (SELECT resource, grain, unit FROM claim
        GROUP BY resource, grain, unit HAVING count(*) > 1) AS twice""",
    "more at once than a department has agents": """
        SELECT count(*) FROM (SELECT a.department, c.grain FROM appointment a
        JOIN claim c ON c.appointment_id = a.id AND c.resource LIKE 'department:%'
        JOIN department d ON d.id = a.department
        WHERE a.state IN ('held', 'booked', 'arrived')
        GROUP BY a.department, c.grain, d.lanes HAVING count(*) > d.lanes) AS over""",
    "more at once than a site has terminals": """
        SELECT count(*) FROM (SELECT a.site, c.grain FROM appointment a
        JOIN claim c ON c.appointment_id = a.id AND c.resource LIKE 'site:%'
        WHERE a.state IN ('held', 'booked', 'arrived') GROUP BY a.site, c.grain
        HAVING count(*) > (SELECT count(*) FROM terminal t WHERE t.site = a.site)) AS over""",
    "appointments without all that they take": """
        SELECT count(*) FROM appointment a WHERE a.state IN ('held', 'booked', 'arrived')
        AND 3 * a.grains + 2 <> (SELECT count(*) FROM claim c WHERE c.appointment_id = a.id)""",
    "claims of what is over": """
        SELECT count(*) FROM claim c JOIN appointment a ON a.id = c.appointment_id
        WHERE a.state IN ('cancelled', 'expired')""",
    "a person in two places": """
        SELECT count(*) FROM appointment a JOIN appointment b
        ON a.person_key = b.person_key AND a.id < b.id
        AND a.first_grain < b.first_grain + b.grains AND b.first_grain < a.first_grain + a.grains
        WHERE a.state IN ('held', 'booked') AND b.state IN ('held', 'booked')""",
    "bookings without a journal entry": """
        SELECT count(*) FROM appointment a WHERE a.state = 'booked' AND NOT EXISTS
        (SELECT 1 FROM journal_entry j WHERE j.body LIKE '%"action":"appointment.booked"%'
        AND j.body LIKE '%"subject":"appointment:' || a.id || '"%')""",
}
"Counts that must be 0."

STATES: Final = "SELECT id, state FROM appointment"
CAPACITY: Final = (
    "SELECT count(*) FROM claim c JOIN appointment a ON a.id = c.appointment_id "
    "WHERE c.resource LIKE 'department:%' AND a.state IN ('held', 'booked')"
)


def rows(engine: str, where: str, query: str) -> list[tuple[Any, ...]]:
    """What a query gives, asked with a driver that is not the counter's."""
    if engine == "sqlite":
        conn = sqlite3.connect(f"file:{Path(where)}?mode=ro", uri=True)
        try:
            return conn.execute(query).fetchall()
        finally:
            conn.close()
    return asyncio.run(_asked(where, query))


async def _asked(where: str, query: str) -> list[tuple[Any, ...]]:
    conn = await asyncpg.connect(f"postgresql://{where}")
    try:
        return [tuple(row) for row in await conn.fetch(query)]
    finally:
        await conn.close()


def faults(engine: str, where: str, *, journal: bool = True) -> dict[str, int]:
    """What is wrong, by name; nothing when all is well."""
    asked = {what: sql for what, sql in FAULTS.items() if journal or "journal" not in what}
    found = {what: int(rows(engine, where, sql)[0][0]) for what, sql in asked.items()}
    return {what: number for what, number in found.items() if number}


def lost(engine: str, where: str, acknowledged: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """(holds, bookings) that somebody was told of and that the store does not have."""
    states = dict(rows(engine, where, STATES))
    told = dict(acknowledged)  # of each appointment the last answer
    holds = sum(1 for one, state in told.items() if state == "held" and one not in states)
    booked = sum(
        1 for one, state in told.items() if state == "booked" and states.get(one) != "booked"
    )
    return holds, booked
