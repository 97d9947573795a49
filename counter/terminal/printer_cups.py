"""The `Printer` port on CUPS, through its own `lp` and `lpstat`."""

import re
from pathlib import Path
from typing import Final

from counter.protocol.device import Fault
from counter.terminal.command_child import run
from counter.terminal.ports import DeviceFailed

PATIENCE_S: Final = 20.0
ALERTS: Final[tuple[tuple[str, Fault], ...]] = (
    ("media-jam", "jam"),
    ("media-empty", "paper_out"),
    ("media-needed", "paper_out"),
    ("input-tray-missing", "paper_out"),
    ("cover-open", "cover_open"),
    ("door-open", "cover_open"),
    ("offline", "missing"),
)
"Printer states of RFC 8011 that somebody on the spot can mend."


class CupsPrinter:
    """See `counter.terminal.ports.Printer`."""

    def __init__(self, name: str, *, server: str | None = None) -> None:
        """name: of the queue.  server: `host:port` or a socket; None: this machine's."""
        self._name = name
        self._server = ("-h", server) if server else ()

    async def print(self, document: Path, title: str) -> str:
        """Hand it over; such as `kiosk-12`."""
        done = await run(
            ["lp", *self._server, "-d", self._name, "-t", title, "--", str(document)],
            timeout_s=PATIENCE_S,
        )
        found = re.search(r"request id is (\S+)", done.out.decode(errors="replace"))
        if done.code or found is None:
            missing = "does not exist" in done.said or "scheduler" in done.said
            raise DeviceFailed("missing" if missing else "failed", f"lp: {done.said.strip()[:200]}")
        return found[1]

    async def look(self) -> None:
        """Whether the queue is there, is not stopped, takes jobs, and lacks nothing."""
        done = await run(["lpstat", *self._server, "-l", "-p", self._name], timeout_s=PATIENCE_S)
        told = done.out.decode(errors="replace")
        if done.code or f"printer {self._name} " not in told:
            raise DeviceFailed("missing", f"lpstat: {done.said.strip()[:200] or 'no such printer'}")
        for word, fault in ALERTS:
            if word in told:
                raise DeviceFailed(fault, f"printer {self._name}: {word}")
        if f"printer {self._name} disabled" in told:
            raise DeviceFailed("stopped", f"printer {self._name} is stopped; cupsenable starts it")
        accepts = await run(["lpstat", *self._server, "-a", self._name], timeout_s=PATIENCE_S)
        if "not accepting" in accepts.out.decode(errors="replace"):
            raise DeviceFailed("stopped", f"printer {self._name} takes no jobs; see cupsaccept")
