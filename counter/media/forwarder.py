"""The packet loop: what one leg sent is decrypted, renumbered and encrypted for the others.

For one receiver, all three happen in the receive buffer, and the packet is sent from there: nothing
is decoded and no Python object is made but the copy that is kept for retransmission, and for a
recording if there is one.  More receivers, retransmissions and gaps take a longer way.
"""

from collections.abc import Callable
from typing import Final

from counter.media.aiortc_private import srtp_lib
from counter.media.batch import MAX_DATAGRAM
from counter.media.feedback import Arrivals
from counter.media.key_frame import begins_picture
from counter.media.lanes import Lanes
from counter.media.routing import DROP, MAX_JUMP, Hop, Inbound, Route
from counter.media.rtcp import repeat_request
from counter.media.rtcp_exchange import RtcpExchange
from counter.media.rtp import (
    NUMBERS,
    blank_extension,
    original_offset,
    payload_offset,
    shift_original,
)
from counter.media.sdp import TRANSPORT_WIDE_ID

WITHOUT_KEY_FRAME_S: Final = 1.0
"After so long a source that begins with no whole picture is let through as it is."

Other = Callable[[bytes, int, Hop | None], None]
"Takes a datagram that is not RTP of an open leg, its sender's key, and the leg if it is open."


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
        self._lanes = Lanes(descriptor, descriptor6)
        self._lane = self._lanes.by_ip6[False]
        "The one that is being worked through."
        self.rtcp = RtcpExchange(self._lanes)

    def turn(self, now: float, *, ip6: bool = False) -> bool:
        """Receive one batch and send what came of it.  True when more may have come meanwhile.

        now: monotonic seconds.  ip6: from which of the sockets.
        """
        lanes = self._lanes.by_ip6
        lane = self._lane = lanes[ip6]
        count = lane.batch.receive(lane.descriptor)
        if count:
            self.datagrams += count
            ready = self._forward(count, now)
            if ready:
                lane.batch.send(lane.descriptor, ready)
            if len(lanes) > 1:
                lanes[not ip6].send_crossing()
        # One more look costs less than the way back through the event loop.
        return count > 0

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
                self._lanes.by_ip6[sink.ip6].cross(sink, base + start, lengths[slot])
                continue
            targets[ready] = sink.address
            starts[ready] = base + start
            sizes[ready] = lengths[slot]
            ready += 1
        return ready

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
                self.rtcp.send(inbound.hop, repeat_request(inbound, missing))
                self.rtcp.watched.add(inbound)
            elif not missing and inbound.kind == "video":
                self.rtcp.ask_key_frame(inbound.hop, now)
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
        self.rtcp.watched.add(route.inbound)
        return False

    def _spread(
        self, inbound: Inbound, packet: bytes, extended: int, timestamp: int, now: float
    ) -> None:
        """Forward to several legs, or to one whose feedback its source does not obey."""
        octets = len(packet)
        obeyed = any(route.feedback for route in inbound.routes)
        if not obeyed:
            arrivals = self.rtcp.arrivals.get(inbound.hop)
            if arrivals is None:
                arrivals = self.rtcp.arrivals[inbound.hop] = Arrivals(inbound.hop, now)
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
            if self._lanes.send_protected(route.sink, plain, srtp_lib.srtp_protect):
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
        arrivals = self.rtcp.arrivals.get(inbound.hop)
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
            if self._lanes.send_protected(route.sink, bytes(own), srtp_lib.srtp_protect):
                route.sink.sent += 1
