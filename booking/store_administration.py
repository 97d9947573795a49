"""Changing the catalogue, in SQL: each change is one transaction, dated, journalled, reversible.

While it is made nobody books, so that no appointment is taken by what held before once it is made.
A time that is only held and does not fit any more is given back; what is booked stays, and is
listed (`booking.store_capacity.to_be_moved`).  A change of a later day is written down at once and
put into the catalogue by the first command at or after its instant (`take_effect`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from booking import store_catalogue
from booking import store_catalogue_changes as rows
from booking.appointment import State
from booking.capacity import OutageOrder
from booking.catalogue import Catalogue
from booking.catalogue_changes import (
    CapacityChange,
    Change,
    ChangeOrder,
    HoursChange,
    Preview,
    ServiceChange,
    SpeechChange,
    inverse,
    mark,
    meant,
    rebased,
    stands,
    subject_of,
)
from booking.catalogue_findings import findings
from booking.errors import (
    BadChange,
    BookingRefused,
    CannotTakeBack,
    ChangedMeanwhile,
    NotInCatalogue,
)
from booking.grains import instant_of
from booking.ports import Tell
from booking.slots import offered
from booking.store_capacity import free_the_unit, misfits, to_be_moved
from booking.store_catalogue_tables import catalogue_change
from booking.store_rows import by_id, end, sitting_of, wish_of
from booking.tables import appointment

COUNTER = "counter"
"Who puts a scheduled change into the catalogue, as the journal names it."
FOR_EVER = 2**31 - 1
"A grain that is never reached."


class Previewed(Exception):
    """The way out of a preview: everything it did is rolled back."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("a preview changes nothing")
        self.preview = preview


def change(conn: Connection, order: ChangeOrder, *, tell: Tell, now: datetime) -> int:
    """Make a change, or schedule it; returns its number.  The same order again has the same number.

    Raises `NotInCatalogue`, `BadChange`, and `ChangedMeanwhile` when the thing is not as it was
    seen.
    """
    catalogue = _begin(conn, tell, now)
    before = _made_before(conn, order, catalogue)
    if before is not None:
        return before
    if mark(catalogue, order.change) != order.seen:
        raise ChangedMeanwhile(f"{subject_of(order.change)} was changed since it was seen")
    found = findings(catalogue, order.change, order.from_at, now)
    if found:
        raise BadChange(found)
    changed = meant(catalogue, order.change, order.from_at)
    number = rows.insert(
        conn,
        changed,
        by=order.by,
        now=now,
        effective_at=order.from_at or now,
        applied_at=None if order.from_at else now,
    )
    if order.from_at is None:
        rows.write(conn, changed)
        _make_room(conn, changed, tell, now)
    _end_holds(conn, changed.department, tell, now)
    action = "catalogue.scheduled" if order.from_at else "catalogue.changed"
    facts = {"effective_at": (order.from_at or now).isoformat()}
    _record(conn, action, number, changed, order.by, facts, tell, now)
    return number


def preview(
    conn: Connection, change: Change, from_at: datetime | None, *, tell: Tell, now: datetime
) -> None:
    """Make the change, look at what came of it, and roll it back.  Always raises `Previewed`.

    tell: of somebody who keeps it to themselves.  Raises `NotInCatalogue`, too.
    """
    catalogue = _begin(conn, tell, now)
    department = change.department
    known = {one.appointment_id for one in to_be_moved(conn, now, department=department)}
    changed = meant(catalogue, change, from_at)
    if from_at is not None and isinstance(change, HoursChange):
        # Hours of a later day hold for that day already: beside others that wait, as they will be.
        rows.insert(conn, changed, by="", now=now, effective_at=from_at, applied_at=None)
    else:
        rows.write(conn, changed)
    begins = from_at or now
    ended = [
        *_make_room(conn, changed, tell, now),
        *_end_holds(conn, department, tell, now),
    ]
    raise Previewed(
        Preview(
            after=store_catalogue.load(conn),
            to_move=tuple(
                one
                for one in to_be_moved(conn, now, department=department)
                if one.appointment_id not in known and one.start >= begins
            ),
            holds=sum(start >= begins for start in ended),
        )
    )


def take_back(
    conn: Connection, department_id: str, change_id: int, *, by: str, tell: Tell, now: datetime
) -> int:
    """Give back what was there before a change; returns the number of the change that does so.

    One that has not taken effect never does.  Repeated, it answers the same.
    Raises `NotInCatalogue`, and `CannotTakeBack` when another change of the same came after it.
    """
    catalogue = _begin(conn, tell, now)
    record = rows.record_of(conn, department_id, change_id)
    if record is None:
        raise NotInCatalogue("no such change of this department")
    if record.withdrawn_at is not None or record.reverted_by is not None:
        return record.reverted_by or record.id
    if record.waits:
        _withdraw(conn, change_id, now)
        _end_holds(conn, department_id, tell, now)
        _record(conn, "catalogue.withdrawn", change_id, record.change, by, {}, tell, now)
        return change_id
    if not stands(catalogue, record.change):
        raise CannotTakeBack(f"change {change_id}: what it wrote was changed again since")
    back = rebased(catalogue, inverse(record.change))
    if findings(catalogue, back, None, now, taking_back=True):
        raise CannotTakeBack(f"change {change_id}: what was there before cannot be now")
    number = rows.insert(
        conn, back, by=by, now=now, effective_at=now, applied_at=now, reverts=change_id
    )
    rows.write(conn, back)
    _make_room(conn, back, tell, now)
    _end_holds(conn, department_id, tell, now)
    facts = {"effective_at": now.isoformat(), "reverts": change_id}
    _record(conn, "catalogue.changed", number, back, by, facts, tell, now)
    return number


