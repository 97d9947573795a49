"""Terminals and desks without a browser: the demo as a process, and a bare line to step through.

For tests that look at nodes, not at pages.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from counter.terminal.line_socketio import Line
from tests.e2e.running import ROOT, RunningCounter

TERMINAL = "hengqin-neighbourhood-1"
SERVICE = "dsi-personal-data"
WITHIN_S = 120.0
_keys = count(1)

Screen = dict[str, Any]


class Played:
    """`counter demo …` on a running counter."""

    def __init__(self, counter: RunningCounter, name: str, *arguments: str) -> None:
        self._log: Path = counter.data / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "counter", "demo", *arguments],
                cwd=ROOT,
                env=counter.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> list[str]:
        """What it has told, line by line."""
        return self._log.read_text().splitlines()

    async def tells(self, line: str) -> None:
        """Wait until it has told `line`."""
        deadline = time.monotonic() + WITHIN_S
        while line not in self.said:
            assert self._process.poll() is None, f"ended before {line!r}: {self.said}"
            assert time.monotonic() < deadline, f"did not come to {line!r}: {self.said}"
            await asyncio.sleep(0.05)

    async def ends_well(self) -> None:
        """Wait until it has done what it was started for."""
        try:
            code = await asyncio.to_thread(self._process.wait, WITHIN_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end: {self.said}") from None
        assert code == 0, self.said

    def hold(self) -> None:
        """Let it do nothing, until it may go on."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it do what comes next."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@asynccontextmanager
async def line(
    counter: RunningCounter, role: str, subject: str | None = None
) -> AsyncIterator[Line]:
    """A line as a page of this role has it; ended afterwards."""
    told = await counter.operator("/session", {"role": role, "subject": subject})
    namespace = "/agent" if role == "agent" else "/terminal"
    opened = Line(
        told["address"], namespace, told["token"], lambda: f"key-of-a-line-{next(_keys):06}"
    )
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


async def shows(opened: Line, what: Callable[[Screen], Any]) -> None:
    """Wait until the screen is as wanted."""
    began = time.monotonic()
    while opened.screen is None or not what(opened.screen):
        waited = time.monotonic() - began
        assert waited < WITHIN_S, f"the screen did not become so: {opened.screen}"
        await opened.news(1.0)


async def all_pause(counter: RunningCounter) -> None:
    """No agent is rung who was left behind: her lease outlives her page."""
    for (agent,) in counter.facts("select id from agent where state in ('idle', 'wrapup')"):
        async with line(counter, "agent", agent) as desk:
            await shows(desk, lambda screen: True)
            await desk.ask("presence.choose", {"presence": "paused"})


async def take_ticket(terminal: Line) -> None:
    """Walk in, up to the ticket."""
    await shows(terminal, lambda screen: True)
    await terminal.ask("screen.open", {"stage": "start"})
    await terminal.ask("screen.open", {"stage": "departments"})
    await terminal.ask("screen.open", {"stage": "services", "department": "dsi"})
    await terminal.ask("ticket.take", {"service": SERVICE})


async def accept(agent: Line) -> None:
    """Take the call that rings."""
    await shows(agent, lambda screen: screen["offer"])
    assert agent.screen is not None
    await agent.ask("offer.accept", {"pairing_id": agent.screen["offer"]["pairing_id"]})
    await shows(agent, lambda screen: screen["case"] and screen["case"]["call"])
