"""Several departments in one seat: held, booked, moved, cancelled and told of as one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import errors
from booking.appointment import AppointmentView, Details, State
from booking.orders import Held
from booking.ports import Store
from booking.service import BookingService
from booking.slots import Part
from booking.tables import appointment, claim
from counter.store.executor import Executor
from counter.store.outbox import outbox
from tests.booking.test_capacity import set_agents, units
from tests.booking.test_moving import claims_of

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SLOT = timedelta(minutes=20)
SERVICE, RECORD, SITE = "dsf-salaries-tax-certificate", "dsi-criminal-record", "hengqin-centre"
TWO = [SERVICE, RECORD]
"Twenty minutes each; one agent each."
DESK = "department:dsf"
DETAILS = Details(name="Ana", contact="ana@example.org", language="pt", speech="yue")


def rows(conn: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(select(table))]


async def starts(booking: BookingService, now: datetime) -> list[datetime]:
    """When both fit, on the Tuesday."""
    return [one.start for one in await booking.sitting_slots(TWO, SITE, TEN.date(), now)]


async def held(booking: BookingService, start: datetime, now: datetime) -> list[Held]:
    return await booking.hold_sitting("k", TWO, SITE, start, "p", now)


async def filled(booking: BookingService, start: datetime, now: datetime) -> None:
    """Let others have every agent of the second department at a time."""
    number = 0
    while True:
        try:
            await booking.hold("k", RECORD, "hengqin-neighbourhood", start, f"o-{number}", now)
        except errors.SlotTaken:
            return
        number += 1


def states(view: AppointmentView) -> list[State]:
    return [view.state, *(one.state for one in view.sitting)]


async def test_one_reference_confirms_and_cancels_all_of_it(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    first, second = await held(booking, (await starts(booking, now))[0], now)
    assert states(await booking.appointment(first.reference, now)) == [State.HELD] * 2
    assert states(await booking.confirm(first.reference, DETAILS, now)) == [State.BOOKED] * 2
    assert states(await booking.cancel(second.reference, now)) == [State.CANCELLED] * 2
    assert await executor.read(rows, claim) == []


async def test_of_a_sitting_that_does_not_fit_nothing_is_held(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    start = (await starts(booking, now))[0]
    await filled(booking, start + SLOT, now)
    before = [await executor.read(rows, table) for table in (appointment, claim)]
    with pytest.raises(errors.SlotTaken):
        await held(booking, start, now)
    assert [await executor.read(rows, table) for table in (appointment, claim)] == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([SERVICE], TWO),
        (TWO, [SERVICE]),
        (TWO, [SERVICE, "dsi-kinship"]),
        ([*TWO, "fss-voluntary-scheme"], TWO),
        (TWO, [*TWO, "fss-voluntary-scheme"]),
    ],
    ids=str,
)
async def test_a_key_is_for_the_services_that_it_was_first_used_for(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    first: list[str],
    second: list[str],
) -> None:
    kept = await booking.hold_sitting("k", first, SITE, TEN, "p", now)
    known = await executor.read(rows, appointment)
    with pytest.raises(errors.BadDetails) as refused:
        await booking.hold_sitting("k", second, SITE, TEN, "p", now)
    assert refused.value.fields == ("key",)
    assert await executor.read(rows, appointment) == known
    assert await booking.hold_sitting("k", first, SITE, TEN, "p", now) == kept


async def test_a_key_of_a_visit_is_not_for_the_first_time_of_a_day(
    booking: BookingService, now: datetime
) -> None:
    await booking.hold_sitting("k", TWO, SITE, TEN, "p", now)
    with pytest.raises(errors.BadDetails):
        await booking.hold_first("k", SERVICE, SITE, TEN.date(), Part.DAY, "p", now)


async def test_it_is_moved_as_one(booking: BookingService, now: datetime) -> None:
    free = await starts(booking, now)
    first, second = await held(booking, free[0], now)
    await booking.confirm(first.reference, DETAILS, now)
    # The first part comes to lie where the second was.
    moved = await booking.reschedule(first.reference, SITE, free[1], now)
    (rest,) = moved.sitting
    assert (moved.start, rest.start) == (free[1], moved.end)
    assert (moved.version, rest.version) == (3, 3)
    assert await booking.reschedule(first.reference, SITE, free[1], now) == moved
    # By the number of any part, to the time at which the first begins.
    again = await booking.reschedule(second.reference, SITE, free[-1], now)
    assert (again.sitting[0].start, again.start) == (free[-1], again.sitting[0].end)
    assert (await starts(booking, now))[0] == free[0], "the old times are free"


async def test_a_part_that_cannot_be_moved_leaves_all_where_it_was(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    free = await starts(booking, now)
    parts = await held(booking, free[0], now)
    before = await booking.confirm(parts[0].reference, DETAILS, now)
    claims = [await executor.read(claims_of, one.appointment_id) for one in parts]
    await filled(booking, free[-1] + SLOT, now)
    with pytest.raises(errors.SlotTaken):
        await booking.reschedule(parts[0].reference, SITE, free[-1], now)
    assert await booking.appointment(parts[0].reference, now) == before
    assert [await executor.read(claims_of, one.appointment_id) for one in parts] == claims


async def test_what_was_begun_is_not_moved(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    free = await starts(booking, now)
    first, _ = await held(booking, free[0], now)
    await booking.confirm(first.reference, DETAILS, now)
    await executor.write(booking.arrive, first.reference, "hengqin-centre-1", free[0])
    with pytest.raises(errors.ReferenceUsed):
        await booking.reschedule(first.reference, SITE, free[-1], free[0])


async def test_a_person_is_told_of_a_visit_once_and_programs_of_each_part(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    free = await starts(booking, now)
    first, second = await held(booking, free[0], now)
    await booking.confirm(first.reference, DETAILS, now)
    await booking.reschedule(first.reference, SITE, free[1], now)
    await booking.cancel(first.reference, now)

    owed = await executor.read(rows, outbox)
    kinds = {(one["kind"], one["body"]["version"]) for one in owed}
    assert kinds == {
        ("appointment.booked", 2),
        ("appointment.reminder", 2),
        ("appointment.booked", 3),
        ("appointment.reminder", 3),
        ("appointment.cancelled", 4),
    }
    for one in owed:
        start = free[0] if one["body"]["version"] == 2 else free[1]
        if one["ref"] == first.appointment_id:
            assert [part["service"] for part in one["body"]["parts"]] == TWO
            assert one["body"]["parts"][0]["start"] == start.isoformat()
            assert "told_with" not in one["body"]
        else:
            assert one["ref"] == second.appointment_id
            assert one["body"]["told_with"] == first.appointment_id
            assert one["body"]["service"] == RECORD and "parts" not in one["body"]


async def test_who_leaves_after_the_first_part_is_told_of_that_alone(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    three = [*TWO, "iam-licence-certificate"]
    start = (await booking.sitting_slots(three, SITE, TEN.date(), now))[0].start
    first, second, third = await booking.hold_sitting("k", three, SITE, start, "p", now)
    await booking.confirm(first.reference, DETAILS, now)
    await executor.write(booking.arrive, first.reference, "hengqin-centre-1", start)
    await executor.write(booking.walk_out, first.appointment_id, start)
    await booking.cancel(second.reference, start)
    told = {
        one["ref"]: one["body"]
        for one in await executor.read(rows, outbox)
        if one["kind"] == "appointment.cancelled"
    }
    assert list(told) == [one.appointment_id for one in (first, second, third)]
    assert not {"parts", "told_with"} & told[first.appointment_id].keys()
    assert [one["service"] for one in told[second.appointment_id]["parts"]] == three[1:]
    assert told[third.appointment_id]["told_with"] == second.appointment_id


# --- what the details want else ---


async def test_who_wants_something_else_gives_back_only_their_own(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(set_agents, "yue", "yue cmn")
    await booking.sweep(now)
    hold = await booking.hold("k", SERVICE, SITE, TEN, "p", now)
    other = await booking.hold("k", SERVICE, SITE, TEN + SLOT, "q", now)
    await booking.confirm(other.reference, DETAILS, now)
    claims = await executor.read(claims_of, other.appointment_id)
    assert (await executor.read(units, DESK))[hold.appointment_id] == {0}
    await booking.confirm(hold.reference, Details(name="A", speech="cmn"), now)
    assert (await executor.read(units, DESK))[hold.appointment_id] == {1}
    assert await executor.read(claims_of, other.appointment_id) == claims


async def test_who_wants_what_is_not_there_keeps_their_hold(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(set_agents, "yue", "yue cmn")
    await booking.sweep(now)
    hold = await booking.hold("k", SERVICE, SITE, TEN, "p", now)
    await booking.hold("k", SERVICE, SITE, TEN, "q", now)
    claims = await executor.read(claims_of, hold.appointment_id)
    with pytest.raises(errors.SlotTaken):
        await booking.confirm(hold.reference, Details(name="A", speech="cmn"), now)
    assert (await booking.appointment(hold.reference, now)).state is State.HELD
    assert await executor.read(claims_of, hold.appointment_id) == claims


async def test_a_confirmation_from_an_older_catalogue_is_worked_out_again(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await executor.write(set_agents, "yue", "yue cmn")
    await booking.sweep(now)
    hold = await booking.hold("k", SERVICE, SITE, TEN, "p", now)
    store: Store = booking._store
    carry_out = store.confirm

    async def confirm(*asked: Any) -> Any:
        await executor.write(set_agents, "yue", "yue")
        return await carry_out(*asked)

    monkeypatch.setattr(store, "confirm", confirm)
    with pytest.raises(errors.NotInThisLanguage):
        await booking.confirm(hold.reference, Details(name="A", speech="cmn"), now)
    assert (await booking.appointment(hold.reference, now)).state is State.HELD
