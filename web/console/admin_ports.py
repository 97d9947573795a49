"""What the pages need with which a department administers its booking."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from booking.capacity import ToMove
from booking.catalogue import Catalogue
from booking.catalogue_changes import Change, ChangeOrder, ChangeRecord, Preview


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeps:
    """What `routes` is given by the composition root."""

    booking: Administration
    departments: Callable[[str], Awaitable[Sequence[str]]]
    "Whose desk an agent sits at, or which a supervisor oversees."
    now: Callable[[], datetime]
    new_id: Callable[[], str]
