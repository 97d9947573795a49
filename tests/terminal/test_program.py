"""What a terminal's program does at each screen, and how it goes about it."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from counter.protocol.device import DeviceLight, DevicePrint, DeviceScan, DeviceScreen
from counter.terminal.bed_files import FileBedPicture
from counter.terminal.bed_service import BedGuard, BedSeen
from counter.terminal.devices_simulated import Bench, How
from counter.terminal.journal import Entry
from counter.terminal.journal_files import FileJournal
from counter.terminal.ports import LineLost
from counter.terminal.printing_service import PrintingService
from counter.terminal.prints_files import FilePrintNotes
from counter.terminal.program import EndSitting, TakeShot, deeds, page_died
from counter.terminal.program_service import ProgramService
from counter.terminal.relay_service import RelayService
from counter.terminal.selftest import Seen
from counter.terminal.selftest_service import SelfTest
from counter.terminal.upload import Progress

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BRIGHT = Seen(mean=120, contrast=100, sharpness=10)


def shown(
    sitting: str | None = "case-1",
    *,
    request: str | None = None,
    wanted: bool = True,
    shot: int = 1,
) -> DeviceScreen:
    scan = None
    if request:
        scan = DeviceScan(request_id=request, item="identity-card", wanted=wanted, shot=shot)
    return DeviceScreen(
        terminal="hq-1", now="2026-11-23T02:00:00+00:00", sitting=sitting, scan=scan
    )


SHOT = TakeShot(sitting="case-1", request_id="r-1", shot=1)


@pytest.mark.parametrize(
    ("was", "screen", "wanted"),
    [
        (None, shown(None), []),
        (None, shown("choosing"), []),
        ("choosing", shown("case-1"), []),
        ("case-1", shown("case-1"), []),
        ("case-1", shown(None), [EndSitting(sitting="case-1")]),
        ("choosing", shown(None), [EndSitting(sitting="choosing")]),
        ("case-1", shown("case-2"), [EndSitting(sitting="case-1")]),
        ("case-1", shown("choosing"), [EndSitting(sitting="case-1")]),
        ("case-1", shown(request="r-1"), [SHOT]),
        ("case-1", shown(request="r-1", wanted=False), []),
        ("case-0", shown(request="r-1"), [EndSitting(sitting="case-0"), SHOT]),
        ("../up", shown("../up", request="r-1"), []),
    ],
)
def test_what_a_screen_asks_for(was: str | None, screen: DeviceScreen, wanted: list[Any]) -> None:
    assert deeds(was, screen) == wanted


@pytest.mark.parametrize(
    ("silent_s", "age_s", "died"),
    [
        (5.0, 600, False),
        (31.0, 600, True),
        (None, 600, True),
        (None, 59, False),
        (9_999.0, 59, False),
    ],
)
def test_when_a_page_counts_as_dead(silent_s: float | None, age_s: int, died: bool) -> None:
    assert page_died(silent_s, timedelta(seconds=age_s)) is died


class PlayedLine:
    """Shows what a test wants, and keeps what was asked."""

    def __init__(self) -> None:
        self.screen: dict[str, Any] | None = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.lost = False
        self.answers: dict[str, dict[str, Any]] = {}

    async def news(self, timeout_s: float) -> bool:
        await asyncio.sleep(0)
        return True

    async def ask(self, event: str, body: Mapping[str, Any], *, tries: int = 20) -> dict[str, Any]:
        if self.lost:
            raise LineLost("cut")
        self.asked.append((event, dict(body)))
        return self.answers.get(event, {})

    def of(self, event: str) -> list[dict[str, Any]]:
        return [body for name, body in self.asked if name == event]


class PlayedBrowser:
    age = timedelta(hours=1)

    def __init__(self) -> None:
        self.renewed = 0

    async def renew(self) -> None:
        self.renewed += 1


class Taking:
    """An uplink that takes everything, or nothing while `holds_back`."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.holds_back = False

    async def announce(self, entry: Entry, thumbnail: bytes) -> Progress:
        if self.holds_back:
            raise LineLost("away")
        self.stored.append(entry.request_id)
        return Progress(location="/x", offset=entry.length, state="stored")

    async def where(self, location: str) -> Progress:
        raise LineLost("not asked for")

    async def append(self, location: str, offset: int, chunk: bytes) -> Progress:
        raise LineLost("not asked for")

    async def preview(self, location: str, page: bytes) -> None:
        raise LineLost("not asked for")


def draw(number: int, how: How) -> bytes:
    return b"empty bed" if how == "empty" else b"still %d" % number


