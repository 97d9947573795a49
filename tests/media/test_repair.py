"""What is asked for again, how often, and when it is given up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.repair import (
    KEY_FRAME_EVERY_S,
    MAX_GAP,
    MAX_MISSING,
    RETRY_LEAST_S,
    RETRY_MOST_S,
    RETRY_S,
    TRIES,
    Gaps,
    KeyFrames,
    retry_after,
)


def test_a_gap_is_asked_for_at_once_and_again_until_it_is_given_up() -> None:
    gaps = Gaps()
    assert gaps.seen(10, 13, 1.0) == [11, 12]
    assert gaps.due(1.0 + RETRY_S / 2) == []
    gaps.arrived(12)
    asked = []
    for turn in range(1, 10):
        asked += gaps.due(1.0 + turn * RETRY_S * 1.01)
    assert asked == [11] * (TRIES - 1)
    assert gaps.missing == {} and gaps.lost == 2


def test_of_a_long_gap_nothing_is_asked_for() -> None:
    gaps = Gaps()
    assert gaps.seen(0, MAX_GAP + 2, 1.0) == []
    assert gaps.missing == {} and gaps.lost == MAX_GAP + 1
    assert len(gaps.seen(0, MAX_GAP + 1, 1.0)) == MAX_GAP


@pytest.mark.parametrize(
    ("round_trip_s", "seconds"),
    [(None, RETRY_S), (0.0, RETRY_LEAST_S), (0.05, 0.075), (1.0, RETRY_MOST_S)],
)
def test_an_answer_is_awaited_as_long_as_the_leg_is_far(
    round_trip_s: float | None, seconds: float
) -> None:
    assert retry_after(round_trip_s) == pytest.approx(seconds)
    gaps = Gaps()
    gaps.seen(10, 12, 1.0)
    assert gaps.due(1.0 + seconds * 0.9, seconds) == []
    assert gaps.due(1.0 + seconds * 1.1, seconds) == [11]


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 2)), max_size=60))
def test_what_is_remembered_is_bounded(jumps: list[tuple[int, float]]) -> None:
    gaps, highest, now = Gaps(), 0, 0.0
    for jump, later in jumps:
        now += later
        gaps.seen(highest, highest + jump + 1, now)
        highest += jump + 1
        gaps.asked(highest - 5, now)
        assert len(gaps.missing) <= MAX_MISSING


@given(st.lists(st.floats(0, 1), max_size=60))
def test_key_frames_are_never_asked_for_more_often_than_allowed_and_none_is_lost(
    pauses: list[float],
) -> None:
    frames, now, asked = KeyFrames(), 10.0, []
    for pause in pauses:
        now += pause
        wanted_at = now
        if frames.wanted(now):
            asked.append(now)
        if not frames.waiting:
            assert asked and asked[-1] == wanted_at
    while frames.waiting:
        now += KEY_FRAME_EVERY_S / 3
        if frames.due(now):
            asked.append(now)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert all(gap >= KEY_FRAME_EVERY_S - 1e-9 for gap in gaps)
    assert bool(asked) == bool(pauses)
