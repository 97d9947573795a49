"""The RTP packets of one stream, in any order, and out come its frames in order.

A packet that is missing is waited for as long as its repair may take.  When it does not come, the
frame that it belongs to is dropped, and with it everything up to the next frame that stands alone:
what remains decodes without an error.
"""

from dataclasses import dataclass, field
from typing import Final

from counter.media.depacketize import Format, NotAFrame

PATIENCE_SECONDS: Final = 2.0
"From the first packet after a hole until the hole is given up; a repair takes a round trip or two."


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, or one piece of sound."""

    at: float
    "When its first packet arrived, seconds."
    timestamp: int
    "RTP time stamp, extended beyond 32 bits."
    alone: bool
    "It can be decoded without another one before it."
    data: bytes


@dataclass(slots=True)
class Losses:
    """What is not in the recording."""

    packets: int = 0
    "That never came."
    frames: int = 0
    "That came and were of no use."


_Packet = tuple[float, int, bool, bytes]
"Arrival, extended time stamp, marker, payload."


@dataclass(slots=True)
class Assembler:
    """One stream."""

    format: Format
    losses: Losses = field(default_factory=Losses)
    _waiting: dict[int, _Packet] = field(default_factory=dict)
    "Behind a hole, by extended sequence number."
    _next: int | None = None
    "Extended sequence number that comes next."
    _hole_at: float = 0.0
    "Arrival of the first packet behind the present hole."
    _parts: list[_Packet] = field(default_factory=list)
    "Of the frame that is being put together."
    _blind: bool = True
    "Nothing is of use before a frame that stands alone."
    _broken: bool = False
    "The frame that is being put together has lost a part."

    def push(
        self, at: float, sequence: int, timestamp: int, marker: bool, payload: bytes
    ) -> list[Frame]:
        """The frames that this packet completes.  timestamp: extended; sequence: 16 bits."""
        following = self._next
        if following is None:
            following = self._next = sequence
        extended = following + ((sequence - following + 0x8000) & 0xFFFF) - 0x8000
        if extended < following:
            return []  # came twice, or after it was given up
        if extended == following and not self._waiting:
            self._next = following + 1
            return self._taken((at, timestamp, marker, payload))
        if not self._waiting:
            self._hole_at = at
        self._waiting.setdefault(extended, (at, timestamp, marker, payload))
        frames = self._drained()
        while self._waiting and at - self._hole_at > PATIENCE_SECONDS:
            frames += self._given_up()
        return frames

    def finish(self) -> list[Frame]:
        """No more packets come for a while; what follows may have any number."""
        frames: list[Frame] = []
        while self._waiting:
            frames += self._given_up()
        if self._parts:  # nobody knows whether more of it would have come
            self._parts = []
            self.losses.frames += 1
        self._next = None
        self._blind = True
        return frames

    def _drained(self) -> list[Frame]:
        """What is in order now."""
        frames: list[Frame] = []
        assert self._next is not None
        before = self._next
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next += 1
            frames += self._taken(packet)
        if self._waiting and self._next != before:
            self._hole_at = min(packet[0] for packet in self._waiting.values())
        return frames

    def _given_up(self) -> list[Frame]:
        """Go on behind the hole."""
        assert self._next is not None
        behind = min(self._waiting)
        self.losses.packets += behind - self._next
        self._broken = bool(self._parts)
        frames = self._completed()
        if self.format.kind == "video":
            self._blind = True  # what was in the hole is not known
        self._next = behind
        return frames + self._drained()

    def _taken(self, packet: _Packet) -> list[Frame]:
        """The next packet in order."""
        _, timestamp, marker, payload = packet
        frames = []
        if self._parts and self._parts[0][1] != timestamp:
            frames = self._completed()
        if payload:  # none: padding only
            self._parts.append(packet)
            if marker or self.format.kind == "audio":
                frames += self._completed()
        return frames

    def _completed(self) -> list[Frame]:
        parts, self._parts = self._parts, []
        broken, self._broken = self._broken, False
        if not parts:
            return []
        try:
            if broken:
                raise NotAFrame("a part is missing")
            data, alone = self.format.frame([payload for _, _, _, payload in parts])
        except NotAFrame:
            self._blind = True
            self.losses.frames += 1
            return []
        if self._blind and not alone:
            self.losses.frames += 1
            return []
        self._blind = False
        return [Frame(parts[0][0], parts[0][1], alone, data)]
