"""RTCP between the legs of a call: decrypted bytes in, bytes for other legs out.

The ends control congestion between themselves; we translate SSRCs and numbers, so that each end
sees one continuous stream whatever feeds it.  What ends here: requests that our own cache answers;
requests for key frames and packets that were made a moment ago (`repair.py`); BYE (the stream goes
on with the next source); REMB where transport-wide feedback is agreed (it would measure our
retransmissions, not the path, and throttle the sender for good); and all congestion feedback of a
leg to a source that obeys another one (`Route.feedback`).

Formats: RFC 3550 section 6, RFC 4585 section 6, RFC 5104 section 4.3.1,
draft-alvestrand-rmcat-remb, draft-holmer-rmcat-transport-wide-cc-extensions-01.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from counter.media.repair import retry_after
from counter.media.routing import Hop, Inbound, Route

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
DESCRIPTION: Final = 202
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
NACK: Final = 1
TRANSPORT_WIDE: Final = 15
KEY_FRAME: Final = 1
FULL_INTRA: Final = 4
APPLICATION: Final = 15
MAX_LOST: Final = 0x7FFFFF
"As many lost packets as a reception report has room for."
LISTENER_KEY_FRAME_S: Final = 3.0
"Who is not obeyed may ask for a key frame no more often than this: it costs the others quality."


@dataclass(slots=True, kw_only=True, eq=False)
class Translation:
    """What one compound packet of a leg leads to."""

    forward: dict[Hop, bytearray] = field(default_factory=dict)
    "Compound packets, by the leg that shall have them."
    resend: list[bytes] = field(default_factory=list)
    "Plain RTP packets to send back to the leg that asked."
    watch: set[Inbound] = field(default_factory=set)
    "Streams of which something is to be asked for again; see `repair.py`."

    def to(self, hop: Hop, packet: bytes | bytearray) -> None:
        self.forward.setdefault(hop, bytearray()).extend(packet)


def translate(leg: Hop, compound: bytes, now: float) -> Translation:
    """Translate a compound packet that `leg` sent, for the legs it concerns.

    now: monotonic seconds.  What is malformed or not understood is left out.  Raises nothing.
    """
    out = Translation()
    for packet in _packets(compound):
        kind, form = packet[1], packet[0] & 31
        if kind == SENDER_REPORT and len(packet) >= 28:
            _sender_report(leg, packet, now, out)
            _blocks(leg, packet, 28, now, out)
        elif kind == RECEIVER_REPORT:
            _blocks(leg, packet, 8, now, out)
        elif kind == DESCRIPTION and form == 1:
            _description(leg, packet, out)
        elif kind == TRANSPORT_FEEDBACK and form == NACK:
            _nack(leg, packet, now, out)
        elif kind == TRANSPORT_FEEDBACK and form == TRANSPORT_WIDE:
            _transport_wide(leg, packet, out)
        elif kind == PAYLOAD_FEEDBACK and form == KEY_FRAME and len(packet) >= 12:
            _key_frame(leg, _ssrc(packet, 8), now, out)
        elif kind == PAYLOAD_FEEDBACK and form == FULL_INTRA:
            for offset in range(12, len(packet) - 7, 8):
                _key_frame(leg, _ssrc(packet, offset), now, out)
        elif kind == PAYLOAD_FEEDBACK and form == APPLICATION:
            _bitrate(leg, packet, out)
    return out


def key_frame_request(stream: Inbound) -> bytes:
    """A picture loss indication (RFC 4585, section 6.3.1) for the leg that sends `stream`."""
    return struct.pack("!BBHII", 0x81, PAYLOAD_FEEDBACK, 2, our_ssrc(stream.hop), stream.ssrc)


def repeat_request(stream: Inbound, extended: Iterable[int]) -> bytes:
    """A generic NACK (RFC 4585, section 6.2.1) for the leg that sends `stream`; not for none."""
    entries = _nack_entries([number & 0xFFFF for number in extended])
    words = 2 + len(entries) // 4
    ssrcs = (our_ssrc(stream.hop), stream.ssrc)
    return struct.pack("!BBHII", 0x80 | NACK, TRANSPORT_FEEDBACK, words, *ssrcs) + entries


def our_ssrc(hop: Hop) -> int:
    """The SSRC that a leg knows us by when we say something of our own."""
    return hop.outputs[0].ssrc if hop.outputs else 1


def _packets(compound: bytes) -> Iterator[bytearray]:
    """The packets of a compound, each at least 8 octets; stops at the first that does not fit."""
    start = 0
    while start + 8 <= len(compound):
        end = start + 4 + 4 * int.from_bytes(compound[start + 2 : start + 4], "big")
        if compound[start] >> 6 != 2 or end > len(compound) or end < start + 8:
            return
        packet = bytearray(compound[start:end])
        wide = packet[1] == TRANSPORT_FEEDBACK and packet[0] & 31 == TRANSPORT_WIDE
        # Padding, allowed on the last packet only.  Browsers fill transport-wide feedback up with
        # one to three octets, which RFC 3550 does not know; it passes as it is.
        if packet[0] & 0x20 and not wide:
            cut = packet[-1]
            if cut % 4 or not 0 < cut <= len(packet) - 8:
                return
            del packet[-cut:]
            packet[0] &= ~0x20
            struct.pack_into("!H", packet, 2, len(packet) // 4 - 1)
        yield packet
        start = end


def _ssrc(packet: bytearray, offset: int) -> int:
    return int.from_bytes(packet[offset : offset + 4], "big")


def _known_as(leg: Hop, ssrc: int, to: Hop) -> int:
    """What `to` calls the stream that `leg` calls `ssrc`; our own name for what it does not get."""
    stream = leg.inbound.get(ssrc)
    if stream is not None:
        for route in stream.routes:
            if route.sink is to:
                return route.output.ssrc
    return our_ssrc(to)


def _sender_report(leg: Hop, packet: bytearray, now: float, out: Translation) -> None:
    stream = leg.inbound.get(_ssrc(packet, 4))
    if stream is None:
        return
    for route in stream.routes:
        if route.fresh:
            continue
        head = bytearray(packet[:28])
        head[0] = 0x80
        timestamp = (_ssrc(packet, 16) + route.timestamp_shift) & 0xFFFFFFFF
        struct.pack_into("!HI", head, 2, 6, route.output.ssrc)
        struct.pack_into("!I", head, 16, timestamp)
        route.report_mark, route.report_passed_at = _ssrc(packet, 10), now
        out.to(route.sink, head)


def _blocks(leg: Hop, packet: bytearray, body: int, now: float, out: Translation) -> None:
    """What the leg says of what it receives, to whom it receives it from."""
    blocks: dict[Hop, bytearray] = {}
    for number in range(packet[0] & 31):
        offset = body + 24 * number
        if offset + 24 > len(packet):
            break
        block = packet[offset : offset + 24]
        route = leg.fed_by.get(_ssrc(block, 0))
        if route is not None:
            _time_trip(leg, route, block, now)
        if route is not None and _block(route, block):
            blocks.setdefault(route.inbound.hop, bytearray()).extend(block)
    for hop, said in blocks.items():
        count = len(said) // 24
        sender = _known_as(leg, _ssrc(packet, 4), hop)
        head = struct.pack("!BBHI", 0x80 | count, RECEIVER_REPORT, 1 + 6 * count, sender)
        out.to(hop, head + said)


def _time_trip(leg: Hop, route: Route, block: bytearray, now: float) -> None:
    """How long it took from us to the leg and back, less what the leg itself waited."""
    mark, waited = _ssrc(block, 16), _ssrc(block, 20)
    if mark and mark == route.report_mark:
        trip = now - route.report_passed_at - waited / 0x10000
        leg.round_trip_s = max(0.0, trip)


def _block(route: Route, block: bytearray) -> bool:
    """Put one reception report into the source's numbers; False when it is not for the source."""
    output = route.output
    if _ssrc(block, 0) != output.ssrc:
        return False
    output.lost = lost = int.from_bytes(block[5:8], "big", signed=True)
    if not route.feedback or route.fresh:
        return False
    highest = output.extended(_ssrc(block, 8) & 0xFFFF)
    if highest < route.base:  # about an earlier source
        route.lost_before = lost
        return False
    struct.pack_into("!I", block, 0, route.inbound.ssrc)
    block[5:8] = max(0, min(MAX_LOST, lost - route.lost_before)).to_bytes(3, "big")
    struct.pack_into("!I", block, 8, (highest - route.shift) & 0xFFFFFFFF)
    if _ssrc(block, 16) != route.report_mark:  # it echoes whoever fed the output before
        block[16:24] = bytes(8)
    return True


