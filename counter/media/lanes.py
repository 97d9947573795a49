"""The sockets of a media process: what is received into its slots, and what is sent."""

import socket
from collections.abc import Callable

from counter.media.aiortc_private import srtp_ffi
from counter.media.batch import MAX_DATAGRAM, SIZE, SLOT_BYTES, Batch, pointer
from counter.media.routing import Hop


class Lane:
    """A socket, the slots that its datagrams are received into, and its send list."""

    def __init__(self, descriptor: int, *, ip6: bool) -> None:
        self.descriptor = descriptor
        self.ip6 = ip6
        self.batch = Batch(socket.AF_INET6 if ip6 else socket.AF_INET)
        self.slots = [
            (
                slot,
                slot * SLOT_BYTES,
                srtp_ffi.cast("void *", self.batch.base + slot * SLOT_BYTES),
                srtp_ffi.cast("int *", self.batch.length_pointer(slot)),
            )
            for slot in range(SIZE)
        ]
        "Number, offset in memory, datagram and its length, as libsrtp takes them."
        self.crossing = 0
        "How many datagrams of the other lane are in the send list."

    def cross(self, sink: Hop, start: int, size: int) -> None:
        """Put a packet of the other lane into the send list; it stays in its slot."""
        batch, place = self.batch, self.crossing
        batch.targets[place], batch.starts[place], batch.sizes[place] = sink.address, start, size
        self.crossing += 1

    def send_crossing(self) -> None:
        """Send what came from the other lane."""
        if self.crossing:
            self.batch.send(self.descriptor, self.crossing)
            self.crossing = 0


class Lanes:
    """The one or two sockets of a media process.  A packet leaves by the one that suits its leg."""

    def __init__(self, descriptor: int, descriptor6: int | None) -> None:
        self.by_ip6 = {False: Lane(descriptor, ip6=False)}
        if descriptor6 is not None:
            self.by_ip6[True] = Lane(descriptor6, ip6=True)
        self._aside = Batch()
        "For single packets of ours, which must not disturb the send list."
        self.scratch = srtp_ffi.new("unsigned char[]", SLOT_BYTES)
        self.scratch_length = srtp_ffi.new("int *")
        "Where single packets are decrypted and encrypted."

    def send_protected(self, hop: Hop, packet: bytes, protect: Callable[..., int]) -> bool:
        """Encrypt a packet with `protect` and send it to a leg; whether it went."""
        if not hop.address or len(packet) > MAX_DATAGRAM:
            return False
        srtp_ffi.memmove(self.scratch, packet, len(packet))
        self.scratch_length[0] = len(packet)
        if protect(hop.tx, self.scratch, self.scratch_length):
            return False
        batch = self._aside
        batch.targets[0] = hop.address
        batch.starts[0] = pointer(self.scratch)
        batch.sizes[0] = self.scratch_length[0]
        return batch.send(self.by_ip6[hop.ip6].descriptor, 1) == 0
