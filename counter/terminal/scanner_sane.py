"""The `SheetScanner` port on SANE by its own `scanimage`: a driver that hangs hangs a child."""

import re
from typing import Final, Literal

from counter.protocol.device import Fault, ScanSource
from counter.terminal.command_child import Finished, run
from counter.terminal.ports import DeviceFailed

SCAN_S: Final = 60.0
LOOK_S: Final = 10.0
WORDS: Final[tuple[tuple[str, Fault], ...]] = (
    ("jammed", "jam"),
    ("out of documents", "paper_out"),
    ("cover is open", "cover_open"),
    ("open of device", "missing"),
    ("no SANE devices", "missing"),
)
"What `scanimage` says, and what it means."
WORDS_OF_SOURCES: Final = {"flatbed": "flatbed|platen|normal", "feeder": "adf|feeder"}
"Drivers have no common names for them."


class SaneScanner:
    """See `counter.terminal.ports.SheetScanner`."""

    def __init__(
        self,
        device: str,
        *,
        resolution_dpi: int = 300,
        options: tuple[str, ...] = (),
        program: str = "scanimage",
        scan_s: float = SCAN_S,
    ) -> None:
        """device: as `scanimage -L` names it.  options: more of its own, such as `--source=ADF`."""
        self._command = (program, f"--device-name={device}", *options)
        self._resolution_dpi = resolution_dpi
        self._scan_s = scan_s
        self._known: dict[str, str] | None = None

    async def scan(self, source: ScanSource = "flatbed") -> bytes:
        """One sheet as a JPEG; of the feeder the next one."""
        named = (await self._sources()).get(source)
        if named is None and source == "feeder":
            raise DeviceFailed("missing", f"{self._command[1]} has no feeder")
        done = await run(
            [
                *self._command,
                *([f"--source={named}"] if named else []),
                "--format=jpeg",
                f"--resolution={self._resolution_dpi}",
                "--mode=Color",
            ],
            timeout_s=self._scan_s,
        )
        if done.code or not done.out.startswith(b"\xff\xd8"):
            raise _failed(done)
        return done.out

    async def sources(self) -> list[Literal["flatbed", "feeder"]]:
        """One that knows no sources has a glass."""
        known = await self._sources()
        both: tuple[Literal["flatbed", "feeder"], ...] = ("flatbed", "feeder")
        return [one for one in both if one in known] or ["flatbed"]

    async def look(self) -> None:
        """Open it and set its options, without moving anything."""
        done = await run([*self._command, "--format=jpeg", "--dont-scan"], timeout_s=LOOK_S)
        if done.code:
            raise _failed(done)

    async def _sources(self) -> dict[str, str]:
        """By our name what this driver calls it; asked of it once."""
        if self._known is None:
            asked = await run([*self._command, "--help"], timeout_s=LOOK_S)
            self._known = sources_in(asked.out.decode(errors="replace"))
        return self._known


def sources_in(told: str) -> dict[str, str]:
    """What a driver's own help says of its sources: one side of a sheet, no transparencies."""
    found = re.search(r"--source ([^\[\n]+)", told)
    names = [one.strip() for one in found[1].split("|")] if found else []
    known: dict[str, str] = {}
    for ours, pattern in WORDS_OF_SOURCES.items():
        fitting = [name for name in names if re.search(pattern, name, re.IGNORECASE)]
        plain = [name for name in fitting if not re.search("duplex|back|both", name, re.IGNORECASE)]
        if fitting:
            known[ours] = (plain or fitting)[0]
    return known


def _failed(done: Finished) -> DeviceFailed:
    fault: Fault = next((fault for word, fault in WORDS if word in done.said), "failed")
    last = done.said.strip().rpartition("\n")[2]
    return DeviceFailed(fault, f"scanimage ended with {done.code}: {last[:200]}")
