"""A capacity that drops, in SQL: noted, passed to other units where one is free, and listed."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, update

from booking import store_catalogue
from booking.appointment import State
from booking.capacity import (
    Booked,
    Misfit,
    OutageNoted,
    OutageOrder,
    ToMove,
    is_unit,
    misfit,
    units_for,
)
from booking.catalogue import Catalogue
from booking.errors import NotInCatalogue
from booking.grains import grain_of, instant_of
from booking.orders import Contact
from booking.ports import Tell
from booking.store_catalogue_tables import outage
from booking.store_rows import end, sitting_of, wish_of
from booking.tables import appointment, claim, insert_for

COUNTER = "counter"
"Who gives way, as the journal names it."
_SHARED = or_(claim.c.resource.startswith("department:"), claim.c.resource.startswith("site:"))


def note_outage(conn: Connection, order: OutageOrder, *, tell: Tell, now: datetime) -> OutageNoted:
    """Note that a unit is out of order; who had claimed it has another unit, where one is free.

    The same order again is answered anew and changes nothing more.
    Raises `NotInCatalogue` when there is no such unit.
    """
    # First of all: whoever takes a slot by the older catalogue now is told to look again.
    store_catalogue.nobody_books(conn)
    store_catalogue.touch(conn)
    catalogue = store_catalogue.load(conn)
    if not is_unit(catalogue, order.resource, order.unit):
        raise NotInCatalogue("no such lane or terminal")
    made = conn.execute(
        insert_for(conn, outage)
        .values(
            id=order.outage_id,
            resource=order.resource,
            unit=order.unit,
            first_grain=order.first_grain,
            end_grain=order.end_grain,
            reason=order.reason,
            noted_by=order.by,
            noted_at=now,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(outage.c.id)
    ).first()
    if made is not None:
        _record(conn, "outage.noted", order.outage_id, order, tell, now)
        catalogue = store_catalogue.load(conn)
    moved, stuck, _ = free_the_unit(conn, catalogue, order, tell=tell, now=now)
    return OutageNoted(outage_id=order.outage_id, moved=moved, stuck=tuple(sorted(stuck)))


def end_outage(conn: Connection, outage_id: str, *, by: str, tell: Tell, now: datetime) -> bool:
    """Let a unit be booked again from now on; whether that changed anything.

    Raises `NotInCatalogue` when there is no such outage.
    """
    row = conn.execute(select(outage).where(outage.c.id == outage_id)).first()
    if row is None:
        raise NotInCatalogue("no such outage")
    until = max(grain_of(now), row.first_grain)
    changed = conn.execute(
        update(outage)
        .where(outage.c.id == outage_id, outage.c.end_grain > until)
        .values(end_grain=until)
    ).rowcount
    if not changed:
        return False
    store_catalogue.touch(conn)
    order = OutageOrder(
        outage_id=outage_id,
        resource=row.resource,
        unit=row.unit,
        first_grain=row.first_grain,
        end_grain=until,
        reason=row.reason,
        by=by,
    )
    _record(conn, "outage.ended", outage_id, order, tell, now)
    return True


def to_be_moved(
    conn: Connection,
    now: datetime,
    *,
    department: str | None = None,
    site: str | None = None,
    with_contact: bool = False,
) -> list[ToMove]:
    """Coming appointments that cannot stay where they are, in order of time."""
    coming = and_(
        appointment.c.state == State.BOOKED,
        appointment.c.arrived_at.is_(None),  # who was here holds no place that could be moved
        appointment.c.first_grain + appointment.c.grains > grain_of(now),
    )
    if department is not None:
        coming = and_(coming, appointment.c.department == department)
    found = []
    for row, why in misfits(conn, store_catalogue.load(conn), coming):
        if site is not None and site not in (row.site, *(one["site"] for one in row.parties)):
            continue
        whom = Contact(
            name=row.name, contact=row.contact, language=row.language, person=row.person_key
        )
        found.append(
            ToMove(
                appointment_id=row.id,
                department=row.department,
                service=row.service,
                site=row.site,
                start=instant_of(row.first_grain),
                needs=tuple(row.needs),
                why=why,
                contact=whom if with_contact else None,
            )
        )
    return found


def misfits(
    conn: Connection, catalogue: Catalogue, wanted: ColumnElement[bool]
) -> list[tuple[Row[Any], Misfit]]:
    """Appointments that cannot stay as this catalogue has it, in order of time.

    wanted: which appointments are looked at.
    """
    rows = conn.execute(
        select(appointment).where(wanted).order_by(appointment.c.first_grain, appointment.c.id)
    ).all()
    claims: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for row in conn.execute(
        select(claim)
        .join(appointment, appointment.c.id == claim.c.appointment_id)
        .where(wanted, _SHARED)
    ):
        claims[row.appointment_id].append((row.resource, row.grain, row.unit))
    found = [(row, misfit(catalogue, _booked(row, claims[row.id]))) for row in rows]
    return [(row, why) for row, why in found if why is not None]


def free_the_unit(
    conn: Connection, catalogue: Catalogue, order: OutageOrder, *, tell: Tell, now: datetime
) -> tuple[int, set[str], list[datetime]]:
    """Move what is claimed on a unit to others; how many claims moved, and who has none now.

    What is booked goes first, and before what is only held: that is given back where it is in the
    way.  Third: when what was given back begins, without what had run out.
    """
    here = and_(
        claim.c.resource == order.resource,
        claim.c.unit == order.unit,
        claim.c.grain >= max(order.first_grain, grain_of(now)),
        claim.c.grain < order.end_grain,
    )
    moved, stuck = 0, set()
    ended: list[datetime] = []
    for state in (State.BOOKED, State.HELD):
        rows = conn.execute(
            select(claim.c.grain, appointment)
            .join(appointment, appointment.c.id == claim.c.appointment_id)
            .where(here, appointment.c.state == state)
            .order_by(claim.c.grain)
        ).all()
        for row in rows:
            units = units_for(catalogue, _booked(row, []), order.resource, row.grain)
            if order.unit in units:  # it does for this one all the same
                continue
            if _moved(conn, order, row, units):
                moved += 1
                continue
            given_back = None
            if state is State.BOOKED:
                given_back = _give_way(conn, order, row.grain, units, tell, now)
            if given_back is not None and _moved(conn, order, row, units):
                moved += 1
                ended += given_back
            else:
                stuck.add(row.id)
    return moved, stuck, ended


def _give_way(
    conn: Connection,
    order: OutageOrder,
    grain: int,
    units: frozenset[int],
    tell: Tell,
    now: datetime,
) -> list[datetime] | None:
    """Give back a hold that has one of these units, with its sitting; None when there is none."""
    held = conn.execute(
        select(appointment)
        .join(claim, claim.c.appointment_id == appointment.c.id)
        .where(
            claim.c.resource == order.resource,
            claim.c.grain == grain,
            claim.c.unit.in_(units),
            appointment.c.state == State.HELD,
        )
        .order_by(appointment.c.expires_at, appointment.c.id)
        .limit(1)
    ).first()
    if held is None:
        return None
    quiet = tell.keeping_what_is_freed
    return [
        instant_of(one.first_grain)
        for one in sitting_of(conn, held)
        if end(conn, one.id, State.HELD, State.EXPIRED, actor=COUNTER, tell=quiet, now=now)
        and one.expires_at > now
    ]


def _moved(conn: Connection, order: OutageOrder, row: Row[Any], units: frozenset[int]) -> bool:
    """Whether another unit could take over one claim."""
    for unit in sorted(units):
        place = {"resource": order.resource, "grain": row.grain}
        took = conn.execute(
            insert_for(conn, claim)
            .values(**place, unit=unit, appointment_id=row.id)
            .on_conflict_do_nothing()
            .returning(claim.c.unit)
        ).first()
        if took is not None:
            conn.execute(
                delete(claim).where(
                    claim.c.resource == order.resource,
                    claim.c.grain == row.grain,
                    claim.c.unit == order.unit,
                )
            )
            return True
    return False


def _booked(row: Row[Any], claims: list[tuple[str, int, int]]) -> Booked:
    return Booked(
        service=row.service,
        department=row.department,
        site=row.site,
        first_grain=row.first_grain,
        grains=row.grains,
        wish=wish_of(row),
        claims=tuple(claims),
    )


def _record(
    conn: Connection, action: str, outage_id: str, order: OutageOrder, tell: Tell, now: datetime
) -> None:
    tell.record(
        conn,
        actor=order.by,
        action=action,
        subject=f"outage:{outage_id}",
        facts={
            "resource": order.resource,
            "unit": order.unit,
            "from": instant_of(order.first_grain).isoformat(),
            "until": instant_of(order.end_grain).isoformat(),
            "reason": order.reason,
        },
        now=now,
    )
