"""Reminders: owed when an appointment is booked or moved, two days and two hours before it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking.appointment import Details
from booking.reminders import due, in_time
from booking.service import BookingService
from counter.store.executor import Executor
from counter.store.outbox import outbox, take_due

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
TWO_DAYS, TWO_HOURS = timedelta(hours=48), timedelta(hours=2)
DETAILS = Details(name="Ana", contact="ana@example.org", language="pt")


@pytest.mark.parametrize(
    "before, expected",
    [
        (timedelta(days=3), [TWO_DAYS, TWO_HOURS]),
        (timedelta(hours=48, seconds=1), [TWO_DAYS, TWO_HOURS]),
        (TWO_DAYS, [TWO_HOURS]),
        (timedelta(hours=3), [TWO_HOURS]),
        (timedelta(hours=1), []),
        (timedelta(), []),
    ],
)
def test_a_time_that_is_past_is_not_reminded_of(
    before: timedelta, expected: list[timedelta]
) -> None:
    assert due(FRIDAY, FRIDAY - before) == [(ahead, FRIDAY - ahead) for ahead in expected]


@pytest.mark.parametrize(
    "ahead, before, expected",
    [
        (TWO_DAYS, timedelta(hours=47), True),
        (TWO_DAYS, TWO_HOURS, False),  # the other one is due
        (TWO_HOURS, timedelta(minutes=1), True),
        (TWO_HOURS, timedelta(), False),
    ],
)
def test_a_reminder_that_comes_late_is_of_use_for_a_while(
    ahead: timedelta, before: timedelta, expected: bool
) -> None:
    assert in_time(FRIDAY, ahead, FRIDAY - before) is expected


def reminders(conn: Connection) -> list[tuple[int, int, str, Any]]:
    """Return version, minutes ahead, start and when it is due, of every reminder owed."""
    rows = conn.execute(
        select(outbox).where(outbox.c.kind == "appointment.reminder").order_by(outbox.c.id)
    )
    return [
        (row.body["version"], row.body["ahead_minutes"], row.body["start"], row.due_at)
        for row in rows
    ]


async def booked(booking: BookingService, start: datetime, now: datetime) -> str:
    held = await booking.hold("k", SERVICE, SITE, start, "p", now)
    await booking.confirm(held.reference, DETAILS, now)
    return held.reference


async def test_two_are_owed_and_two_more_when_it_is_moved(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    reference = await booked(booking, FRIDAY, now)
    later = FRIDAY + timedelta(minutes=20)
    await booking.reschedule(reference, SITE, later, now)
    assert await executor.read(reminders) == [
        (2, 2880, FRIDAY.isoformat(), FRIDAY - TWO_DAYS),
        (2, 120, FRIDAY.isoformat(), FRIDAY - TWO_HOURS),
        (3, 2880, later.isoformat(), later - TWO_DAYS),
        (3, 120, later.isoformat(), later - TWO_HOURS),
    ]


async def test_they_are_not_taken_before_they_are_due(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, FRIDAY, now)
    first = await executor.write(take_due, now)
    assert [owed.kind for owed in first] == ["appointment.booked"]
    due_then = await executor.write(take_due, FRIDAY - TWO_DAYS)
    assert [owed.kind for owed in due_then] == ["appointment.booked", "appointment.reminder"]


async def test_an_hour_before_nothing_is_owed_but_the_booking_itself(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, now + timedelta(hours=1), now)
    assert await executor.read(reminders) == []


async def test_the_same_confirm_again_owes_no_second_reminder(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    reference = await booked(booking, FRIDAY, now)
    await booking.confirm(reference, DETAILS, now)
    assert len(await executor.read(reminders)) == 2
