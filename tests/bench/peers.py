"""What every server under measurement offers to the harness, and how its process is started."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from cffi import FFI

from tests.bench.engine import Wire

END_WITHIN_S: Final = 10.0
LINE_WITHIN_S: Final = 20.0
DIE_WITH_PARENT: Final = 1
"PR_SET_PDEATHSIG of linux/prctl.h"

_ffi: Any = FFI()
_ffi.cdef("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long);")
_libc: Any = _ffi.dlopen(None)


class Peer(Protocol):
    """A server that carries calls of two legs."""

    async def start(self, calls: int) -> None:
        """Start it, for so many calls.  Raises `NotInstalled`, `NotStarted`."""

    @property
    def processes(self) -> Sequence[int]:
        """Those whose CPU time and memory count."""

    async def call(self, number: int) -> tuple[Wire, Wire]:
        """Connect one call."""

    async def end(self, number: int) -> None:
        """Hang up."""

    async def close(self) -> None:
        """End the server."""


class NotStarted(RuntimeError):
    """A server ended, or was silent, before it served."""


class Process:
    """A server's process, bound to one core; ended by whoever started it."""

    def __init__(
        self, command: Sequence[str], *, core: int, log: Path, realtime: bool = False
    ) -> None:
        """log: where it writes.  realtime: before everybody else on that core (needs root)."""
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)

        def place() -> None:
            # Whatever becomes of us, the server does not outlive us.
            _libc.prctl(DIE_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0)
            os.sched_setaffinity(0, {core})
            if realtime:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))

        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=place,
            )

    @property
    def number(self) -> int:
        return self._process.pid

    async def says(self, words: str) -> None:
        """Wait until it has written `words`.  Raises `NotStarted`."""
        await self._until(lambda: words in self.log.read_text(errors="replace"))

    async def listens(self, port: int) -> None:
        """Wait until it accepts connections.  Raises `NotStarted`."""
        await self._until(lambda: _accepts(port))

    async def _until(self, condition) -> None:  # type: ignore[no-untyped-def]
        deadline = asyncio.get_running_loop().time() + LINE_WITHIN_S
        while not condition():
            late = asyncio.get_running_loop().time() > deadline
            if late or self._process.poll() is not None:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise NotStarted(f"{self._process.args!r} does not serve:\n{tail}")
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """Ask it to end, then insist."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
