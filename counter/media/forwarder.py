"""The packet loop: what one leg sent is decrypted, renumbered and encrypted for the others.

For one receiver, all three happen in the receive buffer, and the packet is sent from there: nothing
is decoded and no Python object is made but the copy that is kept for retransmission, and for a
recording if there is one.  More receivers, retransmissions and gaps take a longer way.
"""

import socket
from collections.abc import Callable
from typing import Final

from counter.media.aiortc_private import srtp_ffi, srtp_lib
from counter.media.batch import MAX_DATAGRAM, SIZE, SLOT_BYTES, Batch, pointer
from counter.media.feedback import Arrivals
from counter.media.key_frame import begins_picture
from counter.media.repair import retry_after
from counter.media.routing import DROP, MAX_JUMP, Hop, Inbound, Route
from counter.media.rtcp import key_frame_request, repeat_request, translate
from counter.media.rtp import (
    NUMBERS,
    blank_extension,
    original_offset,
    payload_offset,
    shift_original,
)
from counter.media.sdp import TRANSPORT_WIDE_ID

MAX_REPORTERS: Final = 16
"""SSRCs under which one leg may report besides those that it sends under.  Firefox has one for each
section that it only receives, four or six; libsrtp never forgets any."""
WITHOUT_KEY_FRAME_S: Final = 1.0
"After so long a source that begins with no whole picture is let through as it is."

Other = Callable[[bytes, int, Hop | None], None]
"Takes a datagram that is not RTP of an open leg, its sender's key, and the leg if it is open."


class _Lane:
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


