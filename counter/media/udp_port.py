"""The one UDP port of a media process: every leg's packets come in and go out here.

Each datagram is told apart by its first octet (RFC 7983).  STUN finds its leg by the user name that
we gave out; everything else counts only from an address that passed an authenticated check of that
leg, because a single forged DTLS record would end its handshake.

A check that names no leg of ours is dropped after a look.  One that does has to be authenticated,
which costs; so each source may fail only so often, and all of them together.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Collection
from typing import Final

from counter.media.batch import Target, address_key, readable_address, source_of
from counter.media.forwarder import Forwarder
from counter.media.ports import Address
from counter.media.routing import Hop
from counter.media.source_rate import SourceRate
from counter.media.stun import BINDING_REQUEST, leg_named

logger = logging.getLogger(__name__)

SOCKET_BUFFER_BYTES: Final = 8 << 20
NUMBERS_TRIED: Final = 20
BATCHES_PER_TURN: Final = 8
"So that a flood cannot keep the event loop from its other work."
ADDRESSES_PER_LEG: Final = 16
"A browser checks from a few addresses; the oldest is forgotten."
HELD_SECONDS: Final = 10.0
"""So long after its last check a leg keeps an address that it is proven to be at.  Firefox checks
every 4 to 6 s; a router gives an outer port to another after minutes (RFC 4787, section 4.3)."""
CHECKS_PER_SECOND: Final = 50
"Of one bound address, or of all others of one IPv4 address (or IPv6 /64) that turn out false."
CHECKS_AT_ONCE: Final = 100
REPORTS_PER_SECOND: Final = 300
"RTCP of one address; a browser sends some thirty, and more when packets are lost."
STRANGERS_PER_SECOND: Final = 500
"False checks of all sources together; forged sources are many."
SOURCES: Final = 8192
"How many sources are remembered."


class Door:
    """One leg's share of the port."""

    def __init__(
        self,
        port: "UdpPort",
        ufrag: str,
        on_stun: Callable[[bytes, Address], None],
        on_dtls: Callable[[bytes], None],
    ) -> None:
        self.names = {ufrag}
        "ICE user name fragments by which checks find the leg; empty once it is closed."
        self.on_stun = on_stun
        self.on_dtls = on_dtls
        self.keys: dict[int, float] = {}
        "Addresses that passed an authenticated check, oldest first, and when they did last."
        self.hop: Hop | None = None
        self._port = port
        self._target = Target()
        "Kept alive here; the hop points to it."
        self.proven: set[int] = set()
        "Those of them from which a check of ours was answered."
        self._aimed = 0
        "Key of the address that media is sent to; 0: not known yet."
        self._ip6 = False

    def also(self, ufrag: str) -> None:
        """Let checks that name `ufrag` find this leg too."""
        self._port.name(self, ufrag)

    def drop(self, ufrag: str) -> None:
        """Let checks that name `ufrag` no longer find this leg."""
        self._port.unname(self, ufrag)

    def admit(self, address: Address) -> bool:
        """Accept everything from `address`: it has passed an authenticated check.

        False when another leg is there.
        """
        return self._port.admit(self, address)

    def aim(self, address: Address) -> None:
        """Send media to `address` from now on."""
        before = self._aimed
        self._target.point_to(*address)
        self._aimed, self._ip6 = address_key(*address), is_ip6(address)
        if self.hop is not None:
            self.hop.address, self.hop.ip6 = self._target.pointer, self._ip6
            self.hop.heard_from = 0
            if self._aimed != before:
                self._port.moved(self.hop)

    def follow(self) -> None:
        """Send media to where it comes from.

        A page that has lost its line sends by another one at once, but names it to us only after
        checks that take seconds.  What it sends is authentic; that it is there, and no third party
        whose address it wrote on its packets, our own check has proved.
        """
        if self.hop is None or self.hop.heard_from in (0, self._aimed):
            return
        if self.hop.heard_from in self.proven:
            self.aim(readable_address(self.hop.heard_from))

    def prove(self, address: Address) -> None:
        """A check of ours was answered from `address`: who is there wants to hear from us."""
        if address_key(*address) in self.keys:
            self.proven.add(address_key(*address))

    def open(self, hop: Hop) -> None:
        """The leg has its keys: let its media through."""
        self.hop = hop
        if self._aimed:
            hop.address, hop.ip6 = self._target.pointer, self._ip6
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
    """The shared sockets and the packet loop.  Belongs to the event loop it was made in.

    With IPv6 there are two sockets on the same port number.  One for both families would have to
    listen on all addresses of the machine, and would make each IPv4 packet dearer.
    """

    def __init__(
        self,
        *,
        ip: str,
        ip6: str | None = None,
        udp_port: int,
        only_from: Collection[str] = (),
        clock: Callable[[], float],
    ) -> None:
        """Bind.

        ip, ip6: of this machine; no IPv6 without the latter.  udp_port: 0 takes any free one.
        only_from: addresses of relays, from which all has to come; empty: from anywhere.
        clock: monotonic seconds.  Raises `OSError`.
        """
        self._sockets = _bind(ip, ip6, udp_port)
        self.ip6 = ip6
        self._only_from = frozenset(only_from)
        self.number: int = self._sockets[0].getsockname()[1]
        self._clock = clock
        self.forwarder = Forwarder(
            self._sockets[0].fileno(),
            self._other,
            self._sockets[1].fileno() if ip6 is not None else None,
        )
        self._by_ufrag: dict[str, Door] = {}
        self._by_address: dict[int, Door] = {}
        self._bound_rate, self._stranger_rate = (
            SourceRate(per_second=CHECKS_PER_SECOND, burst=CHECKS_AT_ONCE, sources=SOURCES)
            for _ in range(2)
        )
        self._report_rate = SourceRate(
            per_second=REPORTS_PER_SECOND, burst=REPORTS_PER_SECOND, sources=SOURCES
        )
        self._all_strangers_rate = SourceRate(
            per_second=STRANGERS_PER_SECOND, burst=STRANGERS_PER_SECOND, sources=1
        )
        for ip6_too, each in enumerate(self._sockets):
            asyncio.get_running_loop().add_reader(each, self._on_readable, bool(ip6_too))

    def close(self) -> None:
        for each in self._sockets:
            asyncio.get_running_loop().remove_reader(each)
            each.close()

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

    def name(self, door: Door, ufrag: str) -> None:
        if door.names:
            door.names.add(ufrag)
            self._by_ufrag[ufrag] = door

    def unname(self, door: Door, ufrag: str) -> None:
        if ufrag in door.names:
            door.names.remove(ufrag)
            del self._by_ufrag[ufrag]

    def door_of(self, ufrag: str) -> Door | None:
        return self._by_ufrag.get(ufrag)

    def counts(self) -> tuple[int, int, int]:
        """How many names of legs, bound addresses and open addresses there are."""
        return len(self._by_ufrag), len(self._by_address), len(self.forwarder.open)

    def admit(self, door: Door, address: Address) -> bool:
        key, now = address_key(*address), self._clock()
        before = self._by_address.get(key)
        if not door.names:
            return False
        if before is door:
            door.keys[key] = now
            return True
        if before is not None:
            if key in before.proven and now - before.keys[key] < HELD_SECONDS:
                return False
            del before.keys[key]
            before.proven.discard(key)
        if len(door.keys) == ADDRESSES_PER_LEG:
            oldest = next(iter(door.keys))
            del door.keys[oldest]
            door.proven.discard(oldest)
            del self._by_address[oldest]
            self.forwarder.open.pop(oldest, None)
        door.keys[key] = now
        self._by_address[key] = door
        if door.hop is not None:
            self.forwarder.open[key] = door.hop
        else:
            self.forwarder.open.pop(key, None)
        return True

    def opened(self, door: Door) -> None:
        assert door.hop is not None
        for key in door.keys:
            self.forwarder.open[key] = door.hop

    def moved(self, hop: Hop) -> None:
        """Ask for whole pictures: what was sent to the old address is lost, and a browser waits
        three seconds for what would complete its pictures before it asks for that itself."""
        for route in hop.fed_by.values():
            if route.output.kind == "video":
                self.forwarder.rtcp.ask_key_frame(route.inbound.hop, self._clock())

    def forget(self, door: Door) -> None:
        for ufrag in door.names:
            del self._by_ufrag[ufrag]
        door.names.clear()
        for key in door.keys:
            self._by_address.pop(key, None)
            self.forwarder.open.pop(key, None)
        door.keys.clear()
        door.proven.clear()

    # -- sending and receiving ------------------------------------------------------------------

    def send(self, data: bytes, address: Address) -> None:
        try:
            self._sockets[is_ip6(address)].sendto(data, address)
        except OSError as error:  # like a datagram lost on the way: ICE and DTLS repeat theirs
            logger.debug("datagram not sent: %s", error.strerror)

    def tick(self) -> None:
        """Ask again for what has not come, and follow who has moved.  Fifty times a second."""
        self.forwarder.rtcp.tick(self._clock())
        for door in self._by_ufrag.values():
            door.follow()

    def _on_readable(self, ip6: bool) -> None:
        now = self._clock()
        for _ in range(BATCHES_PER_TURN):
            if not self.forwarder.turn(now, ip6=ip6):
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
            now = self._clock()
            if self._report_rate.take(key, now):
                self.forwarder.rtcp.came(data, hop, now)

    def _stun(self, data: bytes, key: int) -> None:
        door = bound = self._by_address.get(key)
        if data[:2] == BINDING_REQUEST:  # whom it is for decides, not where it comes from
            door = self._by_ufrag.get(leg_named(data) or "")
        if door is None:
            return
        now = self._clock()
        if door is bound:
            if self._bound_rate.take(key, now):
                door.on_stun(data, readable_address(key))
            return
        if self._only_from and readable_address(key)[0] not in self._only_from:
            return
        source = source_of(key)
        if not self._stranger_rate.take(source, now) or not self._all_strangers_rate.take(0, now):
            return
        door.on_stun(data, readable_address(key))
        if self._by_address.get(key) is door:  # it was authentic: an office behind one address
            self._stranger_rate.give_back(source)  # may connect all its counters at once
            self._all_strangers_rate.give_back(0)


def is_ip6(address: Address) -> bool:
    return ":" in address[0]


def _bind(ip: str, ip6: str | None, udp_port: int) -> list[socket.socket]:
    """A socket for IPv4 and, if wanted, one for IPv6 with the same number.  Raises `OSError`."""
    for tries_left in reversed(range(NUMBERS_TRIED)):
        sockets: list[socket.socket] = []
        try:
            sockets.append(_bound(socket.AF_INET, ip, udp_port))
            if ip6 is not None:
                number = sockets[0].getsockname()[1]
                sockets.append(_bound(socket.AF_INET6, ip6, number))
        except OSError as error:
            for each in sockets:
                each.close()
            if udp_port or error.errno != errno.EADDRINUSE or not tries_left:
                raise
            continue  # the number that was free for IPv4 is not for IPv6: take another
        return sockets
    raise AssertionError


def _bound(family: socket.AddressFamily, ip: str, udp_port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            made.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
        made.setblocking(False)
        made.bind((ip, udp_port))
    except OSError:
        made.close()
        raise
    return made
