"""The last whole picture of a leg: the packets of its next key frame, put together, not decoded.

A `StillTap` takes the place of a leg's tap for a moment and hands everything on to the one that was
there, so a leg can be recorded meanwhile.  The packet loop does nothing for it at other times.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from counter.media.depacketize import FORMATS
from counter.media.frames import Assembler, Frame
from counter.media.rtp import payload_offset
from counter.media.sdp import ENCODINGS, RTX_TYPES

MAX_PACKETS: Final = 3000
"Some ten seconds of a picture; a leg that sends more without a whole one is given up."
_REPAIRED: Final = {repair: main for main, repair in RTX_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One encoded picture that stands alone."""

    codec: str
    "`vp8`, `vp9`, `h264` or `av1`."
    frame: bytes


@dataclass(slots=True)
class StillTap:
    """Collects the packets of a leg's picture.  `inner`: the tap that was there before."""

    inner: Any = None
    found: Still | None = None
    packets: int = 0
    _assemblers: dict[str, Assembler] = field(default_factory=dict)
    "By codec."

    def rtp(self, packet: bytes, now: float) -> None:
        """See `counter.media.dump.Tap`."""
        if self.inner is not None:
            self.inner.rtp(packet, now)
        if self.found is None and self.packets < MAX_PACKETS:
            self.packets += 1
            self._take(packet, now)

    def rtcp(self, compound: bytes, now: float) -> None:
        if self.inner is not None:
            self.inner.rtcp(compound, now)

    def _take(self, packet: bytes, now: float) -> None:
        payload_type = packet[1] & 0x7F
        sequence = int.from_bytes(packet[2:4], "big")
        try:
            payload = packet[payload_offset(packet, 0) :]
        except IndexError:
            return
        if packet[0] & 0x20 and payload:  # padding
            payload = payload[: max(0, len(payload) - payload[-1])]
        if payload_type in _REPAIRED:
            if len(payload) < 3:
                return  # a bandwidth probe
            payload_type = _REPAIRED[payload_type]
            sequence, payload = int.from_bytes(payload[:2], "big"), payload[2:]
        codec = ENCODINGS.get(payload_type, "").partition("/")[0].lower()
        coding = FORMATS.get(codec)
        if coding is None or coding.kind != "video":
            return
        assembler = self._assemblers.setdefault(codec, Assembler(coding))
        timestamp = int.from_bytes(packet[4:8], "big")
        for frame in assembler.push(now, sequence, timestamp, packet[1] > 127, payload):
            self._see(codec, frame)

    def _see(self, codec: str, frame: Frame) -> None:
        if frame.alone and self.found is None:
            self.found = Still(codec=codec, frame=frame.data)
