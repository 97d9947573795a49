"""The whole way of a paper: a real counter, the real program with played devices, a whole visit."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.attack.conftest import Attacker, Page
from tests.attack.test_asks import a_service, taken
from tests.conftest import CHROMIUM_ARGS
from tests.cups import private_cups
from tests.e2e.running import ROOT, RunningCounter
from tests.e2e.waiting import until
from tests.servers import NotInstalled

# Each test has a terminal of its own: a program is there for good.
TERMINAL, PRINTING, WATCHED = "hengqin-centre-1", "hengqin-centre-2", "macau-morais-3"
TESTED, SLOW = "self-test: ", "uplink: slow"
"What it found follows; on a busy machine the line to the counter may be slow."


async def program(
    state: Path, *arguments: str, simulate: bool = True
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "counter", "terminal", "--state", str(state)),
        *(["--simulate"] if simulate else []),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def said(process: asyncio.subprocess.Process, words: str) -> list[str]:
    """What it said until it said these words."""
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(90):
            while not any(words in line for line in lines):
                line = await process.stdout.readline()
                assert line, lines
                lines.append(line.decode().strip())
    except TimeoutError:
        raise AssertionError(f"it never said {words!r}: {lines}") from None
    return lines


async def finds_all_well(process: asyncio.subprocess.Process) -> None:
    """Wait until it has looked at its devices, which are well."""
    wrong = (await said(process, TESTED))[-1].partition(TESTED)[2].replace(SLOW, "")
    assert wrong.strip(", ") in ("", "everything works"), wrong


@pytest.mark.timeout(400)
async def test_a_program_photographs_what_is_asked_for_and_forgets_the_visit(
    shared_counter: RunningCounter, tmp_path: Path
) -> None:
    counter = shared_counter
    running: asyncio.subprocess.Process | None = None
    try:
        link = await counter.enrolment(TERMINAL)
        running = await program(tmp_path / "state", "--enrol", link)
        await finds_all_well(running)
        running.send_signal(signal.SIGKILL)
        await running.wait()

        again = await program(tmp_path / "other", "--enrol", link)
        assert await again.wait() == 1, "a link makes one machine a terminal, once"

        running = await program(tmp_path / "state")  # who it is, it knows
        await finds_all_well(running)
        agent = asyncio.create_task(
            counter.command("demo", "--as", "agent", "--visits", "1", "--pace", "0.1")
        )
        citizen = await counter.command(
            "demo", "--walk-in", "--subject", TERMINAL, "--visits", "1", "--pace", "0.1"
        )
        assert citizen.returncode == 0, citizen.stdout.decode()
        assert (await agent).returncode == 0
        lines = await said(running, "forgets who was here")
        assert any("photographs a paper" in line for line in lines)
        await finds_all_well(running)

        captures = counter.facts("select state, page_id from capture")
        assert captures and {state for state, _ in captures} == {"stored"}
        newest = "select case_id from page order by rowid desc limit 1"
        pages = counter.facts(f"select id from page where case_id = ({newest})")
        assert sorted(page for _, page in captures) == sorted(page for (page,) in pages)
        assert list((tmp_path / "state" / "journal").glob("*")) == []
        await counter.audit()
    finally:
        if running is not None and running.returncode is None:
            running.send_signal(signal.SIGTERM)
            await running.wait()


def newest_print(screen: dict[str, Any]) -> dict[str, Any]:
    """What was asked for last."""
    prints = screen["case"]["prints"] if screen.get("case") else []
    return dict(prints[0]) if prints else {}


async def until_known(counter: RunningCounter, terminal: str, device: str) -> None:
    """Wait until the counter has heard of this device of the terminal's program."""
    known = "select health from device_state where terminal_id = ?"
    await until(
        lambda: f'"{device}"' in str(counter.facts(known, terminal)),
        f"the counter never heard of the {device} of {terminal}",
    )


