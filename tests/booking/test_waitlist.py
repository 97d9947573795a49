"""The waiting list: a slot that is given back is offered before anybody else can ask for it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from booking import errors, store_catalogue, store_offers
from booking.appointment import Details, State, Wish
from booking.catalogue import Ability
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import department
from booking.store_catalogue_tables import terminal as terminals
from booking.tables import appointment, appointment_event, claim, waitlist
from booking.waitlist import OFFER_FOR, Joined, WaitState
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.outbox import outbox

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SLOT = timedelta(minutes=20)
SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
"Slots of 20 minutes, one agent, two terminals."
DETAILS = Details(name="陳大文", contact="+853 6612 3456")
MAIL = "ana@example.org"


def rows(conn: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(select(table))]


async def booked(
    booking: BookingService, now: datetime, *, person: str = "p", start: datetime = TEN
) -> Held:
    hold = await booking.hold(f"{start:%H%M}", SERVICE, SITE, start, person, now)
    await booking.confirm(hold.reference, DETAILS, now)
    return hold


async def joined(
    booking: BookingService,
    now: datetime,
    person: str,
    *,
    key: str = "j",
    start: datetime = TEN,
    until: datetime = TEN + SLOT,
    service: str = SERVICE,
) -> Joined:
    return await booking.join_waitlist(key, service, SITE, start, until, MAIL, "pt", person, now)


async def state(booking: BookingService, entry: Joined, now: datetime) -> WaitState:
    return (await booking.waiting(entry.reference, now)).state


async def test_a_slot_that_is_given_back_is_kept_for_who_waited(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    entry = await joined(booking, now, "q")
    before = await booking.waiting(entry.reference.lower(), now)
    assert (before.state, before.offer) == (WaitState.WAITING, None)
    assert (before.from_at, before.until_at) == (TEN, TEN + SLOT)
    later = now + timedelta(hours=1)
    await booking.cancel(hold.reference, later)

    offer = (await booking.waiting(entry.reference, later)).offer
    assert offer is not None
    assert (offer.start, offer.expires_at) == (TEN, later + OFFER_FOR)
    assert await booking.slots(SERVICE, SITE, TEN.date(), later) != []
    assert TEN not in {one.start for one in await booking.slots(SERVICE, SITE, TEN.date(), later)}
    with pytest.raises(errors.SlotTaken):
        await booking.hold("k", SERVICE, SITE, TEN, "somebody-else", later)

    told = [row for row in await executor.read(rows, outbox) if row["kind"] == "waitlist.offered"]
    assert [(row["ref"], row["body"]["start"]) for row in told] == [
        (entry.entry_id, TEN.isoformat())
    ]
    contact = await booking.contact(entry.entry_id)
    assert (contact.contact, contact.language, contact.person) == (MAIL, "pt", "q")
    with pytest.raises(errors.UnknownReference):
        await booking.contact("nobody")

    await booking.confirm(offer.reference, DETAILS, later)
    assert await state(booking, entry, later) is WaitState.TAKEN
    # Off the list now; what was booked stays.
    assert (await booking.leave_waitlist(entry.reference, later)).state is WaitState.TAKEN
    assert (await booking.appointment(offer.reference, later)).state is State.BOOKED
    assert (await executor.read(check))[1] == []


async def test_nobody_waits_for_what_is_free(booking: BookingService, now: datetime) -> None:
    with pytest.raises(errors.SlotIsFree) as refused:
        await joined(booking, now, "q")
    assert refused.value.start == TEN
    hold = await booked(booking, now)
    with pytest.raises(errors.SlotIsFree) as refused:
        await joined(booking, now, "q", until=TEN + 2 * SLOT)
    assert refused.value.start == TEN + SLOT
    await joined(booking, now, "q")
    assert hold


async def test_a_repeated_join_is_one_entry_and_only_its_last_reference_opens_it(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, now)
    asked = TEN - timedelta(minutes=9)
    first = await joined(booking, asked, "q", start=asked)
    # Some minutes later a little more of what was wanted is past.
    again = await joined(booking, asked + timedelta(minutes=6), "q", start=asked)
    assert again.entry_id == first.entry_id and again.reference != first.reference
    assert await state(booking, again, now) is WaitState.WAITING
    with pytest.raises(errors.UnknownReference):
        await booking.waiting(first.reference, now)
    assert len(await executor.read(rows, waitlist)) == 1
    with pytest.raises(errors.BadDetails):
        await joined(booking, now, "q", until=TEN + 2 * SLOT)
    # The key of another person is another request.
    assert (await joined(booking, now, "r")).entry_id != first.entry_id


async def test_one_person_waits_for_three_things_at_most(
    booking: BookingService, now: datetime
) -> None:
    await booked(booking, now)
    entries = [await joined(booking, now, "q", key=f"{number}") for number in range(3)]
    with pytest.raises(errors.TooManyWaiting):
        await joined(booking, now, "q", key="4")
    assert (await booking.leave_waitlist(entries[0].reference, now)).state is WaitState.LEFT
    assert (await booking.leave_waitlist(entries[0].reference, now)).state is WaitState.LEFT
    await joined(booking, now, "q", key="5")


@pytest.mark.parametrize("way", ["ran out", "given back", "left", "another time"])
async def test_who_waited_longest_comes_first_and_what_they_let_go_is_passed_on(
    booking: BookingService, now: datetime, way: str
) -> None:
    hold = await booked(booking, now)
    entries = [await joined(booking, now + timedelta(seconds=n), f"q{2 - n}") for n in range(3)]
    await booking.reschedule(hold.reference, SITE, TEN + 3 * SLOT, now)
    states = [await state(booking, one, now) for one in entries]
    assert states == [WaitState.OFFERED, WaitState.WAITING, WaitState.WAITING]
    offer = (await booking.waiting(entries[0].reference, now)).offer
    assert offer is not None
    later, last = now, WaitState.LAPSED
    if way == "ran out":
        later = offer.expires_at
        assert await state(booking, entries[0], later) is WaitState.LAPSED  # nobody swept yet
        assert await booking.sweep(later) == 1
    elif way == "given back":
        await booking.cancel(offer.reference, now)
    elif way == "left":
        last = WaitState.LEFT
        await booking.leave_waitlist(entries[0].reference, now)
    else:
        await booking.confirm(offer.reference, DETAILS, now)
        await booking.reschedule(offer.reference, SITE, TEN + 5 * SLOT, now)
        last = WaitState.TAKEN
    states = [await state(booking, one, later) for one in entries]
    assert states == [last, WaitState.OFFERED, WaitState.WAITING]


async def test_who_cannot_come_is_passed_over_and_waits_on(
    booking: BookingService, now: datetime
) -> None:
    hold = await booked(booking, now)
    busy = await joined(booking, now, "busy")
    free = await joined(booking, now + timedelta(seconds=1), "free")
    other = await booking.hold("k", "iam-licence-certificate", SITE, TEN, "busy", now)
    await booking.confirm(other.reference, DETAILS, now)
    await booking.cancel(hold.reference, now)
    assert await state(booking, busy, now) is WaitState.WAITING
    assert await state(booking, free, now) is WaitState.OFFERED


async def test_an_offer_and_a_hold_of_ones_own_stand_side_by_side(
    booking: BookingService, now: datetime
) -> None:
    hold = await booked(booking, now)
    own = await booking.hold("own", SERVICE, SITE, TEN + SLOT, "q", now)
    entry = await joined(booking, now, "q")
    await booking.cancel(hold.reference, now)
    assert (await booking.appointment(own.reference, now)).state is State.HELD
    assert await state(booking, entry, now) is WaitState.OFFERED
    # A second thought about the own hold lets that go, not the offer.
    await booking.hold("own-2", SERVICE, SITE, TEN + 2 * SLOT, "q", now)
    assert (await booking.appointment(own.reference, now)).state is State.EXPIRED
    assert await state(booking, entry, now) is WaitState.OFFERED


async def test_who_keeps_a_time_under_another_key_does_not_lose_it_to_the_list(
    booking: BookingService, now: datetime
) -> None:
    await booking.hold("k1", SERVICE, SITE, TEN, "p", now)
    entry = await joined(booking, now, "q")
    await booking.hold("k2", SERVICE, SITE, TEN, "p", now)
    assert await state(booking, entry, now) is WaitState.WAITING
    # Another time: now the first is passed on.
    await booking.hold("k3", SERVICE, SITE, TEN + SLOT, "p", now)
    assert await state(booking, entry, now) is WaitState.OFFERED


async def test_a_hold_that_ran_out_is_taken_by_who_asks_for_it(
    booking: BookingService, now: datetime
) -> None:
    await booking.hold("k", SERVICE, SITE, TEN, "p", now)
    entry = await joined(booking, now, "q")
    later = now + timedelta(minutes=10)
    await booking.hold("k", SERVICE, SITE, TEN, "r", later)
    await booking.sweep(later)
    assert await state(booking, entry, later) is WaitState.WAITING


async def test_a_full_day_is_opened_again_for_whoever_waits_for_any_of_its_times(
    booking: BookingService, now: datetime
) -> None:
    # Eight a day are booked for this department; the ninth slot is empty and cannot be had.
    offers = await booking.slots(SERVICE, SITE, TEN.date(), now)
    holds = [
        await booked(booking, now, person=f"p{n}", start=offer.start)
        for n, offer in enumerate(offers[:8])
    ]
    last = offers[-1].start
    entry = await joined(booking, now, "q", start=last, until=last + SLOT)
    await booking.cancel(holds[0].reference, now)
    offer = (await booking.waiting(entry.reference, now)).offer
    assert offer is not None and offer.start == last


@pytest.mark.parametrize("speech", ["cmn", "yue"])
async def test_a_slot_is_offered_to_who_can_be_spoken_to(
    booking: BookingService, executor: Executor, now: datetime, speech: str
) -> None:
    def unlike(conn: Connection) -> None:
        conn.execute(
            department.update()
            .where(department.c.id == "dsf")
            .values(lanes=2, speech=[["yue"], ["yue", "cmn"]])
        )
        store_catalogue.touch(conn)

    await executor.write(unlike)
    first = await booking.hold("k", SERVICE, SITE, TEN, "p1", now, Wish(speech="yue"))
    other = await booking.hold("k", SERVICE, SITE, TEN, "p2", now, Wish(speech="cmn"))
    for one in (first, other):
        details = Details(name="A", speech="yue" if one is first else "cmn")
        await booking.confirm(one.reference, details, now)
    entry = await booking.join_waitlist(
        "j", SERVICE, SITE, TEN, TEN + SLOT, MAIL, "pt", "q", now, Wish(speech="cmn")
    )
    await booking.cancel((first if speech == "yue" else other).reference, now)
    expected = WaitState.OFFERED if speech == "cmn" else WaitState.WAITING
    assert await state(booking, entry, now) is expected


async def test_a_slot_that_begins_at_once_is_left_to_whoever_comes(
    booking: BookingService, now: datetime
) -> None:
    hold = await booked(booking, now)
    entry = await joined(booking, now, "q")
    late = TEN - OFFER_FOR + timedelta(microseconds=1)
    await booking.cancel(hold.reference, late)
    assert await state(booking, entry, late) is WaitState.WAITING
    await booking.hold("k", SERVICE, SITE, TEN, "r", late)
    over = TEN + SLOT
    await booking.sweep(over)
    assert await state(booking, entry, over) is WaitState.LAPSED


async def test_what_nobody_passed_on_is_offered_by_the_sweep(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await booked(booking, now)
    entries = [await joined(booking, now + timedelta(seconds=n), f"q{n}") for n in range(2)]
    await booking.sweep(now)
    assert await state(booking, entries[0], now) is WaitState.WAITING

    def one_more_agent(conn: Connection) -> None:
        conn.execute(department.update().values(lanes=2))
        store_catalogue.touch(conn)

    await executor.write(one_more_agent)
    await booking.sweep(now)
    states = [await state(booking, one, now) for one in entries]
    assert states == [WaitState.OFFERED, WaitState.WAITING]


@pytest.mark.parametrize(
    ("start", "until", "refusal"),
    [
        (TEN - timedelta(days=2), TEN - timedelta(days=1, hours=4), errors.NotReleased),
        (TEN, TEN, errors.NotReleased),
        (TEN + timedelta(days=29), TEN + timedelta(days=30), errors.NotReleased),
        # A Sunday; and a stretch shorter than any slot.
        (TEN + timedelta(days=5), TEN + timedelta(days=5, hours=2), errors.ClosedDay),
        (TEN, TEN + SLOT - timedelta(seconds=1), errors.SlotTaken),
    ],
)
async def test_one_waits_for_slots_that_there_are(
    booking: BookingService,
    now: datetime,
    start: datetime,
    until: datetime,
    refusal: type[Exception],
) -> None:
    await booked(booking, now)
    with pytest.raises(refusal):
        await joined(booking, now, "q", start=start, until=until)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "k" * 81}, "key"),
        ({"from_at": datetime(2026, 11, 24, 2, 0)}, "start"),
        ({"language": "fr"}, "language"),
        ({"contact": " "}, "contact"),
        ({"contact": "not an address"}, "contact"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_field(
    booking: BookingService, now: datetime, change: dict[str, Any], field: str
) -> None:
    good: dict[str, Any] = {
        "key": "k",
        "service_id": SERVICE,
        "site_id": SITE,
        "from_at": TEN,
        "until_at": TEN + SLOT,
        "contact": MAIL,
        "language": "pt",
        "person": "q",
        "now": now,
    }
    with pytest.raises(errors.BadDetails) as refused:
        await booking.join_waitlist(**{**good, **change})
    assert refused.value.fields == (field,)


def one_without_steps(conn: Connection) -> None:
    """Two agents and two terminals, the second of which can be reached without a step."""
    conn.execute(department.update().where(department.c.id == "dsf").values(lanes=2))
    for number, able in ((1, ["scanner", "printer"]), (2, ["scanner", "printer", "step_free"])):
        one = terminals.c.id == f"{SITE}-{number}"
        conn.execute(terminals.update().where(one).values(abilities=able))
    store_catalogue.touch(conn)


STEP_FREE = Wish(abilities=frozenset({Ability.STEP_FREE}))


async def test_who_needs_a_terminal_without_steps_is_offered_one(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(one_without_steps)
    await booking.sweep(now)
    stairs = await booked(booking, now, person="p1")
    level = await booked(booking, now, person="p2")
    entry = await booking.join_waitlist(
        "j", SERVICE, SITE, TEN, TEN + SLOT, MAIL, "pt", "q", now, STEP_FREE
    )
    waiting = await booking.waiting(entry.reference, now)
    assert waiting.abilities == {Ability.STEP_FREE}
    # The least able terminal was given first: this one has steps.
    await booking.cancel(stairs.reference, now)
    await booking.sweep(now)
    assert await state(booking, entry, now) is WaitState.WAITING
    await booking.cancel(level.reference, now)
    offer = (await booking.waiting(entry.reference, now)).offer
    assert offer is not None
    seats = [row for row in await executor.read(rows, claim) if row["resource"] == f"site:{SITE}"]
    assert {row["unit"] for row in seats if row["appointment_id"] == offer.appointment_id} == {1}
    assert (await booking.appointment(offer.reference, now)).wish == STEP_FREE


async def test_nobody_waits_for_a_terminal_that_is_not_there(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    def steps_everywhere(conn: Connection) -> None:
        conn.execute(terminals.update().values(abilities=["scanner", "printer"]))
        store_catalogue.touch(conn)

    async def tried(wish: Wish) -> Joined:
        return await booking.join_waitlist(
            "j", SERVICE, SITE, TEN, TEN + SLOT, MAIL, "pt", "q", now, wish
        )

    await booked(booking, now)
    with pytest.raises(errors.NotOfferedHere):
        await tried(Wish(others=(SITE,)))
    await executor.write(steps_everywhere)
    await booking.sweep(now)
    with pytest.raises(errors.NotOfferedHere):
        await tried(STEP_FREE)
    await tried(Wish())


async def test_who_left_after_the_look_is_offered_nothing(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await booked(booking, now)
    entries = [await joined(booking, now + timedelta(seconds=n), f"q{n}") for n in range(2)]

    def one_more_agent(conn: Connection) -> None:
        conn.execute(department.update().values(lanes=2))
        store_catalogue.touch(conn)

    await executor.write(one_more_agent)
    look = store_offers.with_room

    def looked(conn: Connection, now: datetime) -> list[str]:
        found = look(conn, now)
        assert found[0] == entries[0].entry_id
        return found

    read = executor.read

    async def then_leave(query: Any, /, *asked: Any) -> Any:
        found = await read(query, *asked)
        if query is looked:
            await booking.leave_waitlist(entries[0].reference, now)
        return found

    monkeypatch.setattr(store_offers, "with_room", looked)
    monkeypatch.setattr(executor, "read", then_leave)
    await booking.sweep(now)
    states = [await state(booking, one, now) for one in entries]
    assert states == [WaitState.LEFT, WaitState.OFFERED]


async def test_no_reference_and_no_contact_is_in_a_log(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    entry = await joined(booking, now, "person-q")
    await booking.cancel(hold.reference, now)
    assert entry.reference not in repr(await executor.read(rows, waitlist))
    told = repr(
        [
            [one.body for one in await executor.read(read_all)],
            await executor.read(rows, outbox),
        ]
    )
    for secret in (entry.reference, MAIL, "person-q"):
        assert secret not in told
    actions = [json.loads(one.body)["action"] for one in await executor.read(read_all)]
    assert [one for one in actions if one.startswith("waitlist.")] == [
        "waitlist.waiting",
        "waitlist.offered",
    ]


async def test_a_crash_while_a_slot_is_passed_on_leaves_it_where_it_was(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    crash_at: Callable[..., Any],
) -> None:
    hold = await booked(booking, now)
    await joined(booking, now, "q")

    async def act() -> None:
        await booking.cancel(hold.reference, now)

    tables = (appointment, claim, appointment_event, outbox, waitlist)
    before = [await executor.read(rows, table) for table in tables]
    statement = 1
    while await crash_at(executor, statement, act):
        assert [await executor.read(rows, table) for table in tables] == before, statement
        statement += 1
    assert statement > 15

    def offered(conn: Connection) -> int:
        states = (State.HELD, State.CANCELLED)
        found = select(func.count()).where(appointment.c.state.in_(states))
        return conn.execute(found).scalar_one()

    assert await executor.read(offered) == 2
