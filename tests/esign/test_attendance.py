"""When nobody is there any more, and what of a page's time is counted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.esign.attendance import (
    IDLE,
    KEPT,
    MOMENT,
    STINT,
    WARNED,
    Attendance,
    counted_ms,
    require_moment,
)
from counter.esign.refusals import PageTooShort

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
spans = st.timedeltas(timedelta(), timedelta(hours=2))


def attendance(call: str | None = "call-1", ended: datetime | None = None) -> Attendance:
    return Attendance(touched_at=NOW, call_id=call, call_ended_at=ended)


def test_a_minute_without_a_touch_is_asked_about_and_two_are_the_end() -> None:
    assert attendance().warning_at == NOW + WARNED
    assert attendance().deadline == NOW + IDLE
    assert (
        timedelta(seconds=60),
        timedelta(seconds=120),
        timedelta(minutes=15),
    ) == (WARNED, IDLE, KEPT)


@given(spans)
def test_time_decides_from_the_deadline_on_and_never_before(later: timedelta) -> None:
    assert attendance().expire(NOW + later) == ("abandoned" if later >= IDLE else None)
    ended = attendance(ended=NOW)
    assert ended.expire(NOW + later) == ("expired" if later >= KEPT else None)


def test_an_interrupted_call_is_no_idleness() -> None:
    ended = attendance(ended=NOW + timedelta(seconds=119))
    assert ended.paused and ended.warning_at is None
    assert ended.expire(NOW + IDLE) is None


def test_without_a_call_nobody_watches() -> None:
    alone = attendance(call=None)
    assert (alone.warning_at, alone.deadline, alone.expire(NOW + KEPT)) == (None, None, None)


@given(spans)
def test_what_is_counted_of_one_stretch_is_bounded(gap: timedelta) -> None:
    assert counted_ms(NOW, NOW + gap) == round(min(gap, STINT) / timedelta(milliseconds=1))


def test_a_clock_that_went_back_takes_nothing_away() -> None:
    assert counted_ms(NOW, NOW - MOMENT) == 0


def test_a_page_counts_after_a_moment() -> None:
    require_moment(NOW, NOW + MOMENT)
    for opened in (None, NOW + timedelta(milliseconds=1)):
        with pytest.raises(PageTooShort):
            require_moment(opened, NOW + MOMENT)
