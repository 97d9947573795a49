"""What cannot stay is moved by the department: near its day, as one, told, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import errors, store_catalogue
from booking.appointment import MISSED_LIMIT, Details, State
from booking.calendar import Closure
from booking.catalogue import LANGUAGES
from booking.orders import Held
from booking.service import BookingService
from booking.store_catalogue_tables import closure, service
from booking.tables import appointment
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.outbox import outbox
from tests.booking.test_moving import claims_of

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"Tuesday, 10:00 in Macau."
TUESDAY = date(2026, 11, 24)
DSF, SERVICE, RECORD = "dsf", "dsf-salaries-tax-certificate", "dsi-criminal-record"
SITE = "hengqin-centre"
BOSS = "supervisor:mok"
NEXT = TEN + timedelta(days=1)
CLOSED = Closure(names=dict.fromkeys(LANGUAGES, "closed"))


def close(conn: Connection, of: str = DSF, day: date = TUESDAY) -> None:
    conn.execute(
        closure.insert().values(
            id=f"{of}{day}"[:40],
            place=f"department:{of}",
            day=day,
            names=dict(CLOSED.names),
            openings=[],
        )
    )
    store_catalogue.touch(conn)


async def booked(booking: BookingService, now: datetime, *services: str, person: str = "p") -> Held:
    wanted = services or (SERVICE,)
    held = await booking.hold_sitting(f"k-{person}", wanted, SITE, TEN, person, now)
    details = Details(name="陳大文", contact="ana@example.org", language="pt")
    await booking.confirm(held[0].reference, details, now)
    return held[0]


@pytest.fixture
async def stuck(booking: BookingService, executor: Executor, now: datetime) -> Held:
    """An appointment of a day that was closed since."""
    hold = await booked(booking, now)
    await executor.write(close)
    await booking.sweep(now)
    return hold


def told(conn: Connection) -> list[tuple[str, int]]:
    rows = conn.execute(select(outbox.c.kind, outbox.c.body).order_by(outbox.c.id))
    return [(kind, body["version"]) for kind, body in rows if kind == "appointment.booked"]


def journal(conn: Connection) -> str:
    return read_all(conn)[-1].body


async def test_it_is_moved_told_of_and_journalled(
    booking: BookingService, executor: Executor, stuck: Held, now: datetime
) -> None:
    one = await booking.left_over(DSF, stuck.appointment_id, now)
    assert one.what.contact is not None and one.what.contact.name == "陳大文"
    days = await booking.near(one, SITE, None, now)
    assert [day for day, _ in days] == [date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 26)]
    start = days[1][1][0].start
    for _ in range(2):
        moved = await booking.move_left_over(DSF, stuck.appointment_id, SITE, start, BOSS, now)
        assert (moved.start, moved.state, moved.version) == (start, State.BOOKED, 3)
    assert await booking.to_be_moved(now) == []
    assert await executor.read(told) == [("appointment.booked", 2), ("appointment.booked", 3)]
    entry = await executor.read(journal)
    assert BOSS in entry and "陳大文" not in entry
    seen = await booking.appointment(stuck.reference, now)
    assert seen.start == start, "by the reference that its citizen has"


async def test_a_day_is_asked_for_and_a_closed_one_has_nothing(
    booking: BookingService, stuck: Held, now: datetime
) -> None:
    one = await booking.left_over(DSF, stuck.appointment_id, now)
    ((day, offers),) = await booking.near(one, SITE, date(2026, 12, 2), now)
    assert day == date(2026, 12, 2) and offers
    assert await booking.near(one, SITE, TUESDAY, now) == []
    with pytest.raises(errors.NotOfferedHere):
        await booking.near(one, "macau-morais", None, now)


async def test_what_can_stay_is_its_citizens_affair(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    hold = await booked(booking, now)
    before = await executor.read(claims_of, hold.appointment_id)
    with pytest.raises(errors.NotToBeMoved):
        await booking.move_left_over(DSF, hold.appointment_id, SITE, NEXT, BOSS, now)
    assert await executor.read(claims_of, hold.appointment_id) == before


async def test_another_department_neither_sees_nor_moves_it(
    booking: BookingService, stuck: Held, now: datetime
) -> None:
    with pytest.raises(errors.UnknownReference):
        await booking.left_over("dsi", stuck.appointment_id, now)
    for start in (NEXT, TEN):
        with pytest.raises(errors.UnknownReference):
            await booking.move_left_over("dsi", stuck.appointment_id, SITE, start, BOSS, now)
    with pytest.raises(errors.UnknownReference):
        await booking.left_over(DSF, "nobody's", now)


async def test_on_a_refusal_it_stays_where_it_was(
    booking: BookingService, executor: Executor, stuck: Held, now: datetime
) -> None:
    before = await executor.read(claims_of, stuck.appointment_id)
    await booking.hold("other", SERVICE, SITE, NEXT, "q", now)
    for start, refusal in [
        (NEXT, errors.SlotTaken),
        (TEN + timedelta(minutes=20), errors.ClosedDay),
        (now - timedelta(days=1), errors.NotReleased),
    ]:
        with pytest.raises(refusal):
            await booking.move_left_over(DSF, stuck.appointment_id, SITE, start, BOSS, now)
    with pytest.raises(errors.BadDetails):
        await booking.move_left_over(
            DSF, stuck.appointment_id, SITE, NEXT.replace(tzinfo=None), BOSS, now
        )
    assert await executor.read(claims_of, stuck.appointment_id) == before


async def test_the_limits_of_the_citizen_do_not_bind_the_department(
    booking: BookingService, executor: Executor, stuck: Held, now: datetime
) -> None:
    """Too late to change for whoever booked, who has missed too many as well."""

    def strict(conn: Connection) -> None:
        conn.execute(
            service.update().where(service.c.id == SERVICE).values(change_until_minutes=10_080)
        )
        row = dict(
            conn.execute(select(appointment).where(appointment.c.id == stuck.appointment_id))
            .one()
            ._mapping
        )
        for number in range(MISSED_LIMIT):
            missed: dict[str, Any] = {
                **row,
                "id": f"missed-{number}",
                "idem": f"missed-{number}",
                "reference_sha256": f"missed-{number}",
                "state": State.NOSHOW,
                "first_grain": row["first_grain"] - 288 * (number + 2),
            }
            conn.execute(appointment.insert().values(**missed))
        store_catalogue.touch(conn)

    await executor.write(strict)
    await booking.sweep(now)
    with pytest.raises(errors.TooLateToChange):
        await booking.reschedule(stuck.reference, SITE, NEXT, now)
    moved = await booking.move_left_over(DSF, stuck.appointment_id, SITE, NEXT, BOSS, now)
    assert moved.start == NEXT


async def test_a_visit_is_moved_as_one_or_not_at_all(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    first = await booked(booking, now, RECORD, SERVICE)
    view = await booking.appointment(first.reference, now)
    (part,) = view.sitting
    await executor.write(close)
    await booking.sweep(now)
    one = await booking.left_over(DSF, part.appointment_id, now)
    assert one.services == [RECORD, SERVICE]
    start = (await booking.near(one, SITE, date(2026, 11, 25), now))[0][1][0].start
    await booking.move_left_over(DSF, part.appointment_id, SITE, start, BOSS, now)
    moved = await booking.appointment(first.reference, now)
    assert (moved.start, moved.sitting[0].start) == (start, moved.end)


async def test_what_was_cancelled_is_not_moved(
    booking: BookingService, stuck: Held, now: datetime
) -> None:
    await booking.cancel(stuck.reference, now)
    with pytest.raises(errors.NotToBeMoved):
        await booking.move_left_over(DSF, stuck.appointment_id, SITE, NEXT, BOSS, now)
    with pytest.raises(errors.NotToBeMoved):
        await booking.move_left_over(DSF, stuck.appointment_id, SITE, TEN, BOSS, now)
