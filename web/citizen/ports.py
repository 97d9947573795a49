"""What the citizen's pages need: somebody who knows the catalogue and keeps the appointments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from booking.appointment import AppointmentView, Details
from booking.catalogue import Catalogue
from booking.orders import Held
from booking.slots import DayAvailability, SlotOffer
from web.shared.sealed import Sealer


class Booking(Protocol):
    """`booking.service.BookingService`, as far as these pages use it.  Refusals as it says."""

    async def catalogue(self) -> Catalogue:
        """Every department, service and site."""
        ...

    async def days(self, service_id: str, site_id: str, now: datetime) -> list[DayAvailability]:
        """The booking window, day by day."""
        ...

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime
    ) -> list[SlotOffer]:
        """The free times of one day."""
        ...

    async def hold(
        self, key: str, service_id: str, site_id: str, start: datetime, person: str, now: datetime
    ) -> Held:
        """Keep a time for some minutes."""
        ...

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        """Book what is held."""
        ...

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        """Give an appointment, or a held time, back."""
        ...

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        """Look an appointment up."""
        ...


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
