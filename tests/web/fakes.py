"""A booking that keeps everything in one dictionary, and an application around it.

The catalogue is the real seed, so that pages meet every text they will meet; slots are twenty
minutes from nine to five, closed at weekends.  Nothing here is clever: what a test needs to happen
(a full slot, an expired hold) it sets.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.appointment import AppointmentView, Details, State, new_reference, parse_reference
from booking.calendar import ClosedReason, Why
from booking.catalogue import Catalogue
from booking.errors import ClosedDay, HoldExpired, NotReleased, SlotTaken, UnknownReference
from booking.orders import Held
from booking.seed_toml import seed
from booking.slots import DayAvailability, SlotOffer
from web.citizen.ports import Booking, Deps
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
        self._chance = chance()

    async def catalogue(self) -> Catalogue:
        return self.places

    async def days(self, service_id: str, site_id: str, now: datetime) -> list[DayAvailability]:
        today = now.astimezone(ZONE).date()
        found = []
        for ahead in range(30):
            day = today + timedelta(days=ahead)
            closed = self._closed(day)
            free = 0 if closed else 8
            found.append(DayAvailability(day=day, free=free, reason=closed))
        return found

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime
    ) -> list[SlotOffer]:
        today = now.astimezone(ZONE).date()
        if not today <= day < today + timedelta(days=30):
            raise NotReleased("outside the window")
        if closed := self._closed(day):
            raise ClosedDay(closed)
        first = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE).astimezone(UTC)
        starts = [first + timedelta(minutes=20) * n for n in range(24)]
        return [
            SlotOffer(start=start, left=1 + n % 5)
            for n, start in enumerate(starts)
            if start > now and start not in self.taken
        ]

    async def hold(
        self, key: str, service_id: str, site_id: str, start: datetime, person: str, now: datetime
    ) -> Held:
        if (person, key) in self.keys:
            return self.keys[person, key]
        if start in self.taken:
            raise SlotTaken("taken")
        self.taken.add(start)
        self.persons.append(person)
        reference = new_reference(self._chance)
        expires_at = now + timedelta(minutes=10)
        held = Held(appointment_id=f"a{len(self.keys)}", reference=reference, expires_at=expires_at)
        self.keys[person, key] = held
        self.appointments[reference] = AppointmentView(
            appointment_id=held.appointment_id,
            state=State.HELD,
            department=self.places.service(service_id).department,
            service=service_id,
            site=site_id,
            start=start,
            end=start + timedelta(minutes=20),
            expires_at=expires_at,
            name="",
            contact="",
            language="zh_Hant",
            needs=(),
            version=0,
        )
        return held

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        found = await self.appointment(reference, now)
        if found.state is State.BOOKED:
            return found
        if found.expires_at is None or found.expires_at <= now:
            raise HoldExpired("too late")
        booked = replace(
            found, state=State.BOOKED, name=details.name, contact=details.contact, version=1
        )
        self.appointments[reference] = booked
        return booked

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        found = replace(await self.appointment(reference, now), state=State.CANCELLED, version=2)
        self.appointments[reference] = found
        self.taken.discard(found.start)
        return found

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        try:
            return self.appointments[parse_reference(reference)]
        except KeyError:
            raise UnknownReference("unknown") from None

    @staticmethod
    def _closed(day: date) -> ClosedReason | None:
        if day.isoweekday() >= 6:
            return ClosedReason(code=Why.WEEKEND, where="both")
        return None


def citizen_app(
    booking: Booking, clock: Callable[[], datetime], sessions: Sessions | None = None
) -> web.Application:
    """The citizen's face as the composition root makes it, over plain HTTP."""
    numbers = count(1)
    random_bytes = chance()
    app = web.Application()
    base = Base(
        sessions=sessions or NoSessions(), random_bytes=random_bytes, secret=SECRET, secure=False
    )
    install(app, base)
    deps = Deps(
        booking=booking,
        now=clock,
        new_id=lambda: f"k{next(numbers)}",
        sealer=Sealer(secret=SECRET, random_bytes=random_bytes),
        secure=False,
    )
    app.add_routes(routes(deps))
    return app
