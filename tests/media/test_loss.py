"""A call of which a twentieth is lost each way on the terminal's line, as two browsers see it.

`LOSS_SECONDS=60 pytest -m alone tests/media/test_loss.py` is the long form.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser

from tests.lossy_path import LossyPath
from tests.media.browsers import (
    chromium_page,
    frames_each_second,
    join_both,
    opened_stage,
    until_figure,
    watched,
)

SECONDS = int(os.environ.get("LOSS_SECONDS", "6"))
SHARE = 0.05


@pytest.mark.alone
@pytest.mark.timeout(120 + SECONDS)
async def test_a_twentieth_lost_each_way_freezes_nothing_and_shrinks_nothing(
    chromium: Browser, record_property: Callable[[str, object], None]
) -> None:
    async with AsyncExitStack() as open_now:
        stage = await open_now.enter_async_context(opened_stage())
        path = await open_now.enter_async_context(LossyPath())
        stage.route = lambda owner, sdp: path.led_here(sdp) if owner == "terminal" else sdp
        pages = [await chromium_page(chromium, stage.url) for _ in range(2)]
        await join_both(*pages)
        for page in pages:  # both have found out what the line carries
            await until_figure(page, lambda found: (found.get("width") or 0) >= 1280)
        path.up = path.down = SHARE
        seen = await asyncio.gather(*(watched(page, SECONDS) for page in pages))
    for owner, samples in zip(("terminal", "agent"), seen, strict=True):
        first, last = samples[0], samples[-1]
        frames = frames_each_second(samples)
        widths = sorted({sample["width"] for sample in samples})
        print(
            owner,
            frames,
            widths,
            {
                name: last[name] - first[name]
                for name in ("freezes", "lost", "repaired", "concealed", "samples")
            },
            last["bits_allowed"],
        )
        record_property(f"{owner}_frames", frames)
    print("lost on the way", path.lost)
    assert path.lost > 5 * SECONDS, "hardly anything was lost: this shows nothing"
    for samples in seen:
        first, last = samples[0], samples[-1]
        assert last["freezes"] == first["freezes"]
        assert {sample["width"] for sample in samples} == {1280}
        assert min(frames_each_second(samples)) >= 5
        made_up = (last["concealed"] - first["concealed"]) / (last["samples"] - first["samples"])
        assert made_up < SHARE / 2, "lost sound is repeated, too"