def _description(leg: Hop, packet: bytearray, out: Translation) -> None:
    stream = leg.inbound.get(_ssrc(packet, 4))
    for route in stream.routes if stream is not None else ():
        struct.pack_into("!I", packet, 4, route.output.ssrc)
        out.to(route.sink, packet)


def _nack(leg: Hop, packet: bytearray, now: float, out: Translation) -> None:
    """Answer from the cache what is there; ask the source for the rest, in its numbers."""
    route = leg.fed_by.get(_ssrc(packet, 8)) if len(packet) >= 16 else None
    if route is None or route.fresh:
        return
    stream, missing = route.inbound, []
    patience = retry_after(stream.hop.round_trip_s)
    for sequence in dict.fromkeys(_nacked(packet)):
        if not route.output.may_repeat():
            break
        answer = route.output.retransmission(sequence)
        if answer is not None:
            out.resend.append(answer)
            continue
        extended = route.output.extended(sequence)
        number = extended - route.shift
        if extended >= route.base and stream.nack and stream.gaps.asked(number, now, patience):
            missing.append(number)
    if missing:
        out.to(stream.hop, repeat_request(stream, missing))
        out.watch.add(stream)


def _nacked(packet: bytearray) -> Iterator[int]:
    for offset in range(12, len(packet) - 3, 4):
        first, mask = struct.unpack_from("!HH", packet, offset)
        yield first
        for step in range(16):
            if mask >> step & 1:
                yield (first + 1 + step) & 0xFFFF


