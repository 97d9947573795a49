"""Notices the end of a process in the moment it comes, whoever started it (pidfd_open(2)).

A number is used again when its process is no more; what is opened here stays this process's own, so
that neither its end is missed nor another one ended in its place.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress


class EndOfProcess:
    """One living process.  To be closed."""

    def __init__(self, pid: int, on_end: Callable[[], None]) -> None:
        """on_end: called once, in the event loop.  Raises `ProcessLookupError`."""
        self.pid = pid
        self.ended = False
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._descriptor: int | None = os.pidfd_open(pid)
        self._loop.add_reader(self._descriptor, self._end)

    def kill(self) -> None:
        """End the process by force.  Harmless when it has ended."""
        if self._descriptor is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        """Watch no longer.  Harmless when repeated."""
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _end(self) -> None:
        self.ended = True
        self.close()
        self._on_end()
