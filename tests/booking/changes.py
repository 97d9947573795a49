"""What a supervisor changes of a department's booking, and who has booked there."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, select

from booking import store_catalogue
from booking.appointment import Details
from booking.calendar import Closure, Opening
from booking.catalogue import LANGUAGES
from booking.catalogue_changes import (
    Capacity,
    CapacityChange,
    Change,
    ChangeOrder,
    ClosureChange,
    HoursChange,
    ServiceChange,
    mark,
)
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import department
from booking.tables import appointment
from counter.store.journal_sql import read_all

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
DAY = date(2026, 11, 24)
DSF, SERVICE, SITE = "dsf", "dsf-salaries-tax-certificate", "hengqin-centre"
WORDS = {language: f"words {language}" for language in LANGUAGES}
BOSS = "supervisor:mok"


async def closing(booking: BookingService, now: datetime, day: date = DAY) -> ClosureChange:
    """Close a day."""
    hours = (await booking.administered(now)).department(DSF).hours
    return ClosureChange(
        department=DSF, day=day, before=hours.closures.get(day), after=Closure(names=WORDS)
    )


async def mornings(booking: BookingService, now: datetime) -> HoursChange:
    """Open in the morning only, to 11:00."""
    openings = tuple(
        Opening(weekday=weekday, opens_minute=540, closes_minute=660) for weekday in range(1, 6)
    )
    before = (await booking.administered(now)).department(DSF).hours.openings
    return HoursChange(department=DSF, before=before, after=openings)


async def capacity(booking: BookingService, now: datetime, lanes: int, quota: int) -> Change:
    one = (await booking.administered(now)).department(DSF)
    return CapacityChange(
        department=DSF,
        before=Capacity(lanes=one.lanes, daily_quota=one.daily_quota),
        after=Capacity(lanes=lanes, daily_quota=quota),
    )


async def of_service(booking: BookingService, now: datetime, **changed: Any) -> ServiceChange:
    before = (await booking.administered(now)).service(SERVICE)
    return ServiceChange(department=DSF, before=before, after=replace(before, **changed))


async def make(
    booking: BookingService, change: Change, now: datetime, from_at: datetime | None = None
) -> int:
    seen = mark(await booking.administered(now), change)
    order = ChangeOrder(change=change, seen=seen, from_at=from_at, by=BOSS)
    return await booking.change_catalogue(order, now)


async def held(
    booking: BookingService, now: datetime, start: datetime = TEN, person: str = "p"
) -> Held:
    return await booking.hold(f"{start:%d%H%M}", SERVICE, SITE, start, person, now)


async def booked(
    booking: BookingService, now: datetime, start: datetime = TEN, person: str = "p"
) -> Held:
    hold = await held(booking, now, start, person)
    await booking.confirm(hold.reference, Details(name="陳大文"), now)
    return hold


def journal(conn: Connection) -> list[dict[str, Any]]:
    return [
        body
        for body in (json.loads(one.body) for one in read_all(conn))
        if body["action"].startswith("catalogue.")
    ]


def state_of(conn: Connection, appointment_id: str) -> str:
    found = select(appointment.c.state).where(appointment.c.id == appointment_id)
    return str(conn.execute(found).scalar_one())


def widen(conn: Connection) -> None:
    """Two agents."""
    conn.execute(department.update().where(department.c.id == DSF).values(lanes=2, daily_quota=20))
    store_catalogue.touch(conn)
