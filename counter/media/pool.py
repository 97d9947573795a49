"""The media processes of one machine, as the counter sees them (`MediaPlane`).

A process that lives already is adopted, with its calls: it was left by a counter that died.  Only
missing ones are started, and one that dies is started again; its calls are gone, so asking for one
raises `WorkerGone` or `NotFound`, and the caller places the call again.

Several counters of one machine may share a directory, and then the processes: whoever comes first
starts them, and the last to stop ends them.  A process's name carries its place, so that a counter
of another machine knows that it cannot reach it: `MediaElsewhere`.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from counter.media.control import LegOffer, LegReport, MediaElsewhere, WorkerGone
from counter.media.member import Member
from counter.media.single_instance import Tenancy, short_directory

logger = logging.getLogger(__name__)

PLACED_REMEMBERED: Final = 10_000

Lives = Callable[[str], Awaitable[bool]]
"Whether some counter serves at this place now."


async def nobody_else(place: str) -> bool:
    """One counter alone: what was elsewhere is no more."""
    return False


class WorkerPool:
    """Starts, adopts, watches and asks the media processes under one directory."""

    def __init__(
        self,
        directory: Path,
        count: int,
        ip: str,
        first_udp_port: int,
        spawn_command: Sequence[str],
        *,
        place: str = "",
        lives: Lives = nobody_else,
        ping_every: float = 5.0,
        start_within: float = 20.0,
    ) -> None:
        """
        directory:      holds the logs and the control sockets; made for this user only.  When its
                        path is too long for a socket, the sockets are in /tmp.
        ip:             IPv4 address that browsers are told.
        first_udp_port: process i takes `first_udp_port + i`; 0 lets each take any free port.
        spawn_command:  what starts a process, without its options, such as
                        `(sys.executable, "-m", "counter", "media")`; `--socket PATH --ip IP
                        --udp-port N` is added.
        place:          name of this directory among all machines of one counter, without a slash;
                        empty: the names of the processes carry none.
        lives:          asked about the place of a process that is not here.
        ping_every, start_within: seconds.
        """
        self._directory = directory
        self._place = place
        self._lives = lives
        self._ping_every = ping_every
        self._start_within = start_within
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        sockets = short_directory(directory, longest_name=f"media-{count}.sock")
        prefix = f"{place}/" if place else ""
        self._members = {
            prefix + name: Member(
                name=prefix + name,
                socket=sockets / f"{name}.sock",
                log=directory / f"{name}.log",
                command=(
                    *spawn_command,
                    *("--socket", str(sockets / f"{name}.sock"), "--ip", ip),
                    *("--udp-port", str(first_udp_port + number if first_udp_port else 0)),
                ),
            )
            for number, name in enumerate(f"media-{number}" for number in range(count))
        }
        self._placed: OrderedDict[str, str] = OrderedDict()
        "Call -> process, so that both legs asking at once get one process."
        self._watching: list[asyncio.Task[None]] = []
        self._tenancy: Tenancy | None = None

    @property
    def alive(self) -> bool:
        """Whether a call can be placed."""
        return any(member.alive for member in self._members.values())

    @property
    def where(self) -> str:
        """The place of these processes."""
        return self._place

    @property
    def calls(self) -> int:
        """How many calls go through these processes."""
        return sum(len(member.calls) for member in self._members.values())

    async def start(self) -> None:
        """Adopt what lives, start what is missing, and keep it so.

        Raises `WorkerGone` when a process cannot be started; its log says why.
        """
        # In a thread: it waits while the last counter that left is ending the processes.
        self._tenancy = await asyncio.to_thread(Tenancy, self._directory)
        try:
            await asyncio.gather(
                *(member.ensure(within=self._start_within) for member in self._members.values())
            )
        except WorkerGone:
            await self.stop()
            raise
        for member in self._members.values():
            for call_id in member.calls:
                self._remember(call_id, member.name)
            self._watching.append(
                asyncio.create_task(member.watch(every=self._ping_every, within=self._start_within))
            )

    async def leave(self) -> None:
        """Let go without ending anything: the next pool adopts the processes and their calls."""
        await self._stop_watching()
        for member in self._members.values():
            await member.release()
        self._end_tenancy()

    async def stop(self) -> None:
        """End every process, started or adopted, with its calls; but leave what others use."""
        await self._stop_watching()
        if self._tenancy is not None and not self._tenancy.is_last():
            await self.leave()
            return
        await asyncio.gather(*(member.stop() for member in self._members.values()))
        self._end_tenancy()

    async def place(self, call_id: str) -> str:
        """The process for a call: the one that has it, or the least loaded one that lives.

        Raises `WorkerGone` when none lives.
        """
        known = self._members.get(self._placed.get(call_id, ""))
        if known is not None and known.alive:
            return known.name
        living = [member for member in self._members.values() if member.alive]
        if not living:
            raise WorkerGone("no media process lives; see the logs beside their sockets")
        chosen = min(living, key=lambda member: len(member.calls))
        self._remember(call_id, chosen.name)
        return chosen.name

    async def join(self, worker: str, call_id: str, leg: str) -> LegOffer:
        member = await self._member(worker)
        offer = await member.asked(member.client.join(call_id, leg))
        self._remember(call_id, worker)
        return offer

    async def answer(self, worker: str, call_id: str, leg: str, leg_id: str, sdp: str) -> None:
        member = await self._member(worker)
        await member.asked(member.client.answer(call_id, leg, leg_id, sdp))

    async def end(self, worker: str, call_id: str) -> None:
        """Hang up.  Harmless when the call or the process is unknown or dead.

        Raises `MediaElsewhere`.
        """
        self._placed.pop(call_id, None)
        try:
            member = await self._member(worker)
        except WorkerGone:
            return
        member.calls.discard(call_id)
        try:
            await member.asked(member.client.end(call_id))
        except WorkerGone:
            logger.info("call %s ended with its media process", call_id)

    async def legs(self, worker: str, call_id: str) -> list[LegReport]:
        """How the legs of a call do.  Raises `NotFound`, `WorkerGone`, `MediaElsewhere`."""
        member = await self._member(worker)
        return await member.asked(member.client.legs(call_id))

    async def _member(self, worker: str) -> Member:
        member = self._members.get(worker)
        if member is not None:
            return member
        place, _, _ = worker.rpartition("/")
        if place not in ("", self._place) and await self._lives(place):
            raise MediaElsewhere(
                f"{worker}: not on this machine; nodes that share a call share media_directory"
            )
        # A name of before, when there were more processes, or of a machine that is no more.
        raise WorkerGone(f"{worker}: there is no such media process")

    async def _stop_watching(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._watching.clear()

    def _end_tenancy(self) -> None:
        if self._tenancy is not None:
            self._tenancy.end()
            self._tenancy = None

    def _remember(self, call_id: str, worker: str) -> None:
        self._members[worker].calls.add(call_id)
        self._placed[call_id] = worker
        self._placed.move_to_end(call_id)
        if len(self._placed) > PLACED_REMEMBERED:
            self._placed.popitem(last=False)
