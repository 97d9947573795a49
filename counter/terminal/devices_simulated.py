"""A simulated twin of every device, with faults that can be switched on while it runs."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final, Literal

from counter.protocol.device import Fault, ScanSource
from counter.terminal.ports import DeviceFailed
from counter.terminal.printing import JobState
from counter.terminal.selftest_service import Devices

FAULTS: Final[dict[str, tuple[str, Fault]]] = {
    "camera-missing": ("camera", "missing"),
    "camera-hang": ("camera", "silent"),
    "camera-dark": ("camera", "dark"),
    "camera-blurred": ("camera", "blurred"),
    "scanner-missing": ("scanner", "missing"),
    "scanner-hang": ("scanner", "silent"),
    "scanner-jam": ("scanner", "jam"),
    "scanner-empty": ("scanner", "paper_out"),
    "scanner-open": ("scanner", "cover_open"),
    "printer-missing": ("printer", "missing"),
    "printer-stopped": ("printer", "stopped"),
    "printer-empty": ("printer", "paper_out"),
    "printer-jam": ("printer", "jam"),
    "reader-missing": ("reader", "missing"),
    "sound-missing": ("sound", "missing"),
    "sound-mute": ("sound", "no_sound"),
    "lamp-missing": ("lamp", "missing"),
    "clock-wrong": ("clock", "wrong_clock"),
    "uplink-slow": ("uplink", "slow"),
}
"By name: which device, and what it shows of it."
BED_EMPTY: Final = "bed-empty"
SWITCHES: Final = frozenset({*FAULTS, BED_EMPTY})
"Faults, and that nothing lies under the camera."
PATIENCE_S: Final = 1.0
"A simulated device hangs for so long, then its adapter gives it up."

How = Literal["", "dark", "blurred", "empty"]
"`empty`: nothing lies under the camera."
Draw = Callable[[int, How], bytes]
"Draws still number n as the camera sees it; the same for the same number."


class Bench:
    """All simulated devices of one terminal.  `faults` may change at any time."""

    def __init__(self, draw: Draw, *, faults: Sequence[str] = (), tray: Path | None = None) -> None:
        """tray: where what was printed comes out, as PDFs.

        Raises `ValueError` for a fault that there is not."""
        self.faults: set[str] = set()
        for fault in faults:
            self.switch(fault, on=True)
        self.draw = draw
        self.printed: list[tuple[bytes, str]] = []
        self.cancelled: set[str] = set()
        self.light = 100
        self.scanned: list[ScanSource] = []
        self.tray = tray
        self.numbers = count(1)
        self.card: Literal["empty", "card"] = "empty"

    def switch(self, fault: str, *, on: bool) -> None:
        """Let it be so, or not any more."""
        if fault not in SWITCHES:
            raise ValueError(f"{fault} is none of {', '.join(sorted(SWITCHES))}")
        (self.faults.add if on else self.faults.discard)(fault)

    @property
    def devices(self) -> Devices:
        """The twins, as the program has them."""
        return Devices(
            camera=SimulatedCamera(self),
            scanner=SimulatedScanner(self),
            printer=SimulatedPrinter(self),
            reader=SimulatedReader(self),
            lamp=SimulatedLamp(self),
            sound=SimulatedSound(self),
            clock=SimulatedClock(self),
            line=SimulatedLine(self),
        )

    async def meet(self, device: str, *ignored: Fault) -> None:
        """Raise what is wrong with it; a fault that only shows in what it gives is ignored."""
        for name in sorted(self.faults - {BED_EMPTY}):
            of, fault = FAULTS[name]
            if of == device and fault not in ignored:
                if fault == "silent":
                    await asyncio.sleep(PATIENCE_S)
                raise DeviceFailed(fault, f"simulated: {name}")


class SimulatedCamera:
    """See `counter.terminal.ports.DocumentCamera`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def still(self) -> bytes:
        await self._bench.meet("camera", "dark", "blurred")
        faults = self._bench.faults
        how: How = (
            "dark"
            if "camera-dark" in faults
            else "blurred"
            if "camera-blurred" in faults
            else "empty"
            if BED_EMPTY in faults
            else ""
        )
        return await asyncio.to_thread(self._bench.draw, next(self._bench.numbers), how)

    async def close(self) -> None:
        """Nothing is open."""


class SimulatedScanner:
    """See `counter.terminal.ports.SheetScanner`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def scan(self, source: ScanSource = "flatbed") -> bytes:
        await self._bench.meet("scanner")
        self._bench.scanned.append(source)
        return await asyncio.to_thread(self._bench.draw, next(self._bench.numbers), "")

    async def sources(self) -> list[Literal["flatbed", "feeder"]]:
        return ["flatbed", "feeder"]

    async def look(self) -> None:
        # Whether papers lie in it, or are stuck, shows only when it pulls one.
        await self._bench.meet("scanner", "jam", "paper_out", "cover_open")


class SimulatedPrinter:
    """See `counter.terminal.ports.Printer`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def print(self, document: bytes, title: str) -> str:
        await self._bench.meet("printer", "paper_out", "jam")
        self._bench.printed.append((document, title))
        if self._bench.tray is not None:
            self._bench.tray.mkdir(parents=True, exist_ok=True)
            (self._bench.tray / f"{title}.pdf").write_bytes(document)
        return title

    async def job(self, job: str) -> JobState:
        if job in self._bench.cancelled:
            return "lost"
        # It waits for paper as long as there is none, like a real one.
        return "waiting" if self._bench.faults & {"printer-empty", "printer-jam"} else "done"

    async def find(self, title: str) -> str | None:
        known = any(one == title for _, one in self._bench.printed)
        return title if known and await self.job(title) == "waiting" else None

    async def cancel(self, job: str) -> None:
        if await self.job(job) == "waiting":
            self._bench.cancelled.add(job)

    async def look(self) -> None:
        await self._bench.meet("printer")


class SimulatedLamp:
    """See `counter.terminal.ports.Lamp`."""

    can: Literal["on_off", "level"] = "level"

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def set(self, percent: int) -> None:
        await self._bench.meet("lamp")
        self._bench.light = percent


class SimulatedReader:
    """See `counter.terminal.ports.CardReader`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def look(self) -> Literal["empty", "card"]:
        await self._bench.meet("reader")
        return self._bench.card


class SimulatedSound:
    """See `counter.terminal.ports.SoundLoop`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def play_and_hear(self, tone: Sequence[float], rate_hz: int) -> Sequence[float]:
        await self._bench.meet("sound", "no_sound")
        loudness = 0.0 if "sound-mute" in self._bench.faults else 0.2
        late = rate_hz // 5
        # A hum, as there is in every room.
        heard = [loudness * one for one in (*[0.0] * late, *tone, *[0.0] * late)]
        return [one + 0.002 * ((at * 7919) % 101 / 50 - 1) for at, one in enumerate(heard)]


class SimulatedClock:
    """See `counter.terminal.ports.ClockOffset`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def offset(self) -> timedelta:
        return timedelta(minutes=7) if "clock-wrong" in self._bench.faults else timedelta()


class SimulatedLine:
    """See `counter.terminal.ports.LineProbe`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def round_trip(self) -> timedelta:
        slow = "uplink-slow" in self._bench.faults
        return timedelta(milliseconds=900 if slow else 20)
