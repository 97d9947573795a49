"""The store of booking on an executor, and the service made of it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from booking import store_booking, store_catalogue, store_claims
from booking.appointment import AppointmentView, Details
from booking.catalogue import Catalogue
from booking.orders import Arrived, Contact, Held, HoldOrder
from booking.ports import Executor, Owe, Recorder, Tell
from booking.service import BookingService
from booking.slots import Used


class SqlStore:
    """See `booking.ports.Store`."""

    def __init__(self, executor: Executor, *, record: Recorder, owe: Owe) -> None:
        """record and owe: called in the transaction of each change."""
        self._executor = executor
        self._tell = Tell(record=record, owe=owe)

    async def catalogue(self) -> Catalogue:
        return await self._executor.read(store_catalogue.load)

    async def version(self) -> int:
        return await self._executor.read(store_catalogue.version)

    async def used(
        self, resources: Iterable[str], first: int, last: int, now: datetime
    ) -> tuple[int, Used]:
        return await self._executor.read(_version_and_used, list(resources), first, last, now)

    async def hold(self, order: HoldOrder, now: datetime) -> Held:
        return await self._executor.write(store_booking.hold, order, tell=self._tell, now=now)

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        return await self._executor.write(
            store_booking.confirm, reference, details, tell=self._tell, now=now
        )

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        return await self._executor.write(store_booking.cancel, reference, tell=self._tell, now=now)

    async def find(self, reference: str, now: datetime) -> AppointmentView:
        return await self._executor.read(store_booking.find, reference, now)

    async def contact(self, appointment_id: str) -> Contact:
        return await self._executor.read(store_booking.contact, appointment_id)

    async def sweep(self, now: datetime) -> int:
        tell = self._tell
        expired = await self._executor.write(store_booking.expire_due, tell=tell, now=now)
        return expired + await self._executor.write(store_booking.noshow_due, tell=tell, now=now)

    def arrive(self, conn: Any, reference: str, terminal_id: str, now: datetime) -> Arrived:
        return store_booking.arrive(conn, reference, terminal_id, tell=self._tell, now=now)

    def fulfil(self, conn: Any, appointment_id: str, now: datetime) -> None:
        store_booking.fulfil(conn, appointment_id, tell=self._tell, now=now)

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> None:
        store_booking.walk_out(conn, appointment_id, tell=self._tell, now=now)


def booking_service(
    executor: Executor,
    *,
    record: Recorder,
    owe: Owe,
    new_id: Callable[[], str],
    random_bytes: Callable[[int], bytes],
) -> BookingService:
    """The service on SQL.  random_bytes: `n -> n` bytes nobody can guess."""
    store = SqlStore(executor, record=record, owe=owe)
    return BookingService(store, new_id=new_id, random_bytes=random_bytes)


async def plant_seed(executor: Executor, now: datetime, *, practice: bool = False) -> bool:
    """Fill an empty store from the seed files; later, add the calendar of the coming year.

    practice: see `booking.seed_toml.seed`.  Returns whether anything was written.
    """
    years = (now.year, now.year + 1)
    if await executor.read(store_catalogue.has_years, years):
        return False
    # Loaded only when there is something to plant: the holidays of the world take a while.
    from booking.seed_toml import seed

    planted = seed(years, practice=practice)
    return await executor.write(store_catalogue.plant, planted.catalogue, planted.calendars)


def _version_and_used(
    conn: Connection, resources: list[str], first: int, last: int, now: datetime
) -> tuple[int, Used]:
    used = store_claims.used(conn, resources, first, last, now)
    return store_catalogue.version(conn), used
