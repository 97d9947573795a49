"""Booking as others use it: one method per use case.

What was worked out from an older catalogue is worked out again, so what an administrator changes
holds from the next command on.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from booking import release, scarce, sittings, slots
from booking.appointment import (
    ANYBODY,
    HOLD_FOR,
    AppointmentView,
    Details,
    State,
    Wish,
    checked,
    new_reference,
)
from booking.availability_service import Freshness
from booking.catalogue import Catalogue, Service, Site
from booking.catalogue_admin_service import CatalogueAdminService
from booking.errors import BadDetails
from booking.grains import GRAINS_A_DAY, day_grain, instant_of, local_day
from booking.moving_service import MovingService
from booking.orders import (
    Arrived,
    CatalogueChanged,
    ConfirmOrder,
    Contact,
    FirstOrder,
    Held,
    HeldAt,
    HoldOrder,
)
from booking.ports import Store
from booking.scarce import Used
from booking.search import Simplify
from booking.search_service import as_written
from booking.slots import Part
from booking.waitlist_service import LONGEST_KEY, WaitlistService

EVERY_TIME = Freshness()
MOST_IN_A_SITTING = 3


class BookingService(WaitlistService, CatalogueAdminService, MovingService):
    """What can be booked, the appointments, the waiting list, and what changes of all that."""

    def __init__(
        self,
        store: Store,
        *,
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
        freshness: Freshness = EVERY_TIME,
        simplify: Simplify = as_written,
    ) -> None:
        super().__init__(store, freshness, simplify)
        self._new_id = new_id
        self._random_bytes = random_bytes

    async def hold(
        self,
        key: str,
        service_id: str,
        site_id: str,
        start: datetime,
        person: str,
        now: datetime,
        wish: Wish = ANYBODY,
    ) -> Held:
        """Keep the slot that begins at `start` for `HOLD_FOR`.

        key: of this request, made by whoever asks; asked again with it, the answer is the same.
        person: a stable pseudonym of who books (at most 64 characters), never a number of theirs.
        An earlier hold of the same person is let go.
        Raises `SlotTaken`, `ClosedDay`, `NotReleased`, `PersonOverlap`, `TooManyAppointments`,
        `WeeklyLimit`, `OnlySameDay`, `HoldExpired` (this key's hold is over), `BadDetails`,
        `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`.
        """
        (held,) = await self.hold_sitting(key, [service_id], site_id, start, person, now, wish)
        return held

    async def hold_sitting(
        self,
        key: str,
        service_ids: Sequence[str],
        site_id: str,
        start: datetime,
        person: str,
        now: datetime,
        wish: Wish = ANYBODY,
    ) -> list[Held]:
        """Keep slots one after another in one seat, the first of which begins at `start`.

        All or none, as `hold`.  The reference of the first stands for all of them.
        """
        if not 1 <= len(key) <= LONGEST_KEY or start.tzinfo is None:
            raise BadDetails(("key",) if start.tzinfo else ("start",))
        if not 1 <= len(service_ids) <= MOST_IN_A_SITTING:
            raise BadDetails(("services",))
        chance = int.from_bytes(self._random_bytes(4))
        made = [(self._new_id(), new_reference(self._random_bytes)) for _ in service_ids]
        sitting = self._new_id() if len(service_ids) > 1 else None
        while True:
            catalogue = await self.catalogue(now)
            orders, at = [], start
            for number, service_id in enumerate(service_ids):
                service, site = slots.offered(catalogue, service_id, site_id, wish)
                place = sittings.place(catalogue, service, site, at, person, wish, chance, now)
                asked = f"{person}\n{key}" if not number else f"{person}\n{key}\n{number}"
                orders.append(
                    HoldOrder(
                        appointment_id=made[number][0],
                        idem=hashlib.sha256(asked.encode()).hexdigest(),
                        reference=made[number][1],
                        person=person,
                        department=service.department,
                        service=service.id,
                        place=place,
                        wish=wish,
                        expires_at=now + HOLD_FOR,
                        same_day=local_day(site, at) == local_day(site, now),
                        sitting=sitting,
                    )
                )
                at = instant_of(place.first_grain + place.grains)
            held = await self._claimed(self._store.hold(orders, now))
            if held is not None:
                return held

    async def hold_first(
        self,
        key: str,
        service_id: str,
        site_id: str,
        day: date,
        part: Part,
        person: str,
        now: datetime,
        wish: Wish = ANYBODY,
    ) -> HeldAt:
        """Keep the first free slot of a part of `day`, chosen here: a crowd that picks from a list
        picks the same one.  Otherwise as `hold`; `SlotTaken`: no time is left then.
        """
        if not 1 <= len(key) <= LONGEST_KEY:
            raise BadDetails(("key",))
        chance = int.from_bytes(self._random_bytes(4))
        appointment_id, reference = self._new_id(), new_reference(self._random_bytes)
        idem = hashlib.sha256(f"{person}\n{key}".encode()).hexdigest()
        while True:
            catalogue = await self.catalogue(now)
            service, site = slots.offered(catalogue, service_id, site_id, wish)
            release.must_be_released(catalogue, service, site, day, now)

            def choose(
                used: Used,
                catalogue: Catalogue = catalogue,
                service: Service = service,
                site: Site = site,
            ) -> Iterator[HoldOrder]:
                for offer in slots.offers(catalogue, service, site, day, used, now, wish):
                    if part.has(offer.start, site):
                        yield HoldOrder(
                            appointment_id=appointment_id,
                            idem=idem,
                            reference=reference,
                            person=person,
                            department=service.department,
                            service=service.id,
                            place=sittings.place(
                                catalogue, service, site, offer.start, person, wish, chance, now
                            ),
                            wish=wish,
                            expires_at=now + HOLD_FOR,
                            same_day=day == local_day(site, now),
                        )

            first = day_grain(site, day)
            order = FirstOrder(
                idem=idem,
                catalogue_version=catalogue.version,
                service=service.id,
                site=site.id,
                resources=scarce.shared_resources(service, site, wish),
                first_grain=first,
                last_grain=first + GRAINS_A_DAY,
                choose=choose,
            )
            held = await self._claimed(self._store.hold_first(order, now))
            if held is not None:
                return held

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        """Make a hold a booking, with all of its sitting.

        The reference is its own key: repeated, it answers the same.
        Raises `BadDetails`, `NotForOthers`, `NotInThisLanguage`, `UnknownReference`,
        `HoldExpired`, `SlotTaken` (an agent, a terminal or a seat that the details want is not
        free then), `TooManyOfEntity`, `AppointmentCancelled`, `ReferenceUsed`.
        """
        details = checked(details)
        chance = int.from_bytes(self._random_bytes(4))
        while True:
            catalogue = await self.catalogue(now)

            def work_out(held: AppointmentView, catalogue: Catalogue = catalogue) -> ConfirmOrder:
                return sittings.confirmation(catalogue, held, details, chance=chance)

            try:
                confirmed = await self._store.confirm(reference, work_out, now)
            except CatalogueChanged:
                self._catalogue = None
            else:
                if confirmed.retaken:
                    self._answers.changed()
                return confirmed.view

    async def reschedule(
        self, reference: str, site_id: str, start: datetime, now: datetime
    ) -> AppointmentView:
        """Move an appointment to another time or site; on any refusal the old one stands.

        Of a sitting every part is moved, the first to `start`, all or none.  Repeated, it answers
        that it is there.
        Raises `UnknownReference`, `TooLateToChange`, `SlotTaken`, `ClosedDay`, `NotReleased`,
        `PersonOverlap`, `WeeklyLimit`, `TooManyOfEntity`, `OnlySameDay` (unless it stays on its
        day or comes to today), `NotOfferedHere`, and what its state does not allow.
        """
        if start.tzinfo is None:
            raise BadDetails(("start",))
        while True:
            catalogue = await self.catalogue(now)
            view = await self._store.find(reference, now)
            parts = sittings.whole(view)
            booked = all(one.state is State.BOOKED for one in parts)
            if booked and (parts[0].site, parts[0].start) == (site_id, start):
                return view
            moved = await self._move(catalogue, parts, site_id, start, now, reference=reference)
            if moved is not None:
                return moved

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        """Give an appointment back, with all of its sitting; repeated, it answers the same.

        Raises `UnknownReference`, `ReferenceUsed`, `HoldExpired`, `TooLate`, `TooLateToChange`.
        """
        view = await self._store.find(reference, now)
        catalogue = await self.catalogue(now)
        known = catalogue.services.get(view.service)
        until = known.change_until_minutes if known else 0
        cancelled = await self._store.cancel(reference, until, now)
        self._answers.changed()
        return cancelled

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        """The appointment of a reference, typed as people type.  Raises `UnknownReference`."""
        return await self._store.find(reference, now)

    async def contact(self, ref: str) -> Contact:
        """Whom to tell of an appointment, or of an offer to an entry of the waiting list.

        ref: the id of either.  Raises `UnknownReference`.
        """
        return await self._store.contact(ref)

    async def sweep(self, now: datetime) -> int:
        """End holds that ran out and mark who did not come.  Call it every minute or so.

        It also offers those who wait what nobody passed on to them, puts scheduled changes that are
        due into the catalogue, and lets go of one that was changed elsewhere.
        """
        await self._store.take_effect(now)
        if self._catalogue and self._catalogue.version != await self._store.version():
            self._catalogue = None
        return await self._store.sweep(now)

    def arrive(self, conn: Any, reference: str, terminal_id: str, now: datetime) -> Arrived:
        """Check in at a terminal, as part of the command that makes the ticket.

        Raises `UnknownReference`, `NotInCatalogue`, `ReferenceUsed`, `AppointmentCancelled`,
        `NotConfirmed`, `HoldExpired`, `WrongSite`, `TooEarly`, `TooLate`.
        """
        return self._store.arrive(conn, reference, terminal_id, now)

    def fulfil(self, conn: Any, appointment_id: str, now: datetime) -> None:
        """Note that the citizen was served, as part of the command that closes the case."""
        self._store.fulfil(conn, appointment_id, now)

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> bool:
        """Note that the citizen left unserved, as part of the command that lets them go.

        Whether it is booked again: they may check in once more for a while.
        """
        return self._store.walk_out(conn, appointment_id, now)
