"""The pure rules: order, presence, numbers, waits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.errors import NotAllowedNow
from counter.signaling.dispatch import (
    AFTER_LOGIN,
    BOOST,
    GRACE,
    PAIRED_AGENT,
    PRESENCE,
    AgentState,
    after_miss,
    chosen,
    day_of,
    due_at,
    start_of_day,
    ticket_number,
)
from counter.signaling.news import News
from counter.signaling.ring import MISSES
from counter.signaling.wait import estimate

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MINUTES = st.integers(min_value=-180, max_value=180).map(lambda n: timedelta(minutes=n))


def test_a_walk_in_is_due_on_arrival() -> None:
    assert due_at(arrived_at=NOON, starts_at=None) == NOON


@given(early=MINUTES)
def test_nobody_overtakes_by_more_than_boost_and_grace(early: timedelta) -> None:
    due = due_at(arrived_at=NOON, starts_at=NOON + early)
    assert NOON - due <= BOOST + GRACE


def test_an_appointment_is_due_before_its_slot_until_it_is_too_late() -> None:
    slot = NOON
    assert due_at(arrived_at=slot - timedelta(hours=1), starts_at=slot) == slot - BOOST
    assert due_at(arrived_at=slot + GRACE, starts_at=slot) == slot - BOOST
    late = slot + GRACE + timedelta(seconds=1)
    assert due_at(arrived_at=late, starts_at=slot) == late


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("presence", ["ready", "paused"])
def test_what_the_table_does_not_say_is_refused(state: AgentState, presence: str) -> None:
    if state in PAIRED_AGENT:
        with pytest.raises(NotAllowedNow):
            chosen(state, presence)  # type: ignore[arg-type]
    else:
        wanted = AgentState.IDLE if presence == "ready" else AgentState.PAUSED
        assert chosen(state, presence) is wanted  # type: ignore[arg-type]
        assert (state, presence) in PRESENCE


def test_signing_in_makes_nobody_ready_who_was_not() -> None:
    assert set(AFTER_LOGIN) == set(AgentState)
    ready_after = {state for state, after in AFTER_LOGIN.items() if after is AgentState.IDLE}
    assert ready_after == {AgentState.IDLE, AgentState.OFFERED}


def test_misses_in_a_row_pause() -> None:
    states = [after_miss(misses) for misses in range(1, MISSES + 1)]
    assert states == [AgentState.WRAPUP] * (MISSES - 1) + [AgentState.PAUSED]


def test_a_day_begins_at_midnight_in_macau() -> None:
    before = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    assert day_of(before) < day_of(before + timedelta(minutes=1))
    assert start_of_day(NOON) == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


def test_numbers_are_called_with_three_digits_and_go_on_after_them() -> None:
    assert [ticket_number("A", n) for n in (1, 13, 1000)] == ["A001", "A013", "A1000"]


def test_who_finds_a_free_agent_waits_a_moment() -> None:
    wait = estimate(ahead=0, agents=3, free=1)
    assert (wait.from_min, wait.to_min) == (0, 1)


@given(
    ahead=st.integers(0, 200),
    agents=st.integers(0, 30),
    minutes=st.integers(1, 60),
)
def test_a_wait_is_a_range_that_grows_with_the_queue(ahead: int, agents: int, minutes: int) -> None:
    handling = timedelta(minutes=minutes)
    wait = estimate(ahead=ahead, agents=agents, free=0, handling=handling)
    longer = estimate(ahead=ahead + 1, agents=agents, free=0, handling=handling)
    assert 0 <= wait.from_min < wait.to_min
    assert longer.from_min >= wait.from_min and longer.to_min >= wait.to_min


def test_the_wait_is_the_measured_estimator() -> None:
    # 6 ahead, 2 agents, 10 minutes each: (6 x 0.85 + 1) x 10 / 2 = 30.5, less and more 30 %.
    wait = estimate(ahead=6, agents=2, free=0, handling=timedelta(minutes=10))
    assert (wait.from_min, wait.to_min) == (21, 40)


def test_news_are_said_once_and_in_one_order() -> None:
    news = News()
    news.queue("d-2")
    news.tell("agent:a-1", "offer.rung", pairing_id="p-1")
    news.queue("d-2")
    news.tell("agent:a-1", "call.started", call_id="c-1")
    assert [(audience, kind) for audience, kind, _ in news.tells()] == [
        ("agent:a-1", "offer.rung"),
        ("agent:a-1", "call.started"),
        ("department:d-2", "queue.changed"),
    ]
