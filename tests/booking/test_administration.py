"""A department changes its own booking: dated, shown first, journalled, taken back."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from booking import errors, store_catalogue, store_catalogue_changes
from booking.appointment import Details, State
from booking.catalogue import Ability, Acting, Catalogue, Fee, Release
from booking.catalogue_changes import (
    Change,
    ChangeOrder,
    HoursChange,
    LaneSpeech,
    ReleaseChange,
    SpeechChange,
    mark,
    midnight,
)
from booking.service import BookingService
from booking.tables import claim
from counter.store.executor import Executor
from counter.store.journal_sql import check
from tests.booking.changes import (
    BOSS,
    DAY,
    DSF,
    SERVICE,
    SITE,
    TEN,
    WORDS,
    booked,
    capacity,
    closing,
    held,
    journal,
    make,
    mornings,
    of_service,
    state_of,
)


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