class House:
    """A program with everything played around it."""

    def __init__(self, root: Path) -> None:
        self.line, self.browser, self.uplink = PlayedLine(), PlayedBrowser(), Taking()
        self.bench = Bench(draw)
        self.journal = FileJournal(root / "journal", b"k" * 32, random.Random(1).randbytes)
        self.relay = RelayService(self.journal, self.uplink, clock=lambda: NOW, chance=lambda: 0.0)
        devices = self.bench.devices
        self.printing = PrintingService(
            devices.printer,
            FilePrintNotes(root / "prints"),
            fetch=self.fetch,
            report=self.report,
            look_s=0.0,
        )
        self.program = ProgramService(
            self.line,
            self.relay,
            self.journal,
            devices,
            SelfTest(devices, lambda still: BRIGHT),
            self.printing,
            BedGuard(
                devices.camera,
                FileBedPicture(root / "empty.jpg"),
                compare=self.compare,
                holds_page=self.holds_page,
            ),
            clock=lambda: NOW,
            thumbnail=lambda still: b"small",
            browser=self.browser,
        )

    async def compare(self, still: bytes, empty: bytes) -> BedSeen:
        return "empty" if still == empty else "paper"

    async def holds_page(self, still: bytes) -> bool:
        return still != b"empty bed"

    async def fetch(self, print_id: str) -> bytes:
        return b"%PDF " + print_id.encode()

    async def report(self, print_id: str, state: str, reason: str | None) -> None:
        await self.line.ask("print.report", {"print_id": print_id, "state": state})

    async def follow(self, screen: DeviceScreen) -> None:
        """Do what the screen asks for, to its end."""
        await self.program.follow(screen)
        await asyncio.gather(*self.program._taking.values())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_paper_is_photographed_once_and_kept_before_it_is_sent(house: House) -> None:
    house.uplink.holds_back = True
    for _ in range(3):
        await house.follow(shown(request="r-1"))
    [entry] = await house.journal.entries()
    assert (entry.request_id, entry.sitting) == ("r-1", "case-1")
    assert await house.journal.read(entry) == (b"still 1", b"small")


async def test_a_screen_that_is_not_new_yet_takes_no_second_photograph(house: House) -> None:
    await house.follow(shown(request="r-1"))
    [entry] = await house.journal.entries()
    await house.journal.forget(entry)  # the counter has it, and its next screen is on the way
    await house.follow(shown(request="r-1"))
    assert await house.journal.entries() == []
    await house.follow(shown(request="r-1", shot=2))
    [second] = await house.journal.entries()
    assert second.sha256 != entry.sha256, "the citizen has laid it anew"


async def test_after_a_failure_the_same_shot_is_taken_when_it_is_wanted_again(
    house: House,
) -> None:
    house.bench.switch("camera-missing", on=True)
    house.bench.switch("scanner-missing", on=True)
    await house.follow(shown(request="r-1"))
    house.bench.switch("camera-missing", on=False)
    await house.follow(shown(request="r-1"))
    assert len(await house.journal.entries()) == 1


async def test_when_a_camera_fails_nothing_is_scanned_unasked(house: House) -> None:
    house.bench.switch("camera-missing", on=True)
    await house.follow(shown(request="r-1"))
    assert await house.journal.entries() == [], "another citizen's paper may lie on the glass"
    assert house.line.of("shot.fail") == [{"request_id": "r-1", "fault": "missing"}]


async def test_what_cannot_be_photographed_is_said_with_its_reason(house: House) -> None:
    house.bench.switch("camera-hang", on=True)
    await house.follow(shown(request="r-1"))
    assert house.line.of("shot.fail") == [{"request_id": "r-1", "fault": "silent"}]
    assert await house.journal.entries() == []


async def test_after_a_sitting_browser_and_journal_are_wiped_and_the_devices_tested(
    house: House,
) -> None:
    await house.follow(shown(request="r-1"))
    [entry] = await house.journal.entries()
    await house.journal.forget(entry)
    await house.follow(shown(None))
    assert house.browser.renewed == 1
    assert await house.journal.sittings() == []
    assert house.line.of("sitting.wipe") == [{"sitting": "case-1", "kept": 0}]
    [report] = house.line.of("health.report")
    assert {one["state"] for one in report["devices"]} == {"good"}


async def test_a_wipe_keeps_what_the_counter_does_not_have_yet(house: House) -> None:
    await house.follow(shown(request="r-1"))
    await house.follow(shown("case-2"))
    assert house.line.of("sitting.wipe") == [{"sitting": "case-1", "kept": 1}]
    [entry] = await house.journal.entries()
    assert await house.program.tidy() == 1, "it is offered until it is stored"
    await house.journal.forget(entry)
    assert await house.program.tidy() == 0
    assert await house.journal.sittings() == [], "then its key goes as well"


