"""Each device and its simulated twin do what their port says: one suite for both.

Real here: SANE through its own `test` backend, which is a scanner without paper; CUPS through a
scheduler of this test's own with a file for a printer; OpenCV on a film instead of a camera.  There
is no sound card and no card reader here: their adapters are tested on programs and a library that
are played.
"""

import asyncio
import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from counter.app.terminal_program import draw
from counter.terminal.camera_opencv import OpenCvCamera
from counter.terminal.devices_simulated import (
    Bench,
    SimulatedLamp,
    SimulatedPrinter,
    SimulatedScanner,
)
from counter.terminal.lamp_child import CommandLamp
from counter.terminal.ports import DeviceFailed, DocumentCamera, Printer, SheetScanner
from counter.terminal.printer_cups import CupsPrinter
from counter.terminal.reader_pcsc import PcscReader
from counter.terminal.scanner_sane import SaneScanner
from counter.terminal.sound_child import AlsaLoop
from tests.cups import PrivateCups, private_cups
from tests.servers import NotInstalled

SANE = {
    "jam": "SANE_STATUS_JAMMED",
    "paper_out": "SANE_STATUS_NO_DOCS",
    "cover_open": "SANE_STATUS_COVER_OPEN",
    "failed": "SANE_STATUS_IO_ERROR",
}
PLAYED = {"jam": "scanner-jam", "paper_out": "scanner-empty", "cover_open": "scanner-open"}


@pytest.fixture(scope="module", autouse=True)
def only_the_scanner_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SANE asks the network for three seconds for whatever scanners there may be."""
    drivers = tmp_path_factory.mktemp("sane")
    (drivers / "dll.conf").write_text("test\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANE_CONFIG_DIR", f"{drivers}:")
        yield


def scanner(real: bool, fault: str = "") -> SheetScanner:
    """A scanner with this fault."""
    if not real:
        return SimulatedScanner(Bench(draw, faults=[PLAYED[fault]] if fault else []))
    if shutil.which("scanimage") is None:
        raise NotInstalled("SANE is not installed: apt-get install sane-utils")
    options = [f"--read-return-value={SANE[fault]}"] if fault else ["--test-picture=Grid"]
    return SaneScanner("test:0", resolution_dpi=75, options=tuple(options))


def image_of(content: bytes) -> Any:
    """The picture, or None."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("real", [True, False], ids=["sane", "simulated"])
async def test_a_scanner_gives_a_picture(real: bool) -> None:
    await scanner(real).look()
    image = image_of(await scanner(real).scan())
    assert image is not None and min(image.shape[:2]) > 100


@pytest.mark.parametrize("real", [True, False], ids=["sane", "simulated"])
async def test_a_scanner_takes_from_its_glass_and_from_its_feeder(real: bool) -> None:
    one = scanner(real)
    assert await one.sources() == ["flatbed", "feeder"]
    for source in ("flatbed", "feeder"):
        image = image_of(await one.scan(source))
        assert image is not None and min(image.shape[:2]) > 100


async def test_sane_is_told_the_source_and_one_without_a_feeder_has_none(tmp_path: Path) -> None:
    help_of = (
        'case "$*" in *--help*) echo "    --source FlatBed|ADF Duplex|ADF Front [FlatBed]";; '
        f'*) echo "$@" >> {tmp_path}/said; printf "\\377\\330";; esac'
    )
    _program(tmp_path, "scanimage", help_of)
    played = SaneScanner("played:0", program=str(tmp_path / "scanimage"))
    assert await played.sources() == ["flatbed", "feeder"]
    await played.scan("feeder")
    assert "--source=ADF Front" in (tmp_path / "said").read_text()
    _program(tmp_path, "scanimage", 'echo "    --resolution 75..600dpi [75]"')
    plain = SaneScanner("played:0", program=str(tmp_path / "scanimage"))
    assert await plain.sources() == ["flatbed"]
    with pytest.raises(DeviceFailed) as failed:
        await plain.scan("feeder")
    assert failed.value.fault == "missing"


@pytest.mark.parametrize("real", [True, False], ids=["sane", "simulated"])
@pytest.mark.parametrize("fault", sorted(PLAYED))
async def test_a_scanner_says_what_is_wrong(real: bool, fault: str) -> None:
    with pytest.raises(DeviceFailed) as failed:
        await scanner(real, fault).scan()
    assert failed.value.fault == fault


async def test_sane_that_fails_is_missing_or_hangs_is_told_apart() -> None:
    with pytest.raises(DeviceFailed) as failed:
        await scanner(True, "failed").scan()
    assert failed.value.fault == "failed"
    for absent in (SaneScanner("nothing:0"), SaneScanner("test:0", program="no-scanimage-here")):
        with pytest.raises(DeviceFailed) as failed:
            await absent.look()
        assert failed.value.fault == "missing"
    slow = ("--read-delay=yes", "--read-delay-duration=200000", "--read-limit=yes")
    hangs = SaneScanner(
        "test:0", resolution_dpi=300, options=(*slow, "--read-limit-size=1000"), scan_s=1.0
    )
    with pytest.raises(DeviceFailed) as failed:
        await hangs.scan()
    assert failed.value.fault == "silent"
    assert not any(b"read-delay" in line for line in _command_lines()), "the child was ended"


