"""The commands of booking: plain functions of a connection, one transaction each.

A change of state is one UPDATE that names the state it comes from; who updates no row came second
and is told how things stand.  Every change leaves an event, a journal entry and, where somebody
must hear of it, a row in the outbox, in the same transaction.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from booking.appointment import (
    CHECK_IN_UNTIL,
    AppointmentView,
    Details,
    State,
    may_arrive,
    reference_sha256,
    refuse,
)
from booking.errors import (
    BadDetails,
    BookingRefused,
    HoldExpired,
    NotInCatalogue,
    UnknownReference,
)
from booking.orders import Arrived, CatalogueChanged, Contact, Held, HoldOrder
from booking.ports import Tell
from booking.slots import grain_of, instant_of
from booking.store_claims import give_back, take
from booking.tables import (
    appointment,
    appointment_event,
    catalogue_version,
    insert_for,
    terminal,
)

SWEEP = 200
"Appointments ended in one transaction by a sweep."
_TOLD = {State.BOOKED, State.CANCELLED, State.NOSHOW}


def hold(conn: Connection, order: HoldOrder, *, tell: Tell, now: datetime) -> Held:
    """Keep a slot.  The same order again is answered with the same hold.

    An earlier hold of the same person is let go: who picks another time wants that one.
    Raises `SlotTaken`, `PersonOverlap`, `TooManyAppointments`, `HoldExpired` when the hold of this
    key is no longer one, `BadDetails` when the key was used for another slot, `CatalogueChanged`.
    """
    version = conn.execute(select(catalogue_version.c.version)).scalar_one_or_none()
    if version != order.catalogue_version:
        raise CatalogueChanged
    made = conn.execute(
        insert_for(conn, appointment)
        .values(
            id=order.appointment_id,
            idem=order.idem,
            reference_sha256=reference_sha256(order.reference),
            reference_shown=order.reference,
            person_key=order.person,
            needs=[],
            department=order.department,
            service=order.service,
            site=order.site,
            lane=order.lane,
            first_grain=order.first_grain,
            grains=order.grains,
            state=State.HELD,
            expires_at=order.expires_at,
            version=1,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["idem"])
        .returning(appointment.c.id)
    ).first()
    if made is None:
        return _held_before(conn, order, now)
    for earlier in conn.execute(
        select(appointment.c.id).where(
            appointment.c.person_key == order.person,
            appointment.c.state == State.HELD,
            appointment.c.id != order.appointment_id,
        )
    ).all():
        _end(conn, earlier.id, State.HELD, State.EXPIRED, actor="citizen", tell=tell, now=now)
    take(
        conn,
        order.appointment_id,
        order.wanted,
        start_at=order.start_at,
        expire=lambda one: _ran_out(conn, one, tell, now),
        now=now,
    )
    _note(conn, _by_id(conn, order.appointment_id), actor="citizen", tell=tell, now=now)
    return Held(
        appointment_id=order.appointment_id,
        reference=order.reference,
        expires_at=order.expires_at,
    )


def confirm(
    conn: Connection, reference: str, details: Details, *, tell: Tell, now: datetime
) -> AppointmentView:
    """Make a hold a booking.  Repeated, it answers how the booking stands.

    details: as `booking.appointment.checked` cleaned them.
    Raises `UnknownReference`, `HoldExpired`, and what `refuse` says of any other state.
    """
    row = _by_reference(conn, reference)
    changed = conn.execute(
        update(appointment)
        .where(
            appointment.c.id == row.id,
            appointment.c.state == State.HELD,
            appointment.c.expires_at > now,
        )
        .values(
            state=State.BOOKED,
            version=appointment.c.version + 1,
            expires_at=None,
            reference_shown=None,
            name=details.name,
            contact=details.contact,
            language=details.language,
            needs=list(details.needs),
        )
    ).rowcount
    row = _by_id(conn, row.id)
    if changed:
        _note(conn, row, actor="citizen", tell=tell, now=now)
    elif row.state == State.HELD:
        raise HoldExpired("the hold ran out before it was confirmed")
    elif row.state != State.BOOKED:
        refuse(State(row.state), instant_of(row.first_grain))
    return _view(row, now)


def cancel(conn: Connection, reference: str, *, tell: Tell, now: datetime) -> AppointmentView:
    """Give an appointment back, held or booked.  Repeated, it answers that it is cancelled.

    Raises `UnknownReference`, `ReferenceUsed`, `HoldExpired`, `TooLate`.
    """
    row = _by_reference(conn, reference)
    for state in (State.BOOKED, State.HELD):
        _end(conn, row.id, state, State.CANCELLED, actor="citizen", tell=tell, now=now)
    row = _by_id(conn, row.id)
    if row.state != State.CANCELLED:
        refuse(State(row.state), instant_of(row.first_grain))
    return _view(row, now)


def find(conn: Connection, reference: str, now: datetime) -> AppointmentView:
    """The appointment of a reference.  Raises `UnknownReference`."""
    return _view(_by_reference(conn, reference), now)


def contact(conn: Connection, appointment_id: str) -> Contact:
    """Whom to tell, for who delivers the outbox."""
    row = _by_id(conn, appointment_id)
    return Contact(name=row.name, contact=row.contact, language=row.language)


def arrive(
    conn: Connection, reference: str, terminal_id: str, *, tell: Tell, now: datetime
) -> Arrived:
    """Check in at a terminal; for use inside the transaction that makes the ticket.

    Raises `UnknownReference`, `NotInCatalogue` for the terminal, `ReferenceUsed`,
    `AppointmentCancelled`, `NotConfirmed`, `HoldExpired`, `WrongSite`, `TooEarly`, `TooLate`.
    """
    row = _by_reference(conn, reference)
    here = conn.execute(
        select(terminal.c.site).where(terminal.c.id == terminal_id)
    ).scalar_one_or_none()
    if here is None:
        raise NotInCatalogue(f"no such terminal: {terminal_id}")
    start = instant_of(row.first_grain)
    may_arrive(_state(row, now), start, at_site=row.site, here=here, now=now)
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
    row = _by_id(conn, row.id)
    if not changed:
        refuse(State(row.state), start)
    _note(conn, row, actor=f"terminal:{terminal_id}", tell=tell, now=now)
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
    _end(conn, appointment_id, State.ARRIVED, State.FULFILLED, actor="counter", tell=tell, now=now)
    state = _by_id(conn, appointment_id).state
    if state != State.FULFILLED:
        raise BookingRefused(f"appointment {appointment_id} is {state}, not arrived")


def walk_out(conn: Connection, appointment_id: str, *, tell: Tell, now: datetime) -> None:
    """Note that the citizen left before being served; harmless when repeated or served."""
    _end(conn, appointment_id, State.ARRIVED, State.CANCELLED, actor="citizen", tell=tell, now=now)


def expire_due(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """End holds that ran out, up to `SWEEP` of them; returns how many."""
    due = conn.execute(
        select(appointment.c.id)
        .where(appointment.c.state == State.HELD, appointment.c.expires_at <= now)
        .order_by(appointment.c.id)
        .limit(SWEEP)
    ).all()
    return sum(_ran_out(conn, row.id, tell, now) for row in due)


def noshow_due(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """Mark who did not come in time, up to `SWEEP` of them; returns how many.

    Their lanes are free for who waits, their place in the day's quota is not.
    """
    latest = now - CHECK_IN_UNTIL
    due = conn.execute(
        select(appointment.c.id, appointment.c.first_grain)
        .where(appointment.c.state == State.BOOKED, appointment.c.first_grain <= grain_of(latest))
        .order_by(appointment.c.id)
        .limit(SWEEP)
    ).all()
    return sum(
        _end(conn, row.id, State.BOOKED, State.NOSHOW, actor="counter", tell=tell, now=now)
        for row in due
        if instant_of(row.first_grain) < latest
    )


def counts(conn: Connection) -> dict[State, int]:
    """How many appointments are in which state."""
    rows = conn.execute(select(appointment.c.state, func.count()).group_by(appointment.c.state))
    return {State(state): number for state, number in rows}


def _held_before(conn: Connection, order: HoldOrder, now: datetime) -> Held:
    row = conn.execute(select(appointment).where(appointment.c.idem == order.idem)).one()
    same = (row.service, row.site, row.first_grain) == (
        order.service,
        order.site,
        order.first_grain,
    )
    if not same:
        raise BadDetails(("key",))
    if _state(row, now) is not State.HELD:
        raise HoldExpired(f"the hold of this key is {row.state}")
    return Held(appointment_id=row.id, reference=row.reference_shown, expires_at=row.expires_at)


def _ran_out(conn: Connection, appointment_id: str, tell: Tell, now: datetime) -> bool:
    return _end(
        conn, appointment_id, State.HELD, State.EXPIRED, actor="counter", tell=tell, now=now
    )


def _end(
    conn: Connection,
    appointment_id: str,
    state: State,
    into: State,
    *,
    actor: str,
    tell: Tell,
    now: datetime,
) -> bool:
    """Change `state` into a last one and give back the claims; whether it was in `state`."""
    changed = conn.execute(
        update(appointment)
        .where(appointment.c.id == appointment_id, appointment.c.state == state)
        .values(
            state=into,
            version=appointment.c.version + 1,
            expires_at=None,
            reference_shown=None,
        )
    ).rowcount
    if changed:
        give_back(conn, appointment_id, keep_quota=into in {State.FULFILLED, State.NOSHOW})
        _note(conn, _by_id(conn, appointment_id), actor=actor, tell=tell, now=now)
    return bool(changed)


def _note(conn: Connection, row: Row[Any], *, actor: str, tell: Tell, now: datetime) -> None:
    """Write down what an appointment has just become."""
    conn.execute(
        appointment_event.insert().values(
            appointment_id=row.id, version=row.version, state=row.state, actor=actor, at=now
        )
    )
    facts = {
        "version": row.version,
        "department": row.department,
        "service": row.service,
        "site": row.site,
        "start": instant_of(row.first_grain).isoformat(),
    }
    if row.state in _TOLD:
        body = {**facts, "language": row.language}
        tell.owe(conn, f"appointment.{row.state}", row.id, body, now)
    tell.record(
        conn,
        actor=actor,
        action=f"appointment.{row.state}",
        subject=f"appointment:{row.id}",
        facts=facts,
        now=now,
    )


def _by_id(conn: Connection, appointment_id: str) -> Row[Any]:
    row = conn.execute(select(appointment).where(appointment.c.id == appointment_id)).first()
    if row is None:
        raise UnknownReference(f"no appointment {appointment_id}")
    return row


def _by_reference(conn: Connection, reference: str) -> Row[Any]:
    digest = reference_sha256(reference)
    row = conn.execute(select(appointment).where(appointment.c.reference_sha256 == digest)).first()
    if row is None:
        raise UnknownReference("no appointment has this reference")
    return row


def _state(row: Row[Any], now: datetime) -> State:
    """The state as it is now, whether a sweep has come by or not."""
    if row.state == State.HELD and row.expires_at <= now:
        return State.EXPIRED
    return State(row.state)


def _view(row: Row[Any], now: datetime) -> AppointmentView:
    return AppointmentView(
        appointment_id=row.id,
        state=_state(row, now),
        department=row.department,
        service=row.service,
        site=row.site,
        start=instant_of(row.first_grain),
        end=instant_of(row.first_grain + row.grains),
        expires_at=row.expires_at,
        name=row.name,
        contact=row.contact,
        language=row.language,
        needs=tuple(row.needs),
        version=row.version,
    )
