"""What delivering needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from counter.notify.notice import Letter, Notice
from counter.notify.webhook import Delivery, Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a notice is for."""

    to: str
    "E-mail address or telephone number; empty when none is wanted."
    language: str
    person: str = ""
    "Pseudonym, for the memo in the app; empty: none is kept."


class Readers(Protocol):
    """Knows whom to tell, and what; personal data stays out of the outbox."""

    async def reader(
        self, kind: str, ref: str, body: Mapping[str, Any], now: datetime
    ) -> Reader | None:
        """None: there is nobody to tell, or what is owed is not true any more."""
        ...

    async def letter(
        self, kind: str, ref: str, body: Mapping[str, Any], language: str, now: datetime
    ) -> Letter:
        """What to say."""
        ...


class Undeliverable(Exception):
    """It will never get there, however often it is tried.  The text holds no personal data."""


class Sink(Protocol):
    """Takes a notice to its reader."""

    async def deliver(self, notice: Notice) -> None:
        """Raises when it did not get there; it is tried again, with the same id.

        Raises `Undeliverable` when that would be of no use.
        """
        ...


class NotReached(Exception):
    """A receiver of webhooks gave no answer in time, or may not be reached at all."""


class Post(Protocol):
    """Sends one request to a receiver of webhooks."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that was answered.  Raises `NotReached`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing to send to one receiver."""

    delivery: int
    message: str
    "The id that a receiver tells repeats by."
    url: str
    secret: str
    body: dict[str, Any]


class WebhookStore(Protocol):
    """Keeps who is told, and what is still to be told.  Every change is one transaction."""

    async def listed(self, department: str | None) -> list[Webhook]:
        """Oldest first; department: only those that are told of it alone."""
        ...

    async def add(
        self, webhook: Webhook, secret: str, by: str, now: datetime
    ) -> tuple[Webhook, str]:
        """Keep a new one, unless its id is known; the one that is kept, and its secret."""
        ...

    async def remove(self, webhook_id: str, department: str | None, by: str, now: datetime) -> None:
        """Forget one, and what it was still to be told.  Raises `NotFound`."""
        ...

    async def deliveries(self, webhook_id: str, department: str | None) -> list[Delivery]:
        """The newest hundred, newest first.  Raises `NotFound`."""
        ...

    async def replay(
        self,
        webhook_id: str,
        department: str | None,
        *,
        delivery: int | None,
        since: datetime | None,
        by: str,
        now: datetime,
    ) -> int:
        """Let one be due again, or all of what happened since; how many.  Raises `NotFound`."""
        ...

    async def take_due(self, now: datetime) -> Sequence[Due]:
        """What to send now; each comes again after a pause unless it is done."""
        ...

    async def answered(self, delivery: int, status: int | None, now: datetime) -> None:
        """Note what came of an attempt; none: nothing came back."""
        ...