class Forwarder:
    """Receives from one socket and sends to it, for all legs of a process.

    With IPv6 there are two sockets.  A packet is sent from the one that suits its receiver, out of
    the slot that it was received into.
    """

    def __init__(self, descriptor: int, other: Other, descriptor6: int | None = None) -> None:
        self.open: dict[int, Hop] = {}
        "Address key -> leg whose media is let through."
        self.datagrams = 0
        "How many came in."
        self._other = other
        self._lane = _Lane(descriptor, ip6=False)
        "The one that is being worked through."
        self._lanes = {False: self._lane}
        if descriptor6 is not None:
            self._lanes[True] = _Lane(descriptor6, ip6=True)
        self._aside = Batch()
        "For single packets of ours, which must not disturb the send list."
        self._scratch = srtp_ffi.new("unsigned char[]", SLOT_BYTES)
        self._scratch_length = srtp_ffi.new("int *")
        self._watched: set[Inbound] = set()
        "Streams of which something is to be asked for again."
        self.arrivals: dict[Hop, Arrivals] = {}
        "Legs that no other leg gives feedback to, so that we do."

    def turn(self, now: float, *, ip6: bool = False) -> bool:
        """Receive one batch and send what came of it.  True when more may have come meanwhile.

        now: monotonic seconds.  ip6: from which of the sockets.
        """
        lane = self._lane = self._lanes[ip6]
        count = lane.batch.receive(lane.descriptor)
        if count:
            self.datagrams += count
            ready = self._forward(count, now)
            if ready:
                lane.batch.send(lane.descriptor, ready)
            if len(self._lanes) > 1:
                self._send_crossing(self._lanes[not ip6])
        # One more look costs less than the way back through the event loop.
        return count > 0

    def tick(self, now: float) -> None:
        """Ask again for what has not come.  To be called some fifty times a second."""
        for stream in list(self._watched):
            again = stream.gaps.due(now, retry_after(stream.hop.round_trip_s))
            if again:
                self.send_rtcp(stream.hop, repeat_request(stream, again))
            if stream.key_frames.due(now):
                self.send_rtcp(stream.hop, key_frame_request(stream))
            if not stream.gaps.missing and not stream.key_frames.waiting:
                self._watched.discard(stream)
        for hop, arrivals in list(self.arrivals.items()):
            if hop.rx is None or arrivals.idle(now) or arrivals.told_by_another():
                del self.arrivals[hop]
            elif report := arrivals.report(now):
                self.send_rtcp(hop, report)

    def ask_key_frame(self, hop: Hop, now: float) -> None:
        """Ask a leg for a whole picture, now or as soon as it may be asked again."""
        stream = hop.stream("video")
        if stream is None:
            return
        if stream.key_frames.wanted(now):
            self.send_rtcp(hop, key_frame_request(stream))
        else:
            self._watched.add(stream)

    def rtcp(self, data: bytes, hop: Hop, now: float) -> None:
        """Decrypt a compound RTCP packet of `hop`, answer what we can, and pass the rest on."""
        sender = int.from_bytes(data[4:8], "big")
        announced = sender in hop.inbound or sender in hop.reporters
        if not announced and len(hop.reporters) >= MAX_REPORTERS:
            return
        srtp_ffi.memmove(self._scratch, data, len(data))
        self._scratch_length[0] = len(data)
        if srtp_lib.srtp_unprotect_rtcp(hop.rx, self._scratch, self._scratch_length):
            return
        if not announced:
            hop.reporters.add(sender)
        compound = bytes(srtp_ffi.buffer(self._scratch, self._scratch_length[0]))
        if hop.tap is not None:
            hop.tap.rtcp(compound, now)
        translation = translate(hop, compound, now)
        for packet in translation.resend:
            self._send_protected(hop, packet, srtp_lib.srtp_protect)
        for other, said in translation.forward.items():
            self.send_rtcp(other, bytes(said))
        self._watched |= translation.watch

    def send_rtcp(self, hop: Hop, packet: bytes) -> None:
        """Encrypt a compound RTCP packet and send it to a leg."""
        self._send_protected(hop, packet, srtp_lib.srtp_protect_rtcp)

    def _send_protected(self, hop: Hop, packet: bytes, protect: Callable[..., int]) -> bool:
        if not hop.address or len(packet) > MAX_DATAGRAM:
            return False
        srtp_ffi.memmove(self._scratch, packet, len(packet))
        self._scratch_length[0] = len(packet)
        if protect(hop.tx, self._scratch, self._scratch_length):
            return False
        batch = self._aside
        batch.targets[0] = hop.address
        batch.starts[0] = pointer(self._scratch)
        batch.sizes[0] = self._scratch_length[0]
        return batch.send(self._lanes[hop.ip6].descriptor, 1) == 0

    def _forward(self, count: int, now: float) -> int:
        """Work through `count` received datagrams; the number put into the send list.

        This is the packet loop: it runs hundreds of times a second for each call, so it is one
        function without calls of its own on the common path.
        """
        lane = self._lane
        batch, ip6 = lane.batch, lane.ip6
        memory, lengths, addresses = batch.memory, batch.lengths, batch.addresses
        targets, starts, sizes, base = batch.targets, batch.starts, batch.sizes, batch.base
        hops = self.open
        unpack, pack = NUMBERS.unpack_from, NUMBERS.pack_into
        unprotect, protect = srtp_lib.srtp_unprotect, srtp_lib.srtp_protect
        ready = 0
        for slot, start, packet, length in lane.slots[:count]:
            size = lengths[slot]
            if size < 12 or size > MAX_DATAGRAM:
                continue
            key = addresses[slot]
            hop = hops.get(key)
            second = memory[start + 1]
            if hop is None or 192 <= second <= 223 or not 128 <= memory[start] < 192:
                self._other(bytes(memory[start : start + size]), key, hop)
                continue
            sequence, timestamp, ssrc = unpack(memory, start + 2)
            inbound = hop.inbound.get(ssrc)
            if inbound is None:
                hop.refused += 1  # not announced; libsrtp would keep state of it for ever
                continue
            if unprotect(hop.rx, packet, length):
                hop.refused += 1  # forged, repeated or too old
                continue
            hop.received += 1
            hop.heard_at = now
            hop.heard_from = key
            octets = lengths[slot]
            inbound.packets += 1
            inbound.octets += octets
            plain = bytes(memory[start : start + octets])
            if hop.tap is not None:
                hop.tap.rtp(plain, now)
            if inbound.main is not None:
                self._repaired(inbound, plain, now)
                continue
            if (sequence - inbound.highest) & 0xFFFF == 1:
                inbound.highest = extended = inbound.highest + 1
            else:
                extended = self._out_of_turn(inbound, sequence, now)
            route = inbound.route
            if route is None:
                self._spread(inbound, plain, extended, timestamp, now)
                continue
            sink, output = route.sink, route.output
            if route.payload_types[second] == DROP or not sink.address:
                route.left_out(extended)
                continue
            if route.fresh:
                if not self._may_begin(route, plain, now):
                    continue
                route.rebase(extended, timestamp, now)
            extended += route.shift
            timestamp = (timestamp + route.timestamp_shift) & 0xFFFFFFFF
            if extended > output.highest:
                output.highest = extended
                output.timestamp = timestamp
                output.sent_at = now
            elif extended < route.base or output.sent_before(extended):
                continue  # older than this source's first, or repeated: its number was used
            pack(memory, start + 2, extended & 0xFFFF, timestamp, output.ssrc)
            cache = output.cache
            cache[extended % len(cache)] = extended, timestamp, plain
            if protect(sink.tx, packet, length):
                continue
            sink.sent += 1
            if sink.ip6 is not ip6:
                self._cross(sink, base + start, lengths[slot])
                continue
            targets[ready] = sink.address
            starts[ready] = base + start
            sizes[ready] = lengths[slot]
            ready += 1
        return ready

    def _cross(self, sink: Hop, start: int, size: int) -> None:
        """Put a packet into the send list of the other socket; it stays in its slot."""
        lane = self._lanes[sink.ip6]
        batch, place = lane.batch, lane.crossing
        batch.targets[place], batch.starts[place], batch.sizes[place] = sink.address, start, size
        lane.crossing += 1

    def _send_crossing(self, lane: _Lane) -> None:
        if lane.crossing:
            lane.batch.send(lane.descriptor, lane.crossing)
            lane.crossing = 0

    # -- the longer way -----------------------------------------------------------------------

    def _out_of_turn(self, inbound: Inbound, sequence: int, now: float) -> int:
        """A packet that is the first, early or late; its extended number."""
        if inbound.packets == 1:
            inbound.highest = sequence
            return sequence
        extended = inbound.extended(sequence)
        if extended > inbound.highest:
            missing = inbound.gaps.seen(inbound.highest, extended, now)
            if extended - inbound.highest > MAX_JUMP:
                for route in inbound.routes:
                    route.fresh = True
            inbound.highest = extended
            if missing and inbound.nack:
                self.send_rtcp(inbound.hop, repeat_request(inbound, missing))
                self._watched.add(inbound)
            elif not missing and inbound.kind == "video":
                self.ask_key_frame(inbound.hop, now)
        else:
            inbound.gaps.arrived(extended)
        return extended

    def _may_begin(self, route: Route, packet: bytes, now: float) -> bool:
        """Whether the first packet of a route is one that its sink can begin with."""
        if route.output.kind == "audio":
            return True
        if route.waiting_since is None:
            route.waiting_since = now
        try:
            payload = packet[payload_offset(packet, 0) :]
        except IndexError:
            return False
        if begins_picture(packet[1] & 0x7F, payload[:16]):
            return True
        if now - route.waiting_since > WITHOUT_KEY_FRAME_S:
            return True
        route.inbound.key_frames.waiting = True
        self._watched.add(route.inbound)
        return False

    def _spread(
        self, inbound: Inbound, packet: bytes, extended: int, timestamp: int, now: float
    ) -> None:
        """Forward to several legs, or to one whose feedback its source does not obey."""
        octets = len(packet)
        obeyed = any(route.feedback for route in inbound.routes)
        if not obeyed:
            arrivals = self.arrivals.get(inbound.hop)
            if arrivals is None:
                arrivals = self.arrivals[inbound.hop] = Arrivals(inbound.hop, now)
            copy = bytearray(packet)
            arrivals.arrived(
                inbound, extended, blank_extension(copy, 0, octets, TRANSPORT_WIDE_ID), now
            )
        for route in inbound.routes:
            output = route.output
            if route.payload_types[packet[1]] == DROP or not route.sink.address:
                route.left_out(extended)
                continue
            if route.fresh:
                if not self._may_begin(route, packet, now):
                    continue
                route.rebase(extended, timestamp, now)
            number = extended + route.shift
            shifted = (timestamp + route.timestamp_shift) & 0xFFFFFFFF
            if number > output.highest:
                output.highest, output.timestamp, output.sent_at = number, shifted, now
            elif number < route.base or output.sent_before(number):
                continue
            own = bytearray(packet)
            NUMBERS.pack_into(own, 2, number & 0xFFFF, shifted, output.ssrc)
            if not route.feedback:
                blank_extension(own, 0, octets, TRANSPORT_WIDE_ID)
            plain = bytes(own)
            output.cache[number % len(output.cache)] = number, shifted, plain
            if self._send_protected(route.sink, plain, srtp_lib.srtp_protect):
                route.sink.sent += 1

    def _repaired(self, inbound: Inbound, packet: bytes, now: float) -> None:
        """A retransmission (RFC 4588) or a bandwidth probe that looks like one."""
        main = inbound.main
        assert main is not None
        octets = len(packet)
        offset = original_offset(packet, 0, octets)
        original = None
        if offset is not None:
            original = main.extended(int.from_bytes(packet[offset : offset + 2], "big"))
            main.gaps.arrived(original)
        arrivals = self.arrivals.get(inbound.hop)
        if arrivals is not None:
            copy = bytearray(packet)
            arrivals.came(blank_extension(copy, 0, octets, TRANSPORT_WIDE_ID), now)
        timestamp = int.from_bytes(packet[4:8], "big")
        for route in main.routes:
            output = route.output
            if (
                route.payload_types[packet[1]] == DROP
                or not route.sink.address
                or route.fresh
                or output.rtx_ssrc is None
                or packet[1] & 0x7F not in output.rtx_types.values()
                or (original is None and not route.feedback)
                or (original is not None and original + route.shift < route.base)
            ):
                continue
            own = bytearray(packet)
            shift_original(own, 0, octets, route.shift)
            shifted = (timestamp + route.timestamp_shift) & 0xFFFFFFFF
            NUMBERS.pack_into(own, 2, output.next_rtx_sequence(), shifted, output.rtx_ssrc)
            if not route.feedback:
                blank_extension(own, 0, octets, TRANSPORT_WIDE_ID)
            if self._send_protected(route.sink, bytes(own), srtp_lib.srtp_protect):
                route.sink.sent += 1
