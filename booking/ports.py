"""What booking needs: a store for its service; for the store, an executor and two to tell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from booking.appointment import AppointmentView, Details
from booking.catalogue import Catalogue
from booking.orders import Arrived, Contact, Held, HoldOrder
from booking.slots import Used

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

    kind: "appointment.booked", "appointment.cancelled" or "appointment.noshow".  ref: the id of the
    appointment.  body: its version, start, department, service, site and language; who is told, and
    how, the deliverer asks of `BookingService.contact`.
    """

    def __call__(
        self, conn: Any, kind: str, ref: str, body: Mapping[str, Any], now: datetime
    ) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Both, as the commands take them."""

    record: Recorder
    owe: Owe


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

    async def hold(self, order: HoldOrder, now: datetime) -> Held:
        """Keep a slot; see `booking.store_booking.hold`.  Raises `CatalogueChanged`."""
        ...

    async def confirm(self, reference: str, details: Details, now: datetime) -> AppointmentView:
        """Make a hold a booking."""
        ...

    async def cancel(self, reference: str, now: datetime) -> AppointmentView:
        """Give an appointment back."""
        ...

    async def find(self, reference: str, now: datetime) -> AppointmentView:
        """Look an appointment up."""
        ...

    async def contact(self, appointment_id: str) -> Contact:
        """Whom to tell of it."""
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

    def walk_out(self, conn: Any, appointment_id: str, now: datetime) -> None:
        """Note that the citizen left unserved, inside a transaction of the caller's."""
        ...
