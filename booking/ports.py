"""What booking needs: a store for its service; for the store, an executor and two to tell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from booking.appointment import AppointmentView
from booking.capacity import OutageNoted, OutageOrder, ToMove
from booking.catalogue import Catalogue
from booking.catalogue_changes import Change, ChangeOrder, ChangeRecord, Preview
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
from booking.scarce import Used
from booking.waitlist import Joined, JoinOrder, WaitView

P = ParamSpec("P")
R = TypeVar("R")


class Executor(Protocol):
    """Runs plain functions of a connection, each in one transaction; answers after COMMIT."""

    async def write(
        self,
        command: Callable[Concatenate[Any, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """What the command raises rolls it back whole and is raised here."""
        ...

    async def read(
        self,
        query: Callable[Concatenate[Any, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run a query on a consistent snapshot."""
        ...


class Recorder(Protocol):
    """The journal; called in the transaction of the change.  Facts hold no personal data."""

    def __call__(
        self,
        conn: Any,
        *,
        actor: str,
        action: str,
        subject: str,
        facts: Mapping[str, Any],
        now: datetime,
    ) -> object: ...


class Owe(Protocol):
    """The outbox; called in the transaction of the change.

    kind: "appointment.booked" (also when it was moved: its version grows), "appointment.cancelled",
    "appointment.noshow", "appointment.reminder" (its body has `ahead_minutes` as well) or
    "waitlist.offered".  ref: the id of the appointment or of the entry.  body: its version, start,
    department, service, site and language; who is told, and how, the deliverer asks of
    `BookingService.contact`.  Of a sitting that is booked, moved or cancelled as one, the body of
    the first has `parts`, in order, each with its start, department and service; those of the
    others name it in `told_with`, so that a person hears of a visit once.  due_at: when it is to be
    told; none: at once.
    """

    def __call__(
        self,
        conn: Any,
        kind: str,
        ref: str,
        body: Mapping[str, Any],
        now: datetime,
        due_at: datetime | None = None,
    ) -> object: ...


class Freed(Protocol):
    """What becomes of a slot that was given back; called in the transaction of the change."""

    def __call__(self, conn: Any, row: Any, now: datetime) -> object:
        """row: the appointment as it was, with its `site`, `first_grain` and `grains`."""
        ...


def _nothing(conn: Any, row: Any, now: datetime) -> None:
    """Leave it to whoever comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Whom the commands tell, as they take them."""

    record: Recorder
    owe: Owe
    freed: Freed = _nothing

    @property
    def keeping_what_is_freed(self) -> "Tell":
        """For who ends a hold because the slot is wanted at once."""
        return replace(self, freed=_nothing)


class Store(Protocol):
    """Appointments, claims and the catalogue.  Every change is one transaction, whole or not."""

    async def catalogue(self) -> Catalogue:
        """Everything, as one snapshot."""
        ...

    async def version(self) -> int:
        """Of the catalogue; counted up by every change of it."""
        ...

    async def used(
        self, resources: Iterable[str], first: int, last: int, now: datetime
    ) -> tuple[int, Used]:
        """The version of the catalogue, and units taken between two grains, both included."""
        ...

    async def hold(self, orders: Sequence[HoldOrder], now: datetime) -> list[Held]:
        """Keep slots, all or none; see `booking.store_booking`.  Raises `CatalogueChanged`."""
        ...

    async def hold_first(self, order: FirstOrder, now: datetime) -> HeldAt:
        """Keep the first that is free; see `booking.store_first`.  Raises `CatalogueChanged`."""
        ...

    async def confirm(
        self, reference: str, work_out: Callable[[AppointmentView], ConfirmOrder], now: datetime
    ) -> Confirmed:
        """Make a hold a booking; see `booking.store_booking`.  Raises `CatalogueChanged`."""
        ...

    async def reschedule(self, order: MoveOrder, now: datetime) -> AppointmentView:
        """Move an appointment, with all of its sitting.  Raises `CatalogueChanged`."""
        ...

    async def cancel(self, reference: str, until_minutes: int, now: datetime) -> AppointmentView:
        """Give an appointment back."""
        ...

    async def find(self, reference: str, now: datetime) -> AppointmentView:
        """Look an appointment up."""
        ...

    async def find_id(self, appointment_id: str, now: datetime) -> AppointmentView:
        """Look an appointment up by its id, for its department."""
        ...

    async def contact(self, ref: str) -> Contact:
        """Whom to tell of an appointment or of an entry of the waiting list."""
        ...

    async def join(self, order: JoinOrder, now: datetime) -> Joined:
        """Put somebody on the waiting list.  Raises `CatalogueChanged`."""
        ...

    async def leave(self, reference: str, now: datetime) -> WaitView:
        """Take somebody off it."""
        ...

    async def waiting(self, reference: str, now: datetime) -> WaitView:
        """Look an entry up."""
        ...

    async def note_outage(self, order: OutageOrder, now: datetime) -> OutageNoted:
        """Book nothing on a unit for a while."""
        ...

    async def end_outage(self, outage_id: str, by: str, now: datetime) -> bool:
        """Let it be booked again; whether that changed anything."""
        ...

    async def to_be_moved(
        self, now: datetime, *, department: str | None, site: str | None, with_contact: bool
    ) -> list[ToMove]:
        """Coming appointments that cannot stay where they are."""
        ...

    async def preview_change(
        self, change: Change, from_at: datetime | None, now: datetime
    ) -> Preview:
        """What would come of a change."""
        ...

    async def change_catalogue(self, order: ChangeOrder, now: datetime) -> int:
        """Make a change, or schedule it; see `booking.store_administration`."""
        ...

    async def take_back(self, department: str, change_id: int, by: str, now: datetime) -> int:
        """Give back what was there before a change."""
        ...

    async def take_effect(self, now: datetime) -> int:
        """Put the changes that are due by now into the catalogue; how many there were."""
        ...

    async def changes(self, department: str) -> list[ChangeRecord]:
        """Those of a department, the newest first."""
        ...

    async def made_change(self, department: str, change_id: int) -> ChangeRecord | None:
        """One of them."""
        ...

    async def sweep(self, now: datetime) -> int:
        """End holds that ran out and mark who did not come; returns how many there were."""
        ...

    def arrive(self, conn: Any, reference: str, terminal_id: str, now: datetime) -> Arrived:
        """Check in, inside a transaction of the caller's."""
        ...

    def fulfil(self, conn: Any, appointment_id: str, now: datetime) -> None:
        """Note that the citizen was served, inside a transaction of the caller's."""
        ...

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> bool:
        """Note that the citizen left unserved, inside a transaction of the caller's.

        Whether it is booked again.
        """
        ...
