"""The commands of who books: plain functions of a connection, one transaction each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from booking.appointment import (
    MISSED_LIMIT,
    MISSED_WITHIN,
    AppointmentView,
    State,
    may_change,
    reference_sha256,
    refuse,
)
from booking.catalogue import Ability
from booking.errors import BadDetails, HoldExpired, OnlySameDay
from booking.grains import grain_of, instant_of
from booking.orders import (
    CatalogueChanged,
    Confirmed,
    ConfirmOrder,
    Contact,
    Held,
    HoldOrder,
    MoveOrder,
    Place,
)
from booking.ports import Tell
from booking.store_catalogue_tables import catalogue_version
from booking.store_claims import give_back, give_back_shared, take
from booking.store_rows import (
    by_id,
    by_reference,
    end,
    note,
    ran_out,
    sitting_of,
    state_of,
    view_of,
)
from booking.tables import Instant, appointment, waitlist
from booking.waitlist import WaitState

# Made once: a statement costs more to make than to carry out, and these are part of every command.
_VERSION = select(catalogue_version.c.version)
_KEEP = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(appointment)
    .on_conflict_do_nothing(index_elements=["idem"])
    .returning(appointment)
    for dialect in (postgresql, sqlite)
}
_BOOK = (
    update(appointment)
    .where(
        appointment.c.id == bindparam("asked"),
        appointment.c.state == State.HELD,
        appointment.c.expires_at > bindparam("now", type_=Instant),
    )
    .values(version=appointment.c.version + 1)
    .returning(appointment)
)
_MOVE = (
    update(appointment)
    .where(
        appointment.c.id == bindparam("asked"),
        # It counts every change: what came, was cancelled or was moved meanwhile has another one.
        appointment.c.version == bindparam("seen"),
    )
    # Whoever was here before its old time is not here before the new one.
    .values(version=appointment.c.version + 1, arrived_at=None)
)
_EARLIER = select(appointment.c.id).where(
    appointment.c.person_key == bindparam("person"),
    appointment.c.state == State.HELD,
    appointment.c.id.not_in(bindparam("mine", expanding=True)),
    appointment.c.id.not_in(
        select(waitlist.c.appointment_id).where(
            waitlist.c.state == WaitState.OFFERED, waitlist.c.person_key == bindparam("person")
        )
    ),
)
_MISSED = select(func.count()).where(
    appointment.c.person_key == bindparam("person"),
    appointment.c.state == State.NOSHOW,
    appointment.c.first_grain >= bindparam("since"),
)


def hold(conn: Connection, order: HoldOrder, *, tell: Tell, now: datetime) -> Held:
    """Keep a slot.  The same order again is answered with the same hold.

    An earlier hold of the same person is let go: who picks another time wants that one.  What the
    waiting list offers them stays.
    Raises `SlotTaken`, `PersonOverlap`, `TooManyAppointments`, `WeeklyLimit`, `OnlySameDay`,
    `HoldExpired` when the hold of this key is no longer one, `BadDetails` when the key was used for
    another slot, `CatalogueChanged`.
    """
    (held,) = hold_sitting(conn, [order], tell=tell, now=now)
    return held


def hold_sitting(
    conn: Connection, orders: Sequence[HoldOrder], *, tell: Tell, now: datetime
) -> list[Held]:
    """Keep slots one after another, all or none; as `hold`, of which it is the general form."""
    mine = [order.appointment_id for order in orders]
    let_go: list[Row[Any]] = []
    held = [_hold(conn, order, mine, let_go, tell, now) for order in orders]
    if held[0].appointment_id != mine[0]:
        _must_be_whole(conn, held)
    # Not before: who keeps their time under another key must not lose it to the waiting list.
    for earlier in let_go:
        tell.freed(conn, earlier, now)
    return held


def _hold(
    conn: Connection,
    order: HoldOrder,
    mine: list[str],
    let_go: list[Row[Any]],
    tell: Tell,
    now: datetime,
) -> Held:
    row = {
        "id": order.appointment_id,
        "idem": order.idem,
        "reference_sha256": reference_sha256(order.reference),
        "reference_shown": order.reference,
        "person_key": order.person,
        "needs": ["step_free"] if Ability.STEP_FREE in order.wish.abilities else [],
        "department": order.department,
        "service": order.service,
        "site": order.place.site,
        "first_grain": order.place.first_grain,
        "grains": order.place.grains,
        "state": State.HELD,
        "expires_at": order.expires_at,
        "version": 1,
        "created_at": now,
        "speech": order.wish.speech,
        "parties": [{"name": "", "site": site} for site in order.wish.others],
        "sitting": order.sitting,
    }
    made = conn.execute(_KEEP[conn.dialect.name], row).first()
    if made is None:
        return _held_before(conn, order, now)
    # After the first row is there: a change of the catalogue waits for it, or it for the change.
    _same_catalogue(conn, order.place)
    if not order.same_day:
        _must_not_have_missed(conn, order.person, now)
    actor = "counter" if order.offered else "citizen"
    for earlier in [] if order.offered else _earlier_holds(conn, order.person, mine):
        later = tell.keeping_what_is_freed
        if end(conn, earlier, State.HELD, State.EXPIRED, actor=actor, tell=later, now=now):
            let_go.append(by_id(conn, earlier))
    _take(conn, order.appointment_id, order.place, tell, now)
    note(conn, made, actor=actor, tell=tell, now=now)
    return Held(
        appointment_id=order.appointment_id,
        reference=order.reference,
        expires_at=order.expires_at,
    )


def confirm(
    conn: Connection,
    reference: str,
    work_out: Callable[[AppointmentView], ConfirmOrder],
    *,
    tell: Tell,
    now: datetime,
) -> Confirmed:
    """Make a hold a booking, with all of its sitting.  Repeated, it answers how it stands.

    work_out: what to book, from what is held; a rule, and what it raises is raised here.
    Raises `UnknownReference`, `HoldExpired`, what `refuse` says of any other state, `SlotTaken`
    when what the details want is not there, `TooManyOfEntity`, `CatalogueChanged`.
    """
    row = by_reference(conn, reference)
    parts = sitting_of(conn, row)
    order = work_out(view_of(row, now, *parts))
    retake, entity, details = dict(order.retake), dict(order.entity), order.details
    told = {
        "state": State.BOOKED,
        "expires_at": None,
        "reference_shown": None,
        "name": details.name,
        "contact": details.contact,
        "language": details.language,
        "needs": list(details.needs),
        "speech": details.wish.speech,
        "acting": details.acting,
        "acting_for": details.acting_for,
        "entity_key": order.entity_key,
        "parties": [{"name": other.name, "site": other.site} for other in details.parties],
    }
    fresh: Row[Any] | None = None
    for one in parts:
        booked = conn.execute(_BOOK, {"asked": one.id, "now": now, **told}).first()
        if booked is None:
            continue
        if one.id in retake:
            _same_catalogue(conn, retake[one.id])
            give_back_shared(conn, one.id)
            _take(conn, one.id, retake[one.id], tell, now)
        if one.id in entity:
            _take(conn, one.id, entity[one.id], tell, now)
        note(conn, booked, actor="citizen", tell=tell, now=now)
        fresh = booked if one.id == row.id else fresh
    # Who came second at the same instant has waited for the first, and looks again.
    row = by_id(conn, row.id) if fresh is None else fresh
    if row.state == State.HELD:
        raise HoldExpired("the hold ran out before it was confirmed")
    if row.state != State.BOOKED:
        refuse(State(row.state), instant_of(row.first_grain))
    return Confirmed(view=_seen(conn, row, now), retaken=bool(retake))


def reschedule(conn: Connection, order: MoveOrder, *, tell: Tell, now: datetime) -> AppointmentView:
    """Move an appointment to another time or site, with all of its sitting.

    On any refusal all of it stands as it was.
    Raises `CatalogueChanged` when it, or the catalogue, changed since the order was worked out;
    `SlotTaken`, `PersonOverlap`, `WeeklyLimit`, `TooManyOfEntity`, `OnlySameDay`.
    """
    if not order.same_day:
        _must_not_have_missed(conn, order.person, now)
    before = [by_id(conn, move.appointment_id) for move in order.moves]
    for move in order.moves:
        there = {
            "site": move.place.site,
            "first_grain": move.place.first_grain,
            "grains": move.place.grains,
        }
        asked = {"asked": move.appointment_id, "seen": move.version}
        if not conn.execute(_MOVE, {**asked, **there}).rowcount:
            raise CatalogueChanged
        _same_catalogue(conn, move.place)
        give_back(conn, move.appointment_id, keep_quota=False)
    for move in order.moves:
        _take(conn, move.appointment_id, move.place, tell, now)
    for move in order.moves:
        note(conn, by_id(conn, move.appointment_id), actor=order.by, tell=tell, now=now)
    for row in before:
        tell.freed(conn, row, now)
    if order.reference is None:
        return find_id(conn, order.moves[0].appointment_id, now)
    return find(conn, order.reference, now)


def cancel(
    conn: Connection, reference: str, until_minutes: int, *, tell: Tell, now: datetime
) -> AppointmentView:
    """Give an appointment back with all of its sitting, held or booked.

    Repeated, it answers that it is cancelled.  Who was here and was not served may always do it.
    Raises `UnknownReference`, `ReferenceUsed`, `HoldExpired`, `TooLate`, `TooLateToChange`.
    """
    row = by_reference(conn, reference)
    for one in sitting_of(conn, row):
        if one.state == State.BOOKED and one.arrived_at is None:
            may_change(instant_of(one.first_grain), until_minutes, now)
        for state in (State.BOOKED, State.HELD):
            end(conn, one.id, state, State.CANCELLED, actor="citizen", tell=tell, now=now)
    row = by_id(conn, row.id)
    if row.state != State.CANCELLED:
        refuse(State(row.state), instant_of(row.first_grain))
    return _seen(conn, row, now)


def find(conn: Connection, reference: str, now: datetime) -> AppointmentView:
    """The appointment of a reference.  Raises `UnknownReference`."""
    return _seen(conn, by_reference(conn, reference), now)


def find_id(conn: Connection, appointment_id: str, now: datetime) -> AppointmentView:
    """The appointment of an id, for the department.  Raises `UnknownReference`."""
    return _seen(conn, by_id(conn, appointment_id), now)


def contact(conn: Connection, appointment_id: str) -> Contact:
    """Whom to tell, for who delivers the outbox."""
    row = by_id(conn, appointment_id)
    return Contact(name=row.name, contact=row.contact, language=row.language, person=row.person_key)


def counts(conn: Connection) -> dict[State, int]:
    """How many appointments are in which state."""
    rows = conn.execute(select(appointment.c.state, func.count()).group_by(appointment.c.state))
    return {State(state): number for state, number in rows}


def _seen(conn: Connection, row: Row[Any], now: datetime) -> AppointmentView:
    return view_of(row, now, *sitting_of(conn, row))


def _same_catalogue(conn: Connection, place: Place) -> None:
    version = conn.execute(_VERSION).scalar_one_or_none()
    if version != place.catalogue_version:
        raise CatalogueChanged


def _take(conn: Connection, appointment_id: str, place: Place, tell: Tell, now: datetime) -> None:
    take(
        conn,
        appointment_id,
        place.wanted,
        start_at=place.start_at,
        expire=lambda one: ran_out(conn, one, tell=tell.keeping_what_is_freed, now=now),
        now=now,
    )


def _earlier_holds(conn: Connection, person: str, mine: list[str]) -> list[str]:
    """Holds of a person but those of `mine`, and but those that the waiting list offers them."""
    return list(conn.execute(_EARLIER, {"person": person, "mine": mine}).scalars())


def _must_not_have_missed(conn: Connection, person: str, now: datetime) -> None:
    since = grain_of(now - MISSED_WITHIN)
    missed = conn.execute(_MISSED, {"person": person, "since": since}).scalar_one()
    if missed >= MISSED_LIMIT:
        raise OnlySameDay("too many appointments were missed")


def _must_be_whole(conn: Connection, held: Sequence[Held]) -> None:
    """Raises `BadDetails` when the key was used for more services, or for fewer."""
    before = sitting_of(conn, by_id(conn, held[0].appointment_id))
    if [one.id for one in before] != [one.appointment_id for one in held]:
        raise BadDetails(("key",))


def _held_before(conn: Connection, order: HoldOrder, now: datetime) -> Held:
    row = conn.execute(select(appointment).where(appointment.c.idem == order.idem)).one()
    same = (row.service, row.site, row.first_grain) == (
        order.service,
        order.place.site,
        order.place.first_grain,
    )
    if not same:
        raise BadDetails(("key",))
    if state_of(row, now) is not State.HELD:
        raise HoldExpired(f"the hold of this key is {row.state}")
    return Held(appointment_id=row.id, reference=row.reference_shown, expires_at=row.expires_at)
