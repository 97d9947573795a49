"""The catalogue, changed by the departments themselves, as others use it.

Who may is for the caller to know.  Every change is dated, shown before it is made, journalled, and
can be taken back.
"""

from datetime import datetime

from booking.capacity_service import CapacityService
from booking.catalogue import Catalogue
from booking.catalogue_changes import Change, ChangeOrder, ChangeRecord, Preview
from booking.errors import NotInCatalogue


class CatalogueAdminService(CapacityService):
    """Texts, hours, closures, capacity, releases."""

    async def administered(self, now: datetime) -> Catalogue:
        """The catalogue as the store has it at this moment, for who is about to change it."""
        await self._store.take_effect(now)
        return await self._store.catalogue()

    async def preview_change(
        self, change: Change, from_at: datetime | None, now: datetime
    ) -> Preview:
        """What would come of a change; nothing is changed.

        from_at: when it would take effect; `None`: at once.  Raises `NotInCatalogue`.
        """
        return await self._store.preview_change(change, from_at, now)

    async def change_catalogue(self, order: ChangeOrder, now: datetime) -> int:
        """Make a change, or schedule it; returns its number, the same when it is sent twice.

        Raises `NotInCatalogue`, `BadChange` (its findings say what is wrong) and
        `ChangedMeanwhile` when somebody else changed the same thing since it was seen.
        """
        number = await self._store.change_catalogue(order, now)
        self._forget_catalogue()
        return number

    async def take_back(self, department: str, change_id: int, by: str, now: datetime) -> int:
        """Give back what was there before a change; returns the number of the change that does.

        One that has not taken effect never does.  Repeated, it answers the same.
        Raises `NotInCatalogue`, `CannotTakeBack`.
        """
        number = await self._store.take_back(department, change_id, by, now)
        self._forget_catalogue()
        return number

    async def changes(self, department: str) -> list[ChangeRecord]:
        """The changes of a department, the newest first."""
        return await self._store.changes(department)

    async def made_change(self, department: str, change_id: int) -> ChangeRecord:
        """One of them.  Raises `NotInCatalogue`."""
        record = await self._store.made_change(department, change_id)
        if record is None:
            raise NotInCatalogue("no such change of this department")
        return record