def _nack_entries(sequences: list[int]) -> bytes:
    """Sequence numbers, oldest first, as pairs of a number and a bit mask of the 16 that follow."""
    entries = bytearray()
    first, mask = sequences[0], 0
    for sequence in sequences[1:]:
        step = (sequence - first) & 0xFFFF
        if 1 <= step <= 16:
            mask |= 1 << (step - 1)
        elif step:
            entries += struct.pack("!HH", first, mask)
            first, mask = sequence, 0
    return bytes(entries + struct.pack("!HH", first, mask))


def _obeying(leg: Hop) -> Route | None:
    """A route of the one source that obeys this leg's congestion feedback."""
    return next((route for route in leg.fed_by.values() if route.feedback), None)


def _transport_wide(leg: Hop, packet: bytearray, out: Translation) -> None:
    """Arrival times by transport-wide number: both ends' own business, so only SSRCs change."""
    route = leg.fed_by.get(_ssrc(packet, 8)) if len(packet) >= 20 else None
    if route is None or not route.feedback:
        route = _obeying(leg) if len(packet) >= 20 else None
    if route is None:
        return
    hop = route.inbound.hop
    pictures = (fed for fed in leg.fed_by.values() if fed.output.kind == "video")
    if any(fed.fresh for fed in pictures if fed.inbound.hop is hop):
        return  # about the source before
    struct.pack_into("!II", packet, 4, _known_as(leg, _ssrc(packet, 4), hop), route.inbound.ssrc)
    out.to(hop, packet)


def _bitrate(leg: Hop, packet: bytearray, out: Translation) -> None:
    """REMB: only where the leg has nothing better."""
    route = _obeying(leg)
    if leg.transport_wide or route is None or len(packet) < 20 or packet[12:16] != b"REMB":
        return
    hop = route.inbound.hop
    known = [
        fed.inbound.ssrc
        for offset in range(20, min(20 + 4 * packet[16], len(packet) - 3), 4)
        if (fed := leg.fed_by.get(_ssrc(packet, offset))) is not None and fed.inbound.hop is hop
    ]
    head = bytearray(packet[:20])
    struct.pack_into("!HI", head, 2, 4 + len(known), _known_as(leg, _ssrc(packet, 4), hop))
    head[16] = len(known)
    if known:
        out.to(hop, head + b"".join(ssrc.to_bytes(4, "big") for ssrc in known))


def _key_frame(leg: Hop, ssrc: int, now: float, out: Translation) -> None:
    """Full intra requests leave as picture loss indications: theirs are numbered per asker."""
    route = leg.fed_by.get(ssrc)
    if route is None:
        return
    stream = route.inbound
    if route.feedback:
        asks = stream.key_frames.wanted(now)
        out.watch.add(stream)
    else:
        recent = stream.key_frames.asked_at
        asks = recent is None or now - recent >= LISTENER_KEY_FRAME_S
        asks = asks and stream.key_frames.wanted(now)
    if asks:
        out.to(stream.hop, key_frame_request(stream))
