"""One whole visit in two real browsers: booked, checked in, rung, seen, scanned, signed, closed."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.faces import (
    CHINESE,
    NEXT_STEP,
    PAPER,
    Citizen,
    Console,
    Terminal,
    advised,
    judged_by_pdfsig,
    line_widths,
    shown_page,
)
from tests.e2e.probe import figures, first_picture_ms, seen_and_heard
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until

pytestmark = pytest.mark.timeout(400)  # by the clock, on a machine that does other things too


async def test_a_citizen_is_served_from_booking_to_receipt(
    shared_counter: RunningCounter,
    desk_browser: Browser,
    kiosk_browser: Browser,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    counter = shared_counter
    [(cases,)] = counter.facts("select count(*) from case_file")
    citizen, terminal, console = await asyncio.gather(
        Citizen.at(desk_browser, counter),
        Terminal.enrolled(kiosk_browser, counter),
        Console.signed_in(desk_browser, counter),
    )

    # Booked on the telephone, checked in by typing the reference.
    reference = await citizen.book("陳小明")
    await terminal.begin()
    await terminal.open_keys()
    await terminal.touch_reference(reference)
    number = await terminal.check_in()
    assert number.startswith("A")

    # Rung and answered; both see and hear the other.
    await console.ready()
    await expect(console.page.locator(".offer__who")).to_contain_text(number)
    await console.answer()
    await seen_and_heard(console.page)
    await seen_and_heard(terminal.page)
    took_ms = {
        "console": round(await first_picture_ms(console.page, console.page)),
        "terminal": round(await first_picture_ms(terminal.page, console.page)),
    }
    print(f"from the answer to the first picture, in ms: {took_ms}")
    record_property("first_picture_ms", took_ms)

    async def wide() -> bool:
        return bool((await figures(console.page))["width"] >= 640)

    await until(wide, "the desk's picture did not become 640 wide")  # as the line proves to carry
    paper_red, paper_green, _ = await console.page.evaluate("probe.colour('.video__remote')")
    agent_red, agent_green, _ = await terminal.page.evaluate("probe.colour('.stage__agent')")
    assert agent_green > agent_red + 40, "the terminal does not see the desk's green pattern"
    assert abs(paper_green - paper_red) < 20, "the desk does not see the grey paper"
    await expect(console.page.locator(".citizen h2")).to_have_text("陳小明")

    # A paper: asked for, photographed, on both screens by the same digest, accepted.
    await console.ask_for(PAPER)
    await expect(terminal.heading(f"Show this paper: {PAPER}")).to_be_visible()
    await terminal.take_picture()
    at_desk = await shown_page(console.page, ".viewer__paper img")
    thumb = await shown_page(console.page, ".thumb img")
    assert re.fullmatch("[0-9a-f]{64}", at_desk)
    bodies = [
        await (await page.request.get(f"{counter.address}/pages/{at_desk}")).body()
        for page in (console.page, terminal.page)
    ]
    assert bodies[0] == bodies[1] and bodies[0].startswith(b"\xff\xd8")
    assert await shown_page(terminal.page, ".done__page img") == thumb
    await console.accept_page()
    await expect(terminal.page.locator(".done__page--accepted")).to_be_visible()

    # A form: read to the end, agreed to, signed, sealed.
    await console.present_form()
    digest = console.page.locator(".ceremony .digest b")
    await expect(terminal.page.locator(".read .digest strong")).to_have_text(
        await digest.inner_text()
    )
    assert await terminal.read_and_agree() >= 1
    await terminal.sign()
    signed = tmp_path / "signed.pdf"
    await console.download_signed(signed)
    judged_by_pdfsig(signed)
    assert line_widths(signed) == {"1.10", "1.40", "1.70", "2.00"}, "not the pressure of the finger"

    # An outcome, a receipt, a word of thanks, and the machine forgets.
    await console.close()
    receipt = terminal.page.locator(".receipt")
    await expect(receipt).to_contain_text(NEXT_STEP)
    await expect(receipt).to_contain_text(number)
    await expect(receipt).to_contain_text(PAPER)
    await expect(
        receipt.get_by_role("heading", name="Take your signed documents along")
    ).to_be_visible()
    await terminal.press("Very good")
    await expect(terminal.page.get_by_text("Thank you for telling us.")).to_be_visible()
    thanked = asyncio.Event()

    async def once_thanked(route: Route) -> None:
        await thanked.wait()
        await route.continue_()

    await terminal.page.route("**/terminal/goodbye", once_thanked)
    await terminal.press("Finish and remove my data from this machine")
    await expect(terminal.page.get_by_role("heading", name="Thank you. Goodbye!")).to_be_visible()
    thanked.set()
    await expect(terminal.page.locator(".attract")).to_be_visible()
    assert await terminal.page.evaluate("localStorage.length + sessionStorage.length") == 0

    # The code is used up: it opens nothing any more, and says so.
    await terminal.begin(CHINESE)
    await terminal.open_keys()
    await terminal.scan_reference(reference)
    await advised(terminal.page, "reference_used")
    assert counter.facts("select count(*) from case_file") == [(cases + 1,)]
    await terminal.leave()

    # The citizen's own page and the journal tell the same story.
    await citizen.page.goto(f"{counter.address}/appointment/view")
    await expect(citizen.page.locator("dt", has_text="Result")).to_be_visible()

    # What was signed is there to be taken: the agent's bytes, and what the archive added.
    await citizen.page.get_by_role("button", name="Your signed documents").click()
    async with citizen.page.expect_download() as taken:
        await citizen.page.locator(".vc-action[download]").click()
    home = tmp_path / "home.pdf"
    await (await taken.value).save_as(home)
    assert home.read_bytes().startswith(signed.read_bytes())
    assert counter.facts("select channel, times from document_delivery") == [("link", 1)]
    entries, said = await counter.audit()
    assert entries >= 10, said
