"""Many people who book at one instant, on the service itself.

Each looks at the times, wants one of the first, holds it, and confirms; who is refused looks again.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from booking.appointment import Details
from booking.errors import BookingRefused
from booking.service import BookingService
from tests.bench.booking_place import DAYS, NOW, SERVICE, SITES

TRIES = 60
SOLD_OUT_AFTER = 3


@dataclass(slots=True)
class Crowd:
    """What became of them."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    "Of this process; of PostgreSQL's nothing."
    outcomes: Counter[str] = field(default_factory=Counter)
    hold_s: list[float] = field(default_factory=list)
    "Of holds, refused ones included, as the one who asked waited."
    confirm_s: list[float] = field(default_factory=list)
    look_s: list[float] = field(default_factory=list)

    @property
    def commands(self) -> int:
        return len(self.hold_s) + len(self.confirm_s)

    @property
    def per_s(self) -> float:
        """Holds, refused holds and confirms in a second."""
        return self.commands / self.seconds


def share(values: list[float], part: float) -> float:
    """The value below which `part` of them are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


async def crowd(
    booking: BookingService,
    people: int,
    seed: int,
    *,
    acknowledged: Callable[[str, str], None] = lambda appointment_id, state: None,
    among: int = 24,
    days: Sequence[date] = DAYS,
) -> Crowd:
    """Let them all begin at once.  acknowledged: told of each answer that somebody got.

    among: how far down the list they reach.  days: among which each has chosen one.
    """
    found = Crowd()
    used, began = time.process_time(), time.perf_counter()
    await asyncio.gather(
        *(
            _person(
                booking,
                f"{seed}-{n}",
                random.Random(seed * 10_007 + n),
                found,
                acknowledged,
                among,
                days,
            )
            for n in range(people)
        )
    )
    found.seconds = time.perf_counter() - began
    found.cpu_s = time.process_time() - used
    return found


def _now(opened: float) -> datetime:
    """The time of day of the benchmark, which runs as every clock does."""
    return NOW + timedelta(seconds=time.monotonic() - opened)


async def _person(
    booking: BookingService,
    who: str,
    chance: random.Random,
    found: Crowd,
    acknowledged: Callable[[str, str], None],
    among: int,
    days: Sequence[date],
) -> None:
    site, day, empty = chance.choice(SITES), chance.choice(days), 0
    opened = time.monotonic()
    for number in range(TRIES):
        began = time.perf_counter()
        offers = await booking.slots(SERVICE, site, day, _now(opened))
        found.look_s.append(time.perf_counter() - began)
        if not offers:
            empty += 1
            if empty == SOLD_OUT_AFTER:
                found.outcomes["sold out"] += 1
                return
            await asyncio.sleep(0.25)  # until what was kept is no longer shown
            continue
        start = chance.choice(offers[:among]).start
        began = time.perf_counter()
        try:
            held = await booking.hold(f"k-{number}", SERVICE, site, start, who, _now(opened))
        except BookingRefused as refused:
            found.outcomes[refused.code] += 1
            continue
        finally:
            found.hold_s.append(time.perf_counter() - began)
        acknowledged(held.appointment_id, "held")
        began = time.perf_counter()
        await booking.confirm(held.reference, Details(name="A"), _now(opened))
        found.confirm_s.append(time.perf_counter() - began)
        acknowledged(held.appointment_id, "booked")
        found.outcomes["booked"] += 1
        return
    found.outcomes["gave up"] += 1
