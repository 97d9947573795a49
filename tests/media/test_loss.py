"""A call of which a twentieth is lost each way on the terminal's line, as two browsers see it.

`LOSS_SECONDS=60 pytest -m alone tests/media/test_loss.py` is the long form.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

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
from tests.undisturbed import undisturbed

SECONDS = int(os.environ.get("LOSS_SECONDS", "6"))
SHARE = 0.05


@dataclass
class Call:
    """The figures of both sides, one a second, and how many packets were lost on the way."""

    seen: list[list[dict[str, Any]]]
    lost: int


async def lossy(chromium: Browser) -> Call:
    """A call whose line was good until both sides had found out what it carries."""
    async with AsyncExitStack() as open_now:
        stage = await open_now.enter_async_context(opened_stage())
        path = await open_now.enter_async_context(LossyPath())
        stage.route = lambda owner, sdp: path.led_here(sdp) if owner == "terminal" else sdp
        pages = [await chromium_page(chromium, stage.url) for _ in range(2)]
        for page in pages:
            open_now.push_async_callback(page.context.close)
        await join_both(*pages)
        for page in pages:
            await until_figure(page, lambda found: (found.get("width") or 0) >= 1280)
        path.up = path.down = SHARE
        seen = await asyncio.gather(*(watched(page, SECONDS) for page in pages))
        return Call(seen, path.lost)


def judge(call: Call) -> None:
    assert call.lost > 5 * SECONDS, "hardly anything was lost: this shows nothing"
    for samples in call.seen:
        first, last = samples[0], samples[-1]
        assert last["freezes"] == first["freezes"]
        assert {sample["width"] for sample in samples} == {1280}
        assert min(frames_each_second(samples)) >= 5
        made_up = (last["concealed"] - first["concealed"]) / (last["samples"] - first["samples"])
        assert made_up < SHARE / 2, "lost sound is repeated, too"


@pytest.mark.alone
@pytest.mark.timeout(400 + 3 * SECONDS)
async def test_a_twentieth_lost_each_way_freezes_nothing_and_shrinks_nothing(
    chromium: Browser, record_property: Callable[[str, object], None]
) -> None:
    call = await undisturbed(partial(lossy, chromium), judge)
    for owner, samples in zip(("terminal", "agent"), call.seen, strict=True):
        first, last = samples[0], samples[-1]
        frames = frames_each_second(samples)
        widths = sorted({sample["width"] for sample in samples})
        figures = ("freezes", "lost", "repaired", "concealed", "samples")
        told = {name: last[name] - first[name] for name in figures}
        print(owner, frames, widths, told, last["bits_allowed"])
        record_property(f"{owner}_frames", frames)
    print("lost on the way", call.lost)
