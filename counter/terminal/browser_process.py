"""Chromium as a terminal's face: a fresh profile for each citizen, started again when it dies.

The profile lies in a directory of this program's own, best on a tmpfs.  The page is let in by a
ticket that the counter gives this program and that is good for a minute, once; it travels in the
fragment, which is neither sent nor logged.
"""

import asyncio
import logging
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

ARGUMENTS: Final = (
    "--kiosk",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-pinch",
    "--hide-crash-restore-bubble",
    "--overscroll-history-navigation=0",
    "--password-store=basic",
    "--disable-component-update",
    "--disable-background-networking",
    "--disk-cache-size=52428800",
)
PAUSE_S: Final = 1.0
"Before it is started again, so that one that cannot live does not spin."
ENDS_S: Final = 5.0


SWEEPS: Final = 50
"Ten seconds: on a busy machine what was killed takes a while to be gone."


class ChromiumProcess:
    """See `counter.terminal.program_service.Browser`."""

    def __init__(
        self,
        program: str,
        address: Callable[[], Awaitable[str]],
        profiles: Path,
        *,
        more: tuple[str, ...] = (),
        pause_s: float = PAUSE_S,
    ) -> None:
        """address: the page to open, with a fresh ticket; asked at each start.  profiles: a
        directory of its own, which is emptied.  more: arguments besides the kiosk's."""
        self._program = program
        self._address = address
        self._profiles = profiles
        self._more = more
        self._pause_s = pause_s
        self._child: asyncio.subprocess.Process | None = None
        self._started_at = 0.0
        self._number = 0
        self._turn = asyncio.Lock()
        self.starts = 0
        "How often it was started."

    @property
    def age(self) -> timedelta:
        """Since it was started last."""
        return timedelta(seconds=asyncio.get_running_loop().time() - self._started_at)

    @property
    def profile(self) -> Path:
        """Where the browser that runs keeps what it keeps."""
        return self._profiles / f"profile-{self._number}"

    async def run_for_ever(self) -> None:
        """Start it, and again whenever it has ended, until cancelled; nothing is left then."""
        try:
            while True:
                async with self._turn:
                    if self._child is None or self._child.returncode is not None:
                        await self._start()
                child = self._child
                if child is not None:
                    await child.wait()
                await asyncio.sleep(self._pause_s)
        finally:
            await self._end()
            await self._sweep()

    async def renew(self) -> None:
        """End it, delete everything that it kept, and start it afresh."""
        async with self._turn:
            await self._end()
            await self._start()

    async def _start(self) -> None:
        await self._sweep()
        self._number += 1
        try:
            address = await self._address()
        except Exception as failed:
            log.warning("the browser waits for the counter: %s", type(failed).__name__)
            return
        self.profile.mkdir(parents=True, mode=0o700)
        self._child = await asyncio.create_subprocess_exec(
            self._program,
            *ARGUMENTS,
            *self._more,
            f"--user-data-dir={self.profile}",
            address,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        self._started_at = asyncio.get_running_loop().time()
        self.starts += 1

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None or child.returncode is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDS_S):
                    await child.wait()
                    break
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # what it started and left

    async def _sweep(self) -> None:
        """Delete every profile, also of earlier lives of this program."""
        for path in self._profiles.glob("profile-*"):
            for _ in range(SWEEPS):  # processes that are just ending may write once more
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
                if not path.exists():
                    break
                await asyncio.sleep(0.2)
