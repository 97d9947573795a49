"""Booking as others use it: one method per use case.

The catalogue is kept in memory with its version; what was worked out from an older one is worked
out again, so what an administrator changes holds from the next command on.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from booking import slots
from booking.appointment import HOLD_FOR, AppointmentView, Details, checked, new_reference
from booking.catalogue import Catalogue, Department, Service, Site
from booking.errors import BadDetails, NotReleased
from booking.orders import Arrived, CatalogueChanged, Contact, Held, HoldOrder
from booking.ports import Store
from booking.slots import DayAvailability, SlotOffer, Used

LONGEST_KEY = 80


class BookingService:
    """What can be booked, and the appointments."""

    def __init__(
        self,
        store: Store,
        *,
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._catalogue: Catalogue | None = None

    async def catalogue(self) -> Catalogue:
        """The snapshot in use; for pages that need names."""
        if self._catalogue is None:
            self._catalogue = await self._store.catalogue()
        return self._catalogue

    async def departments(self) -> list[Department]:
        """All departments, in order."""
        return list((await self.catalogue()).departments.values())

    async def department(self, department_id: str) -> Department:
        """Raises `NotInCatalogue`."""
        return (await self.catalogue()).department(department_id)

    async def services(self, department_id: str) -> list[Service]:
        """What a department gives, in order.  Raises `NotInCatalogue`."""
        return (await self.catalogue()).services_of(department_id)

    async def service(self, service_id: str) -> Service:
        """Raises `NotInCatalogue`."""
        return (await self.catalogue()).service(service_id)

    async def sites_for(self, service_id: str) -> list[Site]:
        """Where a service is given.  Raises `NotInCatalogue`."""
        return (await self.catalogue()).sites_for(service_id)

    async def days(self, service_id: str, site_id: str, now: datetime) -> list[DayAvailability]:
        """Every day of the booking window, with what is left of it or why nothing is.

        Raises `NotInCatalogue`, `NotOfferedHere`.
        """
        site = (await self.catalogue()).site(site_id)
        days = slots.window(site, now)
        catalogue, used = await self._used(service_id, site_id, days[0], days[-1], now)
        service, site = slots.offered(catalogue, service_id, site_id)
        return [slots.availability(catalogue, service, site, day, used, now) for day in days]

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime
    ) -> list[SlotOffer]:
        """The free slots of a day of the window; a hint, the claim decides.

        Raises `NotInCatalogue`, `NotOfferedHere`, `NotReleased`, `ClosedDay`.
        """
        site = (await self.catalogue()).site(site_id)
        if day not in slots.window(site, now):
            raise NotReleased(f"{day.isoformat()} cannot be booked now")
        catalogue, used = await self._used(service_id, site_id, day, day, now)
        service, site = slots.offered(catalogue, service_id, site_id)
        slots.must_be_open(catalogue, service, site, day)
        return slots.offers(catalogue, service, site, day, used, now)

    async def hold(
        self,
        key: str,
        service_id: str,
        site_id: str,
        start: datetime,
        person: str,
        now: datetime,
    ) -> Held:
        """Keep the slot that begins at `start` for `HOLD_FOR`.

        key: of this request, made by whoever asks; asked again with it, the answer is the same.
        person: a stable pseudonym of who books (at most 64 characters), never a number of theirs.
        An earlier hold of the same person is let go.
        Raises `SlotTaken`, `ClosedDay`, `NotReleased`, `PersonOverlap`, `TooManyAppointments`,
        `HoldExpired` (this key's hold is over), `BadDetails`, `NotInCatalogue`, `NotOfferedHere`.
        """
        if not 1 <= len(key) <= LONGEST_KEY or start.tzinfo is None:
            raise BadDetails(("key",) if start.tzinfo else ("start",))
        chance = int.from_bytes(self._random_bytes(4))
        appointment_id, reference = self._new_id(), new_reference(self._random_bytes)
        while True:
            catalogue = await self.catalogue()
            service, site = slots.offered(catalogue, service_id, site_id)
            first = slots.first_grain(catalogue, service, site, start, now)
            order = HoldOrder(
                catalogue_version=catalogue.version,
                appointment_id=appointment_id,
                idem=hashlib.sha256(f"{person}\n{key}".encode()).hexdigest(),
                reference=reference,
                person=person,
                department=service.department,
                service=service.id,
                site=site.id,
                lane=slots.LANE,
                first_grain=first,
                grains=slots.grains_of(service),
                wanted=(
                    *slots.wants(catalogue, service, site, first),
                    *slots.personal(person, service, first),
                ),
                start_at=chance,
                expires_at=now + HOLD_FOR,
            )
            try:
                return await self._store.hold(order, now)
            except CatalogueChanged:
                self._catalogue = None

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        """Make a hold a booking.  The reference is its own key: repeated, it answers the same.

        Raises `BadDetails`, `UnknownReference`, `HoldExpired`, `AppointmentCancelled`,
        `ReferenceUsed`.
        """
        return await self._store.confirm(reference, checked(details), now)

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        """Give an appointment back; repeated, it answers the same.

        Raises `UnknownReference`, `ReferenceUsed`, `HoldExpired`, `TooLate`.
        """
        return await self._store.cancel(reference, now)

    async def appointment(self, reference: str, now: datetime) -> AppointmentView:
        """The appointment of a reference, typed as people type.  Raises `UnknownReference`."""
        return await self._store.find(reference, now)

    async def contact(self, appointment_id: str) -> Contact:
        """Whom to tell of an appointment.  Raises `UnknownReference`."""
        return await self._store.contact(appointment_id)

    async def sweep(self, now: datetime) -> int:
        """End holds that ran out and mark who did not come.  Call it every minute or so.

        It also lets go of a catalogue that was changed elsewhere.  Nothing else depends on it but
        the journal and the statistics.
        """
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

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> None:
        """Note that the citizen left unserved, as part of the command that lets them go."""
        self._store.walk_out(conn, appointment_id, now)

    async def _used(
        self, service_id: str, site_id: str, from_day: date, to_day: date, now: datetime
    ) -> tuple[Catalogue, Used]:
        """A catalogue and what is taken of it between two days, of the same moment."""
        while True:
            catalogue = await self.catalogue()
            service, site = slots.offered(catalogue, service_id, site_id)
            version, used = await self._store.used(
                slots.shared_resources(service, site),
                slots.day_grain(site, from_day),
                slots.day_grain(site, to_day) + slots.GRAINS_A_DAY,
                now,
            )
            if version == catalogue.version:
                return catalogue, used
            self._catalogue = None
