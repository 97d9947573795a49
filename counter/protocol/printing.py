"""Printing at the terminal: what the agent asks for, what the terminal says, what both show."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Model, Text

PrintWhat = Literal["document", "paper", "receipt"]
PrintReason = Literal[
    "no_printer",
    "no_answer",
    "printer",
    "picture",
    "left",
    "paper_out",
    "jam",
    "cover_open",
    "unsure",
]
"`unsure`: it may have come out or not; nobody prints it again without asking."


class PrintRequest(Ask):
    """Print this at the terminal; the ask's key names the print."""

    event: ClassVar[str] = "print.request"
    what: PrintWhat
    ref: Annotated[Text, Field(max_length=80)] = ""
    """Digest of the sealed document, or item of the paper; a receipt has none."""


class PrintReport(Ask):
    """How it goes with a print of this terminal."""

    event: ClassVar[str] = "print.report"
    print_id: Ident
    state: Literal["printing", "printed", "failed"]
    reason: PrintReason | None = None
    """Why it failed."""


class PrintSheet(Model):
    """One sheet, as large as the paper was."""

    src: str
    """An image of this case, to be fetched from here."""
    width_mm: float
    height_mm: float


class PrintCard(Model):
    """What the terminal prints now."""

    print_id: str
    what: PrintWhat
    label: str
    state: Literal["asked", "printing"]
    sheets: list[PrintSheet]
    lines: list[str]
    """A receipt in words, in the citizen's language; else empty."""
    by_device: bool = False
    """The terminal's program prints it: the page only says so, and is told no sheets."""


class PrintFailed(Model):
    """What did not come out just now, for the citizen."""

    print_id: str
    label: str
    reason: str
    """In words."""


class PrintRow(Model):
    """A print as the agent sees it."""

    print_id: str
    what: PrintWhat
    ref: str
    label: str
    state: Literal["asked", "printing", "printed", "failed"]
    reason: str
    """In words; empty unless it failed."""
