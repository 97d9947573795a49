"""A print at the terminal: asked for by the agent, made by the terminal, said to both.

One life, few steps; every step is a row, so that a page that reloads goes on where it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

MOST_SHEETS: Final = 20
"From one visit."
ANSWERED_WITHIN: Final = timedelta(minutes=2)
"A terminal that says nothing for so long has not printed."

What = Literal["document", "paper", "receipt"]
"A signed document, the accepted pages of one paper, or what was handed in so far."
Reason = Literal[
    "no_printer",
    "no_answer",
    "printer",
    "picture",
    "left",
    "closed",
    "voided",
    "paper_out",
    "jam",
    "cover_open",
    "unsure",
]
Maker = Literal["page", "program"]
"Who prints: the browser of the terminal by its own dialog, or the program beside it."


class PrintState(StrEnum):
    """Where a print is."""

    ASKED = "asked"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"


STEPS: Final = frozenset(
    {
        (PrintState.ASKED, PrintState.PRINTING),
        (PrintState.PRINTING, PrintState.PRINTED),
        (PrintState.ASKED, PrintState.FAILED),
        (PrintState.PRINTING, PrintState.FAILED),
    }
)
OPEN: Final = (PrintState.ASKED, PrintState.PRINTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One thing on its way to paper."""

    id: str
    "The asker's own key, so that asking again is the same print."
    case_id: str
    terminal_id: str
    what: What
    ref: str
    "Digest of the sealed document, item of the paper, or empty."
    sheets: int
    maker: Maker
    "Settled when it is asked for, so that never both print it."
    state: PrintState
    reason: Reason | None
    asked_at: datetime
    changed_at: datetime


def leads(state: PrintState, to: PrintState) -> bool:
    """Whether this is a step; the same again is answered alike and is none."""
    return (state, to) in STEPS


def ends_with(one: Print, reason: Reason) -> bool:
    """Whether it is taken back for this reason: nobody calls back paper that is coming.

    The browser's dialog hears nothing once it has begun; the program takes a job out of the queue.
    A receipt is asked for at the end, and comes also when the case is closed.
    """
    asked, begun = one.state is PrintState.ASKED, one.state is PrintState.PRINTING
    match reason:
        case "closed":
            return asked and one.what != "receipt"
        case "voided":
            return asked or (begun and one.maker == "program")
        case _:
            return asked or begun


def room_for(asked: int, sheets: int) -> bool:
    """Whether a visit may print so many more; asked: sheets that were printed or are on the way."""
    return sheets > 0 and asked + sheets <= MOST_SHEETS
