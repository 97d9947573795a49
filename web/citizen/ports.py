"""What the citizen's pages need: somebody who knows the catalogue and keeps the appointments."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from booking.appointment import AppointmentView, Details, Wish
from booking.catalogue import Catalogue
from booking.openings import EarlyOffer
from booking.orders import Held
from booking.search import Found
from booking.slots import DayAvailability, SlotOffer
from booking.waitlist import Joined, WaitView
from web.shared.sealed import Sealer


class Booking(Protocol):
    """`booking.service.BookingService`, as far as these pages use it.  Refusals as it says.

    A single service is a sitting of one.
    """

    async def catalogue(self) -> Catalogue:
        """Every department, service and site."""
        ...

    async def search(self, text: str) -> list[Found]:
        """Services that fit what somebody typed, the best first."""
        ...

    async def sitting_days(
        self, service_ids: Sequence[str], site_id: str, now: datetime, wish: Wish
    ) -> list[DayAvailability]:
        """The booking window, day by day."""
        ...

    async def sitting_slots(
        self, service_ids: Sequence[str], site_id: str, day: date, now: datetime, wish: Wish
    ) -> list[SlotOffer]:
        """The free times of one day."""
        ...

    async def earliest(
        self,
        service_id: str,
        site_id: str | None,
        now: datetime,
        wish: Wish,
        count: int,
        also: Sequence[str],
    ) -> list[EarlyOffer]:
        """The first free times at all places."""
        ...

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
        """Keep times one after another in one seat."""
        ...

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        """Book what is held."""
        ...

    async def reschedule(
        self, reference: str, site_id: str, start: datetime, now: datetime
    ) -> AppointmentView:
        """Move an appointment to another time or place."""
        ...

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        """Give an appointment, or a held time, back."""
        ...

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        """Look an appointment up."""
        ...

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
        """Wait for a time between two instants."""
        ...

    async def leave_waitlist(self, reference: str, now: datetime) -> WaitView:
        """Wait no longer."""
        ...

    async def waiting(self, reference: str, now: datetime) -> WaitView:
        """Look a place on the waiting list up."""
        ...


async def nothing_issued(appointment_id: str) -> str:
    """No signed document: there is nothing beside booking."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A paper that is still to be handed in."""

    item: str
    until: date
    "The last day."
    link: str
    "Where it can be sent; empty: it is brought along."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a visit."""

    outcome: str
    "A key of `web.shared.wording.OUTCOMES`."
    next_step: str
    "What happens next, as the agent wrote it."
    owed: tuple[Owed, ...]
    "The most urgent first."


async def nothing_ended(appointment_id: str) -> Ended | None:
    """Nothing is known: there is nothing beside booking."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What `routes` is given by the composition root."""

    booking: Booking
    now: Callable[[], datetime]
    "Aware, UTC."
    new_id: Callable[[], str]
    sealer: Sealer
    domain: str = "counter.invalid"
    "Of whoever runs the counter; makes the ids of calendar entries unique."
    secure: bool = True
    "False only in the development profile: cookies over plain HTTP."
    documents_of: Callable[[str], Awaitable[str]] = nothing_issued
    """Where the documents that were signed at an appointment can be taken; empty: nowhere."""
    ended: Callable[[str], Awaitable[Ended | None]] = nothing_ended
    """What became of the visit of an appointment."""
