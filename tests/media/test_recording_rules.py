from datetime import UTC, datetime

import pytest

from counter.errors import NotAllowedNow
from counter.media.recording import (
    DESIRED,
    LIVE,
    TRANSITIONS,
    Side,
    State,
    Word,
    after,
    kept_until,
)

SIDES: tuple[Side, ...] = ("agent", "citizen", "counter")
WORDS: tuple[Word, ...] = (
    *("agree", "decline", "pause", "resume", "stop"),
    *("begin", "end", "finish", "fail", "erase"),
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("word", WORDS)
def test_what_the_table_does_not_say_is_refused(state: State, side: Side, word: Word) -> None:
    if (state, side, word) in TRANSITIONS:
        assert after(state, side, word) is TRANSITIONS[state, side, word]
    else:
        with pytest.raises(NotAllowedNow):
            after(state, side, word)


def test_only_the_citizens_agreement_leads_to_a_recording() -> None:
    """Take that one word away, and no state in which something is taped can be reached."""
    reached = {State.PROPOSED}
    while True:
        more = {
            to
            for (state, _, word), to in TRANSITIONS.items()
            if state in reached and word != "agree"
        }
        if more <= reached:
            break
        reached |= more
    assert reached == {State.PROPOSED, State.DECLINED}
    assert all(side == "citizen" for _, side, word in TRANSITIONS if word == "agree")


@pytest.mark.parametrize("state", [State.AGREED, State.RECORDING, State.PAUSED])
@pytest.mark.parametrize("side", ["agent", "citizen"])
def test_either_side_ends_it_at_any_time(state: State, side: Side) -> None:
    assert after(state, side, "stop") is State.STOPPED


def test_nothing_is_taped_in_any_state_but_three() -> None:
    assert set(DESIRED) == {State.AGREED, State.RECORDING, State.PAUSED}
    assert set(DESIRED) < set(LIVE)
    assert DESIRED[State.PAUSED] == "paused"


def test_what_is_erased_stays_so() -> None:
    assert not [key for key in TRANSITIONS if key[0] in (State.ERASED, State.DECLINED)]


def test_a_recording_is_kept_for_so_many_days() -> None:
    stopped = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert kept_until(stopped, 90) == datetime(2027, 2, 22, 9, tzinfo=UTC)
