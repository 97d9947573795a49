"""A node whose clock is wrong gets no work: it would open days and end holds at its own time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from counter.app.clock import clock
from counter.app.readiness import MOST_DRIFT, Readiness
from counter.store.drift import drift
from counter.store.executor import Executor

SECOND = timedelta(seconds=1)


async def written() -> None:
    """The store takes writes."""


def a_node(measured: Callable[[], timedelta]) -> Readiness:
    async def ahead() -> timedelta:
        return measured()

    return Readiness(written, lambda: True, ahead)


@pytest.mark.parametrize(
    ("ahead", "ready"),
    [
        (timedelta(0), True),
        (MOST_DRIFT, True),
        (-MOST_DRIFT, True),
        (MOST_DRIFT + timedelta(microseconds=1), False),
        (-MOST_DRIFT - timedelta(microseconds=1), False),
    ],
)
async def test_two_seconds_are_borne_and_no_more(ahead: timedelta, ready: bool) -> None:
    node = a_node(lambda: ahead)
    assert await node() is False  # nobody has looked yet
    await node.look_at_clock()
    assert await node() is ready


async def test_a_clock_that_was_set_right_lets_the_node_work_again() -> None:
    measured = [3 * SECOND, timedelta(0)]
    node = a_node(lambda: measured.pop(0))
    for ready in (False, True):
        await node.look_at_clock()
        assert await node() is ready


async def test_a_database_that_does_not_answer_changes_no_verdict() -> None:
    measured = [timedelta(0)]
    node = a_node(lambda: measured.pop())
    await node.look_at_clock()
    with pytest.raises(IndexError):
        await node.look_at_clock()
    assert await node() is True


@pytest.mark.parametrize("off", [timedelta(0), 3 * SECOND, -3 * SECOND])
async def test_the_time_of_the_database_is_what_counts(
    executor: Executor, request: pytest.FixtureRequest, off: timedelta
) -> None:
    embedded = "sqlite" in request.node.name
    node = Readiness(written, lambda: True, lambda: drift(executor, lambda: clock() - off))
    await node.look_at_clock()
    # The embedded database has no other clock than the node's.
    assert await node() is (embedded or not off)


async def test_a_slow_answer_is_not_taken_for_a_wrong_clock(
    executor: Executor,
) -> None:
    # It took an hour: the database's time lies somewhere in it.
    times = iter([clock() - timedelta(hours=1), clock() + timedelta(hours=1)])
    assert await drift(executor, lambda: next(times)) == timedelta(0)
