"""RTCP between the two legs of a call: decrypted bytes in, bytes for the other leg out.

The ends control congestion, loss and key frames between themselves; we only translate SSRCs and
numbers, so that each end sees one continuous stream whatever feeds it.  Three things end here:
NACKs that our own cache answers, REMB (it would measure our retransmissions, not the path, and
throttle the sender for good; transport-wide feedback passes instead), and BYE (the other leg's
stream goes on with the next source).

Formats: RFC 3550 section 6, RFC 4585 section 6, RFC 5104 section 4.3.1,
draft-holmer-rmcat-transport-wide-cc-extensions-01.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counter.media.routing import Hop, Route

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
PAYLOAD_FEEDBACK: Final = 206
NACK: Final = 1
TRANSPORT_WIDE: Final = 15
KEY_FRAME: Final = 1
FULL_INTRA: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What one compound packet of a leg leads to."""

    forward: bytes
    "Compound packet for the leg that feeds this one; empty when nothing is left to say."
    resend: tuple[bytes, ...]
    "Plain RTX packets to send back to the leg that asked."


def translate(leg: Hop, compound: bytes) -> Translation:
    """Translate a compound packet that `leg` sent, for the leg at the other end of the call.

    Packets that are malformed or not understood are left out.  Raises nothing.
    """
    forward = bytearray()
    resend: list[bytes] = []
    for packet in _packets(compound):
        match packet[1]:
            case 200 | 201:
                forward += _report(leg, packet)
            case 202:
                forward += _description(leg, packet)
            case 205 if packet[0] & 31 == NACK:
                forward += _nack(leg, packet, resend)
            case 205 if packet[0] & 31 == TRANSPORT_WIDE:
                forward += _transport_wide(leg, packet)
            case 206 if packet[0] & 31 == KEY_FRAME:
                forward += _picture_loss(leg, packet)
            case 206 if packet[0] & 31 == FULL_INTRA:
                forward += _full_intra(leg, packet)
    return Translation(forward=bytes(forward), resend=tuple(resend))


def key_frame_request(*, sender_ssrc: int, media_ssrc: int) -> bytes:
    """A picture loss indication (RFC 4585, section 6.3.1)."""
    return struct.pack("!BBHII", 0x81, PAYLOAD_FEEDBACK, 2, sender_ssrc, media_ssrc)


def _packets(compound: bytes) -> Iterator[bytearray]:
    """The packets of a compound, each at least 8 octets; stops at the first that does not fit."""
    start = 0
    while start + 8 <= len(compound):
        end = start + 4 + 4 * int.from_bytes(compound[start + 2 : start + 4], "big")
        if compound[start] >> 6 != 2 or end > len(compound) or end < start + 8:
            return
        packet = bytearray(compound[start:end])
        if packet[0] & 0x20:  # padding, allowed on the last packet only
            cut = packet[-1]
            if cut % 4 or not 0 < cut <= len(packet) - 8:
                return
            del packet[-cut:]
            packet[0] &= ~0x20
            _set_length(packet)
        yield packet
        start = end


