"""The media processes that a counter uses: those of its machine, and those of media nodes.

A process that lives already is adopted, with its calls: it was left by a counter that died.  Only
missing ones are started, and one that dies is started again; its calls are gone, so asking for one
raises `WorkerGone` or `NotFound`, and the caller places the call again.

Media nodes are only asked: they are started and ended where they are.

Several counters of one machine may share a directory, and then the processes: whoever comes first
starts them, and the last to stop ends them.  A process's name carries its place, so that a counter
of another machine knows that it cannot reach it: `MediaElsewhere`.  Media nodes every counter
reaches that lists them.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from counter.errors import NotFound
from counter.media.arrangement import Arrangement
from counter.media.control import (
    Health,
    LegOffer,
    LegReport,
    MediaElsewhere,
    RecordReport,
    WorkerGone,
)
from counter.media.control_client import ControlClient
from counter.media.member import LEGS_OF_A_KEY, Member
from counter.media.member_process import LocalMember
from counter.media.placement import choose
from counter.media.series import Counted
from counter.media.single_instance import Tenancy, short_directory
from counter.media.still import Still
from counter.media.taping import State

logger = logging.getLogger(__name__)

PLACED_REMEMBERED: Final = 10_000

OnGone = Callable[[str], Awaitable[None]]
"Told the name of a process that is no more, and all its legs and calls with it."
Lives = Callable[[str], Awaitable[bool]]
"Whether some counter serves at this place now."


async def nobody_else(place: str) -> bool:
    """One counter alone: what was elsewhere is no more."""
    return False


async def _nobody_is_told(worker: str) -> None:
    pass


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
        nodes: Mapping[str, ControlClient] | None = None,
        ping_every: float = 5.0,
        ask_nodes_every: float = 1.0,
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
        nodes:          processes of media nodes by their names, which are the same for all who
                        list them; they are closed with the pool.
        ping_every, ask_nodes_every, start_within: seconds.
        """
        self._directory = directory
        self._place = place
        self._lives = lives
        self._ping_every = ping_every
        self._ask_nodes_every = ask_nodes_every
        self._start_within = start_within
        self.on_gone: OnGone = _nobody_is_told
        """Called as soon as a process has died or was given up; `place` names another one then,
        or refuses until one lives again.  To be set before `start`."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        sockets = short_directory(directory, longest_name=f"media-{count}.sock")
        prefix = f"{place}/" if place else ""
        self._local = {
            prefix + name: LocalMember(
                name=prefix + name,
                socket=sockets / f"{name}.sock",
                log=directory / f"{name}.log",
                command=(
                    *spawn_command,
                    *("--socket", str(sockets / f"{name}.sock"), "--ip", ip),
                    *("--udp-port", str(first_udp_port + number if first_udp_port else 0)),
                ),
                on_gone=self._gone,
            )
            for number, name in enumerate(f"media-{number}" for number in range(count))
        }
        self._remote = {
            name: Member(name, client, self._gone) for name, client in (nodes or {}).items()
        }
        self._members: dict[str, Member] = {**self._local, **self._remote}
        self._placed: OrderedDict[str, str] = OrderedDict()
        "Key -> process, so that those who belong together get one process."
        self._watching: list[asyncio.Task[None]] = []
        self._telling: set[asyncio.Task[None]] = set()
        self._tenancy: Tenancy | None = None

    @property
    def alive(self) -> bool:
        """Whether a call can be placed."""
        return any(member.candidate.usable for member in self._members.values())

    @property
    def where(self) -> str:
        """The place of these processes."""
        return self._place

    @property
    def calls(self) -> int:
        """How many calls go through the processes of this machine."""
        return sum(len(member.calls) for member in self._local.values())

    def states(self) -> dict[str, Health | None]:
        """How each process does, as of the last look; None for one that does not answer."""
        return {
            name: member.health if member.alive else None for name, member in self._members.items()
        }

    async def start(self) -> None:
        """Adopt what lives, start what is missing, and keep it so.

        Raises `WorkerGone` when a process cannot be started; its log says why.  Media nodes may
        come later.
        """
        # In a thread: it waits while the last counter that left is ending the processes.
        self._tenancy = await asyncio.to_thread(Tenancy, self._directory)
        try:
            await asyncio.gather(
                *(
                    member.ensure(within=self._start_within, replaces=True)
                    for member in self._local.values()
                ),
                *(member.look() for member in self._remote.values()),
            )
        except WorkerGone:
            await self.stop()
            raise
        watches = [
            *(
                member.keep(every=self._ping_every, within=self._start_within)
                for member in self._local.values()
            ),
            *(member.watch(every=self._ask_nodes_every) for member in self._remote.values()),
        ]
        self._watching += [asyncio.create_task(watch) for watch in watches]

    async def leave(self) -> None:
        """Let go without ending anything: the next pool adopts the processes and their calls."""
        await self._stop_watching()
        for member in self._members.values():
            await member.release()
        self._end_tenancy()

    async def stop(self) -> None:
        """End every process of this machine, started or adopted, with its calls; but leave what
        others use."""
        await self._stop_watching()
        if self._tenancy is not None and not self._tenancy.is_last():
            await self.leave()
            return
        await asyncio.gather(
            *(member.stop() for member in self._local.values()),
            *(member.release() for member in self._remote.values()),
        )
        self._end_tenancy()

    async def place(self, key: str) -> str:
        """The process for everything of this key, such as one department: the same as before
        as long as that can take it, else the least loaded one (`counter.media.placement`).

        Raises `WorkerGone` when none lives.
        """
        before = self._placed.get(key)
        chosen = choose([member.candidate for member in self._members.values()], before)
        if chosen is None:
            raise WorkerGone("no media process lives; see the logs beside their sockets")
        if chosen != before:
            self._members[chosen].promised += LEGS_OF_A_KEY
        self._remember(key, chosen)
        return chosen

    async def drain(self, worker: str, limit_s: int) -> None:
        """Let a process begin nothing new and end with its last call, or at the limit.

        One of this machine is started again then; its name may be given without the place.
        Raises `NotFound`, `WorkerGone`.
        """
        member = self._members.get(worker) or self._local.get(f"{self._place}/{worker}")
        if member is None:
            raise NotFound(f"{worker}: not one of {', '.join(self._members)}")
        await member.drain(limit_s)

    async def open(self, worker: str, owner: str) -> LegOffer:
        """A new leg for this owner there, in place of an older one."""
        member = await self._member(worker)
        offer = await member.asked(member.client.open(owner))
        member.promised += 1
        return offer

    async def answer(self, worker: str, owner: str, leg_id: str, sdp: str) -> None:
        member = await self._member(worker)
        await member.asked(member.client.answer(owner, leg_id, sdp))

    async def restart(self, worker: str, owner: str, leg_id: str) -> LegOffer:
        """An offer to find a new path for this leg."""
        member = await self._member(worker)
        return await member.asked(member.client.restart(owner, leg_id))

    async def hang_up(self, worker: str, owner: str) -> None:
        """Close the owner's leg.  Harmless when there is none, or the process is dead."""
        try:
            member = await self._member(worker)
            await member.asked(member.client.hang_up(owner))
        except WorkerGone:
            logger.info("a leg ended with its media process")

    async def arrange(self, worker: str, call_id: str, arrangement: Arrangement) -> None:
        """Let the call be so from now on.  To be repeated whenever it changes."""
        member = await self._member(worker)
        await member.asked(member.client.arrange(call_id, arrangement))
        member.calls.add(call_id)

    async def end(self, worker: str, call_id: str) -> None:
        """Link nobody any more.  Harmless when the call or the process is unknown or dead.

        Raises `MediaElsewhere`.
        """
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

    async def stock(self, worker: str) -> tuple[list[str], list[str]]:
        """Owners of the legs that this process has, and its calls.

        Raises `WorkerGone`, `MediaElsewhere`.
        """
        member = await self._member(worker)
        counts = await member.asked(member.client.counts())
        return [leg.owner for leg in counts], await member.asked(member.client.calls())

    async def counted(self) -> dict[str, Counted]:
        """What was counted of every leg here, by owner; who does not answer is left out."""
        living = [member for member in self._members.values() if member.alive]
        answers = await asyncio.gather(
            *(member.asked(member.client.counts()) for member in living), return_exceptions=True
        )
        return {
            counts.owner: counts.counted()
            for answer in answers
            if not isinstance(answer, BaseException)
            for counts in answer
        }

    async def record(
        self, worker: str, call_id: str, recording_id: str, state: State, key: bytes
    ) -> RecordReport:
        """Tape a call, or leave a gap; to be repeated as long as the recording lasts.

        Raises `NotFound` while the call is unknown there, `WorkerGone`, `MediaElsewhere`.
        """
        member = await self._member(worker)
        return await member.asked(member.client.record(call_id, recording_id, state, key))

    async def untape(self, recording_id: str) -> list[RecordReport]:
        """Nobody here tapes it any more, and its dumps are whole; the reports of who did."""
        reports = []
        for member in self._members.values():
            try:
                reports.append(await member.asked(member.client.untape(recording_id)))
            except WorkerGone:
                logger.info("%s tapes nothing any more", member.name)
        return reports

    async def still(self, worker: str, owner: str) -> Still:
        """A whole picture of what this leg shows now.

        Raises `NotFound`, `NotAllowedNow`, `Busy`, `WorkerGone`, `MediaElsewhere`.
        """
        member = await self._member(worker)
        return await member.asked(member.client.still(owner))

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

    def _gone(self, worker: str) -> None:
        task = asyncio.create_task(self._tell_gone(worker))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_gone(self, worker: str) -> None:
        try:
            await self.on_gone(worker)
        except Exception:
            logger.exception("after the end of %s", worker)

    async def _stop_watching(self) -> None:
        tasks = [*self._watching, *self._telling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._watching.clear()

    def _end_tenancy(self) -> None:
        if self._tenancy is not None:
            self._tenancy.end()
            self._tenancy = None

    def _remember(self, key: str, worker: str) -> None:
        self._placed[key] = worker
        self._placed.move_to_end(key)
        if len(self._placed) > PLACED_REMEMBERED:
            self._placed.popitem(last=False)
