"""A booking that keeps everything in one dictionary, and an application around it.

The catalogue is the real seed, so that pages meet every text they will meet; slots are twenty
minutes from nine to five, closed at weekends.  Nothing here is clever: what a test needs to happen
(a full slot, an expired hold) it sets.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.appointment import (
    AppointmentView,
    Details,
    State,
    Wish,
    new_reference,
    parse_reference,
)
from booking.calendar import ClosedReason, Why
from booking.catalogue import Catalogue
from booking.errors import (
    BookingRefused,
    ClosedDay,
    HoldExpired,
    NotReleased,
    SlotTaken,
    UnknownReference,
)
from booking.openings import EarlyOffer
from booking.orders import Held
from booking.script_opencc import simplified
from booking.search import Found, Index
from booking.seed_toml import seed
from booking.slots import DayAvailability, SlotOffer
from booking.waitlist import Joined, OfferedSlot, WaitState, WaitView
from web.citizen.ports import Booking, Deps, Ended, nothing_ended
from web.citizen.routes import routes
from web.shared.access import NoSessions, Sessions
from web.shared.sealed import Sealer
from web.shared.setup import Base, install

SECRET = b"a secret of the tests, not of anybody else"
ZONE = ZoneInfo("Asia/Macau")


_DRAWN = count(1)


def chance() -> Callable[[int], bytes]:
    """Return a maker of bytes that nobody else was given in this run."""
    return lambda size: hashlib.sha256(str(next(_DRAWN)).encode()).digest()[:size]


@cache
def index() -> Index:
    """Return the index of `places`."""
    return Index(places(), simplified)


@cache
def places() -> Catalogue:
    """Return the seeded catalogue; working out two years of holidays takes a while."""
    return seed((2026, 2027)).catalogue


class FakeBooking:
    """`web.citizen.ports.Booking` in memory."""

    def __init__(self) -> None:
        self.places = places()
        self.appointments: dict[str, AppointmentView] = {}
        self.keys: dict[tuple[str, str], Held] = {}
        self.taken: set[datetime] = set()
        self.persons: list[str] = []
        self.wishes: list[Wish] = []
        self.details: list[Details] = []
        self.entries: dict[str, WaitView] = {}
        self.full: set[date] = set()
        self.offered: set[datetime] = set()
        self.refuse_hold: BookingRefused | None = None
        self.refuse_confirm: BookingRefused | None = None
        self._chance = chance()

        self.ended: dict[str, Ended] = {}

    async def catalogue(self) -> Catalogue:
        return self.places

    async def search(self, text: str) -> list[Found]:
        return index().search(text)

    async def sitting_days(
        self, service_ids: Sequence[str], site_id: str, now: datetime, wish: Wish
    ) -> list[DayAvailability]:
        self.wishes.append(wish)
        today = now.astimezone(ZONE).date()
        found = []
        for ahead in range(30):
            day = today + timedelta(days=ahead)
            closed = self._closed(day) or self._full(day)
            free = 0 if closed else 8
            found.append(DayAvailability(day=day, free=free, reason=closed))
        return found

    async def sitting_slots(
        self, service_ids: Sequence[str], site_id: str, day: date, now: datetime, wish: Wish
    ) -> list[SlotOffer]:
        self.wishes.append(wish)
        today = now.astimezone(ZONE).date()
        if not today <= day < today + timedelta(days=30):
            raise NotReleased("outside the window")
        if closed := self._closed(day):
            raise ClosedDay(closed)
        if day in self.full:
            return []
        first = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE).astimezone(UTC)
        starts = [first + timedelta(minutes=20) * n for n in range(24)]
        self.offered = {start for start in starts if start > now and start not in self.taken}
        return [
            SlotOffer(start=start, left=1 + n % 5)
            for n, start in enumerate(starts)
            if start in self.offered
        ]

    async def earliest(
        self,
        service_id: str,
        site_id: str | None,
        now: datetime,
        wish: Wish,
        count: int,
        also: Sequence[str],
    ) -> list[EarlyOffer]:
        site = site_id or self.places.sites_for(service_id)[0].id
        for one in await self.sitting_days([service_id], site, now, wish):
            if one.free:
                offers = await self.sitting_slots([service_id], site, one.day, now, wish)
                if offers:
                    return [
                        EarlyOffer(site=site, start=each.start, left=each.left)
                        for each in offers[:count]
                    ]
        return []

    async def hold_sitting(
        self,
        key: str,
        service_ids: Sequence[str],
        site_id: str,
        start: datetime,
        person: str,
        now: datetime,
        wish: Wish,
    ) -> list[Held]:
        if (person, key) in self.keys:
            return [self.keys[person, key]]
        if self.refuse_hold is not None:
            raise self.refuse_hold
        if start in self.taken:
            raise SlotTaken("taken")
        self.taken.add(start)
        self.persons.append(person)
        self.wishes.append(wish)
        reference = new_reference(self._chance)
        expires_at = now + timedelta(minutes=10)
        held = Held(appointment_id=f"a{len(self.keys)}", reference=reference, expires_at=expires_at)
        self.keys[person, key] = held
        first, *rest = [
            AppointmentView(
                appointment_id=held.appointment_id + (f"-{number}" if number else ""),
                state=State.HELD,
                department=self.places.service(service_id).department,
                service=service_id,
                site=site_id,
                start=start + timedelta(minutes=20) * number,
                end=start + timedelta(minutes=20) * (number + 1),
                expires_at=expires_at,
                name="",
                contact="",
                language="zh_Hant",
                needs=(),
                version=0,
                wish=wish,
            )
            for number, service_id in enumerate(service_ids)
        ]
        self.appointments[reference] = replace(first, sitting=tuple(rest))
        return [held]

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        found = await self.appointment(reference, now)
        if found.state is State.BOOKED:
            return found
        if found.expires_at is None or found.expires_at <= now:
            raise HoldExpired("too late")
        if self.refuse_confirm is not None:
            raise self.refuse_confirm
        self.details.append(details)
        booked = replace(
            found,
            state=State.BOOKED,
            name=details.name,
            contact=details.contact,
            acting=details.acting,
            acting_for=details.acting_for,
            parties=details.parties,
            sitting=tuple(replace(one, state=State.BOOKED) for one in found.sitting),
            version=1,
        )
        self.appointments[reference] = booked
        return booked

    async def reschedule(
        self, reference: str, site_id: str, start: datetime, now: datetime
    ) -> AppointmentView:
        found = await self.appointment(reference, now)
        if start in self.taken:
            raise SlotTaken("taken")
        self.taken.discard(found.start)
        self.taken.add(start)
        first, *rest = [
            replace(
                one,
                site=site_id,
                start=start + timedelta(minutes=20) * number,
                end=start + timedelta(minutes=20) * (number + 1),
                version=one.version + 1,
            )
            for number, one in enumerate((found, *found.sitting))
        ]
        moved = replace(first, sitting=tuple(rest))
        self.appointments[reference] = moved
        return moved

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        found = await self.appointment(reference, now)
        rest = tuple(replace(one, state=State.CANCELLED) for one in found.sitting)
        gone = replace(found, state=State.CANCELLED, version=found.version + 1, sitting=rest)
        self.appointments[reference] = gone
        self.taken.discard(found.start)
        return gone

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        try:
            return self.appointments[parse_reference(reference)]
        except KeyError:
            raise UnknownReference("unknown") from None

    async def join_waitlist(
        self,
        key: str,
        service_id: str,
        site_id: str,
        from_at: datetime,
        until_at: datetime,
        contact: str,
        language: str,
        person: str,
        now: datetime,
        wish: Wish,
    ) -> Joined:
        if self.refuse_hold is not None:
            raise self.refuse_hold
        reference = new_reference(self._chance)
        self.entries[reference] = WaitView(
            entry_id=f"w{len(self.entries)}",
            state=WaitState.WAITING,
            department=self.places.service(service_id).department,
            service=service_id,
            site=site_id,
            from_at=from_at,
            until_at=until_at,
            speech=wish.speech,
            language=language,
            abilities=wish.abilities,
            offer=None,
        )
        return Joined(entry_id=f"w{len(self.entries)}", reference=reference)

    async def offer(self, start: datetime, now: datetime) -> OfferedSlot:
        """Let a time become free for the one who waits."""
        ((reference, entry),) = self.entries.items()
        (held,) = await self.hold_sitting(
            "offer", [entry.service], entry.site, start, "who waits", now, Wish()
        )
        found = OfferedSlot(
            appointment_id=held.appointment_id,
            reference=held.reference,
            start=start,
            expires_at=held.expires_at,
        )
        self.entries[reference] = replace(entry, state=WaitState.OFFERED, offer=found)
        return found

    async def leave_waitlist(self, reference: str, now: datetime) -> WaitView:
        gone = replace(await self.waiting(reference, now), state=WaitState.LEFT, offer=None)
        self.entries[parse_reference(reference)] = gone
        return gone

    async def waiting(self, reference: str, now: datetime) -> WaitView:
        try:
            return self.entries[parse_reference(reference)]
        except KeyError:
            raise UnknownReference("unknown") from None

    def _full(self, day: date) -> ClosedReason | None:
        full = ClosedReason(code=Why.FULLY_BOOKED, where="both")
        return full if day in self.full else None

    @staticmethod
    def _closed(day: date) -> ClosedReason | None:
        if day.isoweekday() >= 6:
            return ClosedReason(code=Why.WEEKEND, where="both")
        return None


def citizen_app(
    booking: Booking,
    clock: Callable[[], datetime],
    sessions: Sessions | None = None,
    *,
    body_limit_bytes: int = 1024 * 1024,
    proxies: tuple[str, ...] = (),
    ended: Callable[[str], Awaitable[Ended | None]] = nothing_ended,
) -> web.Application:
    """The citizen's face as the composition root makes it, over plain HTTP."""
    numbers = count(1)
    random_bytes = chance()
    app = web.Application(client_max_size=body_limit_bytes)
    base = Base(
        sessions=sessions or NoSessions(),
        random_bytes=random_bytes,
        secret=SECRET,
        secure=False,
        proxies=proxies,
    )
    install(app, base)
    deps = Deps(
        booking=booking,
        now=clock,
        new_id=lambda: f"k{next(numbers)}",
        sealer=Sealer(secret=SECRET, random_bytes=random_bytes),
        secure=False,
        ended=ended,
    )
    app.add_routes(routes(deps))
    return app
