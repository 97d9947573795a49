"""What the API needs: the booking that the pages use, and a memory of the keys of requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from booking.appointment import Wish
from booking.availability_service import KeptAnswers
from booking.orders import Contact, HeldAt
from booking.slots import Part
from counter.notify.webhook import Webhook
from web.api.limits import Limits
from web.citizen import ports as pages
from web.citizen.availability_feed import FRESH, Openings


class Booking(pages.Booking, Openings, Protocol):
    """`booking.service.BookingService`: what the pages use of it, and a little more."""

    async def hold_first(
        self,
        key: str,
        service_id: str,
        site_id: str,
        day: date,
        part: Part,
        person: str,
        now: datetime,
        wish: Wish,
    ) -> HeldAt:
        """Keep the first free time of a part of a day."""
        ...

    async def contact(self, ref: str) -> Contact:
        """Of an appointment or an entry of the waiting list, by its id: who it is for."""
        ...


class Once(Protocol):
    """Remembers which request a key was used for."""

    async def claim(self, who: str, key: str, fingerprint: str, now: datetime) -> None:
        """Note it, unless it is noted.  Raises `IdempotencyKeyUsed` when it was for another."""
        ...

    async def first(self, who: str, key: str, value: int, now: datetime) -> int:
        """The value that came first with this key: this one, or that of an earlier try."""
        ...


class Webhooks(Protocol):
    """`counter.notify.webhook_service.WebhookService`, as far as it is used here.

    department: only webhooks of that department exist for the caller; none: all.
    """

    async def listed(self, department: str | None) -> list[Webhook]:
        """Oldest first."""
        ...

    async def add(
        self,
        url: str,
        kinds: Sequence[str],
        department: str | None,
        by: str,
        *,
        webhook_id: str,
    ) -> tuple[Webhook, str]:
        """A new one, or the one that has this id, and its secret.  Raises `BadInput`."""
        ...

    async def remove(self, webhook_id: str, by: str, department: str | None) -> None:
        """Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """What `routes` is given by the composition root."""

    booking: Booking
    webhooks: Webhooks
    once: Once
    limits: Limits
    now: Callable[[], datetime]
    "Aware, UTC."
    secret: bytes
    "The same on every node; pseudonyms are made with it."
    domain: str = "counter.invalid"
    "Of whoever runs the counter; makes the ids of calendar entries unique."
    free: KeptAnswers = field(default_factory=lambda: KeptAnswers(FRESH))
    "What is free, encoded, for a moment."
    encoded: dict[Any, Any] = field(default_factory=dict)
    "Other answers, by question, with the version of the catalogue that they were made from."
