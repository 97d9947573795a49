"""Changes of a department's booking at the same time as others, and as people book."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.util import await_only

from booking import errors, store_booking, store_catalogue
from booking.appointment import Details, State
from booking.catalogue_changes import ChangeOrder, mark, midnight
from booking.service import BookingService
from booking.store_capacity import misfits
from booking.tables import appointment
from counter.store.executor import Executor
from tests.booking.changes import (
    DAY,
    DSF,
    SERVICE,
    SITE,
    TEN,
    capacity,
    held,
    journal,
    make,
    mornings,
    of_service,
    widen,
)


def held_misfits(conn: Connection) -> list[str]:
    found = misfits(conn, store_catalogue.load(conn), appointment.c.state == State.HELD)
    return [row.id for row, _ in found]


def waits_for_a_lock(conn: Connection) -> bool:
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(conn.execute(asked).scalar_one())


def of_the_afternoon(conn: Connection) -> list[tuple[str, bool]]:
    """Booked appointments, and whether they end after 11:00 in Macau."""
    rows = conn.execute(select(appointment).where(appointment.c.state == State.BOOKED))
    eleven = int((TEN + timedelta(hours=1)).timestamp()) // 300
    return [(row.id, row.first_grain + row.grains > eleven) for row in rows]


async def test_two_editors_at_once_and_one_of_them_is_first(
    booking: BookingService, now: datetime
) -> None:
    changes = [await of_service(booking, now, slot_minutes=20 + 5 * n) for n in range(1, 5)]
    seen = mark(await booking.administered(now), changes[0])
    orders = [
        ChangeOrder(change=one, seen=seen, from_at=None, by=f"supervisor:{number}")
        for number, one in enumerate(changes)
    ]
    answers = await asyncio.gather(
        *(booking.change_catalogue(order, now) for order in orders), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in answers) == [*["ChangedMeanwhile"] * 3, "int"]


async def test_two_nodes_put_it_in_once(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    await make(booking, await capacity(booking, now, 3, 30), now, at)
    await asyncio.gather(*(booking.sweep(at) for _ in range(4)))
    applied = [one for one in await executor.read(journal) if one["action"] == "catalogue.applied"]
    assert len(applied) == 1


async def test_a_hold_in_flight_and_a_change_never_miss_each_other(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hold has looked at the catalogue and not committed when the change comes."""
    looked, go_on = asyncio.Event(), asyncio.Event()
    same_catalogue = store_booking._same_catalogue
    apart: list[bool] = []

    def look_and_wait(conn: Connection, place: Any) -> None:
        same_catalogue(conn, place)
        apart.append(conn.dialect.name == "postgresql")
        if apart == [True]:
            looked.set()
            await_only(go_on.wait())

    await booking.catalogue()
    change = await mornings(booking, now)
    with monkeypatch.context() as patch:
        patch.setattr(store_booking, "_same_catalogue", look_and_wait)
        late = TEN + timedelta(hours=2)
        hold = asyncio.create_task(held(booking, now, late))
        waiting = asyncio.create_task(looked.wait())
        await asyncio.wait({hold, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        changing = asyncio.create_task(make(booking, change, now))
        # On SQLite one is done before the other begins; here it has to wait, or is done already.
        while not changing.done() and apart[0] and not await executor.read(waits_for_a_lock):
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(hold, changing)
    assert await executor.read(held_misfits) == []
    with pytest.raises(errors.BookingRefused):
        await held(booking, now, late, "q")


@pytest.mark.parametrize("seed", range(3))
async def test_in_a_rush_nobody_holds_a_time_outside_the_new_hours(
    booking: BookingService, executor: Executor, now: datetime, seed: int
) -> None:
    await executor.write(widen)
    change = await mornings(booking, now)
    starts = [one.start for one in await booking.slots(SERVICE, SITE, DAY, now)]

    async def person(number: int) -> None:
        start = starts[(number * 7 + seed) % len(starts)]
        try:
            hold = await held(booking, now, start, f"p-{number}")
            if number % 2:
                await booking.confirm(hold.reference, Details(name="A"), now)
        except errors.BookingRefused:
            pass

    people = [person(number) for number in range(24)]
    some = 6 * (seed + 1)
    await asyncio.gather(
        *people[:some], make(booking, change, now), *people[some:], return_exceptions=False
    )
    assert await executor.read(held_misfits) == []
    booked_by_the_old = {one.appointment_id for one in await booking.to_be_moved(now)}
    late = {row_id for row_id, start in await executor.read(of_the_afternoon) if start}
    assert late == booked_by_the_old, "what was booked before is listed, and nothing else is there"
    with pytest.raises(errors.BookingRefused):
        await held(booking, now, starts[-1], "after")
