"""A path between browsers and a media process that loses some of what is sent on it.

The kernel here cannot lose packets on purpose, so the offer names this path's port instead of the
process's.  Only media is lost: handshakes and checks pass, so that a test knows what it measures.
"""

import asyncio
import random
import re
import socket
from functools import partial

Address = tuple[str, int]


class LossyPath:
    """One UDP port on the loopback in front of a media process's."""

    def __init__(self, *, up: float = 0.0, down: float = 0.0) -> None:
        """up, down: share of the media packets that is lost to the process, and from it."""
        self.up, self.down = up, down
        self.up_kbps: float | None = None
        "What the way to the process carries of media; what is more is lost.  None: everything."
        self.lost = 0
        self._room = 0.0
        self._filled_at = 0.0
        self._chance = random.Random(3550)
        self._process: Address | None = None
        self._front = _socket()
        self._ways: dict[Address, socket.socket] = {}
        "By browser: a socket of its own, so that the process tells browsers apart."

    async def __aenter__(self) -> "LossyPath":
        asyncio.get_running_loop().add_reader(self._front, self._from_browsers)
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in (self._front, *self._ways.values()):
            asyncio.get_running_loop().remove_reader(one)
            one.close()

    def led_here(self, offer: str) -> str:
        """The same offer, but browsers come by this path."""
        found = re.search(r"a=candidate:\S+ 1 udp \d+ (127\.0\.0\.1) (\d+) ", offer)
        assert found is not None, "the offer names a port on the loopback"
        self._process = (found[1], int(found[2]))
        port = self._front.getsockname()[1]
        return offer[: found.start(2)] + str(port) + offer[found.end(2) :]

    def _from_browsers(self) -> None:
        for data, browser in _received(self._front):
            way = self._ways.get(browser)
            if way is None:
                way = self._ways[browser] = _socket()
                back = partial(self._from_process, way, browser)
                asyncio.get_running_loop().add_reader(way, back)
            if self._process is None or self._loses(data, self.up) or self._overflows(data):
                continue
            way.sendto(data, self._process)

    def _from_process(self, way: socket.socket, browser: Address) -> None:
        for data, _ in _received(way):
            if not self._loses(data, self.down):
                self._front.sendto(data, browser)

    def _loses(self, data: bytes, share: float) -> bool:
        lost = _is_media(data) and self._chance.random() < share
        self.lost += lost
        return lost

    def _overflows(self, data: bytes) -> bool:
        if self.up_kbps is None or not _is_media(data):
            return False
        now = asyncio.get_running_loop().time()
        per_second = self.up_kbps * 125
        self._room = min(per_second / 5, self._room + (now - self._filled_at) * per_second)
        self._filled_at = now
        lost = len(data) > self._room
        self._room -= 0 if lost else len(data)
        self.lost += lost
        return lost


def _is_media(data: bytes) -> bool:
    return len(data) > 12 and 128 <= data[0] < 192 and not 192 <= data[1] <= 223


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind(("127.0.0.1", 0))
    return made


def _received(one: socket.socket) -> list[tuple[bytes, Address]]:
    """What is waiting, up to a hundred datagrams."""
    found = []
    for _ in range(100):
        try:
            found.append(one.recvfrom(2048))
        except (BlockingIOError, ConnectionRefusedError):
            break
    return found
