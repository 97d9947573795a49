"""Rules of the agent's hands and of pointers."""

from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.errors import NotAllowedNow
from counter.signaling.hand import (
    AFTER,
    USES,
    Event,
    Hand,
    HandsStopped,
    Permission,
    TooFast,
    permission_after,
    require_use,
    word_for,
)
from counter.signaling.pointer import PER_S, Pace
from web.shared.hand_cards import WORDS


@pytest.mark.parametrize("permission", get_args(Permission))
@pytest.mark.parametrize("event", get_args(Event))
def test_only_the_citizen_lets_hands_in_again(permission: Permission, event: Event) -> None:
    if (permission, event) not in AFTER:
        with pytest.raises(NotAllowedNow):
            permission_after(permission, event)
        return
    after = permission_after(permission, event)
    if after == "allowed":
        assert (permission, event) == ("asked", "allow")
    if event in ("stop", "decline"):
        assert after == "stopped"


@pytest.mark.parametrize("permission", ["stopped", "asked"])
def test_stopped_hands_do_nothing(permission: Permission) -> None:
    with pytest.raises(HandsStopped):
        require_use(permission, 0)


def test_nobody_uses_hands_faster_than_one_can_follow() -> None:
    require_use("allowed", USES - 1)
    with pytest.raises(TooFast):
        require_use("allowed", USES)


@pytest.mark.parametrize(
    ("hand", "before", "after", "word"),
    [
        (Hand.VOLUME, 70, 80, "volume_up"),
        (Hand.VOLUME, 70, 60, "volume_down"),
        (Hand.GAIN, 100, 150, "gain_up"),
        (Hand.GAIN, 100, 50, "gain_down"),
        (Hand.TEXT_SIZE, "A", "A++", "text_larger"),
        (Hand.TEXT_SIZE, "A++", "A+", "text_smaller"),
        (Hand.CAMERA, "face", "document", "camera_document"),
        (Hand.CAMERA, "document", "face", "camera_face"),
        (Hand.CROP, None, [0.25, 0.25, 0.5, 0.5], "crop_closer"),
        (Hand.CROP, [0.25, 0.25, 0.5, 0.5], [0.0, 0.25, 0.5, 0.5], "crop_moved"),
        (Hand.CROP, [0.25, 0.25, 0.5, 0.5], [0.0, 0.0, 0.75, 0.75], "crop_wider"),
        (Hand.CROP, [0.25, 0.25, 0.5, 0.5], None, "crop_whole"),
        (Hand.LANGUAGE, "pt", "en", "language"),
        (Hand.PAGE, None, {"ceremony_id": "c", "number": 2}, "page"),
        (Hand.SHOW, None, "a" * 64, "show"),
        (Hand.SHOW, "a" * 64, None, "show_end"),
    ],
)
def test_each_use_has_a_word_that_the_terminal_can_say(
    hand: Hand, before: Any, after: Any, word: str
) -> None:
    assert word_for(hand, before, after) == word
    assert word in WORDS


@given(st.lists(st.floats(0.0, 0.2), min_size=1, max_size=200))
def test_a_pointer_is_passed_on_at_most_so_often(pauses: list[float]) -> None:
    pace, now, passed = Pace(), 100.0, []
    for pause in pauses:
        now += pause
        if pace.take(now):
            passed.append(now)
    assert passed[0] == 100.0 + pauses[0]
    assert all(later - one >= 1 / PER_S - 1e-9 for one, later in pairwise(passed))
