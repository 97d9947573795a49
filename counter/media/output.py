"""One stream that we send to a leg: its numbers, and what of it can be sent again.

Promise kept here: an output never gives one sequence number to two different packets, whatever
feeds it.  That would break AES-GCM under one key (RFC 7714, section 10), and freeze the picture
besides.
"""

from dataclasses import dataclass, field
from typing import Final

from counter.media.rtp import NUMBERS, Kind, payload_offset

CACHE_PACKETS: Final[dict[Kind, int]] = {"audio": 64, "video": 64}
"""Packets kept per output for retransmission, powers of two: 1.3 s of sound, 0.4 s of picture at
1.5 Mbit/s, for 0.15 MB of a call.  What is older is asked of the source."""
REPEATS_AT_ONCE: Final = 256
"""Packets that are repeated for a receiver, and no more of them after that than were sent since:
one short request can name thousands."""


Kept = tuple[int, int, bytes]
"""A packet that was sent: its extended sequence number and its time stamp as sent, and the plain
packet as it came.  The copy is of what came so that a recording can share it."""


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
    slot: int = 0
    timestamp: int = 0
    sent_at: float | None = None
    "Monotonic seconds; None before the first packet."
    rtx_sequence: int = 0
    """One counter for ours and the sender's retransmissions: they share the SSRC, and two
    counters would repeat numbers."""
    cache: list[Kept | None] = field(default_factory=list)
    "What was sent, by sequence number modulo its length; empty before the first route."
    lost: int = 0
    "Packets, of all sources, that the receiver has said are lost; less what came twice."
    repeats_left: int = REPEATS_AT_ONCE
    repeats_counted_at: int = 0
    "`highest` when the line above was worked out."

    def next_rtx_sequence(self) -> int:
        self.rtx_sequence = (self.rtx_sequence + 1) & 0xFFFF
        return self.rtx_sequence

    def extended(self, sequence: int) -> int:
        """The newest extended number at or below `highest` whose low 16 bits are `sequence`."""
        return self.highest - ((self.highest - sequence) & 0xFFFF)

    def sent_before(self, extended: int) -> bool:
        """Whether a packet of this number, not above `highest`, was sent or is too old to tell.

        A sender can make its own numbers begin again where ours do not follow, by leaving out
        half a cycle; what it then sends is new to SRTP and would bear a number of ours twice.
        """
        if extended <= self.highest - len(self.cache):
            return True
        kept = self.cache[extended % len(self.cache)]
        return kept is not None and kept[0] == extended

    def may_repeat(self) -> bool:
        """Whether the receiver may be sent one more packet again; counts it."""
        earned = self.highest - self.repeats_counted_at
        self.repeats_left = min(REPEATS_AT_ONCE, self.repeats_left + earned)
        self.repeats_counted_at = self.highest
        if self.repeats_left <= 0:
            return False
        self.repeats_left -= 1
        return True

    def retransmission(self, sequence: int) -> bytes | None:
        """A plain packet that repeats `sequence`, or None when it cannot be made here.

        A picture is repeated as RTX (RFC 4588), without any header extension: a second
        transport-wide number or send time would feed the receiver's bandwidth estimators and
        throttle the sender for good.  Sound has no RTX: the very same packet goes out again.
        """
        extended = self.extended(sequence)
        if extended <= self.highest - len(self.cache):
            return None  # to SRTP its number would be one that is yet to come
        kept = self.cache[extended % len(self.cache)]
        if kept is None or kept[0] != extended:
            return None
        _, timestamp, packet = kept
        if self.kind == "audio":
            return packet[:2] + NUMBERS.pack(sequence, timestamp, self.ssrc) + packet[12:]
        rtx_type = self.rtx_types.get(packet[1] & 0x7F)
        if rtx_type is None or self.rtx_ssrc is None:
            return None
        header = bytearray(12)
        header[0] = 0x80 | (packet[0] & 0x20)
        header[1] = (packet[1] & 0x80) | rtx_type
        NUMBERS.pack_into(header, 2, self.next_rtx_sequence(), timestamp, self.rtx_ssrc)
        return bytes(header) + sequence.to_bytes(2, "big") + packet[payload_offset(packet, 0) :]
