"""Who listens to a bus on this node; shared by every kind of bus.

A listener that raises is logged and does not keep the others from hearing.
"""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Callback = Callable[[str, str], None]


class Listener:
    """One subscription; see `counter.store.bus.Subscription`."""

    def __init__(self, listeners: "Listeners", callback: Callback) -> None:
        self._listeners = listeners
        self.callback = callback

    def close(self) -> None:
        """Hear no more, also nothing that is already on its way; harmless when repeated."""
        self._listeners.forget(self)


class Listeners:
    """The listeners of one bus, in the order they came."""

    def __init__(self) -> None:
        # A dict for its order; the same callback may listen twice, as two listeners.
        self._listeners: dict[Listener, None] = {}

    def add(self, callback: Callback) -> Listener:
        """Take `callback` on."""
        listener = Listener(self, callback)
        self._listeners[listener] = None
        return listener

    def forget(self, listener: Listener) -> None:
        """Let go of one."""
        self._listeners.pop(listener, None)

    def forget_all(self) -> None:
        """Let go of all of them."""
        self._listeners.clear()

    def tell(self, topic: str, value: str) -> None:
        """Call every listener; one that closes another meanwhile is obeyed."""
        for listener in list(self._listeners):
            if listener in self._listeners:
                try:
                    listener.callback(topic, value)
                except Exception:
                    log.exception("a listener failed on a wake-up for %s; the others go on", topic)
