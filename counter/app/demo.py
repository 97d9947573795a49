"""`counter demo`: a simulated citizen at a terminal, or a simulated agent, on a running counter.

Lets one person try everything: sit at the console and be visited, or sit at the terminal and be
served.  It knows the counter through its doors only: the pages, the sockets, and for signing in the
local administration socket, which only this machine's operator can open.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aiohttp

from counter.app.operator_asks import ask
from counter.documents.sample_page import sample_photograph
from counter.ids import NewId
from counter.terminal.leg_aiortc import SimulatedLeg
from counter.terminal.line_socketio import Line
from counter.terminal.script import Wish
from counter.terminal.simulated import SimulatedDesk, SimulatedTerminal, putter

ANSWERS = {"applicant": "陳大文", "applicant_name": "陳大文", "document_number": "1234567(8)"}
"What the simulated agent writes into a form; an invented person."


HANGS_UP_WITHIN_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What to play."""

    role: Literal["citizen", "agent"]
    data: Path
    "The running counter's data directory."
    subject: str | None = None
    "Which terminal or agent; none: one that suits."
    service: str | None = None
    walk_in: bool = False
    visits: int | None = None
    "How many visits; none: until stopped."
    pace_s: float = 1.5
    video: Path | None = None


async def play(options: DemoOptions, new_id: NewId, tell: Callable[[str], None]) -> None:
    """Play the part until done or cancelled.  Raises `operator_asks.NotRunning`."""
    part = asyncio.create_task(_play(options, new_id, tell))
    try:
        await asyncio.wait({part})
    finally:
        # Whoever lets go of a call at this moment may not hear that all is to end: said again.
        while not part.done():
            part.cancel()
            await asyncio.wait({part}, timeout=HANGS_UP_WITHIN_S)
    part.result()


async def _play(options: DemoOptions, new_id: NewId, tell: Callable[[str], None]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http:
        leg = SimulatedLeg(options.video)
        line: Line | None = None
        beating: asyncio.Task[None] | None = None
        try:
            told = await ask(
                options.data, "/session", {"role": options.role, "subject": options.subject}
            )
            address, token = str(told["address"]), str(told["token"])
            namespace = "/agent" if options.role == "agent" else "/terminal"
            line = Line(address, namespace, token, new_id)
            await line.open()
            role = "desk" if options.role == "agent" else "terminal"
            beating = asyncio.create_task(line.beat_for_ever(f"{role}.beat"))
            tell(f"plays the {options.role} {told['name']}")
            if options.role == "agent":
                desk = SimulatedDesk(line, leg, options.pace_s, tell)
                await desk.serve(ANSWERS, cases=options.visits)
            else:
                terminal = SimulatedTerminal(
                    line,
                    leg,
                    put=putter(http, address, token),
                    camera=sample_photograph,
                    pace_s=options.pace_s,
                    tell=tell,
                )
                await _come_again(terminal, options, str(told["subject"]), tell)
        finally:
            if beating is not None:
                beating.cancel()
            await leg.close()
            if line is not None:
                await line.close()


async def _come_again(
    terminal: SimulatedTerminal,
    options: DemoOptions,
    subject: str,
    tell: Callable[[str], None],
) -> None:
    visits = 0
    while options.visits is None or visits < options.visits:
        wished = {"terminal": subject, "service": options.service, "walk_in": options.walk_in}
        told = await ask(options.data, "/demo/visit", wished)
        reference = told["reference"]
        tell("has booked and comes" if reference else "comes without an appointment")
        wish = Wish(
            department=str(told["department"]), service=str(told["service"]), reference=reference
        )
        await terminal.visit(wish)
        visits += 1
        tell("left; thank you")
        if options.visits is None or visits < options.visits:
            await asyncio.sleep(5 * options.pace_s)
