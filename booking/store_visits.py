"""The commands of the day itself: who came, who was served, who did not come."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from booking.appointment import (
    CHECK_IN_AGAIN_UNTIL,
    CHECK_IN_FROM,
    CHECK_IN_UNTIL,
    State,
    check_in_until,
    may_arrive,
    refuse,
)
from booking.errors import BookingRefused, NotInCatalogue
from booking.grains import grain_of, instant_of
from booking.orders import Arrived
from booking.ports import Tell
from booking.store_catalogue_tables import terminal
from booking.store_claims import give_back
from booking.store_rows import by_id, by_reference, end, note, ran_out, sitting_of, state_of
from booking.tables import appointment

GONE: Final = "terminal"
"Who says that somebody left: it was told so, or was silent for too long."

SWEEP = 200
"Appointments ended in one transaction by a sweep."


def due_of(conn: Connection, reference: str, now: datetime) -> str:
    """Which appointment of a sitting its reference stands for now: the first that is not begun.

    Raises `UnknownReference`.
    """
    row = by_reference(conn, reference)
    for one in sitting_of(conn, row):
        start = instant_of(one.first_grain)
        late = check_in_until(start, again=one.arrived_at is not None) < now
        early = start - CHECK_IN_FROM > now
        if one.state == State.BOOKED and not late and not early:
            return str(one.id)
    return str(row.id)


def arrive(
    conn: Connection, reference: str, terminal_id: str, *, tell: Tell, now: datetime
) -> Arrived:
    """Check in at a terminal; for use inside the transaction that makes the ticket.

    Raises `UnknownReference`, `NotInCatalogue` for the terminal, `ReferenceUsed`,
    `AppointmentCancelled`, `NotConfirmed`, `HoldExpired`, `WrongSite`, `TooEarly`, `TooLate`.
    """
    row = by_id(conn, due_of(conn, reference, now))
    here = conn.execute(
        select(terminal.c.site).where(terminal.c.id == terminal_id)
    ).scalar_one_or_none()
    if here is None:
        raise NotInCatalogue(f"no such terminal: {terminal_id}")
    start = instant_of(row.first_grain)
    again = row.arrived_at is not None
    may_arrive(state_of(row, now), start, at_site=row.site, here=here, again=again, now=now)
    changed = conn.execute(
        update(appointment)
        .where(appointment.c.id == row.id, appointment.c.state == State.BOOKED)
        .values(
            state=State.ARRIVED,
            version=appointment.c.version + 1,
            terminal=terminal_id,
            arrived_at=now,
        )
    ).rowcount
    row = by_id(conn, row.id)
    if not changed:
        refuse(State(row.state), start)
    note(conn, row, actor=f"terminal:{terminal_id}", tell=tell, now=now)
    return Arrived(
        appointment_id=row.id,
        department=row.department,
        service=row.service,
        site=row.site,
        start=start,
        name=row.name,
        language=row.language,
        needs=tuple(row.needs),
    )


def fulfil(conn: Connection, appointment_id: str, *, tell: Tell, now: datetime) -> None:
    """Note that the citizen was served; harmless when repeated.

    Raises `BookingRefused` when the citizen had not arrived.
    """
    end(conn, appointment_id, State.ARRIVED, State.FULFILLED, actor="counter", tell=tell, now=now)
    state = by_id(conn, appointment_id).state
    if state != State.FULFILLED:
        raise BookingRefused(f"appointment {appointment_id} is {state}, not arrived")


def again_until(conn: Connection, appointment_id: str, now: datetime) -> datetime | None:
    """Until when who is checked in may check in once more, should he leave unserved.

    None: he may not, because it is too late, or because of several parts the next one is due.
    """
    of_it = select(appointment.c.first_grain, appointment.c.sitting)
    found = conn.execute(of_it.where(appointment.c.id == appointment_id)).first()
    if found is None or found.sitting is not None:
        return None
    until = check_in_until(instant_of(found.first_grain), again=True)
    return None if now > until else until


def walk_out(conn: Connection, appointment_id: str, *, tell: Tell, now: datetime) -> bool:
    """Note that who was checked in is gone unserved; harmless when repeated or served.

    He may come again for a while, whoever's fault it was: then it is booked, and this answers True.
    It keeps nothing from others meanwhile, and not himself from another time.
    """
    if again_until(conn, appointment_id, now) is None:
        end(conn, appointment_id, State.ARRIVED, State.CANCELLED, actor=GONE, tell=tell, now=now)
        return False
    row = conn.execute(
        update(appointment)
        .where(appointment.c.id == appointment_id, appointment.c.state == State.ARRIVED)
        .values(state=State.BOOKED, version=appointment.c.version + 1, terminal=None)
        .returning(appointment)
    ).first()
    if row is not None:
        give_back(conn, appointment_id, keep_quota=False)
        note(conn, row, actor=GONE, tell=tell, now=now, quietly=True)
        tell.freed(conn, row, now)
    return row is not None


def expire_due(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """End holds that ran out, up to `SWEEP` of them; returns how many."""
    due = conn.execute(
        select(appointment.c.id)
        .where(appointment.c.state == State.HELD, appointment.c.expires_at <= now)
        .order_by(appointment.c.id)
        .limit(SWEEP)
    ).all()
    return sum(ran_out(conn, row.id, tell=tell, now=now) for row in due)


def noshow_due(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """Mark who did not come in time, up to `SWEEP` of them; returns how many.

    Their lanes are free for who waits, their place in the day's quota is not.  Who had come, and
    did not come again, has missed nothing: it is cancelled.
    """
    never, once = appointment.c.arrived_at.is_(None), appointment.c.arrived_at.is_not(None)
    ended = _end_late(conn, never, CHECK_IN_UNTIL, State.NOSHOW, tell, now)
    return ended + _end_late(conn, once, CHECK_IN_AGAIN_UNTIL, State.CANCELLED, tell, now)


def _end_late(
    conn: Connection,
    which: ColumnElement[bool],
    after: timedelta,
    into: State,
    tell: Tell,
    now: datetime,
) -> int:
    latest = now - after
    due = conn.execute(
        select(appointment.c.id, appointment.c.first_grain)
        .where(
            which,
            appointment.c.state == State.BOOKED,
            appointment.c.first_grain <= grain_of(latest),
        )
        .order_by(appointment.c.id)
        .limit(SWEEP)
    ).all()
    return sum(
        end(conn, row.id, State.BOOKED, into, actor="counter", tell=tell, now=now)
        for row in due
        if instant_of(row.first_grain) < latest
    )
