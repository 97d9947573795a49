"""From counters that only grow to windows, and from windows to the series kept of a call."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from counter.media.quality import Cause, Finding, Heard, Seen

BUCKET: Final = timedelta(seconds=10)
"What one sample of the series sums up."


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the counter's end of a leg has counted since the leg began."""

    leg_id: str
    audio_packets: int = 0
    video_packets: int = 0
    octets: int = 0
    lost: int = 0
    "Gaps in the numbers of what the leg sent, filled later or not."
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    silent_ms: int | None = None
    passed: int = 0
    "Packets that those whom this leg receives from have sent us."
    passed_gaps: int = 0
    "Gaps in them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A few seconds of a leg, seen from both ends."""

    length: timedelta
    finding: Finding
    heard: Heard | None
    seen: Seen | None
    octets: int = 0
    jitter_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """About ten seconds of a leg, as kept.  None: nobody measured it."""

    at: datetime
    good_ms: int
    weak_ms: int
    bad_ms: int
    cause: Cause | None
    "Of the time that was not good: what explains most of it."
    up_packets: int
    up_lost: int
    down_packets: int
    down_lost: int
    up_kbps: int
    rtt_ms: int | None
    "The longest, like the next two."
    jitter_ms: int | None
    jitter_buffer_ms: int | None
    frozen_ms: int
    available_kbps: int | None
    "The least."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Of all the time of one side's legs, how much was how, and why."""

    side: Literal["terminal", "agent"]
    cause: Cause | None
    "What explains it; None for ten seconds that were good throughout."
    good_ms: int
    weak_ms: int
    bad_ms: int


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Windows on their way to a sample."""

    at: datetime
    windows: list[Window] = field(default_factory=list)

    def full(self, now: datetime) -> bool:
        """Time to write it."""
        return now - self.at >= BUCKET

    def sample(self) -> Sample | None:
        """What is kept of it; None when nothing was measured."""
        if not self.windows:
            return None
        time = {"good": timedelta(), "weak": timedelta(), "bad": timedelta()}
        causes: Counter[Cause] = Counter()
        for window in self.windows:
            time[window.finding.verdict] += window.length
            if window.finding.cause is not None:
                causes[window.finding.cause] += _ms(window.length)
        heard = [window.heard for window in self.windows if window.heard is not None]
        seen = [window.seen for window in self.windows if window.seen is not None]
        whole = sum((window.length for window in self.windows), timedelta())
        octets = sum(window.octets for window in self.windows)
        trips = [one.rtt_ms for one in heard] + [one.rtt_ms for one in seen]
        return Sample(
            at=self.at,
            good_ms=_ms(time["good"]),
            weak_ms=_ms(time["weak"]),
            bad_ms=_ms(time["bad"]),
            cause=causes.most_common(1)[0][0] if causes else None,
            up_packets=sum(one.audio_packets + one.video_packets for one in heard),
            up_lost=sum(max(one.lost, 0) for one in heard),
            down_packets=sum(one.received for one in seen),
            down_lost=sum(max(one.lost, 0) for one in seen),
            up_kbps=round(octets * 8 / max(_ms(whole), 1)),
            rtt_ms=_most(trips),
            jitter_ms=_most([window.jitter_ms for window in self.windows]),
            jitter_buffer_ms=_most([one.jitter_buffer_ms for one in seen]),
            frozen_ms=sum(one.frozen_ms for one in seen),
            available_kbps=_least([one.available_kbps for one in seen]),
        )


def between(before: Counted | None, after: Counted) -> tuple[Heard, int]:
    """What was counted since `before`, and its octets; all of it when the leg is a new one."""
    if before is None or before.leg_id != after.leg_id:
        before = Counted(leg_id=after.leg_id)
    heard = Heard(
        audio_packets=after.audio_packets - before.audio_packets,
        video_packets=after.video_packets - before.video_packets,
        lost=after.lost - before.lost,
        silent_ms=after.silent_ms,
        rtt_ms=after.rtt_ms,
        # Who feeds a leg changes with the parties of its call, and then these two start anew.
        passed=max(0, after.passed - before.passed),
        passed_gaps=max(0, after.passed_gaps - before.passed_gaps),
    )
    return heard, after.octets - before.octets


def together(earlier: Seen, later: Seen) -> Seen:
    """Two summaries of a page as one."""
    return replace(
        later,
        window_ms=earlier.window_ms + later.window_ms,
        received=earlier.received + later.received,
        lost=earlier.lost + later.lost,
        frozen_ms=earlier.frozen_ms + later.frozen_ms,
    )


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _most(measures: list[float | None]) -> int | None:
    known = [measure for measure in measures if measure is not None]
    return round(max(known)) if known else None


def _least(measures: list[float | None]) -> int | None:
    known = [measure for measure in measures if measure is not None]
    return round(min(known)) if known else None
