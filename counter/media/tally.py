"""What the counter's end of a leg knows of its line, from what the packet loop counts anyhow.

The loop only adds; everything else is worked out here, a few times a second.
"""

from dataclasses import dataclass
from typing import Final

from counter.media.routing import Hop, Route
from counter.media.rtp import CLOCK_HZ
from counter.media.series import Counted

SAMPLE_EVERY_S: Final = 0.1
WEIGHT: Final = 16
"RFC 3550, appendix A.8."


@dataclass(slots=True)
class Jitter:
    """How unevenly a leg's sound arrives (RFC 3550, section 6.4.1), from a sample of its packets.

    The newest packet of each look stands for those between two looks, so that the packet loop has
    no arithmetic to do; the differences are of the same kind, only fewer.
    """

    ms: float | None = None
    "None before two packets were looked at."
    _route: Route | None = None
    _at: float = 0.0
    _timestamp: int = 0

    def look(self, hop: Hop) -> None:
        """Take the newest packet of the leg's sound, if somebody receives it."""
        stream = hop.stream("audio")
        route = stream.routes[0] if stream is not None and stream.routes else None
        if route is None or route.fresh or route.output.sent_at is None:
            self._route = None
            return
        at, timestamp = route.output.sent_at, route.output.timestamp
        if route is self._route:
            ticks = (timestamp - self._timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            if ticks == 0:
                return  # nothing new
            apart_ms = abs((at - self._at) - ticks / CLOCK_HZ["audio"]) * 1000
            self.ms = apart_ms if self.ms is None else self.ms + (apart_ms - self.ms) / WEIGHT
        self._route, self._at, self._timestamp = route, at, timestamp


def counted(hop: Hop, leg_id: str, jitter_ms: float | None, now: float) -> Counted:
    """The counters of a leg.  now: monotonic seconds."""
    sound, picture = hop.stream("audio"), hop.stream("video")
    streams = [stream for stream in (sound, picture) if stream is not None]
    feeding = {id(route): route.inbound for route in hop.fed_by.values()}.values()
    return Counted(
        leg_id=leg_id,
        audio_packets=sound.packets if sound is not None else 0,
        video_packets=picture.packets if picture is not None else 0,
        octets=sum(stream.octets for stream in hop.inbound.values()),
        lost=sum(stream.gaps.lost for stream in streams),
        jitter_ms=jitter_ms,
        rtt_ms=None if hop.round_trip_s is None else hop.round_trip_s * 1000,
        silent_ms=None if hop.heard_at is None else int((now - hop.heard_at) * 1000),
        passed=sum(stream.packets for stream in feeding),
        passed_gaps=sum(stream.gaps.lost for stream in feeding),
    )
