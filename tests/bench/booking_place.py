"""The counter that is booked in the benchmark: the seeded one, with more agents and terminals.

Everybody wants the same department, so that they are in each other's way as at nine o'clock.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

from booking import store_catalogue
from booking.availability_service import AT_NINE
from booking.catalogue import SPEECH, Ability, Acting, Catalogue, Terminal
from booking.seed_toml import Seed, seed
from booking.service import BookingService
from booking.store_sql import booking_service
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.migrate import upgrade_async, upgrade_engine
from counter.store.outbox import owe
from counter.store.postgres_pool import PostgresPool
from counter.store.sqlite_lane import SqliteLane

ENGINES: Final = ("sqlite", "postgres")
NOW: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"Monday, ten o'clock in Macau; only tests on a real counter have another time."
DAYS: Final = tuple(date(2026, 11, day) for day in (24, 25, 26, 27, 30))
"A week that has just opened."
SERVICE: Final = "dsi-passport"
SITES: Final = ("hengqin-centre", "hengqin-neighbourhood")
LANES: Final = 12
MINUTES: Final = 5
TERMINALS: Final = 12
QUOTA: Final = 300


def wide(planted: Seed, *, minutes: int = MINUTES, lanes: int = LANES) -> Seed:
    """The seed with a department of many lanes, and appointments of so many minutes."""
    known = planted.catalogue
    department = known.service(SERVICE).department
    sites = {
        one.id: replace(one, terminals=_terminals(one.id)) if one.id in SITES else one
        for one in known.sites.values()
    }
    catalogue = Catalogue(
        version=known.version,
        departments={
            **known.departments,
            department: replace(
                known.department(department), lanes=lanes, daily_quota=QUOTA, speech=()
            ),
        },
        services={
            **known.services,
            SERVICE: replace(
                known.service(SERVICE),
                slot_minutes=minutes,
                acts_for=(Acting.SELF,),
                speech=SPEECH,
            ),
        },
        sites=sites,
    )
    return replace(planted, catalogue=catalogue)


def _terminals(site: str) -> tuple[Terminal, ...]:
    return tuple(
        Terminal(id=f"{site}-{number}", site=site, number=number, abilities=frozenset(Ability))
        for number in range(1, TERMINALS + 1)
    )


async def made(engine: str, where: str, *, minutes: int = MINUTES, lanes: int = LANES) -> Executor:
    """A store at `where` (a file, or `user@host:port/database`) with the wide catalogue.

    One that is there already, and planted, is opened as it is.
    """
    executor: Executor
    if engine == "sqlite":
        lane = SqliteLane(Path(where))
        upgrade_engine(lane.engine)
        executor = lane
    else:
        pool = PostgresPool(where)
        await upgrade_async(pool.engine)
        executor = pool
    planted = wide(seed((NOW.year,)), minutes=minutes, lanes=lanes)
    await executor.write(store_catalogue.plant, planted.catalogue, planted.calendars)
    return executor


def service_on(executor: Executor, chance: Callable[[int], bytes], name: str) -> BookingService:
    """As a node has it.  name: begins every id, so that two processes never make the same."""
    numbers = count(1)
    return booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: f"{name}-{next(numbers)}",
        random_bytes=chance,
        freshness=AT_NINE,
    )


def chance_of(name: str) -> Callable[[int], bytes]:
    """Bytes that differ every time, and from those of every other name."""
    numbers = count(1)
    return lambda size: sha256(f"{name}:{next(numbers)}".encode()).digest()[:size]
