"""What is kept of the lines of a real call, and a still of what the citizen shows in it."""

import asyncio
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until

pytestmark = pytest.mark.timeout(240)

SAMPLES = """
    select owner, sum(good_ms + weak_ms + bad_ms), sum(up_packets), sum(down_packets),
           max(up_kbps), max(rtt_ms), max(available_kbps)
    from leg_sample where call_id = (select id from call order by rowid desc limit 1)
    group by owner order by owner
"""


def is_whole(
    _: str, lasted_ms: int, up: int, down: int, kbps: int, trip_ms: int | None, available: int
) -> bool:
    """Whether the media process counted what the page sent, and the page what it was sent."""
    counted = lasted_ms >= 9000 and up > 200 and down > 200
    return counted and kbps > 20 and trip_ms is not None and available > 100


async def test_a_call_is_sampled_from_both_ends_of_both_legs_and_gives_a_still(
    shared_counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    still = f"{counter.address}/console/still"
    assert (await console.page.request.get(still)).status == 409
    await meet(terminal, console, counter)

    # Before anybody has been there for long enough to be sampled.
    answer = await console.page.request.get(still)
    assert answer.status == 200
    image = Image.open(io.BytesIO(await answer.body()))
    assert image.format == "JPEG" and image.width >= 320
    red, green, _ = np.asarray(image.convert("RGB")).mean(axis=(0, 1))
    assert abs(red - green) < 20, "it is the kiosk's grey paper, not the desk's green pattern"
    assert (await terminal.page.request.get(still)).status == 401

    def sampled() -> list[tuple[Any, ...]]:
        rows = counter.facts(SAMPLES)
        both = [str(row[0]).partition(":")[0] for row in rows] == ["agent", "terminal"]
        return rows if both and all(is_whole(*row) for row in rows) else []

    await until(sampled, "not both legs were sampled from both of their ends", within_s=120)

    await console.close()
    assert (await console.page.request.get(still)).status == 409
    await terminal.press("Finish and remove my data from this machine")
    await expect(terminal.page.locator(".attract")).to_be_visible()
