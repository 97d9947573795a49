"""Legs as rows: where each is, or shall be made, and who is told to make a new one.

Those who speak with each other have their legs in one worker: whoever is paired later follows.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from counter.ids import CallId
from counter.signaling.ports import LegPlace
from counter.signaling.store_legs_reading import needs_leg, paired_with, seat_of
from counter.signaling.store_party_rows import shape_of
from counter.signaling.store_step import Step
from counter.signaling.tables import call, call_is_on, leg
from counter.store.metadata import insert_for
from counter.store.session_log import tell


def seat_leg(conn: Connection, place: LegPlace, worker: str, now: datetime) -> str:
    """Have the leg made on `worker`, unless the call, the leg or who is paired has a place."""
    at = None
    if place.call_id is not None:
        query = select(call.c.worker).where(call.c.id == place.call_id, call_is_on)
        at = conn.execute(query.with_for_update()).scalar_one_or_none()
    other = paired_with(conn, place.owner)
    at = at or seat_of(conn, place.owner).worker
    at = at or (seat_of(conn, other).worker if other else None) or worker
    bring(conn, place.owner, at)
    if place.call_id is not None:
        _seat_call(conn, place.call_id, at, now)
    return at


def _seat_call(conn: Connection, call_id: CallId, worker: str, now: datetime) -> None:
    """A call that has no worker is carried by this one; the others who take part follow."""
    seated = conn.execute(
        update(call)
        .where(call.c.id == call_id, call_is_on, call.c.worker.is_(None))
        .values(worker=worker, rev=call.c.rev + 1)
    ).rowcount
    if seated:
        for owner in sorted(party.owner for party in shape_of(conn, call_id).parties):
            if bring(conn, owner, worker):
                tell(conn, owner, "leg.moved", {}, now)


def leg_made(
    conn: Connection, place: LegPlace, worker: str, leg_id: str, now: datetime
) -> int | None:
    """Note the leg; None when it shall be on another worker by now."""
    tag = conn.execute(
        update(leg)
        .where(leg.c.owner == place.owner, leg.c.worker == worker)
        .values(leg_id=leg_id, opened_at=now)
        .returning(leg.c.tag)
    ).scalar_one_or_none()
    if tag is not None and place.call_id is not None:
        for owner in sorted(party.owner for party in shape_of(conn, place.call_id).parties):
            if owner != place.owner:  # something of it is to be expected from now on
                tell(conn, owner, "leg.made", {}, now)
    return tag


def gather(step: Step, *owners: str) -> str | None:
    """Bring those who will speak to the worker of the first who has a leg; returns it.

    None when nobody has one yet: then the first one that is made decides.
    """
    seats = [seat_of(step.conn, owner) for owner in owners]
    worker = next((seat.worker for seat in seats if seat.leg_id), None)
    if worker is not None:
        for owner in sorted(owners):
            if bring(step.conn, owner, worker):
                step.news.tell(owner, "leg.moved")
    return worker


def bring(conn: Connection, owner: str, worker: str) -> bool:
    """The owner's leg shall be on this worker.  True when a page has to make a new one for it."""
    seat = seat_of(conn, owner)
    if seat.worker == worker:
        return False
    conn.execute(
        insert_for(conn, leg)
        .values(owner=owner, tag=0, worker=worker)
        .on_conflict_do_update(
            index_elements=["owner"],
            set_={"worker": worker, "leg_id": None, "tag": leg.c.tag + 1},
        )
    )
    return seat.leg_id is not None


def forsake(conn: Connection, worker: str, owners: Collection[str] | None, now: datetime) -> None:
    """The legs of `owners` (None: all) there are no more, nor are the calls they were in.

    Who rings at one of them, or is rung for, would only lead back there, and comes along.
    """
    lost = select(leg.c.owner).where(leg.c.worker == worker).order_by(leg.c.owner)
    if owners is not None:
        lost = lost.where(leg.c.owner.in_(owners))
    gone = set(conn.execute(lost.with_for_update()).scalars())
    gone |= {other for owner in owners or () if (other := paired_with(conn, owner))}
    calls = conn.execute(
        select(call.c.id).where(call.c.worker == worker, call_is_on).order_by(call.c.id)
    ).scalars()
    for call_id in calls.all():
        parties = {party.owner for party in shape_of(conn, call_id).parties}
        if owners is None or parties & gone:
            conn.execute(
                update(call)
                .where(call.c.id == call_id, call.c.worker == worker)
                .values(worker=None, rev=call.c.rev + 1)
            )
            gone |= parties
    for owner in sorted(gone):
        conn.execute(
            update(leg)
            .where(leg.c.owner == owner, leg.c.worker == worker)
            .values(worker=None, leg_id=None, tag=leg.c.tag + 1)
        )
        tell(conn, owner, "leg.moved", {}, now)


def legs_lost(conn: Connection, worker: str, owners: Collection[str], now: datetime) -> None:
    """These legs are no more, though the worker is: they are made anew there."""
    for owner in sorted(owners):
        conn.execute(
            update(leg)
            .where(leg.c.owner == owner, leg.c.worker == worker)
            .values(leg_id=None, tag=leg.c.tag + 1)
        )
        tell(conn, owner, "leg.moved", {}, now)


def retire_leg(conn: Connection, place: LegPlace) -> bool:
    """Forget the leg if it is this one and still not needed."""
    if needs_leg(conn, place.owner):
        return False
    retired = conn.execute(
        update(leg)
        .where(leg.c.owner == place.owner, leg.c.leg_id == place.leg_id)
        .values(worker=None, leg_id=None, tag=leg.c.tag + 1)
    ).rowcount
    return bool(retired)


def unknown_calls(conn: Connection, worker: str, calls: Collection[str]) -> None:
    """The worker does not know these calls: it is told anew."""
    conn.execute(
        update(call)
        .where(call.c.id.in_(calls), call.c.worker == worker, call_is_on)
        .values(rev=call.c.rev + 1)
    )
