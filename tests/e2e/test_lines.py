"""One call: what is kept of its lines, a still of it, and a page that is taken by itself."""

import asyncio
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.e2e.faces import PAPER, Console, Terminal, meet
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until

pytestmark = pytest.mark.timeout(600)

PAGES = "select count(*) from page"
OUTLINED = "() => document.querySelector('.outline polygon') !== null"
"A function: the page's CSP lets no string be evaluated a second time."
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


async def test_a_call_is_sampled_gives_a_still_and_a_page_that_lies_still_is_taken_by_itself(
    shared_counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    [(pages,)] = counter.facts(PAGES)
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter, looks=True),
        Console.signed_in(desk_browser, counter),
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

    # It does not stay for long: watched for in each frame, before there can be one.
    outlined = asyncio.create_task(terminal.page.wait_for_function(OUTLINED))
    await console.ask_for(PAPER)
    await outlined
    # Nobody presses anything: it arrives.
    await expect(console.page.locator(".thumb img")).to_be_visible()
    assert counter.facts(PAGES) == [(pages + 1,)]

    # From both ends of both legs.
    def sampled() -> list[tuple[Any, ...]]:
        rows = counter.facts(SAMPLES)
        both = [str(row[0]).partition(":")[0] for row in rows] == ["agent", "terminal"]
        return rows if both and all(is_whole(*row) for row in rows) else []

    await until(sampled, "not both legs were sampled from both of their ends", within_s=120)

    await terminal.leave()
    assert (await console.page.request.get(still)).status == 409
