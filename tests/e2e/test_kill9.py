"""The same visit while the counter dies under it, twice, and both pages are loaded again.

Promise of the architecture: a screen is a function of what the store says, media outlives the
counter, and what was acknowledged is there.
"""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.faces import (
    NEXT_STEP,
    PAPER,
    Console,
    Terminal,
    judged_by_pdfsig,
    meet,
    shown_page,
)
from tests.e2e.probe import legs, seen_and_heard, still_seen_and_heard
from tests.e2e.running import RunningCounter

pytestmark = pytest.mark.timeout(400)  # by the clock, on a machine that does other things too

CALLS = "select id, state from call"


async def line_is_down(*pages: Page) -> None:
    """Each page says by itself that the counter is away."""
    for page in pages:
        await expect(page.locator("[data-banner=link]")).to_be_visible()


async def line_is_back(*pages: Page) -> None:
    for page in pages:
        await expect(page.locator("[data-banner=link]")).to_be_hidden()


async def test_a_visit_survives_the_death_of_the_counter_and_reloads(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser, tmp_path: Path
) -> None:
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    number = await meet(terminal, console, counter)
    pages = (terminal.page, console.page)
    [(call_id, _)] = counter.facts(CALLS)

    # Killed in the middle of the conversation: picture and sound go on without the counter.
    # They may come before the agent's touch was acknowledged; an ask that hangs holds the others.
    await expect(console.button(f"Ask for {PAPER}")).to_be_enabled()
    counter.kill9()
    await line_is_down(*pages)
    await still_seen_and_heard(*pages)
    # What the agent asks for meanwhile is carried out once, when the counter is back.
    await console.ask_for(PAPER)
    await still_seen_and_heard(*pages)
    await counter.start()
    await line_is_back(*pages)
    await expect(terminal.heading(f"Show this paper: {PAPER}")).to_be_visible()
    await still_seen_and_heard(*pages)
    assert [await legs(page) for page in pages] == [1, 1], "a flowing call was disturbed"
    assert counter.facts(CALLS) == [(call_id, "active")]
    assert len(counter.facts("select id from scan_request")) == 1

    # Both pages loaded again while the paper is asked for: the same step, the picture returns.
    await asyncio.gather(*(page.reload() for page in pages))
    await asyncio.gather(*(seen_and_heard(page) for page in pages))
    await expect(terminal.heading(f"Show this paper: {PAPER}")).to_be_visible()
    await expect(console.page.locator(".item--asked")).to_contain_text(PAPER)
    assert counter.facts(CALLS) == [(call_id, "active")]
    await terminal.take_picture()
    page_sha256 = await shown_page(console.page, ".viewer__paper img")
    await console.accept_page()

    # Killed while the signature is under way: the ink is sealed once, whoever asks again.
    await console.present_form()
    await expect(terminal.page.locator(".read")).to_be_visible()
    await terminal.page.reload()
    await expect(terminal.page.locator(".read")).to_be_visible()
    await terminal.read_and_agree()
    await terminal.draw_signature()
    await terminal.press("Sign the document")
    counter.kill9()
    await line_is_down(*pages)
    await counter.start()
    await line_is_back(*pages)
    signed = tmp_path / "signed.pdf"
    await console.download_signed(signed)
    judged_by_pdfsig(signed)
    assert len(counter.facts("select id from ceremony")) == 1

    # The pages were loaded again once before; since then nothing had to be joined again.
    await still_seen_and_heard(*pages)
    assert [await legs(page) for page in pages] == [1, 1]
    await console.close()
    await expect(terminal.page.locator(".receipt")).to_contain_text(number)
    await expect(terminal.page.locator(".receipt")).to_contain_text(NEXT_STEP)
    await terminal.press("Finish and remove my data from this machine")
    await expect(terminal.page.locator(".attract")).to_be_visible()

    # Every fact that a page was told is in the store, once, and the journal holds.
    assert counter.facts("select page_sha256, state from page") == [(page_sha256, "accepted")]
    assert counter.facts(CALLS) == [(call_id, "ended")]
    entries, said = await counter.audit()
    assert entries >= 10, said
