"""Many people at one instant: never more than there is, and exactly as much as there is."""

import asyncio
import dataclasses
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, text

from booking import store_catalogue
from booking.appointment import Details
from booking.catalogue import Catalogue
from booking.errors import BookingRefused, SlotTaken, TooManyWaiting
from booking.orders import Held
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import department
from booking.store_sql import booking_service
from counter.store.executor import Executor
from counter.store.journal_sql import check, record
from counter.store.outbox import owe

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

AUDIT = {
    "appointments over the agents of a department": """
        SELECT count(*) FROM (
            SELECT a.department, c.grain FROM appointment a
            JOIN claim c ON c.appointment_id = a.id AND c.resource LIKE 'department:%'
            JOIN department d ON d.id = a.department
            WHERE a.state IN ('held', 'booked', 'arrived')
            GROUP BY a.department, c.grain, d.lanes HAVING count(*) > d.lanes) AS over_lanes""",
    "appointments over the terminals of a site": """
        SELECT count(*) FROM (
            SELECT a.site, c.grain FROM appointment a
            JOIN claim c ON c.appointment_id = a.id AND c.resource LIKE 'site:%'
            WHERE a.state IN ('held', 'booked', 'arrived')
            GROUP BY a.site, c.grain
            HAVING count(*) > (SELECT count(*) FROM terminal t WHERE t.site = a.site)
        ) AS over_terminals""",
    "living appointments without all their claims": """
        SELECT count(*) FROM appointment a WHERE a.state IN ('held', 'booked', 'arrived')
        AND 3 * a.grains + 2 <>
            (SELECT count(*) FROM claim c WHERE c.appointment_id = a.id)""",
    "claims of the dead": """
        SELECT count(*) FROM claim c JOIN appointment a ON a.id = c.appointment_id
        WHERE a.state IN ('cancelled', 'expired')
        OR a.state IN ('fulfilled', 'noshow') AND c.resource NOT LIKE 'quota:%'""",
    "one person in two places": """
        SELECT count(*) FROM appointment a JOIN appointment b
        ON a.person_key = b.person_key AND a.id < b.id
        AND a.first_grain < b.first_grain + b.grains AND b.first_grain < a.first_grain + a.grains
        WHERE a.state IN ('held', 'booked', 'arrived')
        AND b.state IN ('held', 'booked', 'arrived')""",
    "living appointments outside of their own claims": """
        SELECT count(*) FROM appointment a
        JOIN claim c ON c.appointment_id = a.id AND c.resource LIKE 'site:%'
        WHERE a.state IN ('held', 'booked', 'arrived') AND (c.resource <> 'site:' || a.site
        OR c.grain < a.first_grain OR c.grain >= a.first_grain + a.grains)""",
    "entries that are offered what is not kept": """
        SELECT count(*) FROM waitlist w LEFT JOIN appointment a ON a.id = w.appointment_id
        WHERE w.state = 'offered' AND (a.id IS NULL OR a.state <> 'held'
        OR a.person_key <> w.person_key OR a.first_grain < w.first_grain
        OR a.first_grain + a.grains - 1 > w.last_grain)""",
    "slots that two entries are offered": """
        SELECT count(*) FROM (SELECT appointment_id FROM waitlist
            WHERE appointment_id IS NOT NULL
            GROUP BY appointment_id HAVING count(*) > 1) AS twice""",
    "people who wait too often": """
        SELECT count(*) FROM (SELECT person_key FROM waitlist
            WHERE state IN ('waiting', 'offered')
            GROUP BY person_key HAVING count(*) > 3) AS often""",
}
"Counts that must be 0, in SQL that knows nothing of the code."


def audit(conn: Connection) -> dict[str, int]:
    found = {what: conn.execute(text(sql)).scalar_one() for what, sql in AUDIT.items()}
    return {what: number for what, number in found.items() if number}


def widen(conn: Connection, lanes: int, quota: int) -> None:
    conn.execute(department.update().values(lanes=lanes, daily_quota=quota))
    store_catalogue.touch(conn)


async def tried(booking: BookingService, person: str, now: datetime, *slot: object) -> Held | None:
    service, site, start = slot
    assert isinstance(service, str) and isinstance(site, str) and isinstance(start, datetime)
    try:
        return await booking.hold("k", service, site, start, person, now)
    except SlotTaken:
        return None


@pytest.mark.parametrize("lanes", [1, 3])
async def test_one_slot_is_sold_exactly_as_often_as_there_are_places(
    booking: BookingService, executor: Executor, now: datetime, lanes: int
) -> None:
    await executor.write(widen, lanes, 20)
    people = [f"p-{number}" for number in range(30)]
    # In Macau there are three terminals; with three agents all three can be sold.
    slot = ("hq_tax-income-certificate", "macau-morais", TEN)
    holds = await asyncio.gather(*(tried(booking, who, now, *slot) for who in people))
    assert len([one for one in holds if one]) == lanes
    assert await executor.read(audit) == {}


