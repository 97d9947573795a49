"""The whole way of a paper: a real counter, the real program with played devices, a whole visit."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM_ARGS
from tests.e2e.running import ROOT, RunningCounter
from tests.servers import NotInstalled

TERMINAL = "hengqin-centre-1"


async def program(state: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "counter", "terminal", "--state", str(state), "--simulate"),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def said(process: asyncio.subprocess.Process, words: str) -> list[str]:
    """What it said until it said these words."""
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(90):
        while not any(words in line for line in lines):
            line = await process.stdout.readline()
            assert line, lines
            lines.append(line.decode().strip())
    return lines


@pytest.mark.timeout(400)
async def test_a_program_photographs_what_is_asked_for_and_forgets_the_visit(
    tmp_path: Path,
) -> None:
    counter = RunningCounter()
    running: asyncio.subprocess.Process | None = None
    try:
        await counter.start()
        link = await counter.enrolment(TERMINAL)
        running = await program(tmp_path / "state", "--enrol", link)
        await said(running, "self-test: everything works")
        running.send_signal(signal.SIGKILL)
        await running.wait()

        again = await program(tmp_path / "other", "--enrol", link)
        assert await again.wait() == 1, "a link makes one machine a terminal, once"

        running = await program(tmp_path / "state")  # who it is, it knows
        await said(running, "self-test: everything works")
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
        await said(running, "self-test: everything works")

        captures = counter.facts("select state, page_id from capture")
        assert captures and {state for state, _ in captures} == {"stored"}
        pages = counter.facts("select id from page")
        assert sorted(page for _, page in captures) == sorted(page for (page,) in pages)
        assert list((tmp_path / "state" / "journal").glob("*")) == []
        await counter.audit()
    finally:
        if running is not None and running.returncode is None:
            running.send_signal(signal.SIGTERM)
            await running.wait()
        await counter.close()


@pytest.mark.timeout(400)
async def test_its_browser_is_let_in_watched_and_gone_with_it(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    headless = " ".join(shlex.quote(one) for one in ("--headless=new", *CHROMIUM_ARGS))
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nexec {chromium} {headless} "$@"\n')
    browser.chmod(0o700)
    profiles = tmp_path / "profiles"
    counter = RunningCounter()
    running: asyncio.subprocess.Process | None = None

    async def page_of(epoch: int) -> None:
        """Wait until the terminal's page was opened so often."""
        async with asyncio.timeout(120):
            while not counter.facts(
                "select epoch from terminal_state where epoch >= ?", str(epoch)
            ):
                assert running is not None and running.returncode is None
                await asyncio.sleep(0.2)

    def of_browser() -> list[int]:
        found, mark = [], f"--user-data-dir={profiles}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if mark in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return sorted(found)

    try:
        await counter.start()
        link = await counter.enrolment(TERMINAL)
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
        await counter.close()
