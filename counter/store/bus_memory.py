"""The bus of one node: wake-ups inside this process, nothing to install.

Contract: `counter.store.bus.Bus`.
"""

import asyncio
from collections.abc import Callable

from counter.store.bus import Subscription
from counter.store.listeners import Listeners


class MemoryBus:
    """Delivers on the event loop after `publish` returned, in the order of publishing."""

    def __init__(self) -> None:
        self._listeners = Listeners()
        self._closed = False

    async def start(self) -> None:
        """Nothing to connect to."""

    async def publish(self, topic: str, value: str) -> None:
        """Tell every subscriber; after `close` it is as if nobody listened."""
        if not self._closed:
            # Never inside the publisher's own stack: it may hold a half-made state.
            asyncio.get_running_loop().call_soon(self._listeners.tell, topic, value)

    def subscribe(self, callback: Callable[[str, str], None]) -> Subscription:
        """Call `callback(topic, value)` for everything published from now on."""
        return self._listeners.add(callback)

    async def close(self) -> None:
        """Tell nobody any more; harmless when repeated."""
        self._closed = True
        self._listeners.forget_all()
