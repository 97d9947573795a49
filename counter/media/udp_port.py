"""The one UDP port of a media process: every leg's packets come in and go out here.

Each datagram is told apart by its first octet (RFC 7983).  STUN finds its leg by the user name that
we gave out; everything else counts only from an address that passed an authenticated check of that
leg, because a single forged DTLS record would end its handshake.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

from counter.media.aiortc_private import stun_username
from counter.media.batch import Target, address_key, readable_address
from counter.media.forwarder import Forwarder
from counter.media.ports import Address
from counter.media.routing import Hop

logger = logging.getLogger(__name__)

SOCKET_BUFFER_BYTES: Final = 8 << 20
BATCHES_PER_TURN: Final = 8
"So that a flood cannot keep the event loop from its other work."
ADDRESSES_PER_LEG: Final = 16
"A browser checks from a few addresses; the oldest is forgotten."
STRANGERS_PER_SECOND: Final = 500
"STUN requests from addresses that are not bound yet; more are dropped unread."


class Door:
    """One leg's share of the port."""

    def __init__(
        self,
        port: "UdpPort",
        ufrag: str,
        on_stun: Callable[[bytes, Address], None],
        on_dtls: Callable[[bytes], None],
    ) -> None:
        self.ufrag = ufrag
        self.on_stun = on_stun
        self.on_dtls = on_dtls
        self.keys: list[int] = []
        "Addresses that passed an authenticated check, oldest first."
        self.hop: Hop | None = None
        self._port = port
        self._target = Target()
        "Kept alive here; the hop points to it."
        self._aimed = False

    def admit(self, address: Address) -> None:
        """Accept everything from `address`: it has passed an authenticated check."""
        self._port.admit(self, address)

    def aim(self, address: Address) -> None:
        """Send media to `address` from now on."""
        self._target.point_to(*address)
        self._aimed = True
        if self.hop is not None:
            self.hop.address = self._target.pointer

    def open(self, hop: Hop) -> None:
        """The leg has its keys: let its media through."""
        self.hop = hop
        if self._aimed:
            hop.address = self._target.pointer
        self._port.opened(self)

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram that ICE or DTLS made."""
        self._port.send(data, address)

    def close(self) -> None:
        """Forget the leg; nothing of it comes in or goes out any more."""
        if self.hop is not None:
            self.hop.address, self.hop.rx, self.hop.tx = 0, None, None
        self._port.forget(self)


class UdpPort:
    """The shared socket and the packet loop.  Belongs to the event loop it was made in."""

    def __init__(self, *, ip: str, udp_port: int, clock: Callable[[], float]) -> None:
        """Bind.  udp_port: 0 takes any free one.  clock: monotonic seconds.  Raises `OSError`."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
        try:
            self._socket.bind((ip, udp_port))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self.number: int = self._socket.getsockname()[1]
        self._clock = clock
        self.forwarder = Forwarder(self._socket.fileno(), self._other)
        self._by_ufrag: dict[str, Door] = {}
        self._by_address: dict[int, Door] = {}
        self.strangers_left = float(STRANGERS_PER_SECOND)
        "Checks from addresses not bound yet that may be read now."
        self._strangers_at = clock()
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._on_readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    # -- who may send -------------------------------------------------------------------------

    def door(
        self,
        ufrag: str,
        on_stun: Callable[[bytes, Address], None],
        on_dtls: Callable[[bytes], None],
    ) -> Door:
        """A door for the leg whose ICE user name fragment is `ufrag`."""
        door = self._by_ufrag[ufrag] = Door(self, ufrag, on_stun, on_dtls)
        return door

    def door_of(self, ufrag: str) -> Door | None:
        return self._by_ufrag.get(ufrag)

    def counts(self) -> tuple[int, int, int]:
        """How many legs, bound addresses and open addresses there are."""
        return len(self._by_ufrag), len(self._by_address), len(self.forwarder.open)

    def admit(self, door: Door, address: Address) -> None:
        key = address_key(*address)
        before = self._by_address.get(key)
        if before is door or self._by_ufrag.get(door.ufrag) is not door:
            return
        if before is not None:
            before.keys.remove(key)
        if len(door.keys) == ADDRESSES_PER_LEG:
            oldest = door.keys.pop(0)
            del self._by_address[oldest]
            self.forwarder.open.pop(oldest, None)
        door.keys.append(key)
        self._by_address[key] = door
        if door.hop is not None:
            self.forwarder.open[key] = door.hop
        else:
            self.forwarder.open.pop(key, None)

    def opened(self, door: Door) -> None:
        assert door.hop is not None
        for key in door.keys:
            self.forwarder.open[key] = door.hop

    def forget(self, door: Door) -> None:
        if self._by_ufrag.get(door.ufrag) is door:
            del self._by_ufrag[door.ufrag]
        for key in door.keys:
            self._by_address.pop(key, None)
            self.forwarder.open.pop(key, None)
        door.keys.clear()

    # -- sending and receiving ------------------------------------------------------------------

    def send(self, data: bytes, address: Address) -> None:
        try:
            self._socket.sendto(data, address)
        except OSError as error:  # like a datagram lost on the way: ICE and DTLS repeat theirs
            logger.debug("datagram not sent: %s", error.strerror)

    def _on_readable(self) -> None:
        now = self._clock()
        for _ in range(BATCHES_PER_TURN):
            if not self.forwarder.turn(now):
                return

    def _other(self, data: bytes, key: int, hop: Hop | None) -> None:
        """Everything that is not RTP of an open leg."""
        first = data[0]
        if first < 4:
            self._stun(data, key)
        elif 20 <= first < 64:
            door = self._by_address.get(key)
            if door is not None:
                door.on_dtls(data)
        elif hop is not None and 128 <= first < 192:
            self.forwarder.rtcp(data, hop)

    def _stun(self, data: bytes, key: int) -> None:
        door = self._by_address.get(key)
        if data[0] == 0 and data[1] == 1:  # a request: whom it is for decides, not where from
            if door is None and not self._stranger_allowed():
                return
            door = self._by_ufrag.get(stun_username(data).partition(":")[0])
        if door is not None:
            door.on_stun(data, readable_address(key))

    def _stranger_allowed(self) -> bool:
        now = self._clock()
        gained = (now - self._strangers_at) * STRANGERS_PER_SECOND
        self.strangers_left = min(float(STRANGERS_PER_SECOND), self.strangers_left + gained)
        self._strangers_at = now
        if self.strangers_left < 1:
            return False
        self.strangers_left -= 1
        return True
