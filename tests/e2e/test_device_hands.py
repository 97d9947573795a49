"""The agent's hands on what the terminal's program has: its lamp, and with what a paper is taken.

The program is real and plays its devices; the page that it starts is opened here by the test.
"""

import json
import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.faces import CHINESE, PAPER, TERMINAL, Console, Terminal, meet, new_page
from tests.e2e.running import RunningCounter
from tests.e2e.test_hands import announced, hand, press
from tests.e2e.test_terminal_program import program, until_known
from tests.e2e.waiting import until

pytestmark = pytest.mark.timeout(400)

LAMP = (
    ("Lamp darker", "75 %", "接待人員調暗了燈"),
    ("Lamp darker", "50 %", "接待人員調暗了燈"),
    ("Lamp brighter", "75 %", "接待人員調亮了燈"),
)
SOURCES = (
    ("Scanner glass", "flatbed", "把文件面朝下放在掃描器玻璃上，然後蓋上。"),
    ("Scanner feeder", "feeder", "把文件放入掃描器的送紙口，逐張放入。"),
    ("Document camera", "camera", "請平放在文件鏡頭下，然後移開雙手。"),
)


async def opened(tmp_path: Path, kiosk: Browser) -> Terminal:
    """The page that the program wanted to have, in this browser."""
    address = tmp_path / "address"
    await until(address.exists, "the program opened no page", within_s=90)
    page = await new_page(kiosk, width=1080, height=1920, has_touch=True)
    await page.goto(address.read_text())
    await page.wait_for_url("**/terminal")
    return Terminal(page)


def stand_in(tmp_path: Path) -> Path:
    """A browser that only says which page it was given."""
    path = tmp_path / "browser"
    path.write_text(
        "#!/bin/sh\n"
        f'for one; do :; done; printf %s "$one" > {tmp_path}/new && mv {tmp_path}/new'
        f" {tmp_path}/address\nexec sleep 1000\n"
    )
    path.chmod(0o700)
    return path


async def test_lamp_and_scanner_are_announced_made_so_and_journalled(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser, tmp_path: Path
) -> None:
    link = await counter.enrolment(TERMINAL)
    running = await program(
        *(tmp_path / "state", "--enrol", link),
        *("--browser", str(stand_in(tmp_path)), "--profiles", str(tmp_path / "profiles")),
    )
    try:
        await until_known(counter, TERMINAL, "lamp")
        terminal = await opened(tmp_path, kiosk_browser)
        console = await Console.signed_in(desk_browser, counter)
        await meet(terminal, console, counter)
        await terminal.speak(CHINESE)

        # The lamp: said over the picture and aloud, and reported by the program itself.
        await console.page.get_by_role("tab", name="Terminal").click()
        lamp = hand(console, "light")
        for button, level, words in LAMP:
            await press(console, button)
            await announced(terminal, words)
            await expect(lamp.locator(".hands__value")).to_have_text(level)
            await expect(lamp).to_have_attribute("data-state", "done")

        # Glass, feeder or camera: the citizen reads at once where the paper belongs.
        await console.ask_for(PAPER)
        lead = terminal.page.locator(".scan .lead")
        for button, source, words in SOURCES:
            choice = console.page.locator(".asked__sources").get_by_role("button", name=button)
            await choice.click()
            await expect(lead).to_have_text(words)
            await expect(choice).to_have_attribute("aria-pressed", "true")
            assert counter.facts("select source from scan_request") == [(source,)]
        await (
            console.page.locator(".asked__sources")
            .get_by_role("button", name="Scanner glass")
            .click()
        )
        await terminal.press("掃描")
        await expect(console.page.locator(".thumb img")).to_be_visible()

        told = [json.loads(body) for (body,) in counter.facts("select body from journal_entry")]
        lit = [one["facts"]["to"] for one in told if one["action"] == "hand.used"]
        assert lit == [75, 50, 75]
        chosen = [one["facts"]["source"] for one in told if one["action"] == "scan.choose"]
        assert chosen == ["flatbed", "feeder", "camera", "flatbed"]
        assert {one["actor"] for one in told if one["action"] in ("hand.used", "scan.choose")} == {
            "agent:lei"
        }
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
            await running.wait()