async def in_call(attacker: Attacker, language: str) -> tuple[Page, Page]:
    """A terminal and a desk that speak with each other."""
    kiosk = await attacker.page("citizen", PRINTING)
    desk = await attacker.page("agent", "lei")
    asks = (
        (kiosk, "language.choose", {"language": language}),
        (kiosk, "ticket.take", {"service": await a_service(attacker)}),
        (desk, "presence.choose", {"presence": "ready"}),
    )
    for page, event, body in asks:
        await taken(page, event, **body)
    offer = (await desk.until(lambda screen: screen["offer"]))["offer"]
    await taken(desk, "offer.accept", pairing_id=offer["pairing_id"])
    await desk.until(lambda screen: screen["case"] and screen["case"]["call"])
    return kiosk, desk


@pytest.mark.timeout(400)
async def test_a_print_of_a_visit_comes_out_of_the_programs_printer_once(
    shared_counter: RunningCounter, tmp_path: Path
) -> None:
    counter, attacker = shared_counter, None
    running: asyncio.subprocess.Process | None = None
    async with private_cups(tmp_path / "cups") as cups:
        try:
            link = await counter.enrolment(PRINTING)
            devices = ("--printer", "kiosk", "--print-server", cups.server)
            running = await program(tmp_path / "state", "--enrol", link, *devices, simulate=False)
            await until_known(counter, PRINTING, "printer")

            attacker = Attacker(counter)
            kiosk, desk = await in_call(attacker, "pt")

            # Stopped, the printer holds it back; the program is killed; another life watches it.
            assert await cups.run("cupsdisable", "kiosk") == 0
            await taken(desk, "print.request", what="receipt")
            await said(running, "prints for the citizen")
            screen = await desk.until(lambda screen: newest_print(screen).get("reason"))
            assert newest_print(screen)["state"] == "failed"
            shown = await kiosk.until(lambda screen: screen.get("print_failed"))
            assert shown["print_failed"]["reason"].startswith("A impressora não funciona.")
            assert await cups.run("cupsenable", "kiosk") == 0

            again = await taken(desk, "print.request", what="receipt")
            await desk.until(
                lambda screen: newest_print(screen).get("print_id") == again["print_id"]
            )
            await said(running, "prints for the citizen")
            running.send_signal(signal.SIGKILL)
            await running.wait()
            running = await program(tmp_path / "state", *devices, simulate=False)
            screen = await desk.until(
                lambda screen: newest_print(screen).get("state") in ("printed", "failed")
            )
            newest = newest_print(screen)
            assert newest["state"] == "printed" or "may have come out" in newest["reason"]
            jobs = await cups.jobs()
            assert len(jobs) <= 1, "twice on paper"
            assert newest["state"] == "failed" or len(jobs) == 1
            await counter.audit()
            await taken(kiosk, "visit.leave")
        finally:
            if running is not None and running.returncode is None:
                running.send_signal(signal.SIGTERM)
                await running.wait()
            if attacker is not None:
                await attacker.close()


@pytest.mark.timeout(400)
async def test_its_browser_is_let_in_watched_and_gone_with_it(
    shared_counter: RunningCounter, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    headless = " ".join(shlex.quote(one) for one in ("--headless=new", *CHROMIUM_ARGS))
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nexec {chromium} {headless} "$@"\n')
    browser.chmod(0o700)
    profiles = tmp_path / "profiles"
    counter = shared_counter
    running: asyncio.subprocess.Process | None = None

    async def page_of(epoch: int) -> None:
        """Wait until the terminal's page was opened so often."""
        opened = "select epoch from terminal_state where terminal_id = ? and epoch >= ?"

        def is_open() -> bool:
            assert running is not None and running.returncode is None
            return bool(counter.facts(opened, WATCHED, str(epoch)))

        await until(is_open, f"the page was not opened {epoch} times", within_s=120)

    def of_browser() -> list[int]:
        found, mark = [], f"--user-data-dir={profiles}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if mark in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return sorted(found)

    try:
        link = await counter.enrolment(WATCHED)
        running = await program(
            *(tmp_path / "state", "--enrol", link),
            *("--browser", str(browser), "--profiles", str(profiles)),
        )
        await page_of(1)
        os.kill(of_browser()[0], signal.SIGKILL)
        await page_of(2)
        assert len(list(profiles.iterdir())) == 1
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await running.wait() == 0
        assert (of_browser(), list(profiles.iterdir())) == ([], [])
    finally:
        if running is not None and running.returncode is None:
            running.kill()
            await running.wait()
        for pid in of_browser():
            os.kill(pid, signal.SIGKILL)
