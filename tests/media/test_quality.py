"""The words for a line: the whole table of limits, and that they do not flicker."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.quality import (
    AT_LEAST,
    AT_MOST,
    BETTER_AFTER,
    CAUSES,
    GOOD,
    STALE_AFTER,
    VERDICTS,
    VOICE_AT_MOST,
    WORSE_AFTER,
    Finding,
    Heard,
    Seen,
    Standing,
    judge,
    settle,
)

HEARD = Heard(
    audio_packets=100, video_packets=300, lost=0, silent_ms=20, passed=1000, passed_gaps=0
)
SEEN = Seen(
    window_ms=2000,
    connected=True,
    camera=True,
    microphone=True,
    received=1000,
    lost=0,
    frozen_ms=0,
    jitter_buffer_ms=40.0,
    rtt_ms=30.0,
    available_kbps=3000.0,
    limited_by="none",
)
WEAK = Finding(verdict="weak", cause="upload_loss")
BAD = Finding(verdict="bad", cause="upload_loss")


def heard(**other: Any) -> Heard:
    return replace(HEARD, **other)


def seen(**other: Any) -> Seen:
    return replace(SEEN, **other)


def test_a_line_without_a_fault_is_good() -> None:
    assert judge(HEARD, SEEN) == GOOD


TABLE = [
    # what was counted, and what it is called
    (heard(lost=12), SEEN, "good", None),
    (heard(lost=13), SEEN, "weak", "upload_loss"),
    (heard(lost=44), SEEN, "weak", "upload_loss"),
    (heard(lost=45), SEEN, "bad", "upload_loss"),
    (HEARD, seen(lost=30), "good", None),
    (HEARD, seen(lost=31), "weak", "download_loss"),
    (HEARD, seen(lost=112), "bad", "download_loss"),
    (HEARD, seen(rtt_ms=299.0), "good", None),
    (HEARD, seen(rtt_ms=300.0), "weak", "delay"),
    (HEARD, seen(rtt_ms=600.0), "bad", "delay"),
    (heard(rtt_ms=650.0), seen(rtt_ms=None), "bad", "delay"),
    (HEARD, seen(jitter_buffer_ms=499.0), "good", None),
    (HEARD, seen(jitter_buffer_ms=500.0), "weak", "delay"),
    (HEARD, seen(jitter_buffer_ms=1000.0), "bad", "delay"),
    (HEARD, seen(frozen_ms=299), "good", None),
    (HEARD, seen(frozen_ms=300), "weak", "frozen"),
    (HEARD, seen(frozen_ms=1000), "bad", "frozen"),
    (HEARD, seen(available_kbps=400.0), "good", None),
    (HEARD, seen(available_kbps=399.0), "weak", "low_bandwidth"),
    (HEARD, seen(available_kbps=149.0), "bad", "low_bandwidth"),
    (HEARD, seen(available_kbps=None), "good", None),
    # a small picture needs less, and one that is only being tried nothing yet
    (HEARD, seen(wanted_kbps=250.0, available_kbps=200.0), "good", None),
    (HEARD, seen(wanted_kbps=250.0, available_kbps=199.0), "weak", "low_bandwidth"),
    (HEARD, seen(wanted_kbps=250.0, available_kbps=99.0), "bad", "low_bandwidth"),
    (HEARD, seen(wanted_kbps=0.0, available_kbps=10.0), "good", None),
    (heard(video_packets=0), seen(camera=False, available_kbps=149.0), "good", None),
    (heard(video_packets=0), seen(camera=False, available_kbps=39.0), "weak", "low_bandwidth"),
    (heard(video_packets=0), seen(camera=False, available_kbps=23.0), "bad", "low_bandwidth"),
    (HEARD, seen(limited_by="cpu"), "weak", "cpu"),
    (HEARD, seen(limited_by="bandwidth"), "good", None),
    (HEARD, seen(limited_by="other"), "good", None),
    (heard(video_packets=0), SEEN, "bad", "no_picture"),
    (heard(video_packets=0), seen(camera=False), "good", None),
    (heard(audio_packets=0), SEEN, "bad", "no_sound"),
    (heard(audio_packets=0), seen(microphone=False), "good", None),
    (HEARD, seen(connected=False), "bad", "gone"),
    (heard(silent_ms=999), SEEN, "good", None),
    (heard(silent_ms=1000), SEEN, "bad", "gone"),
    (heard(silent_ms=None), SEEN, "bad", "gone"),
    # a listener sends nothing and is not gone
    (
        heard(silent_ms=None, audio_packets=0, video_packets=0),
        seen(camera=False, microphone=False),
        "good",
        None,
    ),
    # only one end can be asked
    (None, SEEN, "good", None),
    (None, seen(lost=200), "bad", "download_loss"),
    (HEARD, None, "good", None),
    (heard(lost=45), None, "bad", "upload_loss"),
    (heard(silent_ms=1000), None, "bad", "gone"),
    (None, None, "bad", "gone"),
    # a root is named before its symptom, and the worst before the milder
    (HEARD, seen(frozen_ms=1500, lost=50), "bad", "download_loss"),
    (HEARD, seen(frozen_ms=1500, rtt_ms=400.0), "bad", "delay"),
    (heard(lost=45), seen(rtt_ms=400.0), "bad", "upload_loss"),
    (heard(lost=13), seen(rtt_ms=700.0), "bad", "delay"),
    (heard(lost=45, video_packets=0), SEEN, "bad", "no_picture"),
]


@pytest.mark.parametrize(("at_counter", "at_page", "verdict", "cause"), TABLE)
def test_every_measure_has_its_words(
    at_counter: Heard | None, at_page: Seen | None, verdict: str, cause: str | None
) -> None:
    found = judge(at_counter, at_page)
    assert (found.verdict, found.cause) == (verdict, cause)


def test_the_table_meets_every_word() -> None:
    assert {cause for *_, cause in TABLE} == {*CAUSES, None}
    assert {verdict for *_, verdict, _ in TABLE} == set(VERDICTS)


def test_limits_rise_from_weak_to_bad() -> None:
    assert all(weak < bad for weak, bad in AT_LEAST.values())
    assert AT_MOST[0] > AT_MOST[1] and VOICE_AT_MOST[0] > VOICE_AT_MOST[1]


def test_what_the_other_leg_lost_is_not_this_legs_fault() -> None:
    before_us = heard(passed=900, passed_gaps=100)

    assert judge(before_us, seen(received=900, lost=100, frozen_ms=900)) == GOOD
    assert judge(before_us, seen(received=900, lost=100, jitter_buffer_ms=700.0)) == GOOD
    assert judge(before_us, seen(received=800, lost=200)).cause == "download_loss"


def test_a_few_packets_say_nothing() -> None:
    assert judge(heard(audio_packets=5, video_packets=5, lost=9), SEEN) == GOOD


def test_worse_is_told_after_two_windows_and_better_after_four() -> None:
    standing, told = Standing(), []
    for finding in [BAD, BAD, GOOD, GOOD, GOOD, GOOD]:
        standing = settle(standing, finding)
        told.append(standing.told.verdict)
    assert told == ["good", "bad", "bad", "bad", "bad", "good"]


def test_of_two_worse_windows_the_milder_is_told() -> None:
    standing = settle(settle(Standing(), BAD), WEAK)
    assert standing.told == WEAK


def test_of_four_better_windows_the_worst_is_told() -> None:
    standing = Standing(told=BAD)
    for finding in [GOOD, GOOD, WEAK, GOOD]:
        standing = settle(standing, finding)
    assert standing.told == WEAK


def test_another_cause_is_told_when_two_windows_agree_on_it() -> None:
    delay, cpu = Finding(verdict="weak", cause="delay"), Finding(verdict="weak", cause="cpu")
    standing = settle(settle(Standing(told=WEAK), delay), cpu)
    assert standing.told == WEAK
    assert settle(standing, cpu).told == cpu


def test_a_cause_that_is_not_found_any_more_gives_way_to_the_root_of_those_that_are() -> None:
    frozen = Finding(verdict="weak", cause="frozen")
    found = [
        Finding(verdict="bad", cause="upload_loss"),
        Finding(verdict="weak", cause="low_bandwidth"),
        Finding(verdict="weak", cause="delay"),
    ]
    standing = Standing(told=frozen)
    for one in found[:2]:
        standing = settle(standing, one)
        assert standing.told == frozen
    assert settle(standing, found[2]).told == Finding(verdict="weak", cause="upload_loss")
    assert settle(settle(standing, frozen), found[2]).told == frozen, "it was found again"


windows = st.lists(
    st.builds(
        lambda verdict, cause: GOOD if verdict == "good" else Finding(verdict=verdict, cause=cause),
        st.sampled_from(VERDICTS),
        st.sampled_from(CAUSES),
    ),
    max_size=60,
)


@given(windows)
def test_words_change_slowly_and_only_to_what_was_found(findings: list[Finding]) -> None:
    standing, since = Standing(), 0
    for number, finding in enumerate(findings, 1):
        before = standing.told
        standing = settle(standing, finding)
        if standing.told == before:
            continue
        needed = (
            BETTER_AFTER
            if VERDICTS.index(standing.told.verdict) < VERDICTS.index(before.verdict)
            else WORSE_AFTER
        )
        assert number - since >= needed
        last = findings[max(0, number - max(needed, STALE_AFTER)) : number]
        assert standing.told.cause in {one.cause for one in last}
        assert standing.told.verdict in {one.verdict for one in (*last, before)}
        since = number


@given(windows, st.sampled_from(VERDICTS), st.sampled_from(CAUSES))
def test_what_stays_as_it_is_will_be_told(
    findings: list[Finding], verdict: Any, cause: Any
) -> None:
    lasting = GOOD if verdict == "good" else Finding(verdict=verdict, cause=cause)
    standing = Standing()
    for finding in findings + [lasting] * BETTER_AFTER * len(VERDICTS):
        standing = settle(standing, finding)
    assert standing.told == lasting


counted = st.builds(
    Heard,
    audio_packets=st.integers(0, 200),
    video_packets=st.integers(0, 600),
    lost=st.integers(-5, 900),
    silent_ms=st.none() | st.integers(0, 60_000),
    rtt_ms=st.none() | st.floats(0, 5000),
    passed=st.integers(0, 900),
    passed_gaps=st.integers(-5, 900),
)
summed = st.builds(
    Seen,
    window_ms=st.integers(500, 60_000),
    connected=st.booleans(),
    camera=st.booleans(),
    microphone=st.booleans(),
    received=st.integers(0, 2000),
    lost=st.integers(-50, 2000),
    frozen_ms=st.integers(0, 60_000),
    jitter_buffer_ms=st.none() | st.floats(0, 5000),
    rtt_ms=st.none() | st.floats(0, 5000),
    available_kbps=st.none() | st.floats(0, 100_000),
    limited_by=st.sampled_from(["none", "bandwidth", "cpu", "other"]),
)


@given(st.none() | counted, st.none() | summed)
def test_whatever_was_counted_there_is_a_word_and_a_cause_for_it(
    at_counter: Heard | None, at_page: Seen | None
) -> None:
    found = judge(at_counter, at_page)
    assert (found.verdict == "good") == (found.cause is None)


@given(counted, summed, st.integers(0, 500), st.floats(0, 1000))
def test_more_of_a_fault_never_makes_a_line_better(
    at_counter: Heard, at_page: Seen, packets: int, ms: float
) -> None:
    worse_up = replace(at_counter, lost=at_counter.lost + packets)
    later = replace(
        at_page,
        rtt_ms=(at_page.rtt_ms or 0) + ms,
        frozen_ms=at_page.frozen_ms + int(ms),
        lost=at_page.lost + packets,
    )
    before = VERDICTS.index(judge(at_counter, at_page).verdict)
    assert VERDICTS.index(judge(worse_up, at_page).verdict) >= before
    if at_page.rtt_ms is not None or at_counter.rtt_ms is None:
        assert VERDICTS.index(judge(at_counter, later).verdict) >= before
