"""Media processes: the port that each takes, and calls that go on while other legs are set up."""

import asyncio
import errno
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from pylibsrtp import Policy, Session

from counter.media.arrangement import Arrangement, Party
from counter.media.control_client import ControlClient
from counter.media.pool import WorkerPool
from tests.bench.engine import Wire
from tests.bench.far_end import FarEnd
from tests.media.test_routing import WHOLE, packet

COMMAND = (sys.executable, "-m", "counter", "media")
WORKER = "media-0"
LEGS = 20
PACE_S = 0.005
LATE_MS = 1000.0
"""Generous: the machine has other work.  A process that waited for one far end, or made twenty
handshakes in one go, would be later."""


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="media"))
    yield made
    shutil.rmtree(made)


@asynccontextmanager
async def started(directory: Path, count: int, first_udp_port: int) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(directory, count, "127.0.0.1", first_udp_port, COMMAND)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def free_udp_ports(count: int) -> int:
    """The first of so many free numbers in a row, of those that nobody is given by chance."""
    for first in range(20_000, 30_000, count):
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        try:
            for number, each in enumerate(sockets, first):
                each.bind(("127.0.0.1", number))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return first
    raise AssertionError("no free UDP ports")


async def test_each_process_takes_the_next_port(directory: Path) -> None:
    """Firewalls are opened for these numbers and no others."""
    first = free_udp_ports(2)
    async with started(directory, 2, first) as pool:
        states = pool.states()
        assert {name: state and state.udp_port for name, state in states.items()} == {
            f"media-{number}": first + number for number in range(2)
        }
        for number in range(2):
            with (
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
                pytest.raises(OSError) as taken,
            ):
                other.bind(("127.0.0.1", first + number))
            assert taken.value.errno == errno.EADDRINUSE


class Call:
    """A call: the terminal's end sends a packet now and then, the agent's notes what comes."""

    def __init__(self, terminal: Wire, agent: Wire) -> None:
        self._terminal, self._agent = terminal, agent
        self._tx = _session(terminal, terminal.tx_key, Policy.SSRC_ANY_OUTBOUND)
        self._rx = _session(agent, agent.rx_key, Policy.SSRC_ANY_INBOUND)
        self.sent = 0
        self.arrived: set[bytes] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            plain = packet(
                sequence=self.sent & 0xFFFF,
                ssrc=self._terminal.ssrcs[0],
                payload=WHOLE + self.sent.to_bytes(4),
            )
            self._terminal.socket.sendto(self._tx.protect(plain), self._terminal.peer)
            self.sent += 1
            self.look()
            await asyncio.sleep(PACE_S)

    def is_whole(self) -> bool:
        """Whether every packet has arrived."""
        self.look()
        return len(self.arrived) == self.sent

    def look(self) -> None:
        while True:
            try:
                sealed = self._agent.socket.recv(2048)
            except BlockingIOError:
                return
            if 128 <= sealed[0] < 192 and not 192 <= sealed[1] <= 223:
                self.arrived.add(self._rx.unprotect(sealed)[12:])


def _session(wire: Wire, key: bytes, direction: int) -> Session:
    assert wire.profile is not None
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=wire.profile)
    policy.window_size = 1024
    return Session(policy)


class Halting(FarEnd):
    """Stops between its connectivity checks and its handshake until all may go on."""

    go_on: ClassVar = threading.Event()
    halted: ClassVar[set["Halting"]] = set()

    def _handshake(self, address: tuple[str, int], deadline: float) -> None:
        self.halted.add(self)
        assert self.go_on.wait(timeout=30)
        super()._handshake(address, deadline + 30)


async def joined(pool: WorkerPool, far: FarEnd, owner: str, threads: ThreadPoolExecutor) -> Wire:
    """Give `far` a leg, and wait until its handshakes are done."""
    offer = await pool.open(WORKER, owner)
    await pool.answer(WORKER, owner, offer.leg_id, far.answer(offer.sdp))
    return await asyncio.get_running_loop().run_in_executor(threads, far.connect)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_call_loses_nothing_while_many_legs_are_set_up(directory: Path) -> None:
    two = Arrangement(
        parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
    )
    ends, others = [FarEnd(), FarEnd()], [Halting() for _ in range(LEGS)]
    with ThreadPoolExecutor(LEGS) as threads:
        async with started(directory, 1, 0) as pool:
            wires = [
                await joined(pool, far, owner, threads)
                for far, owner in zip(ends, ("terminal", "agent"), strict=True)
            ]
            await pool.arrange(WORKER, "c-1", two)
            call = Call(*wires)
            flowing = asyncio.create_task(call.run())
            setting_up = asyncio.gather(
                *(joined(pool, far, f"o-{number}", threads) for number, far in enumerate(others))
            )
            await until(lambda: len(Halting.halted) == LEGS)
            amid = len(call.arrived)
            await until(lambda: len(call.arrived) > amid + 100)
            assert not setting_up.done()
            Halting.go_on.set()
            await setting_up
            flowing.cancel()
            await until(call.is_whole)
            client = ControlClient(directory / f"{WORKER}.sock")
            health = await client.health()
            await client.close()
    print(f"{call.sent} packets; the loop was {health.lag_worst_ms} ms late at most")
    assert health.legs == 2 + LEGS
    assert health.lag_worst_ms < LATE_MS
    for far in (*ends, *others):
        far.close()
