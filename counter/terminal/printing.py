"""What becomes of a print, so that no kill at any point prints it twice: pure rules.

A note about it is durable before each step that cannot be taken back.  Only between handing a
document to the printer and knowing the printer's name for it is there a moment of which nobody
can tell afterwards; then people are asked, and nothing is printed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from counter.protocol.device import Fault
from counter.protocol.printing import PrintReason


class Stage(StrEnum):
    """How far it had come when this was noted."""

    TAKEN = "taken"
    "The counter is told that it is being printed; the printer knows nothing."
    HANDING = "handing"
    "It is being given to the printer."
    HANDED = "handed"
    "The printer has it, and a name for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What this machine knows of a print."""

    stage: Stage
    job: str = ""
    "The printer's name of it, once it is handed."


JobState = Literal["waiting", "printing", "done", "lost"]
"`waiting`: no sheet of it has moved yet, as far as the printer tells."

Step = Literal["take", "hand", "watch", "unsure"]


def next_step(state: Literal["asked", "printing"], note: Note | None) -> Step:
    """What to do about a print of the screen.

    One that is being printed without a note was begun by another machine, or before this one lost
    its notes.
    """
    if note is None:
        return "take" if state == "asked" else "unsure"
    if note.stage is Stage.TAKEN:
        return "take" if state == "asked" else "hand"
    return "watch" if note.stage is Stage.HANDED else "unsure"


FIRST_LOOKS: Final = 60
LOOKS_A_SHEET: Final = 15
"A slow printer's sheet, with a look each second."
MOST_LOOKS: Final = 900
"Even what is being printed has come to nothing by then."


def patience(sheets: int) -> int:
    """For how many looks a job may lie in the queue before it is taken back."""
    return FIRST_LOOKS + LOOKS_A_SHEET * sheets


_REASONS: Final[dict[Fault, PrintReason]] = {
    "missing": "no_printer",
    "paper_out": "paper_out",
    "jam": "jam",
    "cover_open": "cover_open",
}


def reason_of(fault: Fault) -> PrintReason:
    """What the counter is told of a printer that does not print."""
    return _REASONS.get(fault, "printer")