async def test_a_line_that_is_away_stops_nothing(house: House) -> None:
    house.line.lost = True
    house.bench.switch("camera-missing", on=True)
    house.bench.switch("scanner-missing", on=True)
    await house.follow(shown(request="r-1"))
    await house.follow(shown(None))
    assert house.browser.renewed == 1


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.005)


async def test_it_runs_offers_beats_and_starts_a_silent_pages_browser_again(
    house: House,
) -> None:
    house.line.answers["device.beat"] = {"page_silent_s": 40.0}
    await house.follow(shown(request="r-1"))
    ended: list[str] = []
    house.relay.on_end(lambda entry, state, code: ended.append(state))
    house.line.screen = shown("case-1").model_dump()
    running = asyncio.create_task(house.program.run_for_ever())
    await until(lambda: ended == ["stored"] and house.browser.renewed > 0)
    await until(lambda: bool(house.line.of("device.beat")))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await house.journal.entries() == []


async def test_a_task_that_dies_ends_the_program(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sittings() -> list[str]:
        raise OSError("the disk is full")

    monkeypatch.setattr(house.journal, "sittings", sittings)  # the beat asks for them
    async with asyncio.timeout(20):
        with pytest.raises(OSError, match="full"):
            await house.program.run_for_ever()


async def test_what_a_screen_wants_printed_is_printed_and_reported(house: House) -> None:
    card = DevicePrint(print_id="p-1", state="asked")
    house.line.screen = shown("case-1").model_copy(update={"print": card}).model_dump()
    running = asyncio.create_task(house.program.run_for_ever())
    await until(lambda: len(house.line.of("print.report")) == 2)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    said = [body["state"] for body in house.line.of("print.report")]
    assert (said, house.bench.printed) == (["printing", "printed"], [(b"%PDF p-1", "p-1")])


async def test_a_paper_that_was_left_is_seen_against_the_empty_place(house: House) -> None:
    await house.program.test()
    assert house.line.of("bed.report") == [], "a page lies there from the start: nobody can tell"
    house.bench.switch("bed-empty", on=True)
    await house.program.test()
    assert house.line.of("bed.report")[-1] == {"sitting": "", "seen": "empty"}
    house.bench.switch("bed-empty", on=False)
    await house.follow(shown("case-1"))
    for _ in range(2):
        await house.program.look_at_bed()
    said = house.line.of("bed.report")
    assert said[-1] == {"sitting": "case-1", "seen": "paper"}
    assert [one["seen"] for one in said].count("paper") == 1, "it is said once"
    await house.follow(shown(None))
    assert house.line.of("bed.report")[-1] == {"sitting": "", "seen": "paper"}
    await house.program.test()
    house.bench.switch("bed-empty", on=True)
    await house.program.look_at_bed()
    assert house.line.of("bed.report")[-1] == {"sitting": "", "seen": "empty"}


async def test_it_looks_for_as_long_as_the_counter_wants(house: House) -> None:
    house.bench.switch("bed-empty", on=True)
    await house.program.test()
    wanted = shown("case-1").model_copy(update={"watch_bed": True})
    house.line.screen = wanted.model_dump()
    running = asyncio.create_task(house.program.run_for_ever())
    await until(lambda: {"sitting": "case-1", "seen": "empty"} in house.line.of("bed.report"))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_paper_is_scanned_where_the_agent_says_and_once(house: House) -> None:
    house.uplink.holds_back = True
    screen = shown(request="r-1")
    assert screen.scan is not None
    for source in ("feeder", "flatbed"):
        scan = screen.scan.model_copy(update={"source": source})
        await house.follow(screen.model_copy(update={"scan": scan}))
    assert house.bench.scanned == ["feeder"], "one photograph, whatever is chosen afterwards"
    [entry] = await house.journal.entries()
    assert entry.request_id == "r-1"


async def test_a_scanner_that_was_chosen_is_not_replaced_by_the_camera(house: House) -> None:
    house.bench.switch("scanner-empty", on=True)
    screen = shown(request="r-1")
    assert screen.scan is not None
    scan = screen.scan.model_copy(update={"source": "feeder"})
    await house.follow(screen.model_copy(update={"scan": scan}))
    assert house.line.of("shot.fail") == [{"request_id": "r-1", "fault": "paper_out"}]


async def test_the_lamp_is_as_the_agent_wants_it_and_as_usual_afterwards(house: House) -> None:
    dim = shown("case-1").model_copy(update={"light": DeviceLight(percent=25, rev=3)})
    for _ in range(2):
        await house.follow(dim)
    assert house.bench.light == 25
    assert house.line.of("lamp.report") == [{"rev": 3, "made": True}]
    await house.follow(shown("case-1"))
    assert house.bench.light == 100
    house.bench.switch("lamp-missing", on=True)
    await house.follow(dim)
    assert house.line.of("lamp.report")[-1] == {"rev": 3, "made": False}
