"""What is measured: the cells of the table, and the words that select some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One server under one load."""

    server: str
    calls: int
    feedback: bool = False
    "The far ends report what they receive ten times a second, as browsers do."
    recorded: bool = False
    workers: int = 1

    @property
    def name(self) -> str:
        extra = "+feedback" if self.feedback else ""
        extra += "+recorded" if self.recorded else ""
        extra += f"x{self.workers}" if self.workers > 1 else ""
        return f"{self.server}{extra}:{self.calls}"


SERVERS: Final[dict[str, str]] = {
    "direct": "no server",
    "c": "C forwarder, no encryption",
    "c-srtp": "C + SRTP (Debian's libsrtp)",
    "c-srtp-same": "C + SRTP (our libsrtp)",
    "coturn": "coturn relay, no encryption",
    "janus": "Janus VideoCall",
    "relay": "aiortc MediaRelay, as it comes",
    "ours": "ours",
}
ROW: Final = ("c", "c-srtp", "c-srtp-same", "coturn", "janus", "ours")
STANDARD: Final[tuple[Cell, ...]] = (
    Cell(server="relay", calls=1),
    Cell(server="janus", calls=1),
    Cell(server="ours", calls=1),
    *(Cell(server=server, calls=5) for server in ROW),
    *(Cell(server=server, calls=20) for server in ROW),
    Cell(server="ours", calls=20, recorded=True),
    Cell(server="direct", calls=50),
    *(Cell(server=server, calls=50) for server in ROW),
    Cell(server="ours", calls=50, workers=2),
    Cell(server="janus", calls=50, feedback=True),
    Cell(server="ours", calls=50, feedback=True),
    Cell(server="c-srtp-same", calls=100),
    Cell(server="ours", calls=100),
)
"In the order of measuring: what is compared stands together, so that both meet the same weather."


def selected(patterns: Sequence[str], cells: Sequence[Cell] = STANDARD) -> list[Cell]:
    """The cells whose name is like one of `patterns` (`ours:*`); all when there are none.

    Raises `ValueError` when a pattern fits no cell.
    """
    for pattern in patterns:
        if not any(fnmatchcase(cell.name, pattern) for cell in cells):
            names = " ".join(cell.name for cell in cells)
            raise ValueError(f"{pattern} fits no cell; there are {names}")
    return [
        cell
        for cell in cells
        if not patterns or any(fnmatchcase(cell.name, pattern) for pattern in patterns)
    ]
