"""Processes that serve once and are thrown away: what one of them met, no other one meets.

The next is started while nobody waits, so that only the first one asked waits for its libraries.
Each is given an empty environment; what else it may not do, it takes from itself.
"""

import asyncio
import os
import signal
import sys
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

AT_ONCE: Final = 2
LINE_BYTES: Final = 64 * 1024
"Of the longest line that one answers with."
SOURCES: Final = str(Path(__file__).resolve().parents[1])

Answer = TypeVar("Answer")


class FreshProcesses:
    """One module, run by a process of its own for everybody who asks.  `close` it at the end."""

    def __init__(self, module: str, *, patience_seconds: float, at_once: int = AT_ONCE) -> None:
        """patience_seconds: by the clock, start of a process and a busy machine included."""
        self.patience_seconds = patience_seconds
        self._module = module
        self._turns = asyncio.Semaphore(at_once)
        self._next: asyncio.Task[Process] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the process that will be asked next."""
        if not self._closed and self._next is None:
            self._next = asyncio.create_task(self._started())

    async def ask(self, *given: bytes, read: Callable[[StreamReader], Awaitable[Answer]]) -> Answer:
        """What `read` makes of the process's output, once it was given these bytes.

        Raises `TimeoutError`, what `read` raises, and `OSError` for a process that does not start.
        """
        async with self._turns:
            process = None
            try:
                async with asyncio.timeout(self.patience_seconds):
                    process = await self._taken()
                    return await _answer_of(process, given, read)
            finally:
                if process is not None:
                    await _end(process)
                self.warm()

    async def close(self) -> None:
        """End the process that waits; what is under way is lost."""
        self._closed = True
        waiting, self._next = self._next, None
        if waiting is not None:
            await _end(await waiting)

    async def _taken(self) -> Process:
        """The process that waits, unless it died; then a fresh one."""
        waiting, self._next = self._next, None
        if waiting is not None:
            process = await waiting
            if process.returncode is None:
                return process
        return await self._started()

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-P", "-m", self._module),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # what a library says of citizens' texts and files is not for the log
            env={"PYTHONPATH": SOURCES},
            limit=LINE_BYTES,
            start_new_session=True,  # a terminal's Ctrl-C goes to the counter only
        )


async def _answer_of(
    process: Process, given: tuple[bytes, ...], read: Callable[[StreamReader], Awaitable[Answer]]
) -> Answer:
    assert process.stdout is not None
    writing = asyncio.create_task(_give(process, given))
    try:
        return await read(process.stdout)
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def _give(process: Process, given: tuple[bytes, ...]) -> None:
    """It may answer, or die, before it has read everything."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        for piece in given:
            process.stdin.write(piece)
        await process.stdin.drain()
        process.stdin.close()


async def _end(process: Process) -> None:
    if process.returncode is None:
        # Not `process.kill()`, which looks first whether it has ended, and takes its end away from
        # the loop that waits for it.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()
