"""One measurement of booking in a process of its own; prints what it found as one line of JSON.

python -m tests.bench.booking_cell ours sqlite FILE 1000 7         a crowd on our store
python -m tests.bench.booking_cell ours postgres USER@HOST/DB 1000 7
python -m tests.bench.booking_cell aiosqlite sqlite FILE 1000 7    the same on aiosqlite
python -m tests.bench.booking_cell sold ENGINE WHERE 1000 7        more people than places
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import uvloop

from counter.store.executor import Executor
from tests.bench.booking_aiosqlite import Aiosqlite
from tests.bench.booking_audit import faults
from tests.bench.booking_crowd import Crowd, crowd, share
from tests.bench.booking_place import (
    DAYS,
    LANES,
    MINUTES,
    NOW,
    SERVICE,
    SITES,
    chance_of,
    made,
    service_on,
)
from tests.bench.machine import everybody_s

PLACES = {"sold": (2, MINUTES), "few": (1, 10)}
"""Agents, and minutes of an appointment: so few that more people come than there are places.  The
second is for the test suite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a crowd did to a store."""

    people: int
    seconds: float
    per_s: float
    "Holds, refused holds and confirms."
    cpu_ms_per_command: float
    "Of our process."
    booked: int
    outcomes: dict[str, int]
    hold_p50_ms: float
    hold_p99_ms: float
    look_p99_ms: float
    capacity: int
    "Places there were at the two sites on the first day, before anybody came."
    faults: dict[str, int]
    others_percent: float
    "CPU time of everybody else meanwhile, of one core."


async def measured(kind: str, engine: str, where: str, people: int, seed: int) -> Found:
    lanes, minutes = PLACES.get(kind, (LANES, MINUTES))
    executor: Executor = await made(engine, where, lanes=lanes, minutes=minutes)
    if kind == "aiosqlite":
        await executor.close()
        executor = Aiosqlite(Path(where))
    booking = service_on(executor, chance_of(f"c{seed}"), f"c{seed}")
    offers = [await booking.slots(SERVICE, site, DAYS[0], NOW) for site in SITES]
    # Both sites are served by the same agents, so a time has as many places as there are agents.
    places: dict[datetime, int] = {}
    for one in (*offers[0], *offers[1]):
        places[one.start] = max(one.left, places.get(one.start, 0))
    capacity = sum(places.values())
    everybody, own, began = everybody_s(), time.process_time(), time.perf_counter()
    among = len(places) if kind in PLACES else 24
    days = DAYS[:1] if kind in PLACES else DAYS
    found = await crowd(booking, people, seed, among=among, days=days)
    whole = time.perf_counter() - began
    others = everybody_s() - everybody - (time.process_time() - own)
    await executor.close()
    wrong = await asyncio.to_thread(faults, engine, where)  # it has a loop of its own
    return _found(found, people, capacity, wrong, 100 * max(0.0, others) / whole)


def _found(
    found: Crowd, people: int, capacity: int, wrong: dict[str, int], others_percent: float
) -> Found:
    return Found(
        people=people,
        seconds=round(found.seconds, 3),
        per_s=round(found.per_s, 1),
        cpu_ms_per_command=round(1000 * found.cpu_s / found.commands, 3),
        booked=found.outcomes["booked"],
        outcomes=dict(found.outcomes),
        hold_p50_ms=round(1000 * share(found.hold_s, 0.5), 1),
        hold_p99_ms=round(1000 * share(found.hold_s, 0.99), 1),
        look_p99_ms=round(1000 * share(found.look_s, 0.99), 1),
        capacity=capacity,
        faults=wrong,
        others_percent=round(others_percent, 1),
    )


if __name__ == "__main__":
    kind, engine, where, people, seed = sys.argv[1:]
    print(json.dumps(asdict(uvloop.run(measured(kind, engine, where, int(people), int(seed))))))
