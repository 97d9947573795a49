"""One media process, seen from the counter: started or adopted, watched, started again."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from counter.media.control import WorkerGone
from counter.media.control_client import ControlClient
from counter.media.single_instance import is_held

logger = logging.getLogger(__name__)

T = TypeVar("T")

POLL_SECONDS: Final = 0.05
"Between looks at a process that is starting or ending."
STOP_SECONDS: Final = 10.0
MISSES: Final = 3
"Pings without an answer after which a process that still runs is taken for hung."
PAUSE_SECONDS: Final = 1.0
"Before the next attempt to start a process that did not start."


class Member:
    """A media process by its socket.  It runs in a session of its own, so that neither Ctrl-C nor
    the death of the counter reaches it."""

    def __init__(self, *, name: str, socket: Path, log: Path, command: Sequence[str]) -> None:
        self.name = name
        self.client = ControlClient(socket)
        self.alive = False
        self.calls: set[str] = set()
        "What it carries, as of the last ping, and what was placed on it since."
        self._socket = socket
        self._log = log
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        "None for an adopted process."
        self._pid: int | None = None
        self._suspect = asyncio.Event()
        "Somebody asked it in vain."

    async def asked(self, answer: Awaitable[T]) -> T:
        """The answer to a question; when there is none, the watch looks at once."""
        try:
            return await answer
        except WorkerGone:
            self._suspect.set()
            raise

    async def ensure(self, *, within: float) -> None:
        """Adopt the process if it answers, else start it.  Raises `WorkerGone`."""
        if await self._answers():
            logger.info("%s adopted, pid %s, %s calls", self.name, self._pid, len(self.calls))
            return
        await self._spawn()
        assert self._process is not None
        try:
            async with asyncio.timeout(within):
                while not await self._answers():
                    # It gave way to one that another counter started in the same moment?
                    if self._process.returncode is not None and not is_held(self._socket):
                        raise WorkerGone(f"{self.name} did not start; see {self._log}")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            self._kill()
            raise WorkerGone(f"{self.name} did not answer; see {self._log}") from error
        if self._process.pid != self._pid:
            # Another counter was quicker; ours would serve as soon as that one ended.
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None
        logger.info("%s started, pid %s", self.name, self._pid)

    async def watch(self, *, every: float, within: float) -> None:
        """Ping; start the process again when it has died or hangs.  Until cancelled."""
        misses = 0
        while True:
            await self._pause(every)
            if await self._answers():
                misses = 0
                continue
            misses += 1
            if self._runs() and misses < MISSES:
                continue
            logger.error("%s is gone with %s calls", self.name, len(self.calls))
            self._kill()
            self.alive = False
            self.calls.clear()
            try:
                await self.ensure(within=within)
                misses = 0
            except WorkerGone as error:
                logger.error("%s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def release(self) -> None:
        await self.client.close()

    async def stop(self) -> None:
        """End the process: by asking it, and if it does not listen, by signals."""
        try:
            await self.client.stop()
        except WorkerGone:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
        await self.client.close()
        for _ in range(int(STOP_SECONDS / POLL_SECONDS)):
            if not self._runs():
                break
            await asyncio.sleep(POLL_SECONDS)
        else:
            logger.warning("%s did not end in time; killed", self.name)
            self._kill()
        if self._process is not None:
            await self._process.wait()
        self.alive = False

    async def _answers(self) -> bool:
        try:
            health = await self.client.health()
            self.calls = set(await self.client.calls())
        except WorkerGone:
            return False
        self.alive = True
        self._pid = health.pid
        return True

    async def _spawn(self) -> None:
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            starting = asyncio.ensure_future(
                asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=descriptor,
                    stderr=descriptor,
                    start_new_session=True,
                )
            )
            try:
                self._process = await asyncio.shield(starting)
            except asyncio.CancelledError:
                self._process = await starting  # who cancels us ends it next, and must know it
                raise
        finally:
            os.close(descriptor)

    async def _pause(self, seconds: float) -> None:
        self._suspect.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._suspect.wait()
        except TimeoutError:
            return

    def _runs(self) -> bool:
        if self._process is not None and self._process.returncode is None:
            return True
        return is_held(self._socket)

    def _kill(self) -> None:
        """Make sure that the process is not there any more."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        elif self._pid is not None and is_held(self._socket):
            with suppress(ProcessLookupError):  # another counter has started it again meanwhile
                os.kill(self._pid, signal.SIGKILL)
        self._pid = None
