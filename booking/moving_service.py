"""Appointments that cannot stay where they are, moved by the department one by one.

Promise: only what has to move is moved, with all of its sitting or not at all; whoever booked is
told as of any change.  Who may is for the caller to know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from booking import sittings
from booking.appointment import AppointmentView, State, refuse
from booking.capacity import ToMove
from booking.capacity_service import CapacityService
from booking.catalogue import Catalogue
from booking.errors import BadDetails, NotToBeMoved, UnknownReference
from booking.grains import local_day
from booking.slots import SlotOffer

DAYS_OFFERED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """An appointment that has to move, with its sitting."""

    what: ToMove
    "With name and contact."
    parts: tuple[AppointmentView, ...]
    "In order; of one service, this one alone."

    @property
    def services(self) -> list[str]:
        """Of the parts, in order."""
        return [one.service for one in self.parts]


class MovingService(CapacityService):
    """What has to move, where it can go, and moving it."""

    _random_bytes: Callable[[int], bytes]

    async def left_over(self, department: str, appointment_id: str, now: datetime) -> LeftOver:
        """Raises `UnknownReference`; `NotToBeMoved` when it can stay where it is."""
        view = await self._store.find_id(appointment_id, now)
        if view.department != department:
            raise UnknownReference("no such appointment of this department")
        stuck = await self.to_be_moved(now, department=department, with_contact=True)
        found = [one for one in stuck if one.appointment_id == appointment_id]
        if not found:
            raise NotToBeMoved(f"appointment {appointment_id} can stay, or is over")
        return LeftOver(what=found[0], parts=tuple(sittings.whole(view)))

    async def near(
        self, one: LeftOver, site_id: str, wanted: date | None, now: datetime
    ) -> list[tuple[date, list[SlotOffer]]]:
        """Free times at a site: of `wanted`, or of the days nearest to what was booked, in order.

        Raises `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`.
        """
        wish, site = one.parts[0].wish, (await self.catalogue(now)).site(site_id)
        days = await self.sitting_days(one.services, site_id, now, wish)
        was = local_day(site, one.parts[0].start)
        free = [day.day for day in days if day.free]
        chosen = sorted(free, key=lambda day: (abs(day - was), day))[:DAYS_OFFERED]
        if wanted is not None:
            chosen = [day for day in free if day == wanted]
        found = []
        for day in sorted(chosen):
            offers = await self.sitting_slots(one.services, site_id, day, now, wish)
            found.append((day, offers))
        return found

    async def move_left_over(
        self,
        department: str,
        appointment_id: str,
        site_id: str,
        start: datetime,
        by: str,
        now: datetime,
    ) -> AppointmentView:
        """Move it, whatever its citizen could still change; on any refusal it stays as it was.

        by: who does, as the journal names them.  Repeated, it answers that it is there.
        Raises `UnknownReference`, `NotToBeMoved`, and what `BookingService.reschedule` does but
        `TooLateToChange` and `OnlySameDay`, which are between citizen and department.
        """
        if start.tzinfo is None:
            raise BadDetails(("start",))
        while True:
            catalogue = await self.catalogue(now)
            view = await self._store.find_id(appointment_id, now)
            parts = sittings.whole(view)
            there = (parts[0].site, parts[0].start) == (site_id, start)
            if there and view.department == department and view.state is State.BOOKED:
                return view
            await self.left_over(department, appointment_id, now)
            moved = await self._move(catalogue, parts, site_id, start, now, by=by)
            if moved is not None:
                return moved

    async def _move(
        self,
        catalogue: Catalogue,
        parts: Sequence[AppointmentView],
        site_id: str,
        start: datetime,
        now: datetime,
        *,
        reference: str | None = None,
        by: str = sittings.CITIZEN,
    ) -> AppointmentView | None:
        """Move a sitting that is booked; None when it, or the catalogue, changed: look again."""
        for one in parts:
            if one.state is not State.BOOKED:
                refuse(one.state, one.start)
        person = (await self._store.contact(parts[0].appointment_id)).person
        chance = int.from_bytes(self._random_bytes(4))
        order = sittings.move(
            catalogue, reference, parts, site_id, start, person, chance, now, by=by
        )
        return await self._claimed(self._store.reschedule(order, now))
