"""What the counter tells screens: the whole screen as a function of server state.

After anything changed, and on every connect, a page gets `screen.changed` with its whole screen;
between, it gets the rows of its session log (`told`), which are for sounds and live regions only:
what is drawn comes from the screen alone.  Texts are already in the language of the screen.
"""

from typing import ClassVar

from counter.protocol.desk_screen import DeskScreen
from counter.protocol.device import DeviceScreenChanged
from counter.protocol.message import Tell
from counter.protocol.pointing import MarksLie, PointerMoved
from counter.protocol.terminal_screen import TerminalScreen


class TerminalScreenChanged(Tell):
    """The terminal's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    """Of this audience's session log, up to which the screen speaks."""
    screen: TerminalScreen


class DeskScreenChanged(Tell):
    """The desk's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    screen: DeskScreen


class Happened(Tell):
    """One row of the session log: for sounds and live regions, not for drawing."""

    event: ClassVar[str] = "happened"
    audience: str
    seq: int
    kind: str
    """Such as `offer.rung`, `page.added`, `document.signed`."""
    body: dict[str, str | int | float | bool | None]


class Displaced(Tell):
    """This desk or terminal was opened somewhere else; this page is out of use."""

    event: ClassVar[str] = "displaced"


TELLS: tuple[type[Tell], ...] = (
    TerminalScreenChanged,
    DeskScreenChanged,
    DeviceScreenChanged,
    Happened,
    Displaced,
    PointerMoved,
    MarksLie,
)
