"""A source that asks too often is not heard, and does not take another's turn."""

from hypothesis import given
from hypothesis import strategies as st

from counter.media.source_rate import SourceRate

FLOODER, QUIET = 1, 2


def rate(sources: int = 100) -> SourceRate:
    return SourceRate(per_second=50, burst=100, sources=sources)


def heard(rate: SourceRate, source: int, times: int, now: float) -> int:
    return sum(rate.take(source, now) for _ in range(times))


def test_a_flooder_gets_its_burst_and_then_its_rate() -> None:
    limit = rate()
    assert heard(limit, FLOODER, 1000, now=7.0) == 100
    assert heard(limit, FLOODER, 1000, now=7.5) == 25
    assert heard(limit, FLOODER, 1000, now=60.0) == 100


def test_a_flooder_costs_nobody_else() -> None:
    limit = rate()
    heard(limit, FLOODER, 1000, now=7.0)
    assert heard(limit, QUIET, 100, now=7.0) == 100


def test_what_was_well_spent_is_given_back() -> None:
    limit = rate()
    for _ in range(1000):
        assert limit.take(QUIET, 7.0)
        limit.give_back(QUIET)
    assert heard(limit, QUIET, 1000, now=7.0) == 100


def test_giving_back_to_a_source_that_was_forgotten_remembers_nothing() -> None:
    limit = rate()
    limit.give_back(QUIET)
    assert len(limit) == 0


def test_of_many_sources_the_one_that_was_quiet_longest_is_forgotten() -> None:
    limit = rate(sources=10)
    heard(limit, FLOODER, 100, now=7.0)
    for stranger in range(100, 200):
        limit.take(stranger, 7.0)
        assert not limit.take(FLOODER, 7.0), "it asks all the time, so it is remembered"
    assert len(limit) == 10


@given(st.lists(st.floats(0, 0.2), max_size=400))
def test_no_pattern_of_asking_gets_more_than_burst_and_rate(pauses: list[float]) -> None:
    limit, now, got = rate(), 0.0, 0
    for pause in pauses:
        now += pause
        got += limit.take(FLOODER, now)
    assert got <= 100 + 50 * now + 1