def _command_lines() -> list[bytes]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    return found


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a film of a drawn paper, to be photographed instead of a camera."""
    path = str(tmp_path_factory.mktemp("film") / "mat.avi")
    frame = image_of(draw(3, ""))
    height, width = frame.shape[:2]
    fourcc = cv2.VideoWriter.fourcc(*"MJPG")
    out = cv2.VideoWriter(path, fourcc, 5, (width, height))
    for _ in range(40):
        out.write(frame)
    out.release()
    return path


@pytest.mark.parametrize("real", [True, False], ids=["opencv", "simulated"])
async def test_a_camera_gives_whole_stills_again_and_again(real: bool, film: str) -> None:
    camera: DocumentCamera = OpenCvCamera(film) if real else _camera(Bench(draw))
    try:
        for _ in range(3):
            image = image_of(await camera.still())
            assert image is not None and image.shape[1] == 2592
    finally:
        await camera.close()


@pytest.mark.parametrize("real", [True, False], ids=["opencv", "simulated"])
async def test_a_camera_that_is_not_there_is_missing(real: bool, tmp_path: Path) -> None:
    absent = OpenCvCamera(str(tmp_path / "none.avi"))
    camera: DocumentCamera = absent if real else _camera(Bench(draw, faults=["camera-missing"]))
    with pytest.raises(DeviceFailed) as failed:
        await camera.still()
    assert failed.value.fault == "missing"
    await camera.close()


async def test_a_camera_whose_process_stops_is_silent_and_the_next_still_works(film: str) -> None:
    camera = OpenCvCamera(film, still_s=1.0)
    await camera.still()
    assert camera._child is not None
    camera._child.send_signal(signal.SIGSTOP)
    with pytest.raises(DeviceFailed) as failed:
        await camera.still()
    assert failed.value.fault == "silent"
    assert image_of(await camera.still()) is not None
    camera._child.kill()
    await camera._child.wait()
    assert image_of(await camera.still()) is not None
    await camera.close()


def _camera(bench: Bench) -> DocumentCamera:
    camera = bench.devices.camera
    assert camera is not None
    return camera


@pytest.fixture
async def cups(tmp_path: Path) -> AsyncIterator[PrivateCups]:
    """Yield a scheduler of this test's own, with the printer `kiosk`."""
    async with private_cups(tmp_path / "cups") as running:
        yield running


async def test_cups_takes_a_document_and_says_when_it_will_not(cups: PrivateCups) -> None:
    printer: Printer = CupsPrinter("kiosk", server=cups.server)
    await printer.look()
    paper = b"%PDF-1.7 a receipt"
    assert (await printer.print(paper, "Receipt")).startswith("kiosk-")
    assert await cups.run("cupsdisable", "kiosk") == 0
    with pytest.raises(DeviceFailed) as failed:
        await printer.look()
    assert failed.value.fault == "stopped"
    assert await cups.run("cupsenable", "kiosk") == 0
    assert await cups.run("cupsreject", "kiosk") == 0
    with pytest.raises(DeviceFailed) as failed:
        await printer.look()
    assert failed.value.fault == "stopped"
    for absent in (
        CupsPrinter("other", server=cups.server),
        CupsPrinter("kiosk", server="[::1]:1"),
    ):
        for attempt in (absent.look(), absent.print(paper, "Receipt")):
            with pytest.raises(DeviceFailed) as failed:
                await attempt
            assert failed.value.fault == "missing"


async def test_cups_says_how_a_job_ended_and_takes_one_back(cups: PrivateCups) -> None:
    printer: Printer = CupsPrinter("kiosk", server=cups.server)
    job = await printer.print(b"%PDF-1.7 first", "print-1")
    async with asyncio.timeout(30):
        while (state := await printer.job(job)) == "waiting":
            await asyncio.sleep(0.05)
    assert state == "done"
    await printer.cancel(job)
    assert await printer.job(job) == "done", "what is out stays out"

    assert await cups.run("cupsdisable", "kiosk") == 0
    second = await printer.print(b"%PDF-1.7 second", "print-2")
    assert await printer.job(second) == "waiting"
    assert await printer.find("print-2") == second
    assert await printer.find("print-1") is None, "it is out"
    await printer.cancel(second)
    assert await printer.job(second) == "lost"
    assert await printer.find("print-2") is None
    assert await cups.run("cupsenable", "kiosk") == 0
    assert await printer.job("kiosk-999") == "lost"
    with pytest.raises(DeviceFailed):
        await CupsPrinter("kiosk", server="127.0.0.1:1").job(job)
    for attempt in (
        CupsPrinter("kiosk", server="127.0.0.1:1").cancel(job),
        CupsPrinter("kiosk", server="127.0.0.1:1").find("print-1"),
    ):
        with pytest.raises(DeviceFailed):
            await attempt
    assert await cups.jobs() == [job, second]