def take_effect(conn: Connection, *, tell: Tell, now: datetime) -> int:
    """Put the changes that are due by now into the catalogue; returns how many there were."""
    if not any(row.effective_at <= now for row in rows.waiting(conn)):
        return 0
    store_catalogue.nobody_books(conn)
    found = rows.due(conn, now)
    for row in found:
        store_catalogue.touch(conn)
        wanted = rows.change_of(row)
        try:
            changed = rebased(store_catalogue.load(conn), wanted)
        except NotInCatalogue:  # what it is of is gone; nobody shall stumble over it for ever
            _withdraw(conn, row.id, now)
            _record(conn, "catalogue.withdrawn", row.id, wanted, COUNTER, {}, tell, now)
            continue
        rows.write(conn, changed)
        rows.note_applied(conn, row.id, changed, now)
        _make_room(conn, changed, tell, now)
        _end_holds(conn, changed.department, tell, now)
        _record(conn, "catalogue.applied", row.id, changed, COUNTER, {}, tell, now)
    return len(found)


def _begin(conn: Connection, tell: Tell, now: datetime) -> Catalogue:
    """The catalogue as it is now, which nobody else changes or books by until COMMIT."""
    store_catalogue.nobody_books(conn)
    store_catalogue.touch(conn)
    take_effect(conn, tell=tell, now=now)
    return store_catalogue.load(conn)


def _withdraw(conn: Connection, change_id: int, now: datetime) -> None:
    conn.execute(
        update(catalogue_change).where(catalogue_change.c.id == change_id).values(withdrawn_at=now)
    )


def _made_before(conn: Connection, order: ChangeOrder, catalogue: Catalogue) -> int | None:
    """The number of this very order, when it was the last of its thing: it was sent twice.

    Not when another one, written down before it, has taken effect since.
    """
    row = rows.newest_of(conn, order.change)
    if row is None or row.withdrawn_at is not None or row.made_by != order.by:
        return None
    same_time = (
        row.effective_at == order.from_at
        if order.from_at is not None
        else row.effective_at == row.made_at
    )
    made = rows.change_of(row)
    holds = order.from_at is not None or stands(catalogue, made)
    same = holds and made.after == order.change.after
    return int(row.id) if same and same_time and row.reverts is None else None


def _make_room(conn: Connection, change: Change, tell: Tell, now: datetime) -> list[datetime]:
    """What is booked on lanes that are gone, or speak less, moves to others, where one is free.

    Returns when holds begin that were given back for it.
    """
    ended: list[datetime] = []
    catalogue = store_catalogue.load(conn)
    units = range(0)
    if isinstance(change, CapacityChange):
        units = range(change.after.lanes, change.before.lanes)
    elif isinstance(change, SpeechChange):
        units = range(catalogue.department(change.department).lanes)
    for unit in units:
        gone = OutageOrder(
            outage_id="",
            resource=f"department:{change.department}",
            unit=unit,
            first_grain=0,
            end_grain=FOR_EVER,
            reason="",
            by=COUNTER,
        )
        ended += free_the_unit(conn, catalogue, gone, tell=tell, now=now)[2]
    return ended


def _end_holds(conn: Connection, department: str, tell: Tell, now: datetime) -> list[datetime]:
    """Give back times that are only held and do not fit or are not offered any more.

    Returns when they begin.
    """
    held = and_(
        appointment.c.state == State.HELD,
        appointment.c.department == department,
        appointment.c.expires_at > now,
    )
    if conn.execute(select(appointment.c.id).where(held).limit(1)).first() is None:
        return []
    quiet, ended = tell.keeping_what_is_freed, []
    catalogue = store_catalogue.load(conn)
    unfit = {row.id for row, _ in misfits(conn, catalogue, held)}
    for row in conn.execute(select(appointment).where(held).order_by(appointment.c.id)).all():
        if row.id not in unfit and _is_offered(catalogue, row):
            continue
        for one in sitting_of(conn, by_id(conn, row.id)):
            if end(conn, one.id, State.HELD, State.EXPIRED, actor=COUNTER, tell=quiet, now=now):
                ended.append(instant_of(one.first_grain))
    return ended


def _is_offered(catalogue: Catalogue, row: Row[Any]) -> bool:
    """Whether what is held could be confirmed: else its holder had better hear of it at once."""
    try:
        offered(catalogue, row.service, row.site, wish_of(row))
    except BookingRefused:
        return False
    return True


def _record(
    conn: Connection,
    action: str,
    number: int,
    change: Change,
    by: str,
    facts: Mapping[str, Any],
    tell: Tell,
    now: datetime,
) -> None:
    fields = {"fields": list(change.fields)} if isinstance(change, ServiceChange) else {}
    tell.record(
        conn,
        actor=by,
        action=action,
        subject=f"catalogue:{subject_of(change)}",
        facts={"change": number, "department": change.department, **fields, **facts},
        now=now,
    )
