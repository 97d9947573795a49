"""A terminal whose uplink is cut while it has a second one: real pages, real cables, real time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.media.two_uplinks import cut
from tests.private_network import play
from tests.undisturbed import undisturbed

GOAL_MS = 3000


@pytest.mark.alone
@pytest.mark.timeout(620)
async def test_both_have_their_picture_back_within_three_seconds(
    record_property: Callable[[str, object], None],
) -> None:
    # Longer than the goal by the second in which no picture would mean that there is none.
    told = await undisturbed(partial(play, cut, within_s=200, settle_s=3, watch_s=5), judge)
    for side in ("terminal", "agent"):
        record_property(f"{side}_dark_ms", told[side])


def judge(told: dict[str, Any]) -> None:
    print(told)
    for side in ("terminal", "agent"):
        assert told[side] is not None, f"the {side} got no picture any more"
        assert told[side] <= GOAL_MS
    assert told["terminal"] > 100, "the cut was not noticed: it cut nothing"
