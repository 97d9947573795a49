"""What delivering needs."""

from dataclasses import dataclass
from typing import Protocol

from counter.notify.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a notice is for."""

    to: str
    "E-mail address or telephone number; empty when none is wanted."
    language: str


class Readers(Protocol):
    """Knows whom to tell; personal data stays out of the outbox."""

    async def reader(self, kind: str, ref: str) -> Reader | None:
        """None: there is nobody to tell (any more)."""
        ...


class Sink(Protocol):
    """Takes a notice to its reader."""

    async def deliver(self, notice: Notice) -> None:
        """Raises when it did not get there; it is tried again, with the same id."""
        ...
