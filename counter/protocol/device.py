"""What passes between the counter and the program beside a terminal's page.

The program owns what the page cannot: document camera, scanner, printer, card reader, the browser
itself.  It gets a screen too, of what it is to do, and asks very little.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Instant, Model, Tell
from counter.protocol.printing import PrintReport

DeviceName = Literal["camera", "scanner", "printer", "reader", "lamp", "sound", "clock", "uplink"]
"""What a terminal may have: document camera, sheet scanner, printer, card reader, lamp over the
mat, loudspeaker and microphone, clock, line to the counter."""

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


ScanSource = Literal["camera", "flatbed", "feeder"]
"With what a paper is taken: the camera above the mat, the scanner's glass, or its feeder."

Ability = Literal["flatbed", "feeder", "on_off", "level"]
"What a device can beyond being there: a scanner's sources, how a lamp is switched."


class DeviceBeat(Ask):
    """The program is alive; answered with how long the page has been silent (`page_silent_s`)."""

    event: ClassVar[str] = "device.beat"


class DeviceHealth(Model):
    """How one device does."""

    device: DeviceName
    state: DeviceState
    fault: Fault = ""
    can: list[Ability] = []


class HealthReport(Ask):
    """What the self-test found; whatever is not in it was not looked at."""

    event: ClassVar[str] = "health.report"
    devices: Annotated[list[DeviceHealth], Field(min_length=1, max_length=8)]


class BedReport(Ask):
    """What the camera sees of the place for papers; said when it was looked at and changed."""

    event: ClassVar[str] = "bed.report"
    sitting: Annotated[str, Field(max_length=40)] = ""
    """Whose papers were laid there; empty: nobody sits there."""
    seen: Literal["empty", "paper", "unknown"]


class LampReport(Ask):
    """The lamp over the mat is so now, or cannot be."""

    event: ClassVar[str] = "lamp.report"
    rev: Annotated[int, Field(ge=0)]
    """Of the wish that this answers."""
    made: bool


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
    source: ScanSource = "camera"


class DevicePrint(Model):
    """Something is to be printed; its PDF is at `/terminal/prints/` and its id."""

    print_id: str
    state: Literal["asked", "printing"]
    """`printing`: the program has said that it takes it, in this life or in one before."""
    sheets: int = 1
    """How many it takes, so that a long one is given its time."""


class DeviceLight(Model):
    """How bright the agent wants the lamp over the mat."""

    percent: int
    rev: int


class DeviceScreen(Model):
    """All that the program is to know."""

    terminal: str
    now: Instant
    sitting: str | None
    """Who is here now, without saying who; None: nobody.  When it changes, forget."""
    scan: DeviceScan | None = None
    print: DevicePrint | None = None
    light: DeviceLight | None = None
    """None: as it is usually."""
    watch_bed: bool = False
    """Look whether a paper lies under the camera, and say so, until this is over."""


class DeviceScreenChanged(Tell):
    """The program's whole screen."""

    event: ClassVar[str] = "screen.changed"
    seq: int
    screen: DeviceScreen


ASKS: tuple[type[Ask], ...] = (
    BedReport,
    DeviceBeat,
    HealthReport,
    LampReport,
    PrintReport,
    ShotFail,
    SittingWipe,
)
"Everything the namespace `/device` may say."
