"""A call's series as people read it: stretches in which a line was one thing for one reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from counter.media.quality import Cause, Verdict, share
from counter.media.series import BUCKET, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Samples that follow each other."""

    since: datetime
    until: datetime
    verdict: Verdict
    "The worst that was found in each of them."
    cause: Cause | None
    "None exactly when all is good."
    up_lost: float
    "Share of the packets, 0 to 1, like the next."
    down_lost: float
    up_kbps: int
    "On average."
    rtt_ms: int | None
    "The longest; None: nobody measured it."
    frozen_ms: int


def verdict_of(sample: Sample) -> Verdict:
    """The worst that was found within it: two seconds are enough."""
    if sample.bad_ms:
        return "bad"
    return "weak" if sample.weak_ms else "good"


def end_of(sample: Sample) -> datetime:
    return sample.at + length_of(sample)


def length_of(sample: Sample) -> timedelta:
    return timedelta(milliseconds=sample.good_ms + sample.weak_ms + sample.bad_ms)


def stretches(samples: Iterable[Sample]) -> list[Stretch]:
    """samples: of one leg, oldest first.  Where a whole sample is missing, a new one begins."""
    runs: list[list[Sample]] = []
    for sample in samples:
        before = runs[-1][-1] if runs else None
        if (
            before is not None
            and (verdict_of(before), _cause(before)) == (verdict_of(sample), _cause(sample))
            and sample.at - end_of(before) < BUCKET
        ):
            runs[-1].append(sample)
        else:
            runs.append([sample])
    return [_stretch(run) for run in runs]


def _cause(sample: Sample) -> Cause | None:
    return None if verdict_of(sample) == "good" else sample.cause


def _stretch(run: Sequence[Sample]) -> Stretch:
    up_lost, down_lost = sum(one.up_lost for one in run), sum(one.down_lost for one in run)
    whole = sum((length_of(one) for one in run), timedelta())
    sent = sum((one.up_kbps * length_of(one) for one in run), timedelta())
    trips = [one.rtt_ms for one in run if one.rtt_ms is not None]
    return Stretch(
        since=run[0].at,
        until=end_of(run[-1]),
        verdict=verdict_of(run[0]),
        cause=_cause(run[0]),
        up_lost=share(up_lost, up_lost + sum(one.up_packets for one in run)),
        down_lost=share(down_lost, down_lost + sum(one.down_packets for one in run)),
        up_kbps=round(sent / whole) if whole else 0,
        rtt_ms=max(trips, default=None),
        frozen_ms=sum(one.frozen_ms for one in run),
    )