async def test_the_last_places_of_a_day_are_sold_once(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    offers = await booking.slots("dsi-passport", "hengqin-centre", TEN.date(), now)
    assert len(offers) > 16
    slots = [("dsi-passport", "hengqin-centre", offer.start) for offer in offers[:16]]
    holds = await asyncio.gather(
        *(tried(booking, f"p-{n}", now, *slot) for n, slot in enumerate(slots))
    )
    assert len([one for one in holds if one]) == 8
    assert await executor.read(audit) == {}


async def test_a_retry_at_the_same_instant_makes_one_appointment(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    slot = ("dsi-passport", "hengqin-centre", TEN)
    holds = await asyncio.gather(*(tried(booking, "p", now, *slot) for _ in range(8)))
    assert len({one for one in holds if one}) == 1 and all(holds)
    reference = holds[0].reference if holds[0] else ""
    views = await asyncio.gather(
        *(booking.confirm(reference, Details(name="A"), now) for _ in range(8))
    )
    assert len(set(views)) == 1
    number, faults = await executor.read(check)
    assert (number, faults) == (2, [])


@pytest.mark.parametrize(
    "chance",
    [
        pytest.param(random.Random(2), id="2"),
        pytest.param(random.Random(3), id="3", marks=pytest.mark.deep),
    ],
)
async def test_a_rush_of_everything_at_once_keeps_every_rule(
    booking: BookingService, executor: Executor, now: datetime, chance: random.Random
) -> None:
    await executor.write(widen, 2, 20)
    catalogue: Catalogue = seed([2026]).catalogue
    services = [one for one in catalogue.services.values() if one.department in {"dsi", "dsf"}]
    outcomes: Counter[str] = Counter()

    async def citizen(number: int) -> None:
        who = f"p-{number % 25}"
        service = chance.choice(services).id
        offers = await booking.slots(service, "hengqin-centre", TEN.date(), now)
        start = chance.choice(offers[:6]).start
        try:
            hold = await booking.hold(f"k-{number}", service, "hengqin-centre", start, who, now)
            if chance.random() < 0.7:
                await booking.confirm(hold.reference, Details(name="A"), now)
            if chance.random() < 0.2:
                await booking.cancel(hold.reference, now)
        except BookingRefused as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["done"] += 1

    await asyncio.gather(*(citizen(number) for number in range(60)))
    assert outcomes["done"] >= 6
    assert set(outcomes) <= {
        "done",
        "slot_taken",
        "person_overlap",
        "too_many_appointments",
        "hold_expired",
    }
    assert await executor.read(audit) == {}
    assert (await executor.read(check))[1] == []


@pytest.mark.parametrize(
    "chance",
    [
        pytest.param(random.Random(5), id="5"),
        pytest.param(random.Random(6), id="6", marks=pytest.mark.deep),
    ],
)
async def test_a_rush_of_moves_and_of_who_waits_keeps_every_rule(
    booking: BookingService, executor: Executor, now: datetime, chance: random.Random
) -> None:
    # One agent and sixty people: nearly everybody finds the morning full, and some let go.
    await executor.write(widen, 1, 20)
    service, site = "dsi-passport", "hengqin-centre"
    starts = [offer.start for offer in await booking.slots(service, site, TEN.date(), now)][:6]
    length = starts[1] - starts[0]
    outcomes: Counter[str] = Counter()
    waiting: list[str] = []

    async def citizen(number: int) -> None:
        who = f"p-{number % 30}"
        start = chance.choice(starts)
        try:
            hold = await booking.hold(f"k-{number}", service, site, start, who, now)
            await booking.confirm(hold.reference, Details(name="A"), now)
            outcomes["booked"] += 1
            if chance.random() < 0.6:
                await booking.reschedule(hold.reference, site, chance.choice(starts), now)
                outcomes["moved"] += 1
            if chance.random() < 0.6:
                await booking.cancel(hold.reference, now)
                outcomes["given back"] += 1
        except BookingRefused as refusal:
            outcomes[refusal.code] += 1
        try:
            joined = await booking.join_waitlist(
                f"j-{number}", service, site, start, start + length, "a@b.org", "pt", who, now
            )
            waiting.append(joined.reference)
            outcomes["waits"] += 1
            if chance.random() < 0.2:
                await booking.leave_waitlist(joined.reference, now)
        except BookingRefused as refusal:
            outcomes[refusal.code] += 1

    await asyncio.gather(*(citizen(number) for number in range(60)))
    assert await executor.read(audit) == {}
    assert outcomes["booked"] >= 4 and outcomes["waits"] >= 10, outcomes
    # Whoever is offered something answers, until nobody who waits can have anything.
    for _ in range(12):
        await booking.sweep(now)
        for reference in waiting:
            view = await booking.waiting(reference, now)
            if view.offer is not None:
                outcomes["offered"] += 1
                if chance.random() < 0.5:
                    await booking.confirm(view.offer.reference, Details(name="B"), now)
                else:
                    await booking.cancel(view.offer.reference, now)
        assert await executor.read(audit) == {}
    assert set(outcomes) <= {
        "booked",
        "moved",
        "given back",
        "waits",
        "offered",
        "slot_taken",
        "slot_is_free",
        "person_overlap",
        "too_many_appointments",
        "too_many_waiting",
        "hold_expired",
    }
    assert (await executor.read(check))[1] == []


async def test_a_slot_that_is_freed_while_many_ask_goes_to_who_waited(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    slot = ("dsi-passport", "hengqin-centre", TEN)
    hold = await booking.hold("k", *slot, "first", now)
    await booking.confirm(hold.reference, Details(name="A"), now)
    service = await booking.service("dsi-passport")
    until = TEN + timedelta(minutes=service.slot_minutes)
    joined = await booking.join_waitlist(
        "j", "dsi-passport", "hengqin-centre", TEN, until, "a@b.org", "pt", "waits", now
    )
    holds, _ = await asyncio.gather(
        asyncio.gather(*(tried(booking, f"p-{number}", now, *slot) for number in range(20))),
        booking.cancel(hold.reference, now),
    )
    assert not any(holds)
    assert (await booking.waiting(joined.reference, now)).offer is not None
    assert await executor.read(audit) == {}


async def test_one_person_at_once_is_on_the_list_three_times(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    slot = ("dsi-passport", "hengqin-centre", TEN)
    hold = await booking.hold("k", *slot, "first", now)
    await booking.confirm(hold.reference, Details(name="A"), now)
    service = await booking.service("dsi-passport")
    until = TEN + timedelta(minutes=service.slot_minutes)

    async def join(number: int) -> bool:
        try:
            await booking.join_waitlist(f"j-{number}", *slot, until, "a@b.org", "pt", "p", now)
        except TooManyWaiting:
            return False
        return True

    assert sum(await asyncio.gather(*(join(number) for number in range(8)))) == 3
    assert await executor.read(audit) == {}


async def test_two_nodes_sell_one_slot_once(
    new_executor: Callable[[], Executor],
    now: datetime,
    random_bytes: Callable[[int], bytes],
    request: pytest.FixtureRequest,
) -> None:
    if "sqlite" in request.node.name:
        # SQLite is for one node: there, two services on one lane.
        first = second = new_executor()
    else:
        first, second = new_executor(), new_executor()
    planted = seed([2026])
    await first.write(store_catalogue.plant, planted.catalogue, planted.calendars)
    numbers = count(1)
    nodes = [
        booking_service(
            executor,
            record=record,
            owe=owe,
            new_id=lambda: f"id-{next(numbers)}",
            random_bytes=random_bytes,
        )
        for executor in (first, second)
    ]
    slot = ("dsi-passport", "hengqin-centre", TEN)
    holds = await asyncio.gather(*(tried(nodes[n % 2], f"p-{n}", now, *slot) for n in range(12)))
    assert len([one for one in holds if one]) == 1
    assert await first.read(audit) == {}
    await first.close()
    if second is not first:
        await second.close()


def test_the_audit_sees_what_it_is_for() -> None:
    # An audit that cannot find a fault proves nothing: here is one of each kind.
    from pysqlite3 import dbapi2
    from sqlalchemy import create_engine

    from booking.tables import metadata

    engine = create_engine("sqlite+pysqlite://", module=dbapi2)
    with engine.begin() as conn:
        metadata.create_all(conn)
        planted = seed([2026])
        small = dataclasses.replace(planted.catalogue)
        store_catalogue.plant(conn, small, planted.calendars)
        for number in ("1", "2", "3", "4"):
            conn.execute(
                text(
                    "INSERT INTO appointment (id, idem, reference_sha256, person_key, name,"
                    " contact, language, needs, department, service, site, first_grain,"
                    " grains, state, version, created_at) VALUES (:n, :n, :n, 'p', '', '', '',"
                    " '[]', 'dsi', 'dsi-passport', 'hengqin-centre', 1, 1, :state,"
                    " 1, 0)"
                ),
                {"n": number, "state": "cancelled" if number == "4" else "booked"},
            )
            for resource in ("department:dsi", "site:hengqin-centre"):
                conn.execute(
                    text("INSERT INTO claim VALUES (:r, 1, :u, :n)"),
                    {"r": resource, "u": int(number), "n": number},
                )
        for entry in range(4):
            conn.execute(
                text(
                    "INSERT INTO waitlist (id, idem, reference_sha256, person_key, department,"
                    " service, site, grains, first_grain, last_grain, speech, contact, language,"
                    " state, appointment_id, created_at) VALUES (:n, :n, :n, 'q', 'dsi',"
                    " 'dsi-passport', 'hengqin-centre', 1, 1, 1, 'yue', '', 'pt', 'offered',"
                    " '1', 0)"
                ),
                {"n": str(entry)},
            )
        conn.execute(
            text("UPDATE claim SET resource = 'site:x' WHERE unit = 3 AND resource LIKE 'site:%'")
        )
        assert set(audit(conn)) == set(AUDIT)
    engine.dispose()
