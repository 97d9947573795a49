"""Where each received RTP packet goes, and which numbers it carries there.

A *leg* is one WebRTC connection of a call; a `Hop` is that leg as the packet loop sees it.  What a
leg sends us arrives under its own SSRCs (`Source`); what we send it leaves under ours (`Output`).
A `Route` feeds one output from one source: SSRC, sequence number and time stamp are rewritten and
nothing else is ("switching translator", RFC 7667, section 3.6.2).

Promise kept here: an output never repeats a sequence number, whatever feeds it.  A repeated number
under one key breaks AES-GCM (RFC 7714, section 10), and freezes the picture besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["audio", "video"]

CLOCK_HZ: Final[dict[Kind, int]] = {"audio": 48_000, "video": 90_000}
CACHE_PACKETS: Final = 1024
"Packets kept per video output for retransmission: 3-6 s at 1.5 Mbit/s.  A power of two."
DROP: Final = 0xFF
"In a payload-type table: the receiver did not agree to this type."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One media section of a leg's answer: what the leg sends, and what it can receive."""

    kind: Kind
    ssrc: int | None
    "None when the leg sends nothing of this kind (no camera, or not allowed to use it)."
    rtx_ssrc: int | None
    accepted: frozenset[int]
    "Payload types, of those that we offered, that the leg agreed to."


@dataclass(slots=True, kw_only=True, eq=False)
class Output:
    """One RTP stream that we send to a leg.  It outlives every source that feeds it."""

    kind: Kind
    ssrc: int
    rtx_ssrc: int | None
    rtx_types: dict[int, int]
    "Payload type of a packet -> payload type of its retransmission (RFC 4588)."
    highest: int
    "Highest sequence number sent, extended beyond 16 bits; one below the first before any was."
    timestamp: int = 0
    sent_at: float | None = None
    "Monotonic seconds; None before the first packet."
    rtx_sequence: int = 0
    """One counter for ours and the sender's retransmissions: they share the SSRC, and two
    counters would repeat numbers."""
    cache: list[bytes | None] = field(default_factory=list)
    "Plain packets as sent, by sequence number modulo its length; empty for audio."

    def next_rtx_sequence(self) -> int:
        self.rtx_sequence = (self.rtx_sequence + 1) & 0xFFFF
        return self.rtx_sequence

    def extended(self, sequence: int) -> int:
        """The newest extended number at or below `highest` whose low 16 bits are `sequence`."""
        return self.highest - ((self.highest - sequence) & 0xFFFF)

    def retransmission(self, sequence: int) -> bytes | None:
        """A plain RTX packet (RFC 4588) for `sequence`, or None when it cannot be made here.

        It carries no header extension: a second transport-wide number or send time would feed
        the receiver's bandwidth estimators and throttle the sender for good.
        """
        packet = self.cache[sequence % len(self.cache)] if self.cache else None
        if packet is None or self.rtx_ssrc is None:
            return None
        if int.from_bytes(packet[2:4], "big") != sequence:
            return None
        rtx_type = self.rtx_types.get(packet[1] & 0x7F)
        if rtx_type is None:
            return None
        header = bytearray(12)
        header[0] = 0x80 | (packet[0] & 0x20)
        header[1] = (packet[1] & 0x80) | rtx_type
        header[2:4] = self.next_rtx_sequence().to_bytes(2, "big")
        header[4:8] = packet[4:8]
        header[8:12] = self.rtx_ssrc.to_bytes(4, "big")
        return bytes(header) + packet[2:4] + packet[payload_offset(packet, 0) :]


@dataclass(slots=True, kw_only=True, eq=False)
class Route:
    """One source feeding one output."""

    source_ssrc: int
    sink: "Hop"
    output: Output
    out_ssrc: int
    payload_types: bytes
    "256 entries: second octet of the RTP header in, the same octet out, or `DROP`."
    main: "Route | None" = None
    "For the sender's retransmissions: the route of the stream that they repair."
    fresh: bool = True
    "No packet has passed yet, so the shifts below are not known."
    base: int = 0
    "Extended output number of the first packet; nothing below it may be sent."
    shift: int = 0
    "Output number minus source number, both extended; the source's cycles count from here."
    timestamp_shift: int = 0
    report_seen: bool = False
    "A sender report of this source has passed, so the sink's echo of it means this source."

    def rebase(self, sequence: int, timestamp: int, now: float) -> None:
        """Continue the output's numbering at the first packet of this source.

        sequence, timestamp: of that packet.  now: monotonic seconds.
        """
        output = self.output
        self.base = output.highest + 1
        self.shift = self.base - sequence
        if output.sent_at is None:
            self.timestamp_shift = 0
        else:
            # At least one 50 Hz frame, so that no two pictures share a time stamp.
            ticks = int(max(now - output.sent_at, 0.02) * CLOCK_HZ[output.kind])
            self.timestamp_shift = (output.timestamp + ticks - timestamp) & 0xFFFFFFFF
        self.fresh = False


