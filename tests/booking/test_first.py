"""The first free time of a morning, chosen by the counter."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.appointment import Details
from booking.availability_service import AT_NINE
from booking.errors import BadDetails, BookingRefused, ClosedDay, HoldExpired, NotReleased
from booking.orders import HeldAt
from booking.seed_toml import seed
from booking.service import BookingService
from booking.slots import Part
from booking.store_sql import booking_service
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from tests.booking.test_race import audit, widen

TUESDAY = date(2026, 11, 24)
NINE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HENGQIN = seed((2026,)).catalogue.site("hengqin-centre")
HERE = ("dsi-passport", "hengqin-centre")


async def first(
    booking: BookingService, who: str, now: datetime, part: Part = Part.DAY, key: str = "k"
) -> HeldAt:
    return await booking.hold_first(key, *HERE, TUESDAY, part, who, now)


async def test_it_is_the_first_that_the_list_shows(booking: BookingService, now: datetime) -> None:
    offers = await booking.slots(*HERE, TUESDAY, now)
    held = await first(booking, "a", now)
    assert held.start == offers[0].start
    assert (await booking.appointment(held.reference, now)).start == held.start
    assert (await first(booking, "b", now)).start == offers[1].start
    afternoon = await first(booking, "c", now, Part.AFTERNOON)
    assert afternoon.start == datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    assert (await first(booking, "d", now, Part.MORNING)).start == offers[2].start


async def test_asked_again_it_is_the_same_hold(booking: BookingService, now: datetime) -> None:
    held = await first(booking, "a", now)
    assert await first(booking, "a", now + timedelta(minutes=1)) == held
    with pytest.raises(HoldExpired):
        await first(booking, "a", now + timedelta(hours=1))
    with pytest.raises(BadDetails):
        await booking.hold_first(
            "k", "dsi-passport", "hengqin-neighbourhood", TUESDAY, Part.DAY, "a", now
        )
    with pytest.raises(BadDetails):
        await first(booking, "a", now, key="")


async def test_a_time_at_which_one_has_an_appointment_is_passed_over(
    booking: BookingService, now: datetime
) -> None:
    held = await first(booking, "a", now)
    await booking.confirm(held.reference, Details(name="A"), now)
    other = await booking.hold_first(
        "k2", "dsi-criminal-record", "hengqin-centre", TUESDAY, Part.DAY, "a", now
    )
    assert other.start >= held.start + timedelta(minutes=15)


@pytest.mark.parametrize(
    "day, refusal",
    [
        (date(2026, 11, 22), NotReleased),
        (date(2026, 11, 28), ClosedDay),
        (date(2028, 1, 4), NotReleased),
    ],
)
async def test_a_day_that_cannot_be_booked(
    booking: BookingService, now: datetime, day: date, refusal: type[BookingRefused]
) -> None:
    with pytest.raises(refusal):
        await booking.hold_first("k", *HERE, day, Part.DAY, "a", now)


async def test_a_crowd_gets_exactly_what_there_is_in_order(
    executor: Executor,
    booking: BookingService,
    now: datetime,
    new_id: Callable[[], str],
    random_bytes: Callable[[int], bytes],
) -> None:
    await executor.write(widen, 2, 40)
    node = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=new_id,
        random_bytes=random_bytes,
        freshness=AT_NINE,
    )
    places = sum(
        one.left
        for one in await node.slots(*HERE, TUESDAY, now)
        if Part.MORNING.has(one.start, HENGQIN)
    )
    outcomes = await asyncio.gather(
        *(first(node, f"p-{n}", now, Part.MORNING) for n in range(places + 10)),
        return_exceptions=True,
    )
    held = [one for one in outcomes if isinstance(one, HeldAt)]
    refused = {type(one).__name__ for one in outcomes if not isinstance(one, HeldAt)}
    assert (len(held), refused) == (places, {"SlotTaken"})
    assert await executor.read(audit) == {}


def test_parts_of_the_day_are_by_the_wall_of_the_site() -> None:
    assert Part.MORNING.has(NINE, HENGQIN) and not Part.AFTERNOON.has(NINE, HENGQIN)
    one = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert Part.AFTERNOON.has(one, HENGQIN) and not Part.MORNING.has(one, HENGQIN)
    assert Part.DAY.has(NINE, HENGQIN) and Part.DAY.has(one, HENGQIN)
