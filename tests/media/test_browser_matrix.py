"""Which browsers can call which, in which codecs, by the browsers' own figures."""

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from tests.media.browsers import frames_each_second
from tests.media.scenes import pair, third_joins
from tests.private_network import play
from tests.undisturbed import undisturbed

SECONDS = int(os.environ.get("CALL_SECONDS", "3"))
"`make deep` looks for longer."
COSTLY = {"VP9", "AV1"}
"Two cores do not encode two of these at 720 lines while they decode two."
PAIRS = [
    # What each browser sends to each; a Firefox at the desk is in the test of whoever joins.
    ("chromium", "VP9", "chromium", "AV1"),
    # Debian's Firefox takes H.264 and does not send it; see `READS_H264`.
    ("firefox", "VP8", "chromium", "H264"),
    *(
        pytest.param(*one, marks=pytest.mark.deep)
        for one in (
            ("chromium", "H264", "firefox", "VP8"),
            ("chromium", "VP8", "chromium", "VP8"),
            ("chromium", "H264", "chromium", "H264"),
            ("chromium", "VP9", "chromium", "VP9"),
            ("chromium", "AV1", "chromium", "AV1"),
            ("firefox", "VP8", "chromium", "VP8"),
            ("chromium", "VP8", "firefox", "VP8"),
            ("firefox", "VP8", "firefox", "VP8"),
        )
    ),
]


@pytest.mark.alone
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("terminal", "terminal_sends", "agent", "agent_sends"), PAIRS, ids=lambda word: word
)
async def test_two_browsers_see_and_hear_each_other_without_a_freeze(
    terminal: str,
    terminal_sends: str,
    agent: str,
    agent_sends: str,
    record_property: Callable[[str, object], None],
) -> None:
    measured = partial(
        play,
        pair,
        within_s=180,
        terminal=terminal,
        agent=agent,
        terminal_sends=terminal_sends,
        agent_sends=agent_sends,
        height_px=360 if {terminal_sends, agent_sends} & COSTLY else 720,
        seconds=SECONDS,
    )

    def judge(call: dict[str, Any]) -> None:
        for side, codec in (("terminal", agent_sends), ("agent", terminal_sends)):
            samples = call[side]
            first, last = samples[0], samples[-1]
            frames = frames_each_second(samples)
            print(side, frames, first["width"], last["width"], f"{last['bits_allowed']} bit/s")
            assert last["codec"] == f"video/{codec}"
            assert min(frames) >= 5, "there was a second with hardly a picture"
            assert last["freezes"] == first["freezes"]
            assert last["lost"] == 0
            assert last["energy"] > first["energy"], "silence"
            assert "GCM" in last["srtp"]

    call = await undisturbed(measured, judge)
    record_property("first_picture_ms", round(call["first_picture_ms"]))


@pytest.mark.alone
@pytest.mark.timeout(400)
async def test_firefox_sees_the_citizen_and_whoever_joins() -> None:
    """It believes what a packet says of its section, before it looks at the SSRC."""

    def judge(samples: list[list[int]]) -> None:
        print(samples)
        for slot in (0, 1):
            shown = [after[slot] - before[slot] for before, after in pairwise(samples)]
            assert min(shown[1:]) >= 5, f"slot {slot}: there was a second with hardly a picture"

    await undisturbed(
        partial(play, third_joins, within_s=120, agent="firefox", seconds=SECONDS + 1), judge
    )
