"""Where what comes next goes, case by case."""

from dataclasses import replace
from typing import Any

import pytest

from counter.media.load import Load
from counter.media.loop_lag import SAMPLES, LoopLag
from counter.media.placement import FULL_SHARE, LATE_MS, Candidate, choose

ALL = A, B, C = tuple(Candidate(name=name) for name in "abc")
DEAD: dict[str, Any] = {"alive": False}
DRAINING: dict[str, Any] = {"draining": True}
LATE: dict[str, Any] = {"lag_ms": LATE_MS + 1}
FULL: dict[str, Any] = {"cpu_share": FULL_SHARE + 0.01}


@pytest.mark.parametrize("before", ["a", "b", "c"])
def test_a_key_stays_where_it_is_though_others_have_less_to_do(before: str) -> None:
    there = [replace(one, legs=100, cpu_share=0.5) if one.name == before else one for one in ALL]
    assert choose(there, before) == before


@pytest.mark.parametrize("how", [DEAD, DRAINING, LATE, FULL])
def test_a_key_leaves_a_process_that_cannot_take_it(how: dict[str, Any]) -> None:
    assert choose([replace(A, **how), replace(B, legs=9), C], "a") == "c"


@pytest.mark.parametrize("how", [DEAD, DRAINING])
def test_what_cannot_be_used_is_not_taken_though_all_others_are_full(
    how: dict[str, Any],
) -> None:
    assert choose([replace(A, **how), replace(B, **FULL)], None) == "b"
    assert choose([replace(A, **how), replace(B, **FULL)], "a") == "b"


@pytest.mark.parametrize("how", [LATE, FULL])
def test_where_all_are_full_a_key_does_not_wander(how: dict[str, Any]) -> None:
    there = [replace(A, **how), replace(B, **how), replace(C, **how, legs=5)]
    assert choose(there, "c") == "c"
    assert choose(there, None) == "a"


@pytest.mark.parametrize(
    ("loads", "chosen"),
    [
        ({}, "a"),
        ({"a": {"legs": 1}}, "b"),
        ({"a": {"legs": 4}, "b": {"legs": 3}, "c": {"legs": 2}}, "c"),
        # A core that is half used weighs more than fifty legs that wait.
        ({"a": {"cpu_share": 0.5}, "b": {"legs": 50}, "c": {"legs": 60}}, "b"),
        # What an idle process uses is no reason.
        ({"a": {"cpu_share": 0.05}}, "a"),
        ({"a": {"legs": 2}, "b": LATE, "c": FULL}, "a"),
    ],
)
def test_a_new_key_goes_where_least_is_to_do(loads: dict[str, dict[str, Any]], chosen: str) -> None:
    there = [replace(one, **loads.get(one.name, {})) for one in ALL]
    assert choose(there, None) == chosen
    assert choose(there, "gone") == chosen


@pytest.mark.parametrize("there", [[], [replace(A, **DEAD)], [replace(A, **DRAINING)]])
def test_there_may_be_none(there: list[Candidate]) -> None:
    assert choose(there, None) is None
    assert choose(there, "a") is None


def test_rates_are_of_the_last_five_seconds() -> None:
    load = Load(100.0, cpu_s=2.0)
    assert (load.cpu_share, load.packets_per_s) == (0.0, 0.0)
    for second in range(1, 21):  # a tenth of a core and 50 packets each second
        load.seen(100.0 + second, 2.0 + second / 10, second * 50)
    assert load.cpu_share == pytest.approx(0.1)
    assert load.packets_per_s == pytest.approx(50)
    for second in range(21, 26):  # then half a core and 500
        load.seen(100.0 + second, 4.0 + (second - 20) / 2, 1000 + (second - 20) * 500)
    assert load.cpu_share == pytest.approx(0.5)
    assert load.packets_per_s == pytest.approx(500)


def test_a_lag_is_told_by_its_worst_and_by_what_is_usual(caplog: pytest.LogCaptureFixture) -> None:
    lag = LoopLag()
    for number in range(SAMPLES):
        lag.late(1.0, number * 0.025)
    lag.late(300.0, 5.0)
    assert (lag.p99_ms, lag.worst_ms) == (1.0, 300.0)
    for number in range(3):
        lag.late(40.0, 5.1 + number)
    assert (lag.p99_ms, lag.worst_ms) == (40.0, 300.0)
    assert caplog.text.count("ms late") == 1, "once, however often"
    lag.late(25.0, 11.0)
    assert "25 ms late" in caplog.text
