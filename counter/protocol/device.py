"""What passes between the counter and the program beside a terminal's page.

The program owns what the page cannot: document camera, scanner, printer, card reader, the browser
itself.  It gets a screen too, of what it is to do, and asks very little.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Instant, Model, Tell
from counter.protocol.printing import PrintReport

DeviceName = Literal["camera", "scanner", "printer", "reader", "sound", "clock", "uplink"]
"""What a terminal may have: document camera, sheet scanner, printer, card reader, loudspeaker and
microphone, clock, line to the counter."""

DeviceState = Literal["good", "weak", "broken", "none"]
"`none`: this terminal has no such thing."

Fault = Literal[
    "",
    "missing",
    "silent",
    "dark",
    "blurred",
    "jam",
    "cover_open",
    "paper_out",
    "stopped",
    "no_sound",
    "wrong_clock",
    "slow",
    "failed",
]
"What is wrong; empty when nothing is.  `silent`: it does not answer in time."


class DeviceBeat(Ask):
    """The program is alive; answered with how long the page has been silent (`page_silent_s`)."""

    event: ClassVar[str] = "device.beat"


class DeviceHealth(Model):
    """How one device does."""

    device: DeviceName
    state: DeviceState
    fault: Fault = ""


class HealthReport(Ask):
    """What the self-test found; whatever is not in it was not looked at."""

    event: ClassVar[str] = "health.report"
    devices: Annotated[list[DeviceHealth], Field(min_length=1, max_length=7)]


class ShotFail(Ask):
    """No photograph could be taken of what was asked for."""

    event: ClassVar[str] = "shot.fail"
    request_id: Ident
    fault: Fault


class SittingWipe(Ask):
    """Everything of this sitting was deleted on the machine."""

    event: ClassVar[str] = "sitting.wipe"
    sitting: Ident
    kept: Annotated[int, Field(ge=0, le=1000)]
    """Photographs that are not stored yet, and stay for that."""


class DeviceScan(Model):
    """A paper is asked for."""

    request_id: str
    item: str
    wanted: bool
    """Photograph it now."""
    shot: int
    """Which photograph of this request that is; each is taken once."""


class DevicePrint(Model):
    """Something is to be printed; its PDF is at `/terminal/prints/` and its id."""

    print_id: str
    state: Literal["asked", "printing"]
    """`printing`: the program has said that it takes it, in this life or in one before."""


class DeviceScreen(Model):
    """All that the program is to know."""

    terminal: str
    now: Instant
    sitting: str | None
    """Who is here now, without saying who; None: nobody.  When it changes, forget."""
    scan: DeviceScan | None = None
    print: DevicePrint | None = None


class DeviceScreenChanged(Tell):
    """The program's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    screen: DeviceScreen


ASKS: tuple[type[Ask], ...] = (DeviceBeat, HealthReport, PrintReport, ShotFail, SittingWipe)
"Everything the namespace `/device` may say."
