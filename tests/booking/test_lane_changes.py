"""Fewer agents, or other languages: who booked stays, moves to another lane, or is listed."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from booking import store_catalogue
from booking.appointment import HOLD_FOR, Details, State
from booking.catalogue_changes import LaneSpeech, SpeechChange
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import department
from booking.tables import claim
from counter.store.executor import Executor
from tests.booking.changes import DSF, TEN, booked, capacity, make, state_of, widen


async def holds_by_lane(
    booking: BookingService, executor: Executor, now: datetime, lanes: int
) -> dict[int, Held]:
    """As many times at one instant as there are lanes; who has which lane."""
    service, sites = "dsf-salaries-tax-certificate", ("hengqin-centre", "hengqin-neighbourhood")
    found = [
        await booking.hold(f"{number}", service, sites[number % 2], TEN, f"p-{number}", now)
        for number in range(lanes)
    ]
    lane_of = dict(await executor.read(lanes_claimed))
    return {lane_of[one.appointment_id]: one for one in found}


def lanes_claimed(conn: Connection) -> list[tuple[str, int]]:
    rows = conn.execute(select(claim).where(claim.c.resource == f"department:{DSF}"))
    return [(row.appointment_id, row.unit) for row in rows]


def more_lanes(conn: Connection) -> None:
    conn.execute(department.update().where(department.c.id == DSF).values(lanes=3, daily_quota=20))
    store_catalogue.touch(conn)


async def test_fewer_lanes_pass_on_what_fits_and_list_what_does_not(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(widen)
    holds = [await booked(booking, now, person=one) for one in ("p", "q")]
    alone = await booked(booking, now, TEN + timedelta(hours=1), "r")
    fewer = await capacity(booking, now, 1, 20)
    preview = await booking.preview_change(fewer, None, now)
    assert len(preview.to_move) == 1
    await make(booking, fewer, now)
    stuck = [one.appointment_id for one in await booking.to_be_moved(now)]
    assert stuck == [one.appointment_id for one in preview.to_move]
    assert stuck[0] in {one.appointment_id for one in holds}
    assert alone.appointment_id not in stuck


async def test_what_is_only_held_gives_way_to_what_is_booked_when_lanes_get_fewer(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(more_lanes)
    by_lane = await holds_by_lane(booking, executor, now, 3)
    await booking.confirm(by_lane[2].reference, Details(name="A"), now)
    fewer = await capacity(booking, now, 1, 20)
    preview = await booking.preview_change(fewer, None, now)
    assert (preview.to_move, preview.holds) == ((), 2)
    await make(booking, fewer, now)
    assert await booking.to_be_moved(now) == []
    assert await executor.read(state_of, by_lane[0].appointment_id) == State.EXPIRED
    assert await executor.read(state_of, by_lane[1].appointment_id) == State.EXPIRED
    assert set(await executor.read(lanes_claimed)) == {(by_lane[2].appointment_id, 0)}


async def test_a_hold_that_ran_out_keeps_no_lane_from_what_is_booked(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(widen)
    by_lane = await holds_by_lane(booking, executor, now, 2)
    await booking.confirm(by_lane[1].reference, Details(name="A"), now)
    later = now + HOLD_FOR + timedelta(seconds=1)
    fewer = await capacity(booking, later, 1, 20)
    preview = await booking.preview_change(fewer, None, later)
    assert (preview.to_move, preview.holds) == ((), 0), "nobody is just booking"
    await make(booking, fewer, later)
    assert await booking.to_be_moved(later) == []


async def test_of_two_that_are_booked_one_is_listed_and_the_hold_between_them_goes(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(more_lanes)
    by_lane = await holds_by_lane(booking, executor, now, 3)
    for lane in (0, 2):
        await booking.confirm(by_lane[lane].reference, Details(name="A"), now)
    await make(booking, await capacity(booking, now, 1, 20), now)
    stuck = [one.appointment_id for one in await booking.to_be_moved(now)]
    assert stuck == [by_lane[2].appointment_id]
    assert await executor.read(state_of, by_lane[1].appointment_id) == State.EXPIRED


async def test_who_booked_on_a_lane_that_speaks_less_moves_to_one_that_does(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(widen)
    by_lane = await holds_by_lane(booking, executor, now, 2)
    await booking.cancel(by_lane[1].reference, now)
    moves = by_lane[0]
    await booking.confirm(moves.reference, Details(name="A"), now)
    before = LaneSpeech(lanes=())

    def lanes(*speech: tuple[str, ...]) -> SpeechChange:
        return SpeechChange(department=DSF, before=before, after=LaneSpeech(lanes=speech))

    assert (await booking.preview_change(lanes(("pt",)), None, now)).to_move == ()
    (stuck,) = (await booking.preview_change(lanes(("pt",), ("pt",)), None, now)).to_move
    assert stuck.appointment_id == moves.appointment_id
    await make(booking, lanes(("pt",)), now)
    assert set(await executor.read(lanes_claimed)) == {(moves.appointment_id, 1)}
    await make(booking, replace(lanes(("yue",), ("pt", "yue")), before=lanes(("pt",)).after), now)
    assert set(await executor.read(lanes_claimed)) == {(moves.appointment_id, 1)}, "it may stay"
