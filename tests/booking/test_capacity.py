"""Less capacity than was booked: passed to other units, or listed; never silently kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import errors, store_catalogue
from booking.appointment import Details, Party, Wish
from booking.capacity import Misfit, by_department
from booking.grains import grain_of
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import closure, department, outage, service, terminal
from booking.tables import appointment, claim
from booking.waitlist import WaitState
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
SLOT = timedelta(minutes=20)
SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
"Slots of 20 minutes, one agent, two terminals."
DETAILS = Details(name="陳大文", contact="+853 6612 3456", needs=("elderly",))
DESK = "department:dsf"
KIOSK = f"site:{SITE}"


def rows(conn: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(select(table))]


def set_agents(conn: Connection, *speech: str) -> None:
    """As many agents of one department, each with the languages they speak."""
    spoken = [one.split() for one in speech]
    conn.execute(
        department.update()
        .where(department.c.id == "dsf")
        .values(lanes=len(speech), speech=spoken, daily_quota=20)
    )
    store_catalogue.touch(conn)


async def booked(
    booking: BookingService,
    now: datetime,
    *,
    person: str = "p",
    start: datetime = TEN,
    speech: str = "yue",
    parties: tuple[Party, ...] = (),
) -> Held:
    wish = Wish(speech=speech, others=tuple(party.site for party in parties))
    hold = await booking.hold(f"{start:%H%M}", SERVICE, SITE, start, person, now, wish)
    details = Details(
        name="陳大文", contact="+853 6612 3456", needs=("elderly",), speech=speech, parties=parties
    )
    await booking.confirm(hold.reference, details, now)
    return hold


def units(conn: Connection, resource: str) -> dict[str, set[int]]:
    """The units of a resource that each appointment has."""
    found: dict[str, set[int]] = {}
    for row in conn.execute(select(claim).where(claim.c.resource == resource)):
        found.setdefault(row.appointment_id, set()).add(row.unit)
    return found


async def test_a_unit_that_fails_hands_its_appointments_to_another(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(set_agents, "yue", "yue cmn")
    await booking.sweep(now)
    hold = await booked(booking, now)
    assert await executor.read(units, DESK) == {hold.appointment_id: {0}}
    version = (await booking.catalogue()).version
    noted = await booking.note_outage(
        DESK, 0, TEN, TEN + timedelta(hours=1), "ill", "agent:chief", now
    )
    assert (noted.moved, noted.stuck) == (4, ())
    assert await executor.read(units, DESK) == {hold.appointment_id: {1}}
    assert (await booking.catalogue()).version == version + 1
    assert await booking.to_be_moved(now) == []
    # What is left cannot be booked: neither agent is free then.
    with pytest.raises(errors.SlotTaken):
        await booking.hold("k", SERVICE, SITE, TEN, "q", now)
    await booking.hold("k", SERVICE, SITE, TEN + timedelta(hours=1), "q", now)


async def test_who_has_no_unit_left_is_listed_until_they_are_moved(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    late = await booked(booking, now, person="late", start=TEN + 2 * SLOT)
    hold = await booked(booking, now)
    noted = await booking.note_outage(
        DESK, 0, TEN + SLOT / 2, TEN + 3 * SLOT, "ill", "agent:chief", now
    )
    assert noted.moved == 0
    assert noted.stuck == tuple(sorted((late.appointment_id, hold.appointment_id)))
    listed = await booking.to_be_moved(now, department="dsf")
    assert [(one.appointment_id, one.start, one.why) for one in listed] == [
        (hold.appointment_id, TEN, Misfit.NO_UNIT),
        (late.appointment_id, TEN + 2 * SLOT, Misfit.NO_UNIT),
    ]
    assert listed[0].needs == ("elderly",) and listed[0].contact is None
    (first, _) = await booking.to_be_moved(now, site=SITE, with_contact=True)
    assert first.contact is not None and first.contact.name == DETAILS.name
    assert await booking.to_be_moved(now, department="dsi") == []
    assert await booking.to_be_moved(now, site="macau-morais") == []
    assert list(by_department(listed)) == ["dsf"]

    await booking.reschedule(hold.reference, SITE, TEN + 6 * SLOT, now)
    assert [one.appointment_id for one in await booking.to_be_moved(now)] == [late.appointment_id]
    # Over, or cancelled: nobody to move any more.
    assert await booking.to_be_moved(TEN + 3 * SLOT) == []
    await booking.cancel(late.reference, now)
    assert await booking.to_be_moved(now) == []


async def test_only_an_agent_who_speaks_the_language_takes_over(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    await executor.write(set_agents, "yue", "cmn", "yue cmn")
    await booking.sweep(now)
    holds = [
        await booked(booking, now, person=f"p{speech}", speech=speech) for speech in ("yue", "cmn")
    ]
    # One at a time: the third agent can take over one of them, and not twice.
    for unit in (1, 0):
        await booking.note_outage(DESK, unit, TEN, TEN + SLOT, "ill", "agent:chief", now)
    found = await executor.read(units, DESK)
    assert found == {holds[0].appointment_id: {0}, holds[1].appointment_id: {2}}
    listed = await booking.to_be_moved(now)
    assert [one.appointment_id for one in listed] == [holds[0].appointment_id]


async def test_a_broken_terminal_of_the_others_counts_as_well(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    other = "hengqin-neighbourhood"
    hold = await booked(booking, now, parties=(Party(name="B", site=other),))
    noted = await booking.note_outage(
        f"site:{other}", 0, now, TEN + timedelta(days=1), "broken", "tech:1", now
    )
    assert noted.stuck == (hold.appointment_id,)
    for listed in (
        await booking.to_be_moved(now, site=other),
        await booking.to_be_moved(now, site=SITE),
    ):
        assert [one.appointment_id for one in listed] == [hold.appointment_id]
    # Of two terminals the other takes over.
    (unit,) = (await executor.read(units, KIOSK))[hold.appointment_id]
    noted = await booking.note_outage(KIOSK, unit, now, TEN + SLOT, "broken", "tech:1", now)
    assert (noted.moved, noted.stuck) == (4, ())
    assert (await executor.read(units, KIOSK))[hold.appointment_id] == {1 - unit}


def one_agent_less(conn: Connection) -> None:
    set_agents(conn, "yue")


def closed_day(conn: Connection) -> None:
    conn.execute(
        closure.insert().values(
            id="c", place="department:dsf", day=TEN.date(), openings=[], names={"en": "Moving"}
        )
    )
    store_catalogue.touch(conn)


def shorter_day(conn: Connection) -> None:
    # From 10:10 in Macau: the appointment at 10:00 is half outside.
    conn.execute(
        closure.insert().values(
            id="c", place=KIOSK, day=TEN.date(), openings=[[610, 720]], names={"en": "Repairs"}
        )
    )
    store_catalogue.touch(conn)


def terminals_gone(conn: Connection) -> None:
    conn.execute(terminal.delete().where(terminal.c.site == SITE))
    store_catalogue.touch(conn)


def service_gone(conn: Connection) -> None:
    conn.execute(service.delete().where(service.c.id == SERVICE))
    store_catalogue.touch(conn)


@pytest.mark.parametrize(
    ("change", "why", "number"),
    [
        (one_agent_less, Misfit.NO_UNIT, 1),
        (closed_day, Misfit.CLOSED, 2),
        (shorter_day, Misfit.CLOSED, 2),
        (terminals_gone, Misfit.NO_UNIT, 2),
        (service_gone, Misfit.NOT_GIVEN, 2),
    ],
)
async def test_whatever_takes_capacity_away_the_list_shows_it(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    change: Callable[[Connection], None],
    why: Misfit,
    number: int,
) -> None:
    await executor.write(set_agents, "yue", "yue")
    await booking.sweep(now)
    for person in "ab":
        await booked(booking, now, person=person)
    assert await booking.to_be_moved(now) == []
    await executor.write(change)
    assert [one.why for one in await booking.to_be_moved(now)] == [why] * number


async def test_a_unit_that_works_again_can_be_booked_and_goes_to_who_waits(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    noted = await booking.note_outage(DESK, 0, now, TEN + SLOT, "ill", "agent:chief", now)
    wait = await booking.join_waitlist(
        "j", SERVICE, SITE, TEN, TEN + SLOT, "a@example.org", "pt", "q", now
    )
    later = now + timedelta(minutes=30)
    await booking.sweep(later)
    assert (await booking.waiting(wait.reference, later)).state is WaitState.WAITING
    for _ in range(2):
        await booking.end_outage(noted.outage_id, "agent:chief", later)
    await booking.sweep(later)
    assert (await booking.waiting(wait.reference, later)).state is WaitState.OFFERED
    (left,) = await executor.read(rows, outage)
    assert left["end_grain"] == grain_of(later)
    entries = [entry.body for entry in await executor.read(read_all)]
    assert sum('"outage.ended"' in body for body in entries) == 1
    assert (await executor.read(check))[1] == []


async def test_an_outage_noted_twice_is_one(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    for _ in range(2):
        await booking.note_outage(DESK, 0, TEN, TEN + SLOT, "ill", "agent:chief", now, "o-1")
    assert len(await executor.read(rows, outage)) == 1
    entries = [entry.body for entry in await executor.read(read_all)]
    assert sum('"outage.noted"' in body for body in entries) == 1


@pytest.mark.parametrize(
    ("resource", "unit", "until", "reason", "refusal"),
    [
        (DESK, 1, TEN + SLOT, "ill", errors.NotInCatalogue),
        (DESK, -1, TEN + SLOT, "ill", errors.NotInCatalogue),
        ("department:none", 0, TEN + SLOT, "ill", errors.NotInCatalogue),
        (KIOSK, 2, TEN + SLOT, "broken", errors.NotInCatalogue),
        ("person:p", 0, TEN + SLOT, "ill", errors.NotInCatalogue),
        (DESK, 0, TEN, "ill", errors.BadDetails),
        (DESK, 0, TEN + SLOT, " ", errors.BadDetails),
        (DESK, 0, TEN + SLOT, "x" * 41, errors.BadDetails),
    ],
)
async def test_an_outage_of_nothing_is_refused_and_changes_nothing(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    resource: str,
    unit: int,
    until: datetime,
    reason: str,
    refusal: type[Exception],
) -> None:
    version = await executor.read(store_catalogue.version)
    with pytest.raises(refusal):
        await booking.note_outage(resource, unit, TEN, until, reason, "agent:chief", now)
    with pytest.raises(errors.NotInCatalogue):
        await booking.end_outage("none", "agent:chief", now)
    assert await executor.read(rows, outage) == []
    assert await executor.read(store_catalogue.version) == version


async def test_a_crash_while_units_are_moved_leaves_everything_as_it_was(
    booking: BookingService,
    executor: Executor,
    now: datetime,
    crash_at: Callable[..., Any],
) -> None:
    await executor.write(set_agents, "yue", "yue cmn")
    await booking.sweep(now)
    await booked(booking, now)

    async def act() -> None:
        await booking.note_outage(DESK, 0, TEN, TEN + SLOT, "ill", "agent:chief", now)

    before = [await executor.read(rows, table) for table in (appointment, claim, outage)]
    statement = 1
    while await crash_at(executor, statement, act):
        found = [await executor.read(rows, table) for table in (appointment, claim, outage)]
        assert found == before, statement
        statement += 1
    assert statement > 10
