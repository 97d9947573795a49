"""Our own media processes under measurement: the only file here that knows their control words."""

import asyncio
import secrets
import sys
from pathlib import Path
from typing import Final

from counter.media.arrangement import Arrangement, Party
from counter.media.control_client import ControlClient
from tests.bench.engine import Wire
from tests.bench.far_end import FarEnd
from tests.bench.peers import Process

KEY_BYTES: Final = 32
"Of a recording."


class Ours:
    """Implements `peers.Peer`; one worker per core that is given."""

    def __init__(
        self,
        directory: Path,
        *,
        cores: tuple[int, ...],
        recorded: bool = False,
        realtime: bool = False,
    ) -> None:
        self._directory = directory
        self._recorded = recorded
        self._cores = cores
        self._realtime = realtime
        self._workers: list[Process] = []
        self._clients: list[ControlClient] = []
        self._ends: dict[int, tuple[FarEnd, ...]] = {}

    @property
    def processes(self) -> list[int]:
        return [worker.number for worker in self._workers]

    async def start(self, calls: int) -> None:
        for core in self._cores:
            path = self._directory / f"w{core}.socket"
            command = [sys.executable, "-m", "counter", "-v", "media", "--socket", str(path)]
            worker = Process(
                command,
                core=core,
                log=self._directory / f"worker-{core}.log",
                realtime=self._realtime,
            )
            self._workers.append(worker)
            await worker.says("media process")
            self._clients.append(ControlClient(path))

    async def call(self, number: int) -> tuple[Wire, Wire]:
        client = self._clients[number % len(self._clients)]
        ends = FarEnd(), FarEnd()
        self._ends[number] = ends
        owners = f"terminal:{number}", f"agent:{number}"
        offers = [await client.open(owner) for owner in owners]
        for owner, offer, end in zip(owners, offers, ends, strict=True):
            await client.answer(owner, offer.leg_id, end.answer(offer.sdp))
        # Both at once: most of a handshake is waiting.
        wires = await asyncio.gather(*(asyncio.to_thread(end.connect) for end in ends))
        parties = (
            Party(owner=owners[0], role="citizen"),
            Party(owner=owners[1], role="agent"),
        )
        await client.arrange(str(number), Arrangement(parties=parties))
        if self._recorded:
            await client.record(
                str(number), f"bench-{number}", "on", secrets.token_bytes(KEY_BYTES)
            )
        return wires[0], wires[1]

    async def end(self, number: int) -> None:
        client = self._clients[number % len(self._clients)]
        await client.end(str(number))
        for owner in (f"terminal:{number}", f"agent:{number}"):
            await client.hang_up(owner)
        for end in self._ends.pop(number):
            end.close()

    async def close(self) -> None:
        for ends in self._ends.values():
            for end in ends:
                end.close()
        for client in self._clients:
            await client.close()
        for worker in self._workers:
            worker.end()