def _set_length(packet: bytearray) -> None:
    struct.pack_into("!H", packet, 2, len(packet) // 4 - 1)


def _ssrc(packet: bytearray, offset: int) -> int:
    return int.from_bytes(packet[offset : offset + 4], "big")


def _put_sender(leg: Hop, packet: bytearray) -> Route | None:
    """Replace the sender's SSRC by the one that the other leg knows; unknown ones stay."""
    route = leg.routes.get(_ssrc(packet, 4))
    if route is not None:
        struct.pack_into("!I", packet, 4, route.out_ssrc)
    return route


def _report(leg: Hop, packet: bytearray) -> bytearray:
    route = _put_sender(leg, packet)
    body = 28 if packet[1] == SENDER_REPORT else 8
    if len(packet) < body:
        return bytearray()
    if packet[1] == SENDER_REPORT and route is not None and not route.fresh:
        timestamp = (_ssrc(packet, 16) + route.timestamp_shift) & 0xFFFFFFFF
        struct.pack_into("!I", packet, 16, timestamp)
        route.report_seen = True
        head = packet[:28]
    else:  # a report on a stream that we do not forward keeps only what it says of others
        head = bytearray([0x80, RECEIVER_REPORT, 0, 0]) + packet[4:8]
    blocks = bytearray()
    for number in range(packet[0] & 31):
        offset = body + 24 * number
        if offset + 24 > len(packet):
            break
        blocks += _block(leg, packet[offset : offset + 24])
    if head[1] == RECEIVER_REPORT and not blocks:
        return bytearray()
    head[0] = 0x80 | len(blocks) // 24
    head += blocks
    _set_length(head)
    return head


def _block(leg: Hop, block: bytearray) -> bytearray:
    """One reception report, in the source's numbers; empty when it is about an earlier source."""
    route = leg.fed_by.get(_ssrc(block, 0))
    if route is None or route.fresh or route.main is not None:
        return bytearray()
    highest = route.output.extended(_ssrc(block, 8) & 0xFFFF)
    if highest < route.base:
        return bytearray()
    struct.pack_into("!I", block, 0, route.source_ssrc)
    struct.pack_into("!I", block, 8, (highest - route.shift) & 0xFFFFFFFF)
    if not route.report_seen:  # it echoes the sender report of whoever fed the output before
        block[16:24] = bytes(8)
    return block


def _description(leg: Hop, packet: bytearray) -> bytearray:
    if packet[0] & 31 != 1 or _put_sender(leg, packet) is None:
        return bytearray()
    return packet


def _nack(leg: Hop, packet: bytearray, resend: list[bytes]) -> bytearray:
    """Answer from the cache what is there; ask the source for the rest, in its numbers."""
    route = leg.fed_by.get(_ssrc(packet, 8)) if len(packet) >= 16 else None
    if route is None or route.fresh:
        return bytearray()
    missing: list[int] = []
    for offset in range(12, len(packet) - 3, 4):
        first, mask = struct.unpack_from("!HH", packet, offset)
        for step in range(17):
            if step and not mask >> (step - 1) & 1:
                continue
            sequence = (first + step) & 0xFFFF
            answer = route.output.retransmission(sequence)
            if answer is not None:
                resend.append(answer)
                continue
            extended = route.output.extended(sequence)
            if extended >= route.base:
                missing.append((extended - route.shift) & 0xFFFF)
    if not missing:
        return bytearray()
    _put_sender(leg, packet)
    struct.pack_into("!I", packet, 8, route.source_ssrc)
    return _finished(packet[:12] + _nack_entries(missing))


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


def _finished(packet: bytearray) -> bytearray:
    _set_length(packet)
    return packet


def _transport_wide(leg: Hop, packet: bytearray) -> bytearray:
    """Arrival times by transport-wide number: both ends' own business, so only SSRCs change."""
    if len(packet) < 20:
        return bytearray()
    _put_sender(leg, packet)
    route = leg.fed_by.get(_ssrc(packet, 8))
    if route is not None:
        struct.pack_into("!I", packet, 8, route.source_ssrc)
    return packet


def _picture_loss(leg: Hop, packet: bytearray) -> bytearray:
    route = leg.fed_by.get(_ssrc(packet, 8)) if len(packet) >= 12 else None
    if route is None:
        return bytearray()
    _put_sender(leg, packet)
    struct.pack_into("!I", packet, 8, route.source_ssrc)
    return packet


def _full_intra(leg: Hop, packet: bytearray) -> bytearray:
    entries = bytearray()
    for offset in range(12, len(packet) - 7, 8):
        route = leg.fed_by.get(_ssrc(packet, offset))
        if route is not None:
            entries += route.source_ssrc.to_bytes(4, "big") + packet[offset + 4 : offset + 8]
    if not entries:
        return bytearray()
    _put_sender(leg, packet)
    return _finished(packet[:12] + entries)
