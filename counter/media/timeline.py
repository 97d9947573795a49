"""When what a leg sent was said and seen: from RTP time stamps to one clock for all legs.

A sender report (RFC 3550, section 6.4.1) ties a stream's time stamps to its sender's clock, which
sound and picture share; so they are placed by it, and stay together.  One report may be wrong by as
much as its sender was busy, so what counts is the median of its neighbours.  How far the sender's
clock is from ours follows from the packets that were least delayed, over half a minute at a time,
so that a clock that drifts or is set meanwhile does no harm.  A stream without reports is placed by
its own least delayed packet.  Between two values there is a straight line: time never jumps.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from statistics import median
from typing import Final

BUCKET_SECONDS: Final = 10.0
NEIGHBOURS: Final = 1
"Buckets on each side that count for the one between them."
NEIGHBOURING_REPORTS: Final = 4
"On each side of one."
NTP_UNIX: Final = 2_208_988_800
"From 1900 to 1970, seconds."


@dataclass(slots=True)
class StreamClock:
    """One stream of a leg."""

    clock_hz: int
    last: int | None = None
    "Extended time stamp of the packet before."
    reports: list[tuple[int, float]] = field(default_factory=list)
    "Extended time stamps, and sender's clock - time stamp / clock there."
    least: dict[int, tuple[float, int]] = field(default_factory=dict)
    "By bucket, the packet whose arrival - time stamp / clock was least, and its time stamp."
    _anchors: list[tuple[int, float]] | None = None
    "The reports, smoothed."

    def extended(self, timestamp: int) -> int:
        """The time stamp beyond 32 bits, near the one before; to be asked in order of arrival."""
        if self.last is None:
            self.last = timestamp
        else:
            self.last += ((timestamp - self.last + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        return self.last

    def packet(self, at: float, extended: int) -> None:
        """A packet arrived at `at`, seconds."""
        unplaced = at - extended / self.clock_hz
        bucket = int(at / BUCKET_SECONDS)
        known = self.least.get(bucket)
        if known is None or unplaced < known[0]:
            self.least[bucket] = unplaced, extended

    def report(self, ntp: int, timestamp: int) -> None:
        """A sender report.  ntp: 64 bits as in the packet."""
        if self.last is None or not ntp:
            return
        extended = self.last + (((timestamp - self.last) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        if not self.reports or extended > self.reports[-1][0]:
            anchor = ntp / (1 << 32) - NTP_UNIX - extended / self.clock_hz
            self.reports.append((extended, anchor))

    def anchor(self, extended: int) -> float:
        """What is to be added to time stamp / clock for the sender's clock; needs a report."""
        if self._anchors is None:
            self._anchors = [
                (stamp, median(anchor for _, anchor in self.reports[_around(place)]))
                for place, (stamp, _) in enumerate(self.reports)
            ]
        return _between(self._anchors, extended)


@dataclass(slots=True)
class LegClock:
    """All streams of one leg.  First everything is shown to them, then it is asked."""

    streams: dict[int, StreamClock] = field(default_factory=dict)
    "By SSRC."
    _delays: list[tuple[float, float]] | None = None
    "Arrival clock - sender's clock of what was not delayed, by arrival."

    def place(self, stream: StreamClock, extended: int, at: float) -> float:
        """When it was captured, in seconds of the arrival clock.  at: about when it arrived."""
        if not stream.reports:
            return extended / stream.clock_hz + min(least for least, _ in stream.least.values())
        if self._delays is None:
            self._delays = self._smoothed()
        return extended / stream.clock_hz + stream.anchor(extended) + _between(self._delays, at)

    def _smoothed(self) -> list[tuple[float, float]]:
        delays: dict[int, float] = {}
        for stream in self.streams.values():
            if stream.reports:
                for bucket, (unplaced, extended) in stream.least.items():
                    delay = unplaced - stream.anchor(extended)
                    delays[bucket] = min(delays.get(bucket, delay), delay)
        near = range(-NEIGHBOURS, NEIGHBOURS + 1)
        return [
            (
                (bucket + 0.5) * BUCKET_SECONDS,
                min(delays[bucket + step] for step in near if bucket + step in delays),
            )
            for bucket in sorted(delays)
        ]


def _around(place: int) -> slice:
    return slice(max(0, place - NEIGHBOURING_REPORTS), place + NEIGHBOURING_REPORTS + 1)


def _between(points: list[tuple[int, float]] | list[tuple[float, float]], at: float) -> float:
    """The value at `at` on the line through the points; at its ends it goes on level."""
    after = bisect_right(points, at, key=lambda point: point[0])
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (left, before), (right, behind) = points[after - 1], points[after]
    return before + (behind - before) * (at - left) / (right - left)
