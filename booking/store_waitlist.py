"""The waiting list in SQL: joined, left, looked at by its reference."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from booking.appointment import State, reference_sha256
from booking.catalogue import Ability
from booking.errors import BadDetails, SlotIsFree, TooManyWaiting, UnknownReference
from booking.grains import grain_of, instant_of
from booking.orders import CatalogueChanged, Contact
from booking.ports import Tell
from booking.store_catalogue_tables import catalogue_version
from booking.store_claims import used
from booking.store_rows import by_id, end, state_of
from booking.tables import insert_for, waitlist
from booking.waitlist import (
    WAITING_PER_PERSON,
    Joined,
    JoinOrder,
    OfferedSlot,
    WaitState,
    WaitView,
)

LIVING = (WaitState.WAITING, WaitState.OFFERED)


def join(conn: Connection, order: JoinOrder, *, tell: Tell, now: datetime) -> Joined:
    """Put somebody on the list.  The same order again is answered with the same entry.

    Only the digest of a reference is kept, so a repeated order is given a new one: whoever repeats
    it did not hear the answer.
    Raises `SlotIsFree`, `TooManyWaiting`, `BadDetails` when the key was used for something else,
    `CatalogueChanged`.
    """
    # The lock lets one join at a time count the entries of a person; nobody else waits for it.
    version = conn.execute(select(catalogue_version.c.version).with_for_update()).scalar()
    before = conn.execute(select(waitlist).where(waitlist.c.idem == order.idem)).first()
    if before is not None:
        return _joined_before(conn, before, order)
    if version != order.catalogue_version:
        raise CatalogueChanged
    living = conn.execute(
        select(func.count()).where(
            waitlist.c.person_key == order.person, waitlist.c.state.in_(LIVING)
        )
    ).scalar_one()
    if living >= WAITING_PER_PERSON:
        raise TooManyWaiting("on the waiting list as often as one may be")
    taken = used(conn, order.resources, order.from_grain, order.until_grain, now)
    free = order.free(taken)
    if free is not None:
        raise SlotIsFree(free)
    conn.execute(
        insert_for(conn, waitlist).values(
            id=order.entry_id,
            idem=order.idem,
            reference_sha256=reference_sha256(order.reference),
            person_key=order.person,
            department=order.department,
            service=order.wanted.service,
            site=order.wanted.site,
            grains=order.grains,
            first_grain=order.wanted.first_grain,
            last_grain=order.wanted.last_grain,
            speech=order.wanted.wish.speech,
            abilities=sorted(order.wanted.wish.abilities),
            contact=order.contact,
            language=order.language,
            state=WaitState.WAITING,
            created_at=now,
        )
    )
    record(conn, order.entry_id, WaitState.WAITING, actor="citizen", tell=tell, now=now)
    return Joined(entry_id=order.entry_id, reference=order.reference)


def leave(conn: Connection, reference: str, *, tell: Tell, now: datetime) -> WaitView:
    """Take somebody off the list, and give back what they are offered.

    Repeated, it answers how it stands.  Raises `UnknownReference`.
    """
    row = _by_reference(conn, reference)
    changed = conn.execute(
        update(waitlist)
        .where(waitlist.c.id == row.id, waitlist.c.state.in_(LIVING))
        .values(state=WaitState.LEFT)
    ).rowcount
    if changed:
        record(conn, row.id, WaitState.LEFT, actor="citizen", tell=tell, now=now)
        row = entry_by_id(conn, row.id)
        if row.appointment_id is not None:
            cancelled = State.CANCELLED
            end(
                conn, row.appointment_id, State.HELD, cancelled, actor="citizen", tell=tell, now=now
            )
    return _view(conn, row, now)


def find(conn: Connection, reference: str, now: datetime) -> WaitView:
    """The entry of a reference.  Raises `UnknownReference`."""
    return _view(conn, _by_reference(conn, reference), now)


def contact(conn: Connection, entry_id: str) -> Contact:
    """Whom to tell, for who delivers the outbox.  Raises `UnknownReference`."""
    row = entry_by_id(conn, entry_id)
    return Contact(name="", contact=row.contact, language=row.language, person=row.person_key)


def entry_by_id(conn: Connection, entry_id: str) -> Row[Any]:
    """Raises `UnknownReference`."""
    row = conn.execute(select(waitlist).where(waitlist.c.id == entry_id)).first()
    if row is None:
        raise UnknownReference(f"no entry {entry_id} on the waiting list")
    return row


def record(
    conn: Connection, entry_id: str, state: WaitState, *, actor: str, tell: Tell, now: datetime
) -> None:
    """Write down what an entry has just become."""
    row = entry_by_id(conn, entry_id)
    tell.record(
        conn,
        actor=actor,
        action=f"waitlist.{state}",
        subject=f"waitlist:{entry_id}",
        facts={"department": row.department, "service": row.service, "site": row.site},
        now=now,
    )


def close_past(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """End entries whose time is past; returns how many."""
    past = (
        conn.execute(
            update(waitlist)
            .where(waitlist.c.state == WaitState.WAITING, waitlist.c.last_grain < grain_of(now))
            .values(state=WaitState.LAPSED)
            .returning(waitlist.c.id)
        )
        .scalars()
        .all()
    )
    for entry_id in sorted(past):
        record(conn, entry_id, WaitState.LAPSED, actor="counter", tell=tell, now=now)
    return len(past)


def _by_reference(conn: Connection, reference: str) -> Row[Any]:
    digest = reference_sha256(reference)
    row = conn.execute(select(waitlist).where(waitlist.c.reference_sha256 == digest)).first()
    if row is None:
        raise UnknownReference("no entry of the waiting list has this reference")
    return row


def _joined_before(conn: Connection, row: Row[Any], order: JoinOrder) -> Joined:
    # The beginning is not compared: what is past of it is cut off, a little more with each try.
    wanted = order.wanted
    if (row.service, row.site, row.last_grain) != (wanted.service, wanted.site, wanted.last_grain):
        raise BadDetails(("key",))
    conn.execute(
        update(waitlist)
        .where(waitlist.c.id == row.id)
        .values(reference_sha256=reference_sha256(order.reference))
    )
    return Joined(entry_id=row.id, reference=order.reference)


def _view(conn: Connection, row: Row[Any], now: datetime) -> WaitView:
    state, offer = WaitState(row.state), None
    if state is WaitState.OFFERED:
        held = by_id(conn, row.appointment_id)
        if state_of(held, now) is State.HELD:
            offer = OfferedSlot(
                appointment_id=held.id,
                reference=held.reference_shown,
                start=instant_of(held.first_grain),
                expires_at=held.expires_at,
            )
        else:
            state = WaitState.LAPSED  # a sweep has not come by yet
    return WaitView(
        entry_id=row.id,
        state=state,
        department=row.department,
        service=row.service,
        site=row.site,
        from_at=instant_of(row.first_grain),
        until_at=instant_of(row.last_grain + 1),
        speech=row.speech,
        abilities=frozenset(Ability(one) for one in row.abilities),
        language=row.language,
        offer=offer,
    )
