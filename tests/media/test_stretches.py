from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.quality import Cause, Verdict
from counter.media.series import BUCKET, Sample
from counter.media.stretches import end_of, stretches, verdict_of

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
GOOD = Sample(
    at=NOON,
    good_ms=10_000,
    weak_ms=0,
    bad_ms=0,
    cause=None,
    up_packets=900,
    up_lost=0,
    down_packets=900,
    down_lost=0,
    up_kbps=1500,
    rtt_ms=20,
    jitter_ms=2,
    jitter_buffer_ms=40,
    frozen_ms=0,
    available_kbps=3000,
)


def sample(place: int, verdict: Verdict, cause: Cause | None = None, **more: int) -> Sample:
    """The sample at this place of the series."""
    times = {"good_ms": 10_000, "weak_ms": 0, "bad_ms": 0}
    if verdict != "good":
        times |= {"good_ms": 8_000, f"{verdict}_ms": 2_000}
    return replace(GOOD, at=NOON + place * BUCKET, cause=cause, **{**times, **more})


def test_what_is_the_same_for_the_same_reason_is_one_stretch() -> None:
    series = [
        sample(0, "good"),
        sample(1, "good"),
        sample(2, "weak", "delay", rtt_ms=310),
        sample(3, "weak", "delay", rtt_ms=420, up_packets=950, up_lost=50),
        sample(4, "weak", "frozen", frozen_ms=2500),
        sample(5, "bad", "frozen", frozen_ms=6000, up_kbps=0),
        sample(6, "bad", "frozen", frozen_ms=4000, up_kbps=1000),
        sample(7, "good"),
    ]
    found = stretches(series)
    assert [(one.verdict, one.cause) for one in found] == [
        *(("good", None), ("weak", "delay"), ("weak", "frozen"), ("bad", "frozen")),
        ("good", None),
    ]
    assert [(one.until - one.since) / BUCKET for one in found] == [2, 2, 1, 2, 1]
    assert found[1].rtt_ms == 420
    assert found[1].up_lost == pytest.approx(50 / 1900)
    assert (found[3].frozen_ms, found[3].up_kbps) == (10_000, 500)


def test_where_nothing_was_kept_a_new_stretch_begins() -> None:
    found = stretches([sample(0, "good"), sample(1, "good"), sample(5, "good")])
    assert [one.since for one in found] == [NOON, NOON + 5 * BUCKET]
    assert found[0].until == NOON + 2 * BUCKET


def test_a_measure_that_nobody_took_is_none() -> None:
    series = [replace(sample(place, "good"), rtt_ms=None) for place in range(3)]
    (one,) = stretches(series)
    assert (one.rtt_ms, one.up_lost) == (None, 0.0)
    assert stretches([]) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["good", "weak", "bad"]),
            st.sampled_from(["delay", "frozen", None]),
            st.integers(0, 30),
        ),
        max_size=40,
    )
)
def test_stretches_follow_each_other_and_hold_every_sample(
    series: list[tuple[Verdict, Cause | None, int]],
) -> None:
    samples, at = [], NOON
    for verdict, cause, wait in series:
        at += timedelta(seconds=wait)
        samples.append(replace(sample(0, verdict, cause), at=at))
        at = end_of(samples[-1])
    found = stretches(samples)
    for one in samples:
        (around,) = (each for each in found if each.since <= one.at and end_of(one) <= each.until)
        assert around.verdict == verdict_of(one)
    assert all(one.until <= other.since for one, other in pairwise(found))
    assert all((one.cause is None) or one.verdict != "good" for one in found)
