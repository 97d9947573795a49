"""Real browsers whose network changes in the middle of a call, or is another than ours."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.media.ip6 import HERE6, over_ip6
from tests.media.moving import moved, restarted_for_nothing
from tests.private_network import HERE, play
from tests.undisturbed import undisturbed

pytestmark = pytest.mark.timeout(600)
BROWSERS = ["chromium", pytest.param("firefox", marks=pytest.mark.deep)]
"Where what we do is the same for both."
SECONDS = int(os.environ.get("CALL_SECONDS", "3"))
"`make deep` looks for longer."
Record = Callable[[str, object], None]


@pytest.mark.alone
@pytest.mark.parametrize("kind", BROWSERS)
async def test_a_browser_with_another_address_or_a_dead_path_is_found_again(
    kind: str, record_property: Record
) -> None:

    def judge(took: dict[str, float]) -> None:
        for change, seconds in took.items():
            print(f"{kind}, {change}: picture back after {seconds:.1f} s")
        # Firefox refreshes its consent every 4 to 6 s and says nothing before.
        assert took["rebound"] < (6 if kind == "chromium" else 10)
        assert took["restarted"] < 6

    took = await undisturbed(partial(play, moved, within_s=180, kind=kind), judge)
    for change, seconds in took.items():
        record_property(f"{change}_picture_back_s", round(seconds, 2))


@pytest.mark.alone
@pytest.mark.parametrize("kind", BROWSERS)
async def test_nobody_sees_that_a_good_path_is_restarted(kind: str) -> None:

    def judge(call: dict[str, Any]) -> None:
        print(kind, call)
        for side in ("terminal", "agent"):
            assert min(call[side]["frames"]) >= 5
            # Firefox closes its old socket before we know: what is under way then is repaired.
            assert call[side]["lost"] < (1 if kind == "chromium" else 10)

    await undisturbed(
        partial(play, restarted_for_nothing, within_s=180, kind=kind, seconds=SECONDS), judge
    )


@pytest.mark.pairs
@pytest.mark.parametrize("kind", BROWSERS)
async def test_a_browser_with_ipv6_only_and_one_with_ipv4_only_see_each_other(kind: str) -> None:
    told = await play(over_ip6, within_s=240, kind=kind)
    assert told == {"terminal": HERE6, "agent": HERE}
