"""Prints of a terminal's program: killed at any point nothing is printed twice; what is not wanted
any more does not come out."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest

from counter.errors import BadInput, Busy, NotAllowedNow, NotFound, Refusal, StoreUnavailable
from counter.protocol.device import DevicePrint, Fault
from counter.terminal.ports import DeviceFailed, LineLost, Printer, Refused
from counter.terminal.printing import (
    MOST_LOOKS,
    JobState,
    Note,
    Stage,
    next_step,
    patience,
    reason_of,
)
from counter.terminal.printing_service import FETCHES, STILL_LOOKS, TROUBLE_LOOKS, PrintingService
from counter.terminal.prints_files import FilePrintNotes


@pytest.mark.parametrize(
    ("state", "note", "step"),
    [
        ("asked", None, "take"),
        ("asked", Note(stage=Stage.TAKEN), "take"),
        ("printing", Note(stage=Stage.TAKEN), "hand"),
        ("printing", None, "unsure"),
        ("printing", Note(stage=Stage.HANDING), "unsure"),
        ("asked", Note(stage=Stage.HANDING), "unsure"),
        ("printing", Note(stage=Stage.HANDED, job="k-1"), "watch"),
        ("asked", Note(stage=Stage.HANDED, job="k-1"), "watch"),
    ],
)
def test_what_is_done_about_a_print(state: Any, note: Note | None, step: str) -> None:
    assert next_step(state, note) == step


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("jam", "jam"), ("missing", "no_printer"), ("stopped", "printer"), ("silent", "printer")],
)
def test_what_the_counter_is_told_of_a_fault(fault: Fault, reason: str) -> None:
    assert reason_of(fault) == reason


class Killed(BaseException):
    """The program dies here, as of a power cut."""


class Fuse:
    """Lets so many steps pass."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def burn(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


class World:
    """Printer, notes and counter, which all outlive the program; each step burns the fuse twice:
    before it, and when it is done but nobody knows yet."""

    def __init__(self, root: Path) -> None:
        self.files = FilePrintNotes(root / "prints")
        self.fuse = Fuse(-1)
        self.out: list[str] = []
        self.queued: dict[str, str] = {}
        self.cancelled: list[str] = []
        self.said: list[tuple[str, str | None]] = []
        self.state: Literal["asked", "printing", "printed", "failed"] = "asked"
        self.fault: Fault = ""
        self.stuck = False
        self.moves: JobState = "waiting"
        "How what is stuck stands."
        self.cancel_fails = 0
        self.passing: list[Exception] = []
        "Raised by the next reports, one each."
        self.sheets = 1
        self.lost_fetches = 0
        self.refuses: Exception | None = None

    async def step(self, do: Callable[[], Any]) -> Any:
        self.fuse.burn()
        found = do()
        self.fuse.burn()
        return found

    # The port of notes.
    async def of(self, print_id: str) -> Note | None:
        return await self.files.of(print_id)

    async def keep(self, print_id: str, note: Note) -> None:
        self.fuse.burn()
        await self.files.keep(print_id, note)
        self.fuse.burn()

    async def forget(self, print_id: str) -> None:
        self.fuse.burn()
        await self.files.forget(print_id)
        self.fuse.burn()

    async def ids(self) -> list[str]:
        return await self.files.ids()

    # The port of the printer.
    async def print(self, document: bytes, title: str) -> str:
        def do() -> str:
            job = f"kiosk-{len(self.out) + len(self.queued) + 1}"
            if self.stuck:
                self.queued[job] = title
            else:
                self.out.append(title)
            return job

        return str(await self.step(do))

    async def job(self, job: str) -> JobState:
        self.fuse.burn()
        if job in self.cancelled:
            return "lost"
        return self.moves if job in self.queued else "done"

    async def find(self, title: str) -> str | None:
        return next((job for job, one in self.queued.items() if one == title), None)

    async def cancel(self, job: str) -> None:
        if self.cancel_fails:
            self.cancel_fails -= 1
            raise DeviceFailed("failed", "played")
        if self.queued.pop(job, None):
            self.cancelled.append(job)

    async def look(self) -> None:
        self.fuse.burn()
        if self.fault:
            raise DeviceFailed(self.fault, "played")

    # The counter.
    async def fetch(self, print_id: str) -> bytes:
        if self.lost_fetches:
            self.lost_fetches -= 1
            raise LineLost("away")
        return bytes(await self.step(lambda: b"%PDF"))

    async def report(self, print_id: str, state: str, reason: str | None) -> None:
        def do() -> None:
            if self.passing:
                raise self.passing.pop()
            if self.refuses is not None:
                raise self.refuses
            if self.state in ("printed", "failed") and self.state != state:
                raise NotAllowedNow("it is over")
            self.state = state  # type: ignore[assignment]
            self.said.append((state, reason))

        await self.step(do)

    @property
    def card(self) -> DevicePrint | None:
        if self.state in ("asked", "printing"):
            return DevicePrint(print_id="p-1", state=self.state, sheets=self.sheets)
        return None


