"""Rows of appointments: found, ended, noted and read, for every command of booking.

A change of state is one UPDATE that names the state it comes from; who updates no row came second
and is told how things stand.  Every change leaves an event, a journal entry and, where somebody
must hear of it, a row in the outbox, in the same transaction.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from booking import reminders
from booking.appointment import (
    AppointmentView,
    Party,
    State,
    Wish,
    abilities_for,
    reference_sha256,
)
from booking.catalogue import Acting
from booking.errors import UnknownReference
from booking.grains import instant_of
from booking.ports import Tell
from booking.store_claims import give_back
from booking.tables import appointment, appointment_event, waitlist

TOLD = {State.BOOKED, State.CANCELLED, State.NOSHOW}
"States of which somebody must hear."


# Made once: a statement costs more to make than to carry out, and these are part of every command.
_BY_ID = select(appointment).where(appointment.c.id == bindparam("asked"))
_BY_REFERENCE = select(appointment).where(appointment.c.reference_sha256 == bindparam("asked"))
_CHANGE = (
    update(appointment)
    .where(appointment.c.id == bindparam("asked"), appointment.c.state == bindparam("was"))
    .values(version=appointment.c.version + 1)
    .returning(appointment)
)
_NOTE = appointment_event.insert()
_ANSWER_OFFER = update(waitlist).where(
    waitlist.c.appointment_id == bindparam("asked"), waitlist.c.state == "offered"
)


def by_id(conn: Connection, appointment_id: str) -> Row[Any]:
    """Raises `UnknownReference`."""
    row = conn.execute(_BY_ID, {"asked": appointment_id}).first()
    if row is None:
        raise UnknownReference(f"no appointment {appointment_id}")
    return row


def by_reference(conn: Connection, reference: str) -> Row[Any]:
    """Raises `UnknownReference`."""
    row = conn.execute(_BY_REFERENCE, {"asked": reference_sha256(reference)}).first()
    if row is None:
        raise UnknownReference("no appointment has this reference")
    return row


def sitting_of(conn: Connection, row: Row[Any]) -> list[Row[Any]]:
    """The appointments in the same seat, one after another; this one among them."""
    if row.sitting is None:
        return [row]
    return list(
        conn.execute(
            select(appointment)
            .where(appointment.c.sitting == row.sitting)
            .order_by(appointment.c.first_grain)
        )
    )


def state_of(row: Row[Any], now: datetime) -> State:
    """The state as it is now, whether a sweep has come by or not."""
    if row.state == State.HELD and row.expires_at <= now:
        return State.EXPIRED
    return State(row.state)


def wish_of(row: Row[Any]) -> Wish:
    """What was wanted beside service, place and time."""
    return Wish(
        speech=row.speech,
        abilities=abilities_for(row.needs),
        others=tuple(sorted(one["site"] for one in row.parties)),
    )


def view_of(row: Row[Any], now: datetime, *others: Row[Any]) -> AppointmentView:
    """An appointment as its holder may see it.  others: of its sitting."""
    return AppointmentView(
        appointment_id=row.id,
        state=state_of(row, now),
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
        wish=wish_of(row),
        acting=Acting(row.acting),
        acting_for=row.acting_for,
        entity_key=row.entity_key,
        parties=tuple(Party(name=one["name"], site=one["site"]) for one in row.parties),
        came=row.arrived_at is not None,
        sitting=tuple(view_of(other, now) for other in others if other.id != row.id),
    )


def end(
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
    over = {"state": into, "expires_at": None, "reference_shown": None}
    row = conn.execute(_CHANGE, {"asked": appointment_id, "was": state, **over}).first()
    if row is not None:
        give_back(conn, appointment_id, keep_quota=into in {State.FULFILLED, State.NOSHOW})
        note(conn, row, actor=actor, tell=tell, now=now)
        if into in {State.CANCELLED, State.EXPIRED}:
            tell.freed(conn, row, now)
    return row is not None


def ran_out(conn: Connection, appointment_id: str, *, tell: Tell, now: datetime) -> bool:
    """End a hold whose minutes are over; whether it was one."""
    return end(conn, appointment_id, State.HELD, State.EXPIRED, actor="counter", tell=tell, now=now)


def note(
    conn: Connection,
    row: Row[Any],
    *,
    actor: str,
    tell: Tell,
    now: datetime,
    quietly: bool = False,
) -> None:
    """Write down what an appointment has just become; quietly: nobody is written to."""
    became = {"appointment_id": row.id, "version": row.version, "state": row.state}
    conn.execute(_NOTE, {**became, "actor": actor, "at": now})
    facts = {
        "version": row.version,
        "department": row.department,
        "service": row.service,
        "site": row.site,
        "start": instant_of(row.first_grain).isoformat(),
    }
    if row.acting != Acting.SELF:
        facts["acting"] = row.acting
    if row.state in TOLD and row.name and not quietly:  # who only held a slot was promised nothing
        body = {**facts, "language": row.language, **_of_the_visit(conn, row)}
        tell.owe(conn, f"appointment.{row.state}", row.id, body, now)
        if row.state == State.BOOKED:
            for ahead, due_at in reminders.due(instant_of(row.first_grain), now):
                minutes = int(ahead.total_seconds()) // 60
                tell.owe(
                    conn,
                    reminders.REMINDED,
                    row.id,
                    {**body, "ahead_minutes": minutes},
                    now,
                    due_at,
                )
    if row.state in {State.BOOKED, State.EXPIRED, State.CANCELLED}:
        answer = "taken" if row.state == State.BOOKED else "lapsed"
        conn.execute(_ANSWER_OFFER, {"asked": row.id, "state": answer})
    # Last: on PostgreSQL the journal's writers stand in line from here to COMMIT.
    tell.record(
        conn,
        actor=actor,
        action=f"appointment.{row.state}",
        subject=f"appointment:{row.id}",
        facts=facts,
        now=now,
    )


def _of_the_visit(conn: Connection, row: Row[Any]) -> dict[str, Any]:
    """Of a sitting its first appointment tells of all, and the others that it does.

    Who has come, or has not, is told of each by itself.
    """
    if row.state == State.NOSHOW or row.arrived_at is not None:
        return {}
    first, *rest = [
        one for one in sitting_of(conn, row) if one.arrived_at is None and one.state != State.NOSHOW
    ]
    if not rest:
        return {}
    if first.id != row.id:
        return {"told_with": first.id}
    parts = [
        {
            "department": one.department,
            "service": one.service,
            "start": instant_of(one.first_grain).isoformat(),
        }
        for one in (first, *rest)
    ]
    return {"parts": parts}
