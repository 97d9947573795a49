"""Somebody is identified in two real browsers, and a second officer confirms at a third."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from counter.documents.mrz import TD1
from counter.documents.sample_page import draw_mat, lay
from tests.documents.zones import draw, random_lines
from tests.e2e.cameras import looking_at, sees
from tests.e2e.conftest import Launch
from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import press

pytestmark = pytest.mark.timeout(400)

WIDTH_PX, HEIGHT_PX, CARD_PX = 1920, 1080, 1150


@pytest.fixture
def card_lines() -> tuple[str, ...]:
    """Return what is printed in the zone of the card under the camera."""
    return random_lines(np.random.default_rng(5), TD1)


@pytest.fixture
async def card_browser(launch: Launch, card_lines: tuple[str, ...], tmp_path: Path) -> Browser:
    """Return a kiosk's browser whose camera looks down on the back of an identity card."""
    rng = np.random.default_rng(5)
    card = draw(rng, card_lines, TD1)
    tall = CARD_PX * card.shape[0] / card.shape[1]
    left, top = (WIDTH_PX - CARD_PX) / 2, (HEIGHT_PX - tall) / 2
    right, foot = left + CARD_PX, top + tall
    corners = np.array([[left, top], [right, top + 3], [right, foot + 3], [left, foot]])
    seen = lay(card, draw_mat(rng, WIDTH_PX, HEIGHT_PX), corners, rng)
    return await launch(looking_at(sees(tmp_path / "card.y4m", seen)))


async def judge(console: Console, step: str, verdict: str) -> None:
    """Give the verdict on the step that is due."""
    due = console.page.locator(f"[data-step={step}]")
    await press(due.get_by_role("button", name=verdict, exact=True))


async def test_a_citizen_is_identified_and_a_second_officer_confirms_a_doubt(
    shared_counter: RunningCounter,
    desk_browser: Browser,
    card_browser: Browser,
    card_lines: tuple[str, ...],
) -> None:
    counter = shared_counter
    terminal, console, colleague = await asyncio.gather(
        Terminal.enrolled(card_browser, counter),
        Console.signed_in(desk_browser, counter),
        Console.signed_in(desk_browser, counter, "fong"),
    )
    await meet(terminal, console, counter)
    page = console.page
    await page.keyboard.press("e")
    await expect(page.locator("[data-level=L0]")).to_be_visible()
    await press(console.button("Begin the identification"))

    # The citizen consents at the terminal, and reads there what each step asks.
    asked = terminal.page.locator(".identity")
    await expect(asked).to_have_attribute("data-step", "consent")
    await terminal.press("Yes, I agree")
    for step in ("account", "presence"):
        await judge(console, step, "Passed")

    # The card is photographed, accepted and read by itself.
    await expect(page.locator("[data-step=document]")).to_be_visible()
    await press(console.button("Ask for the document"))
    await terminal.take_picture()
    await press(page.locator("[data-step=document]").get_by_role("button", name="Accept:"))
    zone = page.locator("[data-step=document] .zone__lines")
    await expect(zone).to_have_text("\n".join(card_lines) + "\n", use_inner_text=True)
    await judge(console, "document", "Passed")
    await expect(terminal.page.locator(".take-back")).to_be_visible()
    await terminal.press("I have it")
    await expect(terminal.page.locator(".take-back")).to_be_hidden()

    for step in ("feature1", "feature2", "feature3", "match"):
        await judge(console, step, "Passed")
    # A live still beside the page of the card; it is looked at and stays in doubt.
    still = page.get_by_alt_text("Live face, a moment ago")
    await expect(still).not_to_have_js_property("naturalWidth", 0)
    await judge(console, "face", "In doubt")

    # So another officer is asked; the one who leads is not.
    await press(console.button("Ask the second officer"))
    await expect(colleague.page.locator("[data-second]")).to_contain_text("Portrait and face")
    await expect(page.locator("[data-second]")).to_be_hidden()
    await expect(asked).to_have_attribute("data-step", "wait")
    assert counter.facts("select count(*) from zone_reading") == [(1,)]
    await press(colleague.button("I confirm it"))
    await expect(page.locator("[data-level=L2]")).to_be_visible()
    await expect(page.get_by_text("Identified.", exact=True)).to_be_visible()
    await expect(asked).to_be_hidden()

    # What was checked is kept, and nothing that was read.
    assert counter.facts("select count(*) from zone_reading") == [(0,)]
    ((record,),) = counter.facts("select record from identity_proofing")
    kept = json.loads(record)
    assert (kept["level"], kept["agent"], kept["second"]) == ("L2", "lei", "fong")
    number = card_lines[0][5:14].replace("<", "")
    entries = "".join(body for (body,) in counter.facts("select body from journal_entry"))
    assert number not in record + entries + counter.log()
    assert card_lines[2].split("<<")[0] not in record
    await counter.audit()  # the chain holds
    await terminal.leave()
