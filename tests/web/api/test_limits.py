"""The bucket: never more than it holds at once, never more than its rate in the long run."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api.limits import HOLDS_S, MOST_BUCKETS, Bucket, Limits
from web.api.refusals import TooMany


@given(
    per_s=st.integers(1, 100),
    pauses=st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=200),
)
def test_no_more_than_the_rate_gets_through(per_s: int, pauses: list[float]) -> None:
    bucket, now, passed = Bucket(left=float(HOLDS_S * per_s), at=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(per_s, now) == 0
    assert passed <= HOLDS_S * per_s + now * per_s + 1e-6


@given(per_s=st.integers(1, 100), asked=st.integers(0, 300))
def test_who_waits_as_long_as_told_gets_through(per_s: int, asked: int) -> None:
    bucket = Bucket(left=float(HOLDS_S * per_s), at=0.0)
    waits = [bucket.take(per_s, 0.0) for _ in range(asked)]
    if waits and waits[-1]:
        assert bucket.take(per_s, waits[-1] + 1e-6) == 0


def test_many_keys_do_not_fill_the_memory() -> None:
    limits = Limits(lambda: 0.0)
    for number in range(3 * MOST_BUCKETS):
        limits.take(f"key-{number}", 1)
    assert len(limits._buckets) <= MOST_BUCKETS


def test_many_names_do_not_refill_what_all_of_them_share() -> None:
    limits, passed = Limits(lambda: 0.0), 0
    for number in range(3 * MOST_BUCKETS):
        limits.take("each", 1, of=str(number))
        with suppress(TooMany):
            limits.take("all", 1)
            passed += 1
    assert passed == HOLDS_S


def test_no_more_at_once_than_may_be_and_nobody_is_named() -> None:
    limits = Limits(lambda: 0.0)
    with limits.at_once("work", 2, of="198.51.100.7"):
        with limits.at_once("work", 2, of="198.51.100.7"):
            with pytest.raises(TooMany) as refused, limits.at_once("work", 2, of="198.51.100.7"):
                pass
            assert "198.51" not in str(refused.value)
            with limits.at_once("work", 2, of="198.51.100.8"):
                pass
        with limits.at_once("work", 2, of="198.51.100.7"):
            pass
    assert not limits._busy
    with suppress(TooMany):
        while True:
            limits.take("work", 1, of="198.51.100.7")
    with pytest.raises(TooMany) as refused:
        limits.take("work", 1, of="198.51.100.7")
    assert "198.51" not in str(refused.value)


def test_a_refusal_says_when() -> None:
    limits = Limits(lambda: 0.0)
    waits = []
    for _ in range(4):
        try:
            limits.take("key", 1)
        except TooMany as refused:
            waits.append(refused.retry_after_s)
    assert waits == [1, 1]
