"""Claims in SQL: read what is taken, take units, give them back.

One insert takes everything an appointment needs; the primary key decides who was first.  Whoever
loses a unit looks again and takes another, so no unit stays unsold because two reached for one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, not_, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from booking.appointment import State
from booking.errors import (
    BookingRefused,
    PersonOverlap,
    SlotTaken,
    TooManyAppointments,
    TooManyOfEntity,
    WeeklyLimit,
)
from booking.scarce import Used, Want
from booking.tables import Instant, appointment, claim

ROUNDS = 32
"Tries to find units that nobody else takes meanwhile; each lost round is another's success."

_REFUSALS: dict[str, type[BookingRefused]] = {
    "person": PersonOverlap,
    "active": TooManyAppointments,
    "weekly": WeeklyLimit,
    "entity": TooManyOfEntity,
    "sent": TooManyOfEntity,
}


_GONE = and_(
    appointment.c.state == State.HELD, appointment.c.expires_at <= bindparam("now", type_=Instant)
)
"Of the appointment that has a claim: a hold that ran out."

# Made once: a statement costs more to make than to carry out, and these are part of every hold.
_USED = (
    select(claim.c.resource, claim.c.grain, claim.c.unit)
    .join(appointment, appointment.c.id == claim.c.appointment_id)
    .where(
        claim.c.resource.in_(bindparam("resources", expanding=True)),
        claim.c.grain.between(bindparam("first"), bindparam("last")),
        not_(_GONE),
    )
)
_INSERTS = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(claim)
    .on_conflict_do_nothing()
    .returning(claim.c.resource, claim.c.grain)
    for dialect in (postgresql, sqlite)
}
_MINE = delete(claim).where(claim.c.appointment_id == bindparam("mine"))
_MINE_BUT_QUOTA = _MINE.where(not_(claim.c.resource.startswith("quota:")))


def used(conn: Connection, resources: Iterable[str], first: int, last: int, now: datetime) -> Used:
    """Units taken between two grains, both included; holds that ran out are not counted."""
    rows = conn.execute(
        _USED, {"resources": list(resources), "first": first, "last": last, "now": now}
    )
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for resource, grain, unit in rows:
        found[resource, grain].add(unit)
    return {place: frozenset(units) for place, units in found.items()}


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
    missing = sorted(wanted, key=_place)
    for _ in range(ROUNDS):
        taken = _taken(conn, missing, expire, now)
        rows = []
        for want in sorted(missing, key=lambda want: want.resource.split(":")[0] not in _REFUSALS):
            others = taken.get(_place(want))
            free = [unit for unit in want.units if unit not in others] if others else want.units
            if len(free) < want.count:
                kind = want.resource.split(":")[0]
                raise _REFUSALS.get(kind, SlotTaken)(f"no {kind} unit is left")
            rows += [
                {
                    "resource": want.resource,
                    "grain": want.grain,
                    "unit": unit,
                    "appointment_id": appointment_id,
                }
                for unit in _some(free, want.count, start_at if want.alike else 0)
            ]
        # One order for everybody, so that two seldom wait for each other crosswise.
        rows.sort(key=lambda row: (row["resource"], row["grain"], row["unit"]))
        got = Counter(
            (resource, grain) for resource, grain in conn.execute(_INSERTS[conn.dialect.name], rows)
        )
        missing = [
            replace(want, count=want.count - got[_place(want)])
            for want in missing
            if want.count > got[_place(want)]
        ]
        if not missing:
            return
    raise SlotTaken("others were faster every time")


def _some(free: Sequence[int], count: int, start_at: int) -> list[int]:
    """`count` of the free units, beginning at one of them and round to it."""
    return [free[(start_at + ahead) % len(free)] for ahead in range(count)]


def give_back(conn: Connection, appointment_id: str, *, keep_quota: bool) -> None:
    """Free what an appointment took.

    keep_quota: an appointment that was used, or missed, still counts for its day.
    """
    conn.execute(_MINE_BUT_QUOTA if keep_quota else _MINE, {"mine": appointment_id})


def give_back_shared(conn: Connection, appointment_id: str) -> None:
    """Free what an appointment took of sites and departments, to take something else of them."""
    shared = [claim.c.resource.startswith(f"{kind}:") for kind in ("quota", "department", "site")]
    conn.execute(delete(claim).where(claim.c.appointment_id == appointment_id, or_(*shared)))


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
    asked: dict[str, object] = {"now": now}
    for number, (resource, at) in enumerate(sorted(grains.items())):
        asked |= {f"of{number}": resource, f"from{number}": min(at), f"to{number}": max(at)}
    taken: dict[tuple[str, int], set[int]] = defaultdict(set)
    ran_out = set()
    for resource, grain, unit, gone in conn.execute(_looking_at(len(grains)), asked).all():
        if gone is None:
            taken[resource, grain].add(unit)
        else:
            ran_out.add(gone)
    for appointment_id in sorted(ran_out):
        expire(appointment_id)
    return taken


@cache
def _looking_at(number: int) -> Select[Any]:
    """Claims of so many resources, and the appointment of each that is a hold that ran out."""
    ranges = (
        and_(
            claim.c.resource == bindparam(f"of{one}"),
            claim.c.grain.between(bindparam(f"from{one}"), bindparam(f"to{one}")),
        )
        for one in range(number)
    )
    return (
        select(
            claim.c.resource,
            claim.c.grain,
            claim.c.unit,
            case((_GONE, claim.c.appointment_id), else_=None),
        )
        .join(appointment, appointment.c.id == claim.c.appointment_id)
        .where(or_(*ranges))
    )
