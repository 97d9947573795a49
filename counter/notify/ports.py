"""What delivering needs."""

from typing import Protocol

from counter.notify.notice import Notice


class Sink(Protocol):
    """Takes a notice to its reader."""

    async def deliver(self, notice: Notice) -> None:
        """Raises when it did not get there; it is tried again, with the same id."""
        ...
