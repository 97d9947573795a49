"""Too many people for a morning: they book, let go, wait and take what is offered, until killed.

    python -m tests.bench.booking_waiting ENGINE WHERE PEOPLE SEED

Prints each answer that somebody got, the moment they got it.  `killed_while_waiting` starts it,
ends it with SIGKILL somewhere in the middle, and looks at what the store says then: no answer may
be lost, no place be both offered and sold, and none be kept from who waits for it.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from booking import slots, store_offers
from booking.appointment import Details
from booking.errors import BookingRefused
from booking.grains import instant_of
from booking.service import BookingService
from tests.bench.booking_audit import STATES, faults, rows
from tests.bench.booking_killed import READY, Killed, told_until_killed
from tests.bench.booking_place import DAYS, NOW, SERVICE, SITES, chance_of, made, service_on

LANES: Final = 2
TIMES: Final = 6
"Of the morning, which is all that anybody wants: so many times, each with `LANES` places."
ROUNDS: Final = 12
LOOKS: Final = 200
SWEEPS: Final = 20

WAITING_FAULTS: Final = {
    "offers that are not kept": """
        SELECT count(*) FROM waitlist w LEFT JOIN appointment a ON a.id = w.appointment_id
        WHERE w.state = 'offered'
        AND (a.id IS NULL OR a.state <> 'held' OR a.person_key <> w.person_key)""",
    "offers of what is sold": """
        SELECT count(*) FROM waitlist w JOIN claim c ON c.appointment_id = w.appointment_id
        JOIN claim o ON o.resource = c.resource AND o.grain = c.grain AND o.unit = c.unit
        AND o.appointment_id <> c.appointment_id WHERE w.state = 'offered'""",
    "offers that two have": """
        SELECT count(*) FROM (SELECT appointment_id FROM waitlist WHERE appointment_id IS NOT NULL
        GROUP BY appointment_id HAVING count(*) > 1) AS twice""",
    "taken, and not booked": """
        SELECT count(*) FROM waitlist w JOIN appointment a ON a.id = w.appointment_id
        WHERE w.state = 'taken' AND a.state NOT IN ('booked', 'cancelled')""",
}
"Counts that must be 0."
_AFTER: Final = {
    "held": {"held", "booked", "cancelled"},
    "booked": {"booked", "cancelled"},
    "cancelled": {"cancelled"},
    "waiting": {"waiting", "offered", "taken", "lapsed"},
}
"What may have become of something by the time of the kill, by the last answer about it."


@dataclass(frozen=True, slots=True, kw_only=True)
class KilledWaiting(Killed):
    """What was found after one kill."""

    offers: int
    "Made before the kill."
    kept_back: int
    "Entries that wait for a place that is free, after the sweeps of the next start."


def killed_while_waiting(
    engine: str, where: str, people: int, seed: int, after: int
) -> KilledWaiting:
    """Kill it after so many answers.  where: a store that is made when it is not there."""
    command = ["tests.bench.booking_waiting", engine, where, str(people), str(seed)]
    told, finished = told_until_killed(command, after)
    offers = rows(engine, where, "SELECT count(*) FROM waitlist WHERE appointment_id IS NOT NULL")
    lost, wrong = _lost(engine, where, told), _faults(engine, where)
    kept_back = asyncio.run(_recovered(engine, where))
    return KilledWaiting(
        seed=seed,
        holds=sum(state != "booked" for _, state in told),  # and whatever else was answered
        bookings=sum(state == "booked" for _, state in told),
        lost_holds=lost.total() - lost["booked"],
        lost_bookings=lost["booked"],
        faults={**wrong, **_faults(engine, where)},
        finished=finished,
        offers=int(offers[0][0]),
        kept_back=kept_back,
    )


def _lost(engine: str, where: str, told: Iterable[tuple[str, str]]) -> Counter[str]:
    """How many answers of each kind the store does not have."""
    states = dict(rows(engine, where, STATES))
    states |= dict(rows(engine, where, "SELECT id, state FROM waitlist"))
    return Counter(
        state for one, state in dict(told).items() if states.get(one) not in _AFTER[state]
    )


def _faults(engine: str, where: str) -> dict[str, int]:
    found = {what: int(rows(engine, where, sql)[0][0]) for what, sql in WAITING_FAULTS.items()}
    return faults(engine, where) | {what: number for what, number in found.items() if number}


async def _recovered(engine: str, where: str) -> int:
    """How many wait for what is free when the next start has swept."""
    executor = await made(engine, where, lanes=LANES)
    booking = service_on(executor, chance_of("after"), "after")
    for _ in range(SWEEPS):
        await booking.sweep(NOW)
    missed = await executor.read(store_offers.with_room, NOW)
    await executor.close()
    return len(missed)


async def _run(engine: str, where: str, people: int, seed: int) -> None:
    executor = await made(engine, where, lanes=LANES)
    name = f"s{seed}"
    booking = service_on(executor, chance_of(name), name)
    catalogue = await booking.catalogue()
    service, site = slots.offered(catalogue, SERVICE, SITES[0])
    grains = slots.starts(catalogue, service, site, DAYS[0])[: TIMES + 1]
    times = [instant_of(grain) for grain in grains]
    out = sys.stdout.fileno()
    os.write(out, READY)

    def say(one: str, state: str) -> None:
        os.write(out, f"{one} {state}\n".encode())  # at once, whole, unbuffered

    await asyncio.gather(
        *(
            _person(booking, f"p-{number}", random.Random(seed * 10_007 + number), times, say)
            for number in range(people)
        )
    )
    await executor.close()


async def _person(
    booking: BookingService,
    who: str,
    chance: random.Random,
    times: Sequence[datetime],
    say: Callable[[str, str], None],
) -> None:
    for number in range(ROUNDS):
        try:
            start = chance.choice(times[:-1])
            held = await booking.hold(f"k-{number}", SERVICE, SITES[0], start, who, NOW)
        except BookingRefused:
            pass
        else:
            say(held.appointment_id, "held")
            if await _kept(booking, held.appointment_id, held.reference, chance, say):
                return
        try:
            joined = await booking.join_waitlist(
                f"j-{number}", SERVICE, SITES[0], times[0], times[-1], "a@b.org", "pt", who, NOW
            )
        except BookingRefused:
            continue
        say(joined.entry_id, "waiting")
        if await _offered(booking, joined.reference, chance, say):
            return


async def _offered(
    booking: BookingService, reference: str, chance: random.Random, say: Callable[[str, str], None]
) -> bool:
    """Wait for an offer, and take it or not; whether it was kept, or none came."""
    for _ in range(LOOKS):
        offer = (await booking.waiting(reference, NOW)).offer
        if offer is not None:
            return await _kept(booking, offer.appointment_id, offer.reference, chance, say)
        await asyncio.sleep(timedelta(milliseconds=20).total_seconds())
    return True


async def _kept(
    booking: BookingService,
    appointment_id: str,
    reference: str,
    chance: random.Random,
    say: Callable[[str, str], None],
) -> bool:
    """Book what is held, or let it go, before or after that; whether it was kept."""
    if chance.random() < 0.7:
        await booking.confirm(reference, Details(name="A"), NOW)
        say(appointment_id, "booked")
        if chance.random() < 0.3:
            return True
    await booking.cancel(reference, NOW)
    say(appointment_id, "cancelled")
    return False


if __name__ == "__main__":
    engine, where, people, seed = sys.argv[1:]
    asyncio.run(_run(engine, where, int(people), int(seed)))
