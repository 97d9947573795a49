"""What the program of a terminal does next: pure functions of its screen and of what it remembers.

Everything durable is in its journal and with the counter, so a program that was killed goes on from
its next screen.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from counter.protocol.device import DeviceScreen, ScanSource
from counter.terminal.journal import SITTING

PAGE_SILENT: Final = timedelta(seconds=30)
"Three beats missed: the page has died, and its browser is started again."
BROWSER_STARTS: Final = timedelta(seconds=60)
"How long a browser that was just started may need until its page beats."


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeShot:
    """Photograph what was asked for."""

    sitting: str
    request_id: str
    shot: int
    "Each is taken once, however often a screen that is not new yet asks for it."
    source: ScanSource = field(default="camera", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSitting:
    """Forget who was here."""

    sitting: str


Deed = TakeShot | EndSitting


def deeds(was: str | None, screen: DeviceScreen) -> list[Deed]:
    """What this screen asks for.  was: the sitting of the screen before; None: nobody.

    From choosing to having arrived it is still the same person.
    """
    found: list[Deed] = []
    now = screen.sitting
    if was is not None and now != was and not (was == "choosing" and now is not None):
        found.append(EndSitting(sitting=was))
    scan = screen.scan
    if scan is not None and scan.wanted and now is not None and SITTING.fullmatch(now):
        found.append(
            TakeShot(sitting=now, request_id=scan.request_id, shot=scan.shot, source=scan.source)
        )
    return found


def page_died(silent_s: float | None, browser_age: timedelta) -> bool:
    """Whether the browser is to be started again.

    silent_s: since the page beat last, as the counter says; None: it never did.
    """
    if browser_age < BROWSER_STARTS:
        return False
    return silent_s is None or timedelta(seconds=silent_s) > PAGE_SILENT
