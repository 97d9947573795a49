"""A department changes its own booking: dated, shown first, journalled, taken back."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.util import await_only

from booking import errors, store_booking, store_catalogue, store_catalogue_changes
from booking.appointment import HOLD_FOR, Details, State
from booking.calendar import Closure, Opening
from booking.catalogue import LANGUAGES, Ability, Acting, Catalogue, Fee, Release
from booking.catalogue_changes import (
    Capacity,
    CapacityChange,
    Change,
    ChangeOrder,
    ClosureChange,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    ServiceChange,
    SpeechChange,
    mark,
    midnight,
)
from booking.orders import Held
from booking.service import BookingService
from booking.store_capacity import misfits
from booking.store_catalogue_tables import department
from booking.tables import appointment, claim
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all

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


async def test_a_closed_day_is_closed_for_citizens_and_in_the_journal(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    before = await booking.days(SERVICE, SITE, now)
    number = await make(booking, await closing(booking, now), now)
    after = await booking.days(SERVICE, SITE, now)
    (closed,) = [one for one in after if one not in before]
    assert closed.day == DAY and closed.reason is not None and closed.reason.names == WORDS
    with pytest.raises(errors.ClosedDay):
        await held(booking, now)
    (entry,) = await executor.read(journal)
    assert entry["actor"] == BOSS and entry["action"] == "catalogue.changed"
    assert entry["facts"]["change"] == number
    assert entry["subject"] == "catalogue:closure:dsf:2026-11-24"
    assert (await executor.read(check))[1] == []


async def test_what_is_booked_is_shown_before_and_listed_after(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    other = await held(booking, now, TEN + timedelta(hours=1), "q")
    change = await closing(booking, now)
    version = await executor.read(store_catalogue.version)
    preview = await booking.preview_change(change, None, now)
    assert [one.appointment_id for one in preview.to_move] == [hold.appointment_id]
    assert preview.holds == 1
    assert preview.after.department(DSF).hours.closures[DAY].names == WORDS
    # Nothing of it happened.
    assert await executor.read(store_catalogue.version) == version
    assert await booking.to_be_moved(now) == []
    assert await executor.read(state_of, other.appointment_id) == State.HELD
    assert await executor.read(journal) == []
    await make(booking, change, now)
    stuck = await booking.to_be_moved(now)
    assert [one.appointment_id for one in stuck] == [hold.appointment_id]
    assert await executor.read(state_of, hold.appointment_id) == State.BOOKED


async def test_a_time_that_is_only_held_and_does_not_fit_any_more_is_given_back(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    early, late = await held(booking, now), await held(booking, now, TEN + timedelta(hours=2), "q")
    await make(booking, await mornings(booking, now), now)
    assert await executor.read(state_of, early.appointment_id) == State.HELD
    assert await executor.read(state_of, late.appointment_id) == State.EXPIRED
    with pytest.raises(errors.HoldExpired):
        await booking.confirm(late.reference, Details(name="A"), now)


async def test_the_second_of_two_editors_is_refused(booking: BookingService, now: datetime) -> None:
    first = await of_service(booking, now, names=WORDS)
    second = await of_service(booking, now, slot_minutes=40)
    seen = mark(await booking.administered(now), second)
    await make(booking, first, now)
    order = ChangeOrder(change=second, seen=seen, from_at=None, by="supervisor:hong")
    with pytest.raises(errors.ChangedMeanwhile):
        await booking.change_catalogue(order, now)
    assert (await booking.service(SERVICE)).slot_minutes == 20


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


async def test_sent_twice_it_is_made_once(booking: BookingService, now: datetime) -> None:
    change = await of_service(booking, now, names=WORDS)
    seen = mark(await booking.administered(now), change)
    order = ChangeOrder(change=change, seen=seen, from_at=None, by=BOSS)
    numbers = [await booking.change_catalogue(order, now) for _ in range(2)]
    assert len(set(numbers)) == 1
    assert len(await booking.changes(DSF)) == 1


async def test_a_bad_change_changes_nothing(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    with pytest.raises(errors.BadChange):
        await make(booking, await of_service(booking, now, slot_minutes=7), now)
    assert await booking.changes(DSF) == []
    assert await executor.read(journal) == []


async def loaded(executor: Executor) -> Catalogue:
    return replace(await executor.read(store_catalogue.load), version=0)


async def test_every_kind_is_written_read_and_taken_back(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    release = Release(
        id="r",
        opens_at=now + timedelta(days=1),
        from_day=date(2026, 12, 14),
        to_day=date(2026, 12, 18),
    )
    changes: list[Change] = [
        await closing(booking, now),
        await mornings(booking, now),
        await capacity(booking, now, 2, 20),
        SpeechChange(
            department=DSF, before=LaneSpeech(lanes=()), after=LaneSpeech(lanes=(("pt", "en"),))
        ),
        ReleaseChange(department=DSF, release="r", before=None, after=release),
        await of_service(
            booking,
            now,
            names=WORDS,
            fee=Fee(minor=4000, currency="MOP"),
            speech=("pt",),
            synonyms={"en": ("slip", "tax paper")},
            acts_for=(Acting.SELF, Acting.RELATIVE),
            abilities=frozenset({Ability.PRINTER}),
            withdrawn=True,
        ),
    ]
    for change in changes:
        before = await loaded(executor)
        number = await make(booking, change, now)
        record = await booking.made_change(DSF, number)
        assert record.change == change
        assert await loaded(executor) != before
        back = await booking.take_back(DSF, number, "supervisor:hong", now)
        assert await loaded(executor) == before
        assert (await booking.made_change(DSF, number)).reverted_by == back
        assert await booking.take_back(DSF, number, "supervisor:hong", now) == back
        again = await booking.take_back(DSF, back, BOSS, now)
        assert await loaded(executor) != before
        await booking.take_back(DSF, again, BOSS, now)
        assert await loaded(executor) == before
    assert (await executor.read(check))[1] == []


async def test_what_was_changed_again_is_not_taken_back(
    booking: BookingService, now: datetime
) -> None:
    first = await make(booking, await of_service(booking, now, names=WORDS), now)
    later = await make(booking, await of_service(booking, now, names={**WORDS, "en": "other"}), now)
    with pytest.raises(errors.CannotTakeBack):
        await booking.take_back(DSF, first, BOSS, now)
    await booking.take_back(DSF, later, BOSS, now)
    await booking.take_back(DSF, first, BOSS, now)
    assert (await booking.service(SERVICE)).names != WORDS


async def test_a_change_of_another_department_is_not_there(
    booking: BookingService, now: datetime
) -> None:
    number = await make(booking, await closing(booking, now), now)
    with pytest.raises(errors.NotInCatalogue):
        await booking.take_back("dsi", number, BOSS, now)
    with pytest.raises(errors.NotInCatalogue):
        await booking.made_change("dsi", number)


async def test_a_scheduled_change_takes_effect_at_its_instant_by_whoever_asks_first(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    wanted = await capacity(booking, now, 3, 30)
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    number = await make(booking, wanted, now, at)
    just_before = at - timedelta(microseconds=1)
    (before, *_) = await booking.slots(SERVICE, SITE, DAY, just_before)
    assert before.left == 1
    assert (await booking.made_change(DSF, number)).waits
    (after, *_) = await booking.slots(SERVICE, SITE, DAY, at)
    assert after.left == 2, "the site has two terminals"
    record = await booking.made_change(DSF, number)
    assert record.applied_at == at
    assert [one["action"] for one in await executor.read(journal)] == [
        "catalogue.scheduled",
        "catalogue.applied",
    ]


async def test_a_hold_at_the_instant_is_held_by_the_new_catalogue(
    booking: BookingService, now: datetime
) -> None:
    longer = await of_service(booking, now, slot_minutes=30)
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    await make(booking, longer, now, at)
    hold = await held(booking, at)
    view = await booking.appointment(hold.reference, at)
    assert view.end - view.start == timedelta(minutes=30)


async def test_two_nodes_put_it_in_once(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    await make(booking, await capacity(booking, now, 3, 30), now, at)
    await asyncio.gather(*(booking.sweep(at) for _ in range(4)))
    applied = [one for one in await executor.read(journal) if one["action"] == "catalogue.applied"]
    assert len(applied) == 1


async def test_a_scheduled_change_is_put_onto_what_is_there_then_and_gives_that_back(
    booking: BookingService, now: datetime
) -> None:
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    number = await make(booking, await of_service(booking, now, slot_minutes=40), now, at)
    await make(booking, await of_service(booking, now, names=WORDS), now)
    await booking.sweep(at)
    service = await booking.service(SERVICE)
    assert (service.slot_minutes, service.names) == (40, WORDS)
    await booking.take_back(DSF, number, BOSS, at)
    service = await booking.service(SERVICE)
    assert (service.slot_minutes, service.names) == (20, WORDS)


async def test_one_that_was_taken_back_never_takes_effect(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    at = midnight((await booking.catalogue()).department(DSF), DAY)
    number = await make(booking, await capacity(booking, now, 3, 30), now, at)
    assert await booking.take_back(DSF, number, BOSS, now) == number
    await booking.sweep(at)
    assert (await booking.department(DSF)).lanes == 1
    assert (await executor.read(journal))[-1]["action"] == "catalogue.withdrawn"


async def test_new_hours_of_a_later_day_hold_for_that_day_at_once_and_not_before_it(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    later = DAY + timedelta(days=1)
    at = midnight((await booking.catalogue()).department(DSF), later)
    old = await booking.slots(SERVICE, SITE, DAY, now)
    hold = await booked(booking, now, TEN + timedelta(days=1, hours=2))
    await make(booking, await mornings(booking, now), now, at)
    assert await booking.slots(SERVICE, SITE, DAY, now) == old
    new = await booking.slots(SERVICE, SITE, later, now)
    assert new and max(one.start for one in new) < TEN + timedelta(days=1, hours=1)
    assert [one.appointment_id for one in await booking.to_be_moved(now)] == [hold.appointment_id]
    # When that day comes nothing is different any more.
    await booking.sweep(at)
    assert await booking.slots(SERVICE, SITE, later, at) == new
    assert (await booking.department(DSF)).hours.coming == ()


def widen(conn: Connection) -> None:
    """Two agents."""
    conn.execute(department.update().where(department.c.id == DSF).values(lanes=2, daily_quota=20))
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


@pytest.mark.parametrize("what", ["withdrawn", "language"])
async def test_a_hold_of_what_is_not_offered_any_more_is_given_back(
    booking: BookingService, executor: Executor, now: datetime, what: str
) -> None:
    hold = await held(booking, now)
    kept = await booked(booking, now, TEN + timedelta(hours=1), "q")
    speech = (await booking.service(SERVICE)).speech
    changed: dict[str, Any] = (
        {"withdrawn": True}
        if what == "withdrawn"
        else {"speech": tuple(one for one in speech if one != "yue")}
    )
    change = await of_service(booking, now, **changed)
    assert (await booking.preview_change(change, None, now)).holds == 1
    await make(booking, change, now)
    assert await executor.read(state_of, hold.appointment_id) == State.EXPIRED
    with pytest.raises(errors.HoldExpired):
        await booking.confirm(hold.reference, Details(name="A"), now)
    assert await executor.read(state_of, kept.appointment_id) == State.BOOKED


async def test_back_to_how_it_is_today_can_be_scheduled_after_what_waits(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    home = (await booking.catalogue()).department(DSF)
    first, second = midnight(home, DAY), midnight(home, DAY + timedelta(days=7))
    fee = Fee(minor=2000, currency="MOP")
    await make(booking, await of_service(booking, now, fee=fee), now, first)
    back = await of_service(booking, now)
    number = await make(booking, back, now, second)
    seen = mark(await booking.administered(now), back)
    again = ChangeOrder(change=back, seen=seen, from_at=second, by=BOSS)
    assert await booking.change_catalogue(again, now) == number, "sent twice it is made once"
    before = await booking.service(SERVICE)
    await booking.sweep(first)
    assert (await booking.service(SERVICE)).fee == fee
    await booking.sweep(second)
    assert await booking.service(SERVICE) == before


async def test_the_release_of_another_department_is_neither_written_nor_taken_away(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    release = Release(
        id="r",
        opens_at=now + timedelta(days=1),
        from_day=date(2026, 12, 14),
        to_day=date(2026, 12, 18),
    )
    opening = ReleaseChange(department=DSF, release="r", before=None, after=release)
    await make(booking, opening, now)
    for after in (replace(release, to_day=date(2026, 12, 31)), None):
        foreign = ReleaseChange(department="dsi", release="r", before=None, after=after)
        order = ChangeOrder(change=foreign, seen="x", from_at=None, by="supervisor:hong")
        for refused in (
            booking.change_catalogue(order, now),
            booking.preview_change(foreign, None, now),
        ):
            with pytest.raises(errors.NotInCatalogue):
                await refused
    assert (await booking.department(DSF)).releases == (release,)
    away = ReleaseChange(department=DSF, release="r", before=release, after=None)
    with pytest.raises(errors.BadChange):
        await make(booking, away, now)
    await make(booking, replace(away, opens_all=True), now)
    assert (await booking.department(DSF)).releases == ()


def held_misfits(conn: Connection) -> list[str]:
    found = misfits(conn, store_catalogue.load(conn), appointment.c.state == State.HELD)
    return [row.id for row, _ in found]


def waits_for_a_lock(conn: Connection) -> bool:
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(conn.execute(asked).scalar_one())


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


def of_the_afternoon(conn: Connection) -> list[tuple[str, bool]]:
    """Booked appointments, and whether they end after 11:00 in Macau."""
    rows = conn.execute(select(appointment).where(appointment.c.state == State.BOOKED))
    eleven = int((TEN + timedelta(hours=1)).timestamp()) // 300
    return [(row.id, row.first_grain + row.grains > eleven) for row in rows]


def test_a_change_that_only_a_newer_counter_knows_is_not_guessed_at() -> None:
    class Row:
        subject, before, after, department = "weather:dsf", None, None, DSF

    with pytest.raises(ValueError, match="newer counter"):
        store_catalogue_changes.change_of(Row)


async def test_the_same_again_is_a_change_when_another_took_effect_in_between(
    booking: BookingService, now: datetime
) -> None:
    later = now + timedelta(days=2)
    await make(booking, await capacity(booking, now, 3, 8), now, later)
    await make(booking, await capacity(booking, now, 2, 8), now)
    assert (await booking.administered(later)).department(DSF).lanes == 3
    await make(booking, await capacity(booking, later, 2, 8), later)
    assert (await booking.administered(later)).department(DSF).lanes == 2


async def test_a_hold_keeps_its_length_when_the_service_has_another_and_the_wish_changes(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    def units(conn: Connection) -> int:
        found = select(func.count()).where(
            claim.c.appointment_id == hold.appointment_id, claim.c.resource.startswith("site:")
        )
        return conn.execute(found).scalar_one()

    hold = await held(booking, now)
    whole = await executor.read(units)
    minutes = (await booking.administered(now)).service(SERVICE).slot_minutes
    await make(booking, await of_service(booking, now, slot_minutes=minutes // 2), now)
    await booking.confirm(hold.reference, Details(name="陳大文", needs=("step_free",)), now)
    assert await executor.read(units) == whole


async def test_hours_are_looked_at_as_they_will_be_beside_others_that_wait(
    booking: BookingService, now: datetime
) -> None:
    of = (await booking.catalogue()).department(DSF)
    week = timedelta(days=7)
    await make(booking, await mornings(booking, now), now, midnight(of, DAY + week))
    before = of.hours.openings
    noon = replace(before[0], closes_minute=before[0].opens_minute + 60)
    change = HoursChange(department=DSF, before=before, after=(noon,))
    seen = await booking.preview_change(change, midnight(of, DAY + 2 * week), now)
    hours = seen.after.department(DSF).hours
    days = [DAY + 2 * week + timedelta(days=one) for one in range(7)]
    assert {opening for day in days for opening in hours.openings_on(day)} == {noon}
