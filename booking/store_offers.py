"""A slot that was given back goes to the waiting list, in the transaction that gave it back.

Whoever waited longest and can come has a hold before anybody else can ask.  What is freed by and by
(a larger capacity, days that open, a hold that ran out where nobody looked) a sweep passes on.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from booking import scarce, sittings, slots, store_catalogue
from booking.appointment import Wish, new_reference
from booking.catalogue import Ability, Catalogue
from booking.errors import BookingRefused, PersonOverlap, SlotTaken
from booking.grains import GRAINS_A_DAY, day_grain, grain_of, instant_of, local_day
from booking.orders import CatalogueChanged, Held, HoldOrder
from booking.ports import Owe, Recorder, Tell
from booking.scarce import Used
from booking.store_booking import hold
from booking.store_claims import used
from booking.store_waitlist import entry_by_id, record
from booking.tables import waitlist
from booking.waitlist import (
    MOST_LOOKED_AT,
    MOST_TRIED,
    OFFER_FOR,
    WaitState,
    Wanted,
    days_of,
    free_for,
    may_be_offered,
)

OFFERED = "waitlist.offered"
"In the outbox."


class WaitingList:
    """Who makes offers; `freed` is given to `booking.ports.Tell`."""

    def __init__(
        self,
        *,
        record: Recorder,
        owe: Owe,
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._tell = Tell(record=record, owe=owe)
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._catalogue: Catalogue | None = None

    def freed(self, conn: Connection, row: Any, now: datetime) -> None:
        """Pass on what an appointment gave back.

        It may have been the agent, a terminal or a place in the quota of the day that was scarce:
        so whoever waits for the department or the site on that day is asked.
        """
        sites = sorted({row.site, *(party["site"] for party in row.parties)})
        waiting = conn.execute(
            _waiting(now).where(
                or_(waitlist.c.department == row.department, waitlist.c.site.in_(sites)),
                waitlist.c.first_grain <= row.first_grain + GRAINS_A_DAY,
                waitlist.c.last_grain >= row.first_grain - GRAINS_A_DAY,
            )
        ).all()
        if waiting:
            self.pass_on(conn, self._current(conn), waiting, now, at=instant_of(row.first_grain))

    def pass_on(
        self,
        conn: Connection,
        catalogue: Catalogue,
        waiting: Iterable[Row[Any]],
        now: datetime,
        at: datetime | None = None,
    ) -> int:
        """Offer what is free to those who wait, in order; returns how many were offered one.

        at: only on that day.
        """
        offered, tried = 0, 0
        seen: dict[Hashable, Used] = {}
        for entry in waiting:
            times = _times(conn, catalogue, wanted_of(entry), now, at, seen)
            tried += bool(times)
            for start in times:
                try:
                    with conn.begin_nested():
                        held = self._offer(conn, catalogue, entry.id, start, now)
                except (SlotTaken, PersonOverlap):
                    continue  # perhaps another time of that day
                except (BookingRefused, CatalogueChanged):
                    break
                if held is not None:
                    offered += 1
                    seen.clear()
                break
            if tried >= MOST_TRIED:
                break
        return offered

    def offer(self, conn: Connection, entry_ids: Sequence[str], now: datetime) -> int:
        """Offer a slot to these entries, in order, if one is free for them."""
        catalogue = store_catalogue.load(conn)
        return self.pass_on(conn, catalogue, (entry_by_id(conn, one) for one in entry_ids), now)

    def _offer(
        self, conn: Connection, catalogue: Catalogue, entry_id: str, start: datetime, now: datetime
    ) -> Held | None:
        """Hold a slot for an entry; None when somebody else is just offering it one."""
        entry = conn.execute(
            select(waitlist)
            .where(waitlist.c.id == entry_id, waitlist.c.state == WaitState.WAITING)
            .with_for_update(skip_locked=True)
        ).first()
        if entry is None:
            return None
        wish = wanted_of(entry).wish
        service, site = slots.offered(catalogue, entry.service, entry.site, wish)
        chance = int.from_bytes(self._random_bytes(4))
        held = hold(
            conn,
            HoldOrder(
                appointment_id=self._new_id(),
                idem=hashlib.sha256(f"waitlist\n{entry.id}".encode()).hexdigest(),
                reference=new_reference(self._random_bytes),
                person=entry.person_key,
                department=service.department,
                service=service.id,
                place=sittings.place(
                    catalogue, service, site, start, entry.person_key, wish, chance, now
                ),
                wish=wish,
                expires_at=now + OFFER_FOR,
                same_day=local_day(site, start) == local_day(site, now),
                offered=True,
            ),
            tell=self._tell,
            now=now,
        )
        conn.execute(
            update(waitlist)
            .where(waitlist.c.id == entry.id)
            .values(state=WaitState.OFFERED, appointment_id=held.appointment_id)
        )
        record(conn, entry.id, WaitState.OFFERED, actor="counter", tell=self._tell, now=now)
        body = {
            "version": 1,
            "department": entry.department,
            "service": entry.service,
            "site": entry.site,
            "start": start.isoformat(),
            "expires_at": held.expires_at.isoformat(),
            "language": entry.language,
        }
        self._tell.owe(conn, OFFERED, entry.id, body, now)
        return held

    def _current(self, conn: Connection) -> Catalogue:
        if self._catalogue is None or self._catalogue.version != store_catalogue.version(conn):
            self._catalogue = store_catalogue.load(conn)
        return self._catalogue


def with_room(conn: Connection, now: datetime) -> list[str]:
    """Entries that wait although a slot is free for them, those who waited longest first."""
    waiting = conn.execute(_waiting(now)).all()
    if not waiting:
        return []
    catalogue = store_catalogue.load(conn)
    seen: dict[Hashable, Used] = {}
    return [
        entry.id for entry in waiting if _times(conn, catalogue, wanted_of(entry), now, None, seen)
    ][:MOST_TRIED]


def wanted_of(entry: Row[Any]) -> Wanted:
    return Wanted(
        service=entry.service,
        site=entry.site,
        first_grain=entry.first_grain,
        last_grain=entry.last_grain,
        wish=Wish(
            speech=entry.speech, abilities=frozenset(Ability(one) for one in entry.abilities)
        ),
    )


def _waiting(now: datetime) -> Any:
    return (
        select(waitlist)
        .where(waitlist.c.state == WaitState.WAITING, waitlist.c.last_grain >= grain_of(now))
        .order_by(waitlist.c.created_at, waitlist.c.id)
        .limit(MOST_LOOKED_AT)
    )


def _times(
    conn: Connection,
    catalogue: Catalogue,
    wanted: Wanted,
    now: datetime,
    at: datetime | None,
    seen: dict[Hashable, Used],
) -> list[datetime]:
    """When a slot is free that can be offered.

    at: only on that day.  seen: what is taken, for whoever waits for the same days.
    """
    service, site = catalogue.services.get(wanted.service), catalogue.sites.get(wanted.site)
    if service is None or site is None:
        return []
    days: Sequence[date] = days_of(wanted, site)
    if at is not None:
        days = [day for day in days if day == local_day(site, at)]
    if not days:
        return []
    first, last = day_grain(site, days[0]), day_grain(site, days[-1]) + GRAINS_A_DAY
    resources = scarce.shared_resources(service, site, wanted.wish)
    asked = (resources, first, last)
    if asked not in seen:
        seen[asked] = used(conn, resources, first, last, now)
    return [
        offer.start
        for offer in free_for(catalogue, wanted, days, seen[asked], now)
        if may_be_offered(offer.start, now)
    ]