async def live(world: World, printer: Printer | None = None, *, until: Callable[[], bool]) -> None:
    """One life of the program, until it is killed or `until`."""
    program = PrintingService(
        printer or world, world, fetch=world.fetch, report=world.report, look_s=0.0, again_s=0.0
    )
    running = asyncio.create_task(program.run_for_ever())
    async with asyncio.timeout(30):
        while not running.done() and not until():
            program.follow(world.card)
            await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError, Killed):
        await running


def at_rest(world: World, root: Path) -> bool:
    return world.card is None and not list((root / "prints").glob("*"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def lives(root: Path, steps: int) -> tuple[World, bool]:
    """One life that is killed after so many steps, and the next; whether the first survived."""
    world = World(root)
    world.fuse = Fuse(steps)
    await live(world, until=lambda: at_rest(world, root))
    survived = world.fuse.left > 0
    world.fuse = Fuse(-1)
    await live(world, until=lambda: at_rest(world, root))
    return world, survived


async def test_killed_at_any_step_it_comes_out_once_or_somebody_is_asked(tmp_path: Path) -> None:
    ends: list[tuple[str, str | None]] = []
    survived = False
    for steps in range(100):
        world, survived = await lives(tmp_path / str(steps), steps)
        assert len(world.out) <= 1, f"printed twice after a kill at step {steps}"
        ends.append(world.said[-1])
        assert world.said[-1] == ("printed", None) or world.said[-1] == ("failed", "unsure")
        assert world.said[-1][0] != "printed" or world.out == ["p-1"]
        if survived:
            break
    assert survived and len(ends) > 10
    unsure = [at for at, end in enumerate(ends) if end == ("failed", "unsure")]
    assert len(unsure) == 4, "only around handing it over, of which nobody can tell afterwards"


async def test_a_printer_that_lacks_paper_is_told_and_its_job_taken_back(
    world: World, tmp_path: Path
) -> None:
    world.stuck = True

    def empty() -> bool:
        if world.queued:
            world.fault = "paper_out"
        return at_rest(world, tmp_path)

    await live(world, until=empty)
    assert world.said == [("printing", None), ("failed", "paper_out")]
    assert (world.cancelled, world.out) == (["kiosk-1"], [])
    assert TROUBLE_LOOKS < MOST_LOOKS


async def test_what_lies_in_the_queue_for_too_long_is_taken_back(
    world: World, tmp_path: Path
) -> None:
    world.stuck = True
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert world.said[-1] == ("failed", "printer")
    assert world.cancelled == ["kiosk-1"]


async def test_a_printer_that_is_out_of_order_is_given_nothing(
    world: World, tmp_path: Path
) -> None:
    world.fault = "cover_open"
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert (world.said[-1], world.out) == (("failed", "cover_open"), [])


async def test_what_is_not_wanted_any_more_does_not_come_out(world: World, tmp_path: Path) -> None:
    world.stuck = True

    def left() -> bool:
        if world.queued:
            world.state = "failed"  # the citizen has gone
        return at_rest(world, tmp_path)

    await live(world, until=left)
    assert (world.cancelled, world.out) == (["kiosk-1"], [])
    assert world.said == [("printing", None)], "the counter has said so itself"


async def test_what_cannot_be_taken_back_at_once_is_not_forgotten(
    world: World, tmp_path: Path
) -> None:
    world.stuck, world.cancel_fails = True, 3

    def left() -> bool:
        if world.queued:
            world.state = "failed"
        return at_rest(world, tmp_path)

    await live(world, until=left)
    assert (world.cancelled, world.cancel_fails) == (["kiosk-1"], 0)


@pytest.mark.parametrize("here", [True, False], ids=["still here", "left"])
async def test_what_was_being_handed_over_is_found_by_its_title_and_taken_back(
    world: World, tmp_path: Path, here: bool
) -> None:
    """Killed after the printer took it and before its name was noted."""
    await world.keep("p-1", Note(stage=Stage.HANDING))
    world.queued = {"kiosk-7": "p-1", "kiosk-8": "another"}
    world.state = "printing" if here else "failed"
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert (world.cancelled, world.queued) == (["kiosk-7"], {"kiosk-8": "another"})
    assert world.said == ([("failed", "unsure")] if here else [])


@pytest.mark.parametrize(
    "trouble",
    [Busy("now"), StoreUnavailable("now"), Refused("internal"), Refused("busy")],
    ids=lambda one: getattr(one, "reason", one.code),
)
async def test_a_passing_trouble_forgets_no_print(
    world: World, tmp_path: Path, trouble: Refusal
) -> None:
    def trouble_at_the_end() -> bool:
        if world.out and not troubled:
            troubled.append(trouble)
            world.passing = [trouble]
        return at_rest(world, tmp_path)

    troubled: list[Refusal] = []
    await live(world, until=trouble_at_the_end)
    assert (troubled, world.out) == ([trouble], ["p-1"])
    assert world.said == [("printing", None), ("printed", None)]


@pytest.mark.parametrize("refused", [NotFound("none"), Refused("not_allowed_now")])
async def test_what_the_counter_gave_up_is_taken_from_the_queue(
    world: World, tmp_path: Path, refused: Refusal
) -> None:
    world.stuck, world.moves = True, "printing"

    def given_up() -> bool:
        if world.queued:
            world.refuses = refused
        return not list((tmp_path / "prints").glob("*")) and bool(world.cancelled)

    await live(world, until=given_up)
    assert (world.cancelled, world.out) == (["kiosk-1"], [])


async def test_a_print_that_moves_is_left_to_finish_and_told_of(
    world: World, tmp_path: Path
) -> None:
    world.stuck, world.moves, looks = True, "printing", 0
    watched = world.job

    async def job(job: str) -> JobState:
        nonlocal looks
        looks += 1
        if looks == patience(1) * 3:
            world.queued.pop(job)
        return await watched(job)

    world.job = job  # type: ignore[method-assign]
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert (world.said[-1], world.cancelled) == (("printed", None), [])
    still = patience(1) * 3 // STILL_LOOKS
    assert world.said[:-1] == [("printing", None)] * len(world.said[:-1])
    assert abs(len(world.said) - 2 - still) <= 1


async def test_a_long_print_is_given_more_time(world: World, tmp_path: Path) -> None:
    world.stuck, world.sheets, looks = True, 20, 0
    watched = world.job

    async def job(job: str) -> JobState:
        nonlocal looks
        looks += 1
        if looks == patience(20) - 1:
            world.queued.pop(job)
        return await watched(job)

    world.job = job  # type: ignore[method-assign]
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert (world.said[-1], world.cancelled) == (("printed", None), [])
    assert patience(1) < patience(20) < MOST_LOOKS


@pytest.mark.parametrize("lost, said", [(FETCHES - 1, "printed"), (FETCHES, "failed")])
async def test_a_document_that_does_not_come_is_asked_for_a_few_times(
    world: World, tmp_path: Path, lost: int, said: str
) -> None:
    world.lost_fetches = lost
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert world.said[-1][0] == said


async def test_a_print_that_is_over_for_the_counter_is_forgotten(
    world: World, tmp_path: Path
) -> None:
    world.refuses = NotFound("none")

    def forgotten() -> bool:
        return world.fuse.left <= -6 and not list((tmp_path / "prints").glob("*.print"))

    await live(world, until=forgotten)
    assert (world.out, world.said) == ([], [])


class Slow(World):
    """Takes the document and does not answer."""

    async def print(self, document: bytes, title: str) -> str:
        await super().print(document, title)
        raise DeviceFailed("silent", "played")


async def test_a_printer_that_does_not_answer_may_have_printed(tmp_path: Path) -> None:
    world = Slow(tmp_path)
    await live(world, until=lambda: at_rest(world, tmp_path))
    assert world.said[-1] == ("failed", "unsure")


async def test_the_name_of_a_print_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        await FilePrintNotes(tmp_path).keep("../x", Note(stage=Stage.TAKEN))
