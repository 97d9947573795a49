"""A terminal that is broken is booked no more, and again once it works."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from booking.store_catalogue_tables import outage
from booking.store_sql import booking_service, plant_seed
from counter.app.terminal_outages import KIND, NOTED_FOR, tell_booking
from counter.signaling.tables import device_state
from counter.store.alerts import open_alerts
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.outbox import owe

TERMINAL = "hengqin-centre-2"


def reported(conn: Connection, /, now: datetime, **states: str) -> None:
    """Its program has found its devices to be so."""
    health = {
        name: {"state": state, "fault": "", "since": now.isoformat()}
        for name, state in states.items()
    }
    conn.execute(
        insert_for(conn, device_state)
        .values(terminal_id=TERMINAL, epoch=1, beat_at=now, health=health)
        .on_conflict_do_update(index_elements=["terminal_id"], set_={"health": health})
    )


def outages(conn: Connection) -> list[Any]:
    return list(conn.execute(select(outage).order_by(outage.c.first_grain)))


async def test_what_is_broken_is_out_of_order_until_it_works(
    executor: Executor, now: datetime, new_id: Callable[[], str]
) -> None:
    numbers = count(1)
    assert await plant_seed(executor, now)
    booking = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=new_id,
        random_bytes=lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size],
    )
    catalogue = await booking.catalogue()

    async def look(at: datetime) -> list[Any]:
        await tell_booking(executor, booking, catalogue, new_id, at)
        return await executor.read(outages)

    await executor.write(reported, now, camera="broken", scanner="good", sound="good")
    assert await look(now) == [], "the scanner photographs papers as well"
    await executor.write(reported, now, camera="broken", sound="good")
    await look(now)
    [noted] = await look(now)
    assert (noted.resource, noted.unit, noted.reason) == (
        "site:hengqin-centre",
        1,
        "broken: camera",
    )
    [alert] = await executor.read(open_alerts)
    assert (alert.kind, alert.subject) == (KIND, f"terminal:{TERMINAL}")

    later = now + NOTED_FOR - timedelta(minutes=30)
    assert len(await look(later)) == 2, "noted again before the first one ends"
    assert len(await executor.read(open_alerts)) == 1

    await executor.write(reported, later, camera="good", sound="good")
    ended = await look(later + timedelta(minutes=5))
    assert len(ended) == 2
    assert await executor.read(open_alerts) == []
    assert ended[1].end_grain < ended[0].end_grain + 12 * 11, "it may be booked from now on"
