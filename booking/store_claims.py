"""Claims in SQL: read what is taken, take units, give them back.

One insert takes everything an appointment needs; the primary key decides who was first.  Whoever
loses a unit looks again and takes another, so no unit stays unsold because two reached for one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, not_, or_, select

from booking.appointment import State
from booking.errors import BookingRefused, PersonOverlap, SlotTaken, TooManyAppointments
from booking.slots import Used, Want
from booking.tables import appointment, claim, insert_for

ROUNDS = 32
"Tries to find units that nobody else takes meanwhile; each lost round is another's success."

_REFUSALS: dict[str, type[BookingRefused]] = {
    "person": PersonOverlap,
    "active": TooManyAppointments,
}


def used(conn: Connection, resources: Iterable[str], first: int, last: int, now: datetime) -> Used:
    """Units taken between two grains, both included; holds that ran out are not counted."""
    ran_out = and_(appointment.c.state == State.HELD, appointment.c.expires_at <= now)
    rows = conn.execute(
        select(claim.c.resource, claim.c.grain, func.count())
        .join(appointment, appointment.c.id == claim.c.appointment_id)
        .where(
            claim.c.resource.in_(list(resources)),
            claim.c.grain.between(first, last),
            not_(ran_out),
        )
        .group_by(claim.c.resource, claim.c.grain)
    )
    return {(resource, grain): units for resource, grain, units in rows}


def take(
    conn: Connection,
    appointment_id: str,
    wanted: Iterable[Want],
    *,
    start_at: int,
    expire: Callable[[str], object],
    now: datetime,
) -> None:
    """Take one unit of each want, or raise and leave the undoing to the transaction.

    start_at: a random number; where to begin among free units, so that two seldom reach for one.
    expire: ends a hold that ran out and gives back its claims.
    Raises `SlotTaken`, `PersonOverlap`, `TooManyAppointments`.
    """
    missing = sorted(wanted)
    for _ in range(ROUNDS):
        taken = _taken(conn, missing, expire, now)
        rows = []
        for want in sorted(missing, key=lambda want: want.resource.split(":")[0] not in _REFUSALS):
            free = [unit for unit in range(want.units) if unit not in taken[_place(want)]]
            if not free:
                kind = want.resource.split(":")[0]
                raise _REFUSALS.get(kind, SlotTaken)(f"no {kind} unit is left")
            rows.append(
                {
                    "resource": want.resource,
                    "grain": want.grain,
                    "unit": free[start_at % len(free)],
                    "appointment_id": appointment_id,
                }
            )
        # One order for everybody, so that two seldom wait for each other crosswise.
        rows.sort(key=lambda row: (row["resource"], row["grain"], row["unit"]))
        got = conn.execute(
            insert_for(conn, claim)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(claim.c.resource, claim.c.grain)
        )
        mine = {(resource, grain) for resource, grain in got}
        missing = [want for want in missing if _place(want) not in mine]
        if not missing:
            return
    raise SlotTaken("others were faster every time")


def give_back(conn: Connection, appointment_id: str, *, keep_quota: bool) -> None:
    """Free what an appointment took.

    keep_quota: an appointment that was used, or missed, still counts for its day.
    """
    mine = claim.c.appointment_id == appointment_id
    if keep_quota:
        mine = and_(mine, not_(claim.c.resource.startswith("quota:")))
    conn.execute(delete(claim).where(mine))


def _place(want: Want) -> tuple[str, int]:
    return want.resource, want.grain


def _taken(
    conn: Connection, wanted: list[Want], expire: Callable[[str], object], now: datetime
) -> dict[tuple[str, int], set[int]]:
    """Units taken by the living; holds in the way that ran out are ended here.

    So correctness never depends on a sweeper having come by.
    """
    grains: dict[str, list[int]] = defaultdict(list)
    for want in wanted:
        grains[want.resource].append(want.grain)
    rows = conn.execute(
        select(claim, appointment.c.state, appointment.c.expires_at)
        .join(appointment, appointment.c.id == claim.c.appointment_id)
        .where(
            or_(
                *(
                    and_(claim.c.resource == resource, claim.c.grain.between(min(at), max(at)))
                    for resource, at in sorted(grains.items())
                )
            )
        )
    ).all()
    ran_out = {
        row.appointment_id
        for row in rows
        if row.state == State.HELD and row.expires_at is not None and row.expires_at <= now
    }
    for appointment_id in sorted(ran_out):
        expire(appointment_id)
    taken: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in rows:
        if row.appointment_id not in ran_out:
            taken[row.resource, row.grain].add(row.unit)
    return taken
