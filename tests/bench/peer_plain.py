"""Forwarders without handshakes under measurement: the C programs, and coturn's relay."""

import socket
import sys
from pathlib import Path
from typing import Final

from aioice import stun

from tests.bench.engine import Wire
from tests.bench.far_end import PROFILE
from tests.bench.peers import NotStarted, Process
from tests.bench.programs import build, program
from tests.servers import free_port

KEY: Final = bytes(64)
"Both sides of a static key: as in c/forward.c."
RELAY_PORTS: Final = (31_000, 33_000)
CHANNEL: Final = 0x4000


class Forward:
    """Implements `peers.Peer`: one UDP port per leg, no ICE, no DTLS."""

    def __init__(self, directory: Path, *, core: int, crypto: str, realtime: bool = False) -> None:
        """crypto: "none", "debian" (its libsrtp) or "pylibsrtp" (the one that we use)."""
        self._directory = directory
        self._core = core
        self._crypto = crypto
        self._realtime = realtime
        self._first_port = 12_000
        self._process: Process | None = None
        self._sockets: list[socket.socket] = []

    @property
    def processes(self) -> list[int]:
        return [self._process.number] if self._process else []

    async def start(self, calls: int) -> None:
        numbers = [str(self._first_port), str(calls)]
        command = {
            "none": lambda: [str(build("forward")), *numbers],
            "debian": lambda: [str(build("forward-srtp")), *numbers],
            "pylibsrtp": lambda: [sys.executable, "-m", "tests.bench.hosted_forward", *numbers],
        }[self._crypto]()
        self._process = Process(
            command,
            core=self._core,
            log=self._directory / "forward.log",
            realtime=self._realtime,
        )
        await self._process.says("ready")

    async def call(self, number: int) -> tuple[Wire, Wire]:
        return self._leg(2 * number), self._leg(2 * number + 1)

    def _leg(self, leg: int) -> Wire:
        made = _socket()
        self._sockets.append(made)
        return _wire(made, ("127.0.0.1", self._first_port + leg), leg, self._crypto != "none")

    async def end(self, number: int) -> None:
        """Its legs have no end."""

    async def close(self) -> None:
        for made in self._sockets:
            made.close()
        if self._process is not None:
            self._process.end()


class Direct:
    """Implements `peers.Peer` with no server: the far ends send to each other.

    What is measured then is the loopback, and what the load engine needs to encrypt.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    @property
    def processes(self) -> list[int]:
        return []

    async def start(self, calls: int) -> None:
        """There is nothing to start."""

    async def call(self, number: int) -> tuple[Wire, Wire]:
        near, far = _socket(), _socket()
        self._sockets += [near, far]
        return (
            _wire(near, far.getsockname(), 2 * number, True),
            _wire(far, near.getsockname(), 2 * number + 1, True),
        )

    async def end(self, number: int) -> None:
        """Its legs have no end."""

    async def close(self) -> None:
        for made in self._sockets:
            made.close()


class Coturn:
    """Implements `peers.Peer`: one side of a call through a relay allocation, the other plain."""

    def __init__(self, directory: Path, *, core: int, realtime: bool = False) -> None:
        self._directory = directory
        self._core = core
        self._realtime = realtime
        self._process: Process | None = None
        self._address = ("127.0.0.1", 0)
        self._sockets: list[socket.socket] = []

    @property
    def processes(self) -> list[int]:
        return [self._process.number] if self._process else []

    async def start(self, calls: int) -> None:
        self._address = ("127.0.0.1", free_port())
        first, last = RELAY_PORTS
        self._process = Process(
            [
                *(program("turnserver"), "-n", "--no-auth", "--no-tls", "--no-dtls", "--no-cli"),
                *("-L", "127.0.0.1", "-E", "127.0.0.1", "-p", str(self._address[1])),
                *("--allow-loopback-peers", "--relay-threads", "1"),
                *("--min-port", str(first), "--max-port", str(last)),
                *("-l", "stdout", "--simple-log"),
            ],
            core=self._core,
            log=self._directory / "coturn.log",
            realtime=self._realtime,
        )
        await self._process.listens(self._address[1])

    async def call(self, number: int) -> tuple[Wire, Wire]:
        near, far = _socket(), _socket()
        self._sockets += [near, far]
        allocated = self._ask(near, stun.Method.ALLOCATE, {"REQUESTED-TRANSPORT": 17 << 24})
        relayed: tuple[str, int] = allocated["XOR-RELAYED-ADDRESS"]
        self._ask(
            near,
            stun.Method.CHANNEL_BIND,
            {"CHANNEL-NUMBER": CHANNEL, "XOR-PEER-ADDRESS": far.getsockname()},
        )
        return (
            _wire(near, self._address, 2 * number, False, channel_data=True),
            _wire(far, relayed, 2 * number + 1, False),
        )

    def _ask(
        self, near: socket.socket, method: stun.Method, attributes: dict[str, object]
    ) -> dict[str, tuple[str, int]]:
        message = stun.Message(method, stun.Class.REQUEST, attributes=attributes)
        near.settimeout(3)
        near.sendto(bytes(message), self._address)
        answer = stun.parse_message(near.recv(2048))
        near.setblocking(False)
        if answer.message_class != stun.Class.RESPONSE:
            raise NotStarted(f"coturn refused {method.name}: {answer.error_code}")
        return answer.attributes

    async def end(self, number: int) -> None:
        """Allocations end by themselves."""

    async def close(self) -> None:
        for made in self._sockets:
            made.close()
        if self._process is not None:
            self._process.end()


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


def _wire(
    made: socket.socket,
    peer: tuple[str, int],
    leg: int,
    encrypted: bool,
    *,
    channel_data: bool = False,
) -> Wire:
    return Wire(
        socket=made,
        peer=peer,
        profile=PROFILE if encrypted else None,
        tx_key=KEY,
        rx_key=KEY,
        ssrcs=(1000 + leg, 5000 + leg),
        mid_extension=1,
        wide_extension=4,
        channel_data=channel_data,
    )
