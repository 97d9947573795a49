"""The whole way of a paper: a real counter, the real program with played devices, a whole visit."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, RunningCounter

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
