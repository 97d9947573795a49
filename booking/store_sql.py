"""The store of booking on an executor, and the service made of it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from booking import (
    store_administration,
    store_booking,
    store_capacity,
    store_catalogue,
    store_catalogue_changes,
    store_claims,
    store_first,
    store_offers,
    store_visits,
    store_waitlist,
)
from booking.appointment import AppointmentView
from booking.availability_service import Freshness
from booking.capacity import OutageNoted, OutageOrder, ToMove
from booking.catalogue import Catalogue
from booking.catalogue_changes import Change, ChangeOrder, ChangeRecord, Preview
from booking.errors import UnknownReference
from booking.orders import (
    Arrived,
    Confirmed,
    ConfirmOrder,
    Contact,
    FirstOrder,
    Held,
    HeldAt,
    HoldOrder,
    MoveOrder,
)
from booking.ports import Executor, Owe, Recorder, Tell
from booking.scarce import Used
from booking.search import Simplify
from booking.search_service import as_written
from booking.service import EVERY_TIME, BookingService
from booking.store_administration import Previewed
from booking.store_offers import WaitingList
from booking.waitlist import Joined, JoinOrder, WaitView


class SqlStore:
    """See `booking.ports.Store`."""

    def __init__(
        self,
        executor: Executor,
        *,
        record: Recorder,
        owe: Owe,
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """record and owe: called in the transaction of each change.

        new_id, random_bytes: for the holds that are offered to the waiting list.
        """
        self._executor = executor
        self._list = WaitingList(record=record, owe=owe, new_id=new_id, random_bytes=random_bytes)
        self._tell = Tell(record=record, owe=owe, freed=self._list.freed)

    async def catalogue(self) -> Catalogue:
        return await self._executor.read(store_catalogue.load)

    async def version(self) -> int:
        return await self._executor.read(store_catalogue.version)

    async def used(
        self, resources: Iterable[str], first: int, last: int, now: datetime
    ) -> tuple[int, Used]:
        return await self._executor.read(_version_and_used, list(resources), first, last, now)

    async def hold(self, orders: Sequence[HoldOrder], now: datetime) -> list[Held]:
        return await self._executor.write(
            store_booking.hold_sitting, orders, tell=self._tell, now=now
        )

    async def hold_first(self, order: FirstOrder, now: datetime) -> HeldAt:
        return await self._executor.write(store_first.hold_first, order, tell=self._tell, now=now)

    async def confirm(
        self, reference: str, work_out: Callable[[AppointmentView], ConfirmOrder], now: datetime
    ) -> Confirmed:
        return await self._executor.write(
            store_booking.confirm, reference, work_out, tell=self._tell, now=now
        )

    async def reschedule(self, order: MoveOrder, now: datetime) -> AppointmentView:
        return await self._executor.write(store_booking.reschedule, order, tell=self._tell, now=now)

    async def cancel(self, reference: str, until_minutes: int, now: datetime) -> AppointmentView:
        return await self._executor.write(
            store_booking.cancel, reference, until_minutes, tell=self._tell, now=now
        )

    async def find(self, reference: str, now: datetime) -> AppointmentView:
        return await self._executor.read(store_booking.find, reference, now)

    async def find_id(self, appointment_id: str, now: datetime) -> AppointmentView:
        return await self._executor.read(store_booking.find_id, appointment_id, now)

    async def contact(self, ref: str) -> Contact:
        return await self._executor.read(_contact, ref)

    async def sweep(self, now: datetime) -> int:
        tell = self._tell
        # First who did not come: they may wait for what the holds give back.
        ended = await self._executor.write(store_visits.noshow_due, tell=tell, now=now)
        ended += await self._executor.write(store_visits.expire_due, tell=tell, now=now)
        await self._executor.write(store_waitlist.close_past, tell=tell, now=now)
        # Looked for beside the commands, so that a long list keeps nobody waiting.
        missed = await self._executor.read(store_offers.with_room, now)
        if missed:
            await self._executor.write(self._list.offer, missed, now)
        return ended

    async def join(self, order: JoinOrder, now: datetime) -> Joined:
        return await self._executor.write(store_waitlist.join, order, tell=self._tell, now=now)

    async def leave(self, reference: str, now: datetime) -> WaitView:
        return await self._executor.write(store_waitlist.leave, reference, tell=self._tell, now=now)

    async def waiting(self, reference: str, now: datetime) -> WaitView:
        return await self._executor.read(store_waitlist.find, reference, now)

    async def note_outage(self, order: OutageOrder, now: datetime) -> OutageNoted:
        return await self._executor.write(
            store_capacity.note_outage, order, tell=self._tell, now=now
        )

    async def end_outage(self, outage_id: str, by: str, now: datetime) -> bool:
        return await self._executor.write(
            store_capacity.end_outage, outage_id, by=by, tell=self._tell, now=now
        )

    async def to_be_moved(
        self, now: datetime, *, department: str | None, site: str | None, with_contact: bool
    ) -> list[ToMove]:
        return await self._executor.read(
            store_capacity.to_be_moved,
            now,
            department=department,
            site=site,
            with_contact=with_contact,
        )

    async def preview_change(
        self, change: Change, from_at: datetime | None, now: datetime
    ) -> Preview:
        silent = Tell(record=_silent, owe=_silent)
        try:
            await self._executor.write(
                store_administration.preview, change, from_at, tell=silent, now=now
            )
        except Previewed as seen:
            return seen.preview
        raise AssertionError("a preview ends by raising what it saw")

    async def change_catalogue(self, order: ChangeOrder, now: datetime) -> int:
        return await self._executor.write(
            store_administration.change, order, tell=self._tell, now=now
        )

    async def take_back(self, department: str, change_id: int, by: str, now: datetime) -> int:
        return await self._executor.write(
            store_administration.take_back,
            department,
            change_id,
            by=by,
            tell=self._tell,
            now=now,
        )

    async def take_effect(self, now: datetime) -> int:
        waits = await self._executor.read(store_catalogue_changes.waiting)
        if not any(row.effective_at <= now for row in waits):
            return 0
        return await self._executor.write(
            store_administration.take_effect, tell=self._tell, now=now
        )

    async def changes(self, department: str) -> list[ChangeRecord]:
        return await self._executor.read(store_catalogue_changes.records_of, department)

    async def made_change(self, department: str, change_id: int) -> ChangeRecord | None:
        return await self._executor.read(store_catalogue_changes.record_of, department, change_id)

    def arrive(self, conn: Any, reference: str, terminal_id: str, now: datetime) -> Arrived:
        return store_visits.arrive(conn, reference, terminal_id, tell=self._tell, now=now)

    def fulfil(self, conn: Any, appointment_id: str, now: datetime) -> None:
        store_visits.fulfil(conn, appointment_id, tell=self._tell, now=now)

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> bool:
        return store_visits.walk_out(conn, appointment_id, tell=self._tell, now=now)


def booking_service(
    executor: Executor,
    *,
    record: Recorder,
    owe: Owe,
    new_id: Callable[[], str],
    random_bytes: Callable[[int], bytes],
    freshness: Freshness = EVERY_TIME,
    simplify: Simplify = as_written,
) -> BookingService:
    """The service on SQL.  random_bytes: `n -> n` bytes nobody can guess."""
    store = SqlStore(executor, record=record, owe=owe, new_id=new_id, random_bytes=random_bytes)
    return BookingService(
        store,
        new_id=new_id,
        random_bytes=random_bytes,
        freshness=freshness,
        simplify=simplify,
    )


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


def _silent(*_: Any, **__: Any) -> None:
    """Tell nobody."""


def _contact(conn: Connection, ref: str) -> Contact:
    try:
        return store_booking.contact(conn, ref)
    except UnknownReference:
        return store_waitlist.contact(conn, ref)
