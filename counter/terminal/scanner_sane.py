"""The `SheetScanner` port on SANE by its own `scanimage`: a driver that hangs hangs a child."""

from typing import Final

from counter.protocol.device import Fault
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

    async def scan(self) -> bytes:
        """One sheet as a JPEG."""
        done = await run(
            [
                *self._command,
                "--format=jpeg",
                f"--resolution={self._resolution_dpi}",
                "--mode=Color",
            ],
            timeout_s=self._scan_s,
        )
        if done.code or not done.out.startswith(b"\xff\xd8"):
            raise _failed(done)
        return done.out

    async def look(self) -> None:
        """Open it and set its options, without moving anything."""
        done = await run([*self._command, "--format=jpeg", "--dont-scan"], timeout_s=LOOK_S)
        if done.code:
            raise _failed(done)


def _failed(done: Finished) -> DeviceFailed:
    fault: Fault = next((fault for word, fault in WORDS if word in done.said), "failed")
    last = done.said.strip().rpartition("\n")[2]
    return DeviceFailed(fault, f"scanimage ended with {done.code}: {last[:200]}")
