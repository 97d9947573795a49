"""`counter demo` against a real browser: one person alone can try either side of the counter."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.faces import (
    PAPER,
    SERVICE,
    TERMINAL,
    Console,
    Terminal,
    judged_by_pdfsig,
    shown_page,
)
from tests.e2e.probe import seen_and_heard
from tests.e2e.running import ROOT, RunningCounter

NEWEST = "order by rowid desc limit 1"

pytestmark = pytest.mark.timeout(400)  # by the clock, on a machine that does other things too


@asynccontextmanager
async def demo(counter: RunningCounter, *arguments: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`counter demo …` as a person starts it in another window, ended with Ctrl-C."""
    log_file = counter.data / "demo.log"
    with log_file.open("wb") as log:
        playing = subprocess.Popen(
            [sys.executable, "-m", "counter", "demo", *arguments],
            cwd=ROOT,
            env=counter.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Who runs the tests in the background hands down that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield playing
    finally:
        if playing.poll() is None:
            playing.send_signal(signal.SIGINT)
            await asyncio.to_thread(playing.wait, 120)
        print(log_file.read_text())
    assert playing.returncode in (0, 130)
    assert "Traceback" not in log_file.read_text()


async def test_a_simulated_citizen_is_served_at_a_real_console(
    shared_counter: RunningCounter, desk_browser: Browser, tmp_path: Path
) -> None:
    counter = shared_counter
    console = await Console.signed_in(desk_browser, counter)
    await console.ready()
    once = ("--subject", TERMINAL, "--service", SERVICE, "--visits", "1", "--pace", "0.3")
    async with demo(counter, "--as", "citizen", *once) as playing:
        await console.answer()
        await seen_and_heard(console.page)
        await expect(console.page.locator(".tag--booked").first).to_be_visible()

        await console.ask_for(PAPER)
        await shown_page(console.page, ".viewer__paper img")
        await console.accept_page()

        await console.present_form()
        signed = tmp_path / "signed.pdf"
        await console.download_signed(signed)
        judged_by_pdfsig(signed)

        await console.close()
        await expect(console.page.get_by_text("The visit is closed.")).to_be_visible()  # for 15 s
        assert await asyncio.to_thread(playing.wait, 120) == 0
    assert counter.facts(f"select outcome, stars from case_file {NEWEST}") == [("completed", 5)]
    await counter.audit()


async def test_a_simulated_agent_serves_at_a_real_terminal(
    shared_counter: RunningCounter, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    terminal = await Terminal.enrolled(kiosk_browser, counter)
    async with demo(counter, "--as", "agent", "--subject", "lei", "--pace", "0.3") as playing:
        await terminal.begin()
        number = await terminal.take_ticket(
            "Identification Services Bureau", "Certificate of Personal Data"
        )
        await seen_and_heard(terminal.page)

        await expect(terminal.heading(f"Show this paper: {PAPER}")).to_be_visible()
        await terminal.take_picture()
        await terminal.fill_in()
        await terminal.read_and_agree()
        await terminal.sign()

        receipt = terminal.page.locator(".receipt")
        await expect(receipt).to_contain_text(number)
        await expect(receipt.get_by_role("heading", name="Signed", exact=True)).to_be_visible()
        await terminal.press(re.compile("^Finish and remove"))
        await expect(terminal.page.locator(".attract")).to_be_visible()
        assert playing.poll() is None, "the simulated agent waits for the next one"
    assert counter.facts(f"select outcome from case_file {NEWEST}") == [("completed",)]
    assert counter.facts(f"select state from ceremony {NEWEST}") == [("sealed",)]
    await counter.audit()
