"""The bus carries wake-ups, never truth.

A lost wake-up costs one poll interval at most, because whoever listens also asks the store for what
is newer than it has seen.  Implementations: `bus_memory`, `bus_redis`; one contract suite.
"""

from collections.abc import Callable
from typing import Protocol


class Subscription(Protocol):
    """Close it to hear no more."""

    def close(self) -> None: ...


class Bus(Protocol):
    """Publish and subscribe, at most once, in order per publisher."""

    async def start(self) -> None: ...

    async def publish(self, topic: str, value: str) -> None:
        """Tell every subscriber, here and on other nodes.  Never raises for a lost wake-up."""
        ...

    def subscribe(self, callback: Callable[[str, str], None]) -> Subscription:
        """Call `callback(topic, value)` on the event loop for everything published."""
        ...

    async def close(self) -> None: ...