@dataclass(slots=True, kw_only=True, eq=False)
class Hop:
    """One leg as the packet loop sees it."""

    rx: Any = None
    "libsrtp context for what the leg sends; None before its handshake is done."
    tx: Any = None
    address: int = 0
    "Address of a `sockaddr_in` in memory; 0 while the leg's address is not known."
    sources: tuple[Source, ...] = ()
    outputs: tuple[Output, ...] = ()
    routes: dict[int, Route] = field(default_factory=dict)
    "Source SSRC -> route, for what this leg sends."
    fed_by: dict[int, Route] = field(default_factory=dict)
    "Output SSRC -> route, for what this leg receives."
    peer: "Hop | None" = None
    "The other leg of the call, while the two are linked."
    received: int = 0
    sent: int = 0
    heard_at: float | None = None
    "Monotonic seconds of the last authentic RTP packet."

    def output(self, kind: Kind) -> Output | None:
        return next((output for output in self.outputs if output.kind == kind), None)

    def source(self, kind: Kind) -> Source | None:
        return next((source for source in self.sources if source.kind == kind), None)


def payload_offset(packet: bytes | bytearray | memoryview, start: int) -> int:
    """Index of the payload of the RTP packet that begins at `start` (RFC 3550, section 5.1)."""
    offset = start + 12 + 4 * (packet[start] & 0x0F)
    if packet[start] & 0x10:
        offset += 4 + 4 * ((packet[offset + 2] << 8) | packet[offset + 3])
    return offset


def shift_original(packet: bytearray | memoryview, start: int, length: int, shift: int) -> None:
    """Shift the original sequence number inside an RTX packet, in place.

    A packet that is padding only (a bandwidth probe) holds none and is left alone.
    """
    offset, end = payload_offset(packet, start), start + length
    padding = packet[end - 1] if packet[start] & 0x20 else 0
    if offset + 2 > end - padding:
        return
    original = (((packet[offset] << 8) | packet[offset + 1]) + shift) & 0xFFFF
    packet[offset], packet[offset + 1] = original >> 8, original & 0xFF


def payload_table(accepted: Iterable[int]) -> bytes:
    """256 entries for `Route.payload_types`, for a sink that agreed to the `accepted` types.

    We offer every leg the same types, so a type keeps its number.  What the source agreed to does
    not matter here: an answer says what its author wants to receive, not what it will send.
    """
    table = bytearray([DROP]) * 256
    for payload_type in accepted:
        table[payload_type] = payload_type
        if payload_type | 0x80 != DROP:
            table[payload_type | 0x80] = payload_type | 0x80
    return bytes(table)


def link(source: Hop, sink: Hop) -> None:
    """Let everything that `source` sends reach `sink`.  What fed the sink before is cut off."""
    source.peer = sink
    for kind in CLOCK_HZ:
        wanted, output, agreed = source.source(kind), sink.output(kind), sink.source(kind)
        if output is None:
            continue
        for ssrc in (output.ssrc, output.rtx_ssrc):
            sink.fed_by.pop(ssrc or -1, None)
        if wanted is None or wanted.ssrc is None or agreed is None:
            continue
        main = Route(
            source_ssrc=wanted.ssrc,
            sink=sink,
            output=output,
            out_ssrc=output.ssrc,
            payload_types=payload_table(agreed.accepted),
        )
        source.routes[wanted.ssrc] = sink.fed_by[output.ssrc] = main
        if wanted.rtx_ssrc is not None and output.rtx_ssrc is not None:
            repair = Route(
                source_ssrc=wanted.rtx_ssrc,
                sink=sink,
                output=output,
                out_ssrc=output.rtx_ssrc,
                payload_types=main.payload_types,
                main=main,
            )
            source.routes[wanted.rtx_ssrc] = sink.fed_by[output.rtx_ssrc] = repair


def unlink(gone: Hop, other: Hop) -> None:
    """Stop both directions between two legs; the outputs of both keep their numbering."""
    gone.peer = other.peer = None
    for source, sink in ((gone, other), (other, gone)):
        for table in (source.routes, sink.fed_by):
            for ssrc in [ssrc for ssrc, route in table.items() if route.sink is sink]:
                del table[ssrc]
