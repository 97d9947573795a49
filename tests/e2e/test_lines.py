"""What is kept of the lines of a real call, and a still of what the citizen shows in it."""

import asyncio
import io

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser

from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.probe import seen_and_heard
from tests.e2e.running import RunningCounter

pytestmark = pytest.mark.timeout(240)

SAMPLES = """
    select owner, sum(good_ms + weak_ms + bad_ms), sum(up_packets), sum(down_packets),
           max(up_kbps), max(rtt_ms), max(available_kbps)
    from leg_sample group by owner order by owner
"""


async def test_both_legs_of_a_call_are_sampled_from_both_of_their_ends(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    await meet(terminal, console, counter)
    await asyncio.gather(seen_and_heard(console.page), seen_and_heard(terminal.page))

    async with asyncio.timeout(120):
        while len(rows := counter.facts(SAMPLES)) < 2:
            await asyncio.sleep(0.5)

    assert [str(row[0]).partition(":")[0] for row in rows] == ["agent", "terminal"]
    for _, lasted_ms, up, down, kbps, trip_ms, available_kbps in rows:
        assert lasted_ms >= 9000
        assert up > 200, "the media process counted what the page sent"
        assert down > 200, "the page counted what the media process sent"
        assert kbps > 50 and trip_ms is not None and available_kbps > 100


async def test_the_agent_gets_a_still_while_the_call_lasts(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    still = f"{counter.address}/console/still"
    assert (await console.page.request.get(still)).status == 409
    await meet(terminal, console, counter)

    answer = await console.page.request.get(still)
    assert answer.status == 200
    image = Image.open(io.BytesIO(await answer.body()))
    assert image.format == "JPEG" and image.width >= 320
    red, green, _ = np.asarray(image.convert("RGB")).mean(axis=(0, 1))
    assert abs(red - green) < 20, "it is the kiosk's grey paper, not the desk's green pattern"
    assert (await terminal.page.request.get(still)).status == 401

    await console.close()
    assert (await console.page.request.get(still)).status == 409
