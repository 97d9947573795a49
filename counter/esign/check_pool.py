"""The process that looks at signed PDFs, seen from the event loop.

One file at a time, and few may wait: looking costs the visitor nothing and us a fifth of a second.
Who is not looked at soon is told to come again, before a proxy loses patience (`timeout server`).
A process that dies over a file or uses up its time of the processor is replaced, and that file is
refused.  One that only gets no time, because the machine has none, is replaced too: that is no
fault of the file, which may be sent again.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime

from counter.esign.pdf_refusals import CheckBusy, DocumentHeavy
from counter.esign.validation import Found
from counter.one_process import kill, one_process

PATIENCE_S = 30.0
"The start of the process included."
TURN_S = 20.0
"For those who came before; with `PATIENCE_S` less than the proxy waits."
CPU_S = 5
"Of the processor, for one file; a usual one takes a fifth of a second."
WAITING_MAX = 8


class CheckPool:
    """`counter.esign.check_ports.Examiner`.  `close` it when the counter stops."""

    def __init__(
        self,
        roots: Callable[[], Sequence[bytes]],
        *,
        patience_s: float = PATIENCE_S,
        turn_s: float | None = TURN_S,
        cpu_s: int = CPU_S,
        niceness: int = 0,
    ) -> None:
        """roots: certificates to trust, DER; asked when a process is started.

        turn_s: None: nobody loses patience behind others.
        niceness: how far its process stands back behind the others of this machine, 0 to 19.
        """
        self._roots = roots
        self._niceness = niceness
        self.patience_s = patience_s
        self.turn_s = turn_s
        self._cpu_s = cpu_s
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        """What is found, and the ETSI report as XML.

        Raises what `admission_pyhanko.opened` raises, and `CheckBusy`.
        """
        if self._waiting >= WAITING_MAX:
            raise CheckBusy(f"{self._waiting} files wait already")
        self._waiting += 1
        try:
            await self._my_turn()
            try:
                return await self._checked(pdf, now)
            finally:
                self._turn.release()
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process; a file that is being looked at is lost."""
        self._drop()

    async def _my_turn(self) -> None:
        try:
            async with asyncio.timeout(self.turn_s):
                await self._turn.acquire()
        except TimeoutError as error:
            raise CheckBusy(f"others are looked at for {self.turn_s} s already") from error

    async def _checked(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        if self._pool is None:
            self._pool = one_process(_start, list(self._roots()), self._niceness)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.patience_s):
                return await loop.run_in_executor(self._pool, _check, pdf, now, self._cpu_s)
        except TimeoutError as error:
            self._drop()
            raise CheckBusy(f"not looked at within {self.patience_s} s") from error
        except (BrokenProcessPool, MemoryError) as error:
            self._drop()
            raise DocumentHeavy(f"a process ended over it: {type(error).__name__}") from error

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            kill(pool)
            pool.shutdown(wait=False, cancel_futures=True)


def _start(roots: list[bytes], niceness: int) -> None:
    # Its libraries take a second to load and are of use over there only.
    from counter.esign import check_worker

    check_worker.start(roots, niceness)


def _check(pdf: bytes, now: datetime, cpu_s: int) -> tuple[Found, bytes]:
    from counter.esign import check_worker

    check_worker.allow(cpu_s)
    return check_worker.check(pdf, now)
