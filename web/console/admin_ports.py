"""What the pages need with which a department administers its booking."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from booking.appointment import AppointmentView
from booking.capacity import ToMove
from booking.catalogue import Catalogue
from booking.catalogue_changes import Change, ChangeOrder, ChangeRecord, Preview
from booking.moving_service import LeftOver
from booking.slots import SlotOffer


class Administration(Protocol):
    """`booking.service.BookingService`, as far as these pages use it.  Refusals as it says."""

    async def administered(self, now: datetime) -> Catalogue:
        """The catalogue as it is at this moment."""
        ...

    async def preview_change(
        self, change: Change, from_at: datetime | None, now: datetime
    ) -> Preview:
        """What would come of a change."""
        ...

    async def change_catalogue(self, order: ChangeOrder, now: datetime) -> int:
        """Make it, or schedule it; its number."""
        ...

    async def take_back(self, department: str, change_id: int, by: str, now: datetime) -> int:
        """Give back what was there before; the number of the change that does."""
        ...

    async def changes(self, department: str) -> list[ChangeRecord]:
        """What was changed, the newest first."""
        ...

    async def made_change(self, department: str, change_id: int) -> ChangeRecord:
        """One of them."""
        ...

    async def to_be_moved(
        self, now: datetime, *, department: str | None = None, with_contact: bool = False
    ) -> list[ToMove]:
        """Appointments that cannot stay where they are."""
        ...

    async def left_over(self, department: str, appointment_id: str, now: datetime) -> LeftOver:
        """One of them, with its sitting."""
        ...

    async def near(
        self, one: LeftOver, site_id: str, wanted: date | None, now: datetime
    ) -> list[tuple[date, list[SlotOffer]]]:
        """Free times of a day, or of the days nearest to what was booked."""
        ...

    async def move_left_over(
        self,
        department: str,
        appointment_id: str,
        site_id: str,
        start: datetime,
        by: str,
        now: datetime,
    ) -> AppointmentView:
        """Move it; whoever booked is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeps:
    """What `routes` is given by the composition root."""

    booking: Administration
    departments: Callable[[str], Awaitable[Sequence[str]]]
    "Whose desk an agent sits at, or which a supervisor oversees."
    now: Callable[[], datetime]
    new_id: Callable[[], str]