async def test_the_simulated_printer_does_as_much(tmp_path: Path) -> None:
    bench = Bench(draw, tray=tmp_path / "tray")
    printer: Printer = SimulatedPrinter(bench)
    await printer.look()
    job = await printer.print(b"%PDF-1.7", "print-1")
    assert (await printer.job(job), bench.printed) == ("done", [(b"%PDF-1.7", "print-1")])
    assert (tmp_path / "tray" / "print-1.pdf").read_bytes() == b"%PDF-1.7"
    bench.faults = {"printer-empty"}
    second = await printer.print(b"%PDF-1.7", "print-2")
    assert await printer.job(second) == "waiting"
    assert await printer.find("print-2") == second
    await printer.cancel(second)
    assert await printer.job(second) == "lost"
    for fault, shown in {"printer-stopped": "stopped", "printer-missing": "missing"}.items():
        bench.faults = {fault}
        with pytest.raises(DeviceFailed) as failed:
            await printer.look()
        assert failed.value.fault == shown


@pytest.mark.parametrize(
    ("alert", "fault"),
    [("media-empty-error", "paper_out"), ("media-jam-error", "jam"), ("cover-open", "cover_open")],
)
async def test_what_a_printer_lacks_is_read_from_its_alerts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alert: str, fault: str
) -> None:
    _program(tmp_path, "lpstat", f'echo "printer kiosk is idle.\n\tAlerts: {alert}"')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(DeviceFailed) as failed:
        await CupsPrinter("kiosk").look()
    assert failed.value.fault == fault


async def test_the_loop_plays_what_it_is_given_and_hears_what_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, "aplay", f'cat > "{tmp_path}/played"')
    _program(
        tmp_path,
        "arecord",
        f'while [ ! -s "{tmp_path}/played" ]; do sleep 0.01; done; cat "{tmp_path}/played"',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    heard = await AlsaLoop().play_and_hear([0.5, -0.5, 2.0], 16_000)
    assert heard == pytest.approx([0.5, -0.5, 1.0], abs=0.001)


async def test_a_terminal_without_a_sound_card_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("aplay", "arecord"):
        _program(tmp_path, name, 'echo "audio open error: No such device" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(DeviceFailed) as failed:
        await AlsaLoop().play_and_hear([0.0], 16_000)
    assert failed.value.fault == "missing"


async def test_a_lamp_is_switched_by_the_operators_command(tmp_path: Path) -> None:
    _program(tmp_path, "lamp", f'echo "$@" >> {tmp_path}/said')
    program = tmp_path / "lamp"
    level = CommandLamp(f"{program} set {{percent}}% 'the mat'")
    switch = CommandLamp(f"{program} out={{on}}")
    assert (level.can, switch.can) == ("level", "on_off")
    for lamp, percent in ((level, 25), (level, 0), (switch, 60), (switch, 0)):
        await lamp.set(percent)
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["set 25% the mat", "set 0% the mat", "out=1", "out=0"]
    _program(tmp_path, "lamp", "exit 1")
    with pytest.raises(DeviceFailed) as failed:
        await level.set(50)
    assert failed.value.fault == "failed"
    with pytest.raises(DeviceFailed) as failed:
        await CommandLamp(f"{tmp_path}/none {{on}}").set(50)
    assert failed.value.fault == "missing"
    with pytest.raises(ValueError, match="percent"):
        CommandLamp("lamp on")


async def test_the_simulated_lamp_does_as_much() -> None:
    bench = Bench(draw)
    lamp = SimulatedLamp(bench)
    await lamp.set(25)
    assert (lamp.can, bench.light) == ("level", 25)
    bench.switch("lamp-missing", on=True)
    with pytest.raises(DeviceFailed) as failed:
        await lamp.set(50)
    assert failed.value.fault == "missing"


class NoCard(Exception):
    """As `smartcard.Exceptions.NoCardException`."""


class CardFailed(Exception):
    """As `smartcard.Exceptions.CardConnectionException`."""


@pytest.mark.parametrize(
    ("happens", "told"), [(None, "card"), (NoCard(), "empty"), (CardFailed(), "failed")]
)
async def test_a_reader_tells_a_card_from_none(happens: Exception | None, told: str) -> None:
    def connect() -> None:
        if happens is not None:
            raise happens

    connection = SimpleNamespace(connect=connect, disconnect=lambda: None)
    system = SimpleNamespace(readers=lambda: [SimpleNamespace(createConnection=lambda: connection)])
    errors = SimpleNamespace(NoCardException=NoCard, CardConnectionException=CardFailed)
    reader = PcscReader(system, errors)
    if told == "failed":
        with pytest.raises(DeviceFailed):
            await reader.look()
    else:
        assert await reader.look() == told
    none = PcscReader(SimpleNamespace(readers=list), errors)
    with pytest.raises(DeviceFailed) as failed:
        await none.look()
    assert failed.value.fault == "missing"


def _program(directory: Path, name: str, does: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
