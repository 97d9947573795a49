"""What is out of order, and whom that leaves without a place, as others use it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from booking.capacity import LONGEST_REASON, OutageNoted, OutageOrder, ToMove
from booking.errors import BadDetails
from booking.grains import grain_of
from booking.openings_service import OpeningsService


class CapacityService(OpeningsService):
    """Agents who are ill, terminals that are broken.  Who may say so is for the caller to know."""

    _new_id: Callable[[], str]

    async def note_outage(
        self,
        resource: str,
        unit: int,
        from_at: datetime,
        until_at: datetime,
        reason: str,
        by: str,
        now: datetime,
        outage_id: str | None = None,
    ) -> OutageNoted:
        """Book nothing on a unit for a while, and move what is booked on it where that can be done.

        resource, unit: as of `booking.capacity.OutageOrder`.  reason: at most `LONGEST_REASON`
        letters, of the unit, never of a person.  by: who says so, as the journal names them.
        outage_id: to ask again without noting it twice.
        Raises `NotInCatalogue`, `BadDetails`.
        """
        bad = [] if from_at.tzinfo and until_at.tzinfo and from_at < until_at else ["start"]
        bad += [] if 1 <= len(reason.strip()) <= LONGEST_REASON else ["reason"]
        if bad:
            raise BadDetails(tuple(bad))
        order = OutageOrder(
            outage_id=outage_id or self._new_id(),
            resource=resource,
            unit=unit,
            first_grain=grain_of(from_at),
            end_grain=grain_of(until_at - timedelta(microseconds=1)) + 1,
            reason=reason.strip(),
            by=by,
        )
        noted = await self._store.note_outage(order, now)
        self._forget_catalogue()
        return noted

    async def end_outage(self, outage_id: str, by: str, now: datetime) -> None:
        """Let a unit be booked again from now on; harmless when repeated.

        Who waits for it is offered it by the next sweep.  Raises `NotInCatalogue`.
        """
        await self._store.end_outage(outage_id, by, now)
        self._forget_catalogue()

    async def to_be_moved(
        self,
        now: datetime,
        *,
        department: str | None = None,
        site: str | None = None,
        with_contact: bool = False,
    ) -> list[ToMove]:
        """Coming appointments that cannot stay where they are, in order of time.

        with_contact: with name and contact of who booked, for staff who may see them.
        """
        return await self._store.to_be_moved(
            now, department=department, site=site, with_contact=with_contact
        )

    def _forget_catalogue(self) -> None:
        self._catalogue = None
        self._answers.changed()
