"""An appointment goes elsewhere, or stays as it was: never neither, never both."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import errors, store_catalogue
from booking.appointment import MISSED_LIMIT, Details, State
from booking.orders import Held
from booking.ports import Store
from booking.service import BookingService
from booking.store_catalogue_tables import closure, service
from booking.tables import claim
from counter.store.executor import Executor

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SLOT, DAY = timedelta(minutes=20), timedelta(days=1)
SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
"Slots of 20 minutes, one agent, two terminals."


async def booked(
    booking: BookingService, now: datetime, start: datetime = TEN, person: str = "p"
) -> Held:
    hold = await booking.hold(f"{start}", SERVICE, SITE, start, person, now)
    await booking.confirm(hold.reference, Details(name="A"), now)
    return hold


def claims_of(conn: Connection, appointment_id: str) -> set[tuple[str, int, int]]:
    found = select(claim).where(claim.c.appointment_id == appointment_id)
    return {(row.resource, row.grain, row.unit) for row in conn.execute(found)}


def meanwhile(
    booking: BookingService, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[Any]]
) -> list[str]:
    """Let `act` happen between working out the first move and carrying it out; counts moves."""
    store: Store = booking._store
    carry_out = store.reschedule
    tried: list[str] = []

    async def reschedule(*asked: Any) -> Any:
        tried.append("move")
        if len(tried) == 1:
            await act()
        return await carry_out(*asked)

    monkeypatch.setattr(store, "reschedule", reschedule)
    return tried


async def test_on_a_conflict_the_old_one_stands_with_all_its_claims(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    await booked(booking, now, TEN + SLOT, "q")
    before = await booking.appointment(hold.reference, now)
    claims = await executor.read(claims_of, hold.appointment_id)
    with pytest.raises(errors.SlotTaken):
        await booking.reschedule(hold.reference, SITE, TEN + SLOT, now)
    assert await booking.appointment(hold.reference, now) == before
    assert await executor.read(claims_of, hold.appointment_id) == claims


async def test_the_old_time_is_somebody_elses_and_the_new_one_is_not(
    booking: BookingService, now: datetime
) -> None:
    hold = await booked(booking, now)
    moved = await booking.reschedule(hold.reference, SITE, TEN + SLOT, now)
    assert await booking.reschedule(hold.reference, SITE, TEN + SLOT, now) == moved
    assert (moved.start, moved.version) == (TEN + SLOT, 3)
    with pytest.raises(errors.SlotTaken):
        await booked(booking, now, TEN + SLOT, "q")
    await booked(booking, now, TEN, "q")


async def test_what_is_given_back_is_ones_own(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    other = await booked(booking, now, TEN + SLOT, "q")
    claims = await executor.read(claims_of, other.appointment_id)
    await booking.cancel(hold.reference, now)
    assert await executor.read(claims_of, hold.appointment_id) == set()
    assert await executor.read(claims_of, other.appointment_id) == claims


async def test_a_move_of_what_was_moved_meanwhile_is_worked_out_again(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold = await booked(booking, now)

    async def move() -> None:
        await booking.reschedule(hold.reference, SITE, TEN + 4 * SLOT, now)

    tried = meanwhile(booking, monkeypatch, move)
    moved = await booking.reschedule(hold.reference, SITE, TEN + SLOT, now)
    assert (moved.start, moved.version) == (TEN + SLOT, 4)
    assert len(tried) == 3, "theirs, ours that came too late, ours again"
    await booked(booking, now, TEN + 4 * SLOT, "q")


async def test_what_was_cancelled_meanwhile_is_not_moved(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold = await booked(booking, now)

    async def cancel() -> None:
        await booking.cancel(hold.reference, now)

    meanwhile(booking, monkeypatch, cancel)
    with pytest.raises(errors.AppointmentCancelled):
        await booking.reschedule(hold.reference, SITE, TEN + SLOT, now)
    assert await executor.read(claims_of, hold.appointment_id) == set()


async def test_a_move_from_an_older_catalogue_is_worked_out_again(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def closed(conn: Connection) -> None:
        conn.execute(
            closure.insert().values(
                id="c",
                place="department:dsf",
                day=(TEN + DAY).date(),
                openings=[],
                names={"en": "Moving"},
            )
        )
        store_catalogue.touch(conn)

    hold = await booked(booking, now)
    meanwhile(booking, monkeypatch, lambda: executor.write(closed))
    with pytest.raises(errors.ClosedDay):
        await booking.reschedule(hold.reference, SITE, TEN + DAY, now)
    assert (await booking.appointment(hold.reference, now)).start == TEN


async def test_it_is_not_moved_or_cancelled_once_it_is_too_late(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    def two_hours(conn: Connection) -> None:
        conn.execute(service.update().values(change_until_minutes=120))
        store_catalogue.touch(conn)

    await executor.write(two_hours)
    await booking.sweep(now)
    hold = await booked(booking, now)
    until = TEN - timedelta(hours=2)
    await booking.reschedule(hold.reference, SITE, TEN + SLOT, until)
    until += SLOT
    late = until + timedelta(microseconds=1)
    with pytest.raises(errors.TooLateToChange) as refused:
        await booking.reschedule(hold.reference, SITE, TEN + DAY, late)
    assert refused.value.until == until
    with pytest.raises(errors.TooLateToChange):
        await booking.cancel(hold.reference, late)
    assert (await booking.appointment(hold.reference, late)).state is State.BOOKED
    await booking.cancel(hold.reference, until)


async def test_who_missed_too_often_moves_within_a_day_only(
    booking: BookingService, now: datetime
) -> None:
    assert MISSED_LIMIT == 3
    for start in (TEN, TEN + SLOT):
        await booked(booking, now, start)
    after_lunch = TEN + 13 * SLOT
    noon = TEN + timedelta(hours=2)
    await booking.sweep(noon)
    thursday = TEN + 2 * DAY
    hold = await booked(booking, noon, thursday)
    # Two that were missed change nothing.
    await booking.reschedule(hold.reference, SITE, thursday + DAY, noon)
    await booking.reschedule(hold.reference, SITE, thursday, noon)
    await booked(booking, noon, after_lunch)
    later = after_lunch + timedelta(minutes=15, seconds=1)
    await booking.sweep(later)
    with pytest.raises(errors.OnlySameDay):
        await booking.reschedule(hold.reference, SITE, thursday + DAY, later)
    assert (await booking.appointment(hold.reference, later)).start == thursday
    # What they have they keep, and another time of that day takes no more than it.
    await booking.reschedule(hold.reference, SITE, thursday + SLOT, later)
    today = after_lunch + 3 * SLOT
    assert (await booking.reschedule(hold.reference, SITE, today, later)).start == today
