"""One media process, seen from the counter: what it said of itself, and whether it answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from counter.media.control import Draining, Health, OtherVersion, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.placement import Candidate

logger = logging.getLogger(__name__)

T = TypeVar("T")

MISSES: Final = 3
"Looks without an answer after which a process is given up."
PAUSE_SECONDS: Final = 0.5
"Before the next look at a process that did not answer."
LEGS_OF_A_KEY: Final = 2
"What a key that was placed just now is taken to bring."


class Member:
    """A media process that is asked; of another machine, unless a subclass says otherwise."""

    def __init__(self, name: str, client: ControlClient, on_gone: Callable[[str], None]) -> None:
        """on_gone: called with the name whenever the process is no more, and with it its calls."""
        self.name = name
        self.client = client
        self.alive = False
        self.health: Health | None = None
        "As of the last look."
        self.calls: set[str] = set()
        "What it carries, as of the last look, and what was placed on it since."
        self.promised = 0
        "Legs that have come to it since, or will."
        self.other_version = False
        "It answered in words that we do not know."
        self._on_gone = on_gone
        self._told_to_drain = False
        self._suspect = asyncio.Event()
        "It has ended, or somebody asked it in vain."

    @property
    def candidate(self) -> Candidate:
        """What placement has to know of it."""
        health = self.health
        if health is None:
            return Candidate(name=self.name, alive=False)
        return Candidate(
            name=self.name,
            alive=self.alive,
            draining=health.draining or self._told_to_drain,
            legs=health.legs + self.promised,
            cpu_share=health.cpu_share,
            lag_ms=health.lag_p99_ms,
        )

    async def asked(self, answer: Awaitable[T]) -> T:
        """The answer to a question; when there is none, the watch looks at once.

        A process that drains is as good as gone for who asks for something new: `WorkerGone`.
        """
        try:
            return await answer
        except WorkerGone:
            self._suspect.set()
            raise
        except Draining as draining:
            self._told_to_drain = True
            raise WorkerGone(str(draining)) from draining

    async def drain(self, limit_s: int) -> None:
        """Let it begin nothing new, and end with its last call or at the limit."""
        await self.asked(self.client.drain(limit_s))
        self._told_to_drain = True

    async def watch(self, *, every: float) -> None:
        """Look every so many seconds whether it lives.  Until cancelled."""
        misses = 0
        while True:
            before = self.health
            if await self.look():
                misses = 0
                self.note_another(before)
            else:
                misses += 1
                if misses == MISSES and before is not None:
                    self.give_up()
            await self.pause(PAUSE_SECONDS if 0 < misses < MISSES else every)

    async def look(self) -> bool:
        """Whether it answers."""
        try:
            health = await self.client.health()
            self.calls = set(await self.client.calls())
        except WorkerGone as gone:
            self.other_version = isinstance(gone, OtherVersion)
            return False
        if self.health is not None and self.health.instance != health.instance:
            self._told_to_drain = False
        self.alive, self.health, self.promised = True, health, 0
        return True

    async def release(self) -> None:
        """Let go of a process that goes on."""
        await self.client.close()

    def note_another(self, before: Health | None) -> None:
        """Tell of a process that ended and was started again between two looks."""
        assert self.health is not None
        if before is not None and before.instance != self.health.instance:
            logger.warning("%s was gone; it was started again", self.name)
            self._on_gone(self.name)

    def give_up(self) -> None:
        """Nothing that it carried goes on."""
        drained = self.candidate.draining and not self.calls
        level = logging.INFO if drained else logging.ERROR
        logger.log(level, "%s is gone with %s calls", self.name, len(self.calls))
        self.alive, self.health = False, None
        self._told_to_drain = False
        self.calls.clear()
        self._on_gone(self.name)

    async def pause(self, seconds: float) -> None:
        """Until the next look: as long as that, or until there is a reason to look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._suspect.wait()
        self._suspect.clear()
