"""The one UDP port of a media process: every leg's packets come in and go out here.

Each datagram is told apart by its first octet (RFC 7983).  STUN finds its leg by the user name that
we gave out; everything else counts only from an address that passed an authenticated check of that
leg, because a single forged DTLS record would end its handshake.  RTP is decrypted, renumbered and
encrypted in the receive buffer and sent from there; nothing is decoded and no object is made.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Final

from counter.media.aiortc_private import srtp_ffi, srtp_lib, stun_username
from counter.media.batch import (
    MAX_DATAGRAM,
    SIZE,
    SLOT_BYTES,
    Batch,
    Target,
    address_key,
    pointer,
    readable_address,
)
from counter.media.ports import Address
from counter.media.routing import DROP, Hop, shift_original
from counter.media.rtcp import translate

logger = logging.getLogger(__name__)

NUMBERS: Final = struct.Struct("!HII")
"Sequence number, time stamp and SSRC, from octet 2 of an RTP header."
SOCKET_BUFFER_BYTES: Final = 8 << 20
BATCHES_PER_TURN: Final = 8
"So that a flood cannot keep the event loop from its other work."
ADDRESSES_PER_LEG: Final = 8
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
        self._batch = Batch()
        self._aside = Batch()
        "For single packets of ours, which must not disturb the send list."
        self._slots = [
            srtp_ffi.cast("void *", self._batch.base + slot * SLOT_BYTES) for slot in range(SIZE)
        ]
        self._length = srtp_ffi.new("int *")
        self._scratch = srtp_ffi.new("unsigned char[]", SLOT_BYTES)
        self._by_ufrag: dict[str, Door] = {}
        self._by_address: dict[int, Door] = {}
        self._open: dict[int, Hop] = {}
        self._strangers_left = float(STRANGERS_PER_SECOND)
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
            self._open.pop(oldest, None)
        door.keys.append(key)
        self._by_address[key] = door
        if door.hop is not None:
            self._open[key] = door.hop
        else:
            self._open.pop(key, None)

    def opened(self, door: Door) -> None:
        assert door.hop is not None
        for key in door.keys:
            self._open[key] = door.hop

    def forget(self, door: Door) -> None:
        if self._by_ufrag.get(door.ufrag) is door:
            del self._by_ufrag[door.ufrag]
        for key in door.keys:
            self._by_address.pop(key, None)
            self._open.pop(key, None)
        door.keys.clear()

    # -- sending what is not forwarded ----------------------------------------------------------

    def send(self, data: bytes, address: Address) -> None:
        try:
            self._socket.sendto(data, address)
        except OSError as error:  # like a datagram lost on the way: ICE and DTLS repeat theirs
            logger.debug("datagram not sent: %s", error.strerror)

    def send_rtcp(self, hop: Hop, packet: bytes) -> None:
        """Encrypt a compound RTCP packet and send it to a leg."""
        self._send_protected(hop, packet, srtp_lib.srtp_protect_rtcp)

    def _send_protected(self, hop: Hop, packet: bytes, protect: Callable[..., int]) -> None:
        if not hop.address or len(packet) > MAX_DATAGRAM:
            return
        srtp_ffi.memmove(self._scratch, packet, len(packet))
        self._length[0] = len(packet)
        if protect(hop.tx, self._scratch, self._length) == 0:
            batch = self._aside
            batch.targets[0] = hop.address
            batch.starts[0] = pointer(self._scratch)
            batch.sizes[0] = self._length[0]
            batch.send(self._socket.fileno(), 1)

    # -- receiving ------------------------------------------------------------------------------

    def _on_readable(self) -> None:
        descriptor = self._socket.fileno()
        now = self._clock()
        for _ in range(BATCHES_PER_TURN):
            count = self._batch.receive(descriptor)
            if count:
                ready = self._forward(count, now)
                if ready:
                    self._batch.send(descriptor, ready)
            if count < SIZE:
                return

    def _forward(self, count: int, now: float) -> int:
        """Work through `count` received datagrams; the number put into the send list.

        This is the packet loop: it runs hundreds of times a second for each call, so it is one
        function without calls of its own on the common path.
        """
        batch = self._batch
        memory, lengths, addresses = batch.memory, batch.lengths, batch.addresses
        targets, starts, sizes, base = batch.targets, batch.starts, batch.sizes, batch.base
        slots, length, hops = self._slots, self._length, self._open
        unpack, pack = NUMBERS.unpack_from, NUMBERS.pack_into
        unprotect, protect = srtp_lib.srtp_unprotect, srtp_lib.srtp_protect
        ready = 0
        for slot in range(count):
            start = slot * SLOT_BYTES
            size = lengths[slot]
            if size < 12 or size > MAX_DATAGRAM:
                continue
            key = addresses[slot]
            hop = hops.get(key)
            second = memory[start + 1]
            if hop is None or 192 <= second <= 223 or not 128 <= memory[start] < 192:
                self._other(bytes(memory[start : start + size]), key, hop)
                continue
            length[0] = size
            if unprotect(hop.rx, slots[slot], length):
                continue  # forged, repeated or too old
            hop.received += 1
            hop.heard_at = now
            sequence, timestamp, ssrc = unpack(memory, start + 2)
            route = hop.routes.get(ssrc)
            if route is None:
                continue
            sink, output, main = route.sink, route.output, route.main
            payload_type = route.payload_types[second]
            if payload_type == DROP or not sink.address:
                continue
            if main is None:
                if route.fresh:
                    route.rebase(sequence, timestamp, now)
                timestamp = (timestamp + route.timestamp_shift) & 0xFFFFFFFF
                sequence += route.shift
                ahead = (sequence - output.highest) & 0xFFFF
                if ahead < 0x8000:
                    output.highest += ahead
                    output.timestamp = timestamp
                    output.sent_at = now
                elif output.highest + ahead - 0x10000 < route.base:
                    continue  # older than this source's first: its number was used before
                sequence &= 0xFFFF
            elif main.fresh:
                continue
            else:
                shift_original(memory, start, length[0], main.shift)
                sequence = output.next_rtx_sequence()
                timestamp = (timestamp + main.timestamp_shift) & 0xFFFFFFFF
            memory[start + 1] = payload_type
            pack(memory, start + 2, sequence, timestamp, route.out_ssrc)
            if main is None and output.cache:
                cache = output.cache
                cache[sequence % len(cache)] = bytes(memory[start : start + length[0]])
            if protect(sink.tx, slots[slot], length):
                continue
            sink.sent += 1
            targets[ready] = sink.address
            starts[ready] = base + start
            sizes[ready] = length[0]
            ready += 1
        return ready

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
            self._rtcp(data, hop)

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
        self._strangers_left = min(float(STRANGERS_PER_SECOND), self._strangers_left + gained)
        self._strangers_at = now
        if self._strangers_left < 1:
            return False
        self._strangers_left -= 1
        return True

    def _rtcp(self, data: bytes, hop: Hop) -> None:
        srtp_ffi.memmove(self._scratch, data, len(data))
        self._length[0] = len(data)
        if srtp_lib.srtp_unprotect_rtcp(hop.rx, self._scratch, self._length):
            return
        compound = bytes(srtp_ffi.buffer(self._scratch, self._length[0]))
        translation = translate(hop, compound)
        for packet in translation.resend:
            self._send_protected(hop, packet, srtp_lib.srtp_protect)
        if translation.forward and hop.peer is not None:
            self.send_rtcp(hop.peer, translation.forward)
