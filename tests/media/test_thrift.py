"""Sound first: how far the picture is cut on a thin line, and when it comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.quality import CAUSES, GOOD, VERDICTS, Finding
from counter.media.thrift import (
    CAPS_KBPS,
    DOWN_AFTER,
    LONGEST_PATIENCE,
    THIN,
    TRIAL,
    UP_AFTER,
    Thrift,
    after,
    picture_fits,
    voice_helps,
)

LOSSY = Finding(verdict="weak", cause="upload_loss")
PLENTY = 5000.0


def through(thrift: Thrift, *windows: tuple[Finding, float | None]) -> Thrift:
    for finding, available in windows:
        thrift = after(thrift, finding, available)
    return thrift


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("verdict", ["weak", "bad"])
def test_only_a_thin_line_takes_from_the_picture(verdict: str, cause: str) -> None:
    window = (Finding(verdict=verdict, cause=cause), PLENTY)  # type: ignore[arg-type]  # literals
    steps = [through(Thrift(), *[window] * number).step for number in (1, 2, 3, 4, 9)]
    assert steps == ([0, 1, 1, 2, 2] if cause in THIN else [0] * 5)


@pytest.mark.parametrize(
    ("step", "available", "goes_to"),
    [(0, 900, 0), (0, 899, 1), (1, 360, 1), (1, 359, 2), (2, 149, 2), (2, 10, 2)],
)
def test_what_the_browser_can_send_decides_the_ceiling(
    step: int, available: float, goes_to: int
) -> None:
    assert through(Thrift(step=step), *[(GOOD, available)] * DOWN_AFTER).step == goes_to


@pytest.mark.parametrize(
    ("step", "available", "goes_to"),
    [(2, 200, 1), (2, 199, 2), (1, 480, 0), (1, 479, 1), (1, None, 0), (0, PLENTY, 0)],
)
def test_a_good_line_with_room_gets_its_picture_back(
    step: int, available: float | None, goes_to: int
) -> None:
    assert through(Thrift(step=step), *[(GOOD, available)] * UP_AFTER).step == goes_to


def test_a_weak_line_gets_nothing_back() -> None:
    busy = Finding(verdict="weak", cause="cpu")
    assert through(Thrift(step=2), *[(busy, PLENTY)] * 50).step == 2


def test_an_estimate_may_rise_for_a_while_after_a_step_up() -> None:
    up = through(Thrift(step=2), *[(GOOD, 245.0)] * UP_AFTER)
    assert (up.step, up.wanted_kbps) == (1, 0)
    rising = through(up, *[(GOOD, 245.0 + 40 * second) for second in range(TRIAL)])
    assert (rising.step, rising.wanted_kbps) == (1, 600)
    staying = through(up, *[(GOOD, 245.0)] * (TRIAL + DOWN_AFTER))
    assert staying.step == 2
    assert through(up, (LOSSY, 245.0), (LOSSY, 245.0)).step == 2, "a loss is known at once"


def test_a_step_that_was_taken_back_is_tried_later_the_next_time() -> None:
    thrift, waits = Thrift(step=1), []
    for _ in range(6):
        windows = 0
        while thrift.step == 1:
            thrift = after(thrift, GOOD, PLENTY)
            windows += 1
        waits.append(windows)
        thrift = through(thrift, (LOSSY, PLENTY), (LOSSY, PLENTY))
    assert waits == [5, 10, 20, 40, 40, 40]
    assert waits[-1] == LONGEST_PATIENCE


findings = st.builds(
    lambda verdict, cause: GOOD if verdict == "good" else Finding(verdict=verdict, cause=cause),
    st.sampled_from(VERDICTS),
    st.sampled_from(CAUSES),
)
windows = st.lists(st.tuples(findings, st.none() | st.floats(0, 10_000)), max_size=80)


@given(windows)
def test_the_ceiling_moves_one_step_at_a_time_and_stays_in_the_table(
    line: list[tuple[Finding, float | None]],
) -> None:
    thrift = Thrift()
    for finding, available in line:
        was = thrift.step
        thrift = after(thrift, finding, available)
        assert abs(thrift.step - was) <= 1
        assert thrift.video_kbps in CAPS_KBPS
        assert thrift.patience <= LONGEST_PATIENCE


@given(windows)
def test_a_line_that_recovers_gets_the_whole_picture_again(
    line: list[tuple[Finding, float | None]],
) -> None:
    thrift = through(Thrift(), *line, *[(GOOD, PLENTY)] * (LONGEST_PATIENCE * len(CAPS_KBPS)))
    assert thrift.video_kbps == CAPS_KBPS[0]


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("cause", CAUSES)
def test_voice_is_proposed_on_a_line_that_is_bad_because_it_is_thin(
    verdict: str, cause: str
) -> None:
    line = GOOD
    if verdict != "good":
        line = Finding(verdict=verdict, cause=cause)  # type: ignore[arg-type]  # literals
    assert voice_helps([GOOD, line]) == (verdict == "bad" and cause in THIN)
    assert picture_fits([GOOD, line]) == (verdict == "good")
