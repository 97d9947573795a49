"""The packet loop: what one leg sent is decrypted, renumbered and encrypted for the other.

All three happen in the receive buffer, and the packet is sent from there.  Nothing is decoded and
no Python object is made for a packet on the common path but the copy kept for retransmission.
"""

import struct
from collections.abc import Callable
from typing import Final

from counter.media.aiortc_private import srtp_ffi, srtp_lib
from counter.media.batch import MAX_DATAGRAM, SIZE, SLOT_BYTES, Batch, pointer
from counter.media.routing import DROP, Hop, shift_original
from counter.media.rtcp import translate

NUMBERS: Final = struct.Struct("!HII")
"Sequence number, time stamp and SSRC, from octet 2 of an RTP header."

Other = Callable[[bytes, int, Hop | None], None]
"Takes a datagram that is not RTP of an open leg, its sender's key, and the leg if it is open."


class Forwarder:
    """Receives from one socket and sends to it, for all legs of a process."""

    def __init__(self, descriptor: int, other: Other) -> None:
        self.open: dict[int, Hop] = {}
        "Address key -> leg whose media is let through."
        self._descriptor = descriptor
        self._other = other
        self._batch = Batch()
        self._aside = Batch()
        "For single packets of ours, which must not disturb the send list."
        self._slots = [
            srtp_ffi.cast("void *", self._batch.base + slot * SLOT_BYTES) for slot in range(SIZE)
        ]
        self._length = srtp_ffi.new("int *")
        self._scratch = srtp_ffi.new("unsigned char[]", SLOT_BYTES)

    def turn(self, now: float) -> bool:
        """Receive one batch and send what came of it.  True when more may be waiting.

        now: monotonic seconds.
        """
        count = self._batch.receive(self._descriptor)
        if count:
            ready = self._forward(count, now)
            if ready:
                self._batch.send(self._descriptor, ready)
        return count == SIZE

    def rtcp(self, data: bytes, hop: Hop) -> None:
        """Decrypt a compound RTCP packet of `hop`, answer what we can, and pass the rest on."""
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
            batch.send(self._descriptor, 1)

    def _forward(self, count: int, now: float) -> int:
        """Work through `count` received datagrams; the number put into the send list.

        This is the packet loop: it runs hundreds of times a second for each call, so it is one
        function without calls of its own on the common path.
        """
        batch = self._batch
        memory, lengths, addresses = batch.memory, batch.lengths, batch.addresses
        targets, starts, sizes, base = batch.targets, batch.starts, batch.sizes, batch.base
        slots, length, hops = self._slots, self._length, self.open
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
