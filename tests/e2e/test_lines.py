"""What is kept of the lines of a real call, and a still of what the citizen shows in it."""

import asyncio
import io

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.running import RunningCounter

pytestmark = pytest.mark.timeout(240)

SAMPLES = """
    select owner, sum(good_ms + weak_ms + bad_ms), sum(up_packets), sum(down_packets),
           max(up_kbps), max(rtt_ms), max(available_kbps)
    from leg_sample where call_id = (select id from call order by rowid desc limit 1)
    group by owner order by owner
"""


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

    async with asyncio.timeout(120):
        while len(rows := counter.facts(SAMPLES)) < 2:
            await asyncio.sleep(0.5)
    assert [str(row[0]).partition(":")[0] for row in rows] == ["agent", "terminal"]
    for _, lasted_ms, up, down, kbps, trip_ms, available_kbps in rows:
        assert lasted_ms >= 9000
        assert up > 200, "the media process counted what the page sent"
        assert down > 200, "the page counted what the media process sent"
        assert kbps > 20 and trip_ms is not None and available_kbps > 100, rows

    await console.close()
    assert (await console.page.request.get(still)).status == 409
    await terminal.press("Finish and remove my data from this machine")
    await expect(terminal.page.locator(".attract")).to_be_visible()
