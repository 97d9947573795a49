"""A media process of this machine: started or adopted, watched, started again."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from counter.media.control import WorkerGone
from counter.media.control_client import ControlClient
from counter.media.end_of_process import EndOfProcess
from counter.media.member import Member
from counter.media.single_instance import is_held

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.05
"Between looks at a process that is starting or ending."
STOP_SECONDS: Final = 10.0
LOG_BYTES: Final = 1 << 20
"A longer log is put aside at the next start, in place of the one put aside before."
AGAIN_SECONDS: Final = 1.0
"Before the next look at a process that did not answer, or the next attempt to start one."
HUNG_AFTER: Final = 5
"Looks without an answer; a death is noticed at once, and on a busy machine all are slow."


class LocalMember(Member):
    """A media process by its socket.  It runs in a session of its own, so that neither Ctrl-C nor
    the death of the counter reaches it."""

    def __init__(
        self,
        *,
        name: str,
        socket: Path,
        log: Path,
        command: Sequence[str],
        on_gone: Callable[[str], None],
    ) -> None:
        super().__init__(name, ControlClient(socket), on_gone)
        self._socket = socket
        self._log = log
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        "None for an adopted process."
        self._end: EndOfProcess | None = None
        "Of the process that answered last; None when that is not to be seen from here."

    async def ensure(self, *, within: float, replaces: bool = False) -> None:
        """Adopt the process if it answers, else start it.  Raises `WorkerGone`.

        replaces: end one of another version.  Only who starts does: of two counters that go on,
        each would end the other's for ever.
        """
        if await self.look():
            logger.info("%s adopted, pid %s, %s calls", self.name, self._pid, len(self.calls))
            return
        await self._take_place(replaces)
        try:
            async with asyncio.timeout(within):
                while not await self.look():
                    assert self._process is not None
                    if self.other_version:  # it was only starting when we looked first
                        self._kill()
                        await self._take_place(replaces)
                    # It gave way to one that another counter started in the same moment?
                    elif self._process.returncode is not None and not is_held(self._socket):
                        raise WorkerGone(f"{self.name} did not start; see {self._log}")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            self._kill()
            raise WorkerGone(f"{self.name} did not answer; see {self._log}") from error
        assert self._process is not None
        if self._process.pid != self._pid:
            # Another counter was quicker; ours would serve as soon as that one ended.
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None
        logger.info("%s started, pid %s", self.name, self._pid)

    async def _take_place(self, replaces: bool) -> None:
        """Start the process where none is, or one of another version that may be ended."""
        if self.other_version:
            if not replaces:
                raise WorkerGone(f"{self.name} is of another version, which a counter has started")
            await self._end_other_version()
        await self._spawn()

    async def _end_other_version(self) -> None:
        """Nobody can care for its calls any more: it would keep ours from starting."""
        logger.error("%s is of another version; it is ended, with its calls", self.name)
        with suppress(WorkerGone):
            await self.client.stop()
        for _ in range(int(STOP_SECONDS / POLL_SECONDS)):
            if not is_held(self._socket):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise WorkerGone(f"{self.name} is of another version and does not end; see {self._log}")

    async def keep(self, *, every: float, within: float) -> None:
        """Start the process again when it has died or hangs.  Until cancelled.

        Its end is noticed at once; whether it hangs, and what it carries, by asking now and then.
        """
        misses = 0
        while True:
            await self.pause(AGAIN_SECONDS if misses else every)
            before = self.health
            if await self.look():
                misses = 0
                self.note_another(before)
                continue
            misses += 1
            if self._runs() and misses < HUNG_AFTER:
                continue
            self._kill()
            self.give_up()
            await self._start_again(within=within)
            misses = 0

    async def release(self) -> None:
        """Let go of a process that goes on."""
        self._forget_end()
        await super().release()

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
        self._forget_end()
        self.alive = False

    async def look(self) -> bool:
        """Whether it answers; from then on its end is noticed."""
        before = self._pid
        if not await super().look():
            return False
        if self._pid != before or self._end is None:
            self._forget_end()
            with suppress(OSError):  # it has just ended, or it lives in another container
                self._end = EndOfProcess(self._pid, self._suspect.set)
        return True

    @property
    def _pid(self) -> int:
        return 0 if self.health is None else self.health.pid

    async def _start_again(self, *, within: float) -> None:
        while True:
            try:
                return await self.ensure(within=within)
            except WorkerGone as error:
                logger.error("%s", error)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _spawn(self) -> None:
        with suppress(FileNotFoundError):
            if self._log.stat().st_size > LOG_BYTES:
                self._log.replace(self._log.with_suffix(".log.1"))
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

    def _runs(self) -> bool:
        if self._end is not None:
            return not self._end.ended
        if self._process is not None and self._process.returncode is None:
            return True
        return is_held(self._socket)

    def _kill(self) -> None:
        """Make sure that the process is not there any more."""
        if self._end is not None:
            self._end.kill()
        elif self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._forget_end()

    def _forget_end(self) -> None:
        if self._end is not None:
            self._end.close()
            self._end = None
