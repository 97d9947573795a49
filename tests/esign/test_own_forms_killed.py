"""The process that draws a department's form is killed, or is given what should break it."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from counter.esign.draw_process import DrawProcesses
from counter.esign.form_refusals import TemplateTooHeavy, TemplateWrong
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.own_forms_service import OwnFormsService
from counter.fresh_process import FreshProcesses
from tests.esign.test_own_forms import DSI, TYPST, NoStore, Now, described

LONG = "#for a in range(9000) { for b in range(9000) { let x = a * b } }"
"Some seconds of work, and no loop that the compiler looks through."
TICKS = 20
"Of the processor: long after the text was read, long before it is done."


class Told(FreshProcesses):
    """The real ones; they say which of them is at work."""

    def __init__(self) -> None:
        super().__init__("counter.app.form_child", patience_seconds=240)
        self.drawing: asyncio.Queue[Process] = asyncio.Queue()

    async def waiting(self) -> Process:
        self.warm()
        assert self._next is not None
        return await self._next

    async def _taken(self) -> Process:
        process = await super()._taken()
        self.drawing.put_nowait(process)
        return process


class Watched(DrawProcesses):
    """The real press on processes that are told of."""

    def __init__(self) -> None:
        super().__init__("counter.app.form_child")
        self._processes = self.told = Told()


@pytest.fixture
async def press() -> AsyncIterator[Watched]:
    made = Watched()
    yield made
    await made.close()


@pytest.fixture
def house(press: Watched) -> OwnFormsService:
    return served_by(press)


def used(pid: int) -> int:
    """Ticks of the processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def test_a_process_killed_while_it_draws_is_a_refusal_and_the_next_form_is_drawn(
    house: OwnFormsService, press: Watched
) -> None:
    # Drawn once, so that the next one waits, warm, and its first ticks are those of the drawing.
    assert (await house.preview(DSI, described(), TYPST)).pages
    await press.told.drawing.get()
    drawing = asyncio.create_task(house.preview(DSI, described(), f"{TYPST}\n{LONG}"))
    process = await press.told.drawing.get()
    before = used(process.pid)
    async with asyncio.timeout(120):
        while used(process.pid) < before + TICKS:
            await asyncio.sleep(0.01)
    assert not drawing.done()
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(TemplateTooHeavy) as refused:
        await drawing
    assert refused.value.code == "template_too_heavy"
    assert process.returncode == -signal.SIGKILL
    assert (await house.preview(DSI, described(), TYPST)).pages


async def test_a_process_killed_while_it_waits_costs_nobody_anything(
    house: OwnFormsService, press: Watched
) -> None:
    waiting = await press.told.waiting()
    os.kill(waiting.pid, signal.SIGKILL)
    await waiting.wait()
    assert (await house.preview(DSI, described(), TYPST)).pages
    assert (await press.told.drawing.get()).pid != waiting.pid


def svg(inside: str, before: str = "", size: str = "100") -> str:
    """A picture that a template carries within itself."""
    text = (
        f'{before}<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{size}" height="{size}">{inside}</svg>'
    )
    return '#image(bytes("' + text.replace("\\", "\\\\").replace('"', '\\"') + '"), alt: "x")'


LAUGHS = (
    "<!DOCTYPE svg ["
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    + "]>"
)
"Each entity is ten of the one before: a thousand million words."
ITSELF = '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'
SQUARED = "".join(f'<g id="u{n}">' + f'<use href="#u{n - 1}"/>' * 12 + "</g>" for n in range(1, 9))
PICTURES = {
    "another file": svg('<image href="file:///etc/hostname" width="9" height="9"/>'),
    "a neighbour": svg('<image href="fss_proof_of_life.json" width="9" height="9"/>'),
    "a site": svg('<image href="http://127.0.0.1:1/x.png" width="9" height="9"/>'),
    "a thousand million words": svg("<text>&a8;</text>", LAUGHS),
    "a file as an entity": svg(
        "<text>&x;</text>", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "itself": svg(ITSELF),
    "more and more of itself": svg(f'<g id="u0"><rect width="1" height="1"/></g>{SQUARED}'),
}

PICTURES_SAY = {
    "another file": "failed to load linked image",
    "a neighbour": "failed to load linked image",
    "a site": "URLs are not allowed",
    "a thousand million words": "entity reference loop",
    "a file as an entity": "unknown entity",
    "itself": "nodes limit reached",
    "more and more of itself": "nodes limit reached",
}
"What the compiler says of each."


@pytest.fixture(scope="module")
async def one_press() -> AsyncIterator[DrawProcesses]:
    made = DrawProcesses("counter.app.form_child", patience_seconds=240)
    yield made
    await made.close()


def served_by(press: DrawProcesses) -> OwnFormsService:
    return OwnFormsService(NoStore(), press, shipped_forms(), shipped_glyphs(), Now())


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_in_a_template_reaches_nothing(name: str, one_press: DrawProcesses) -> None:
    with pytest.raises(TemplateWrong) as refused:
        await served_by(one_press).preview(DSI, described(), f"{TYPST}\n{PICTURES[name]}")
    assert refused.value.code == "template_wrong"
    assert PICTURES_SAY[name] in refused.value.diagnostic
    assert "root:" not in refused.value.diagnostic


@pytest.mark.parametrize(
    "name",
    [
        "more and more of itself",
        *(pytest.param(name, marks=pytest.mark.deep) for name in list(PICTURES)[:-1]),
    ],
)
async def test_a_picture_in_a_template_holds_up_nobody(name: str, one_press: DrawProcesses) -> None:
    house = served_by(one_press)
    with pytest.raises(TemplateWrong):
        await house.preview(DSI, described(), f"{TYPST}\n{PICTURES[name]}")
    assert (await house.preview(DSI, described(), TYPST)).pages
