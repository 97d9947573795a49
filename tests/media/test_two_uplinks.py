"""A terminal whose uplink is cut while it has a second one: real pages, real cables, real time."""

from collections.abc import Callable

import pytest

from tests.media.two_uplinks import cut
from tests.private_network import play

GOAL_MS = 3000


@pytest.mark.alone
@pytest.mark.timeout(240)
async def test_both_have_their_picture_back_within_three_seconds(
    record_property: Callable[[str, object], None],
) -> None:
    # Longer than the goal by the second in which no picture would mean that there is none.
    told = await play(cut, within_s=200, settle_s=3, watch_s=5)
    print(told)
    for side in ("terminal", "agent"):
        record_property(f"{side}_dark_ms", told[side])
        assert told[side] is not None, f"the {side} got no picture any more"
        assert told[side] <= GOAL_MS
    assert told["terminal"] > 100, "the cut was not noticed: it cut nothing"
