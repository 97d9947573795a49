"""What a thin line is spent on: sound first, then as much picture as it carries.

The browser's own estimate steers from moment to moment; this sets the ceiling that leaves room for
sound, in steps, down quickly and up with patience that grows with every step that had to be taken
back.  When even the lowest picture is too much, going on by voice is proposed; people decide that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from counter.media.quality import Finding

CAPS_KBPS: Final = (1500, 600, 250)
"Ceilings of the picture; 250 kbit/s still shows who speaks."
TOO_LITTLE: Final = 0.6
"Of a ceiling: with less available than that share of it, the next one is taken."
ENOUGH: Final = 0.8
"""Of a ceiling: with that share of it available, the next higher one is tried.  More cannot be
asked for: a browser that sends little does not find out how much it could."""
TRIAL: Final = 5
"Windows after a step up in which the browser's estimate may still rise."
DOWN_AFTER: Final = 2
UP_AFTER: Final = 5
"Windows in a row; the second doubles with each step up that had to be taken back."
LONGEST_PATIENCE: Final = 40
THIN: Final = frozenset({"upload_loss", "download_loss", "low_bandwidth", "delay"})
"Causes that less picture helps against."


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrift:
    """How a leg's picture is capped, and what the last windows would change."""

    step: int = 0
    "Index into `CAPS_KBPS`."
    thin: int = 0
    fine: int = 0
    "Windows in a row that ask for less, and for more."
    patience: int = UP_AFTER
    tried: bool = False
    "The last step was up; the next one down takes it back."
    trial: int = 0
    "Windows until the browser's estimate counts again."

    @property
    def video_kbps(self) -> int:
        """The ceiling of the picture that this leg sends."""
        return CAPS_KBPS[self.step]

    @property
    def wanted_kbps(self) -> int:
        """What the line has to carry to be good; 0 while nobody can know (`quality.Seen`)."""
        return 0 if self.trial else self.video_kbps


def after(thrift: Thrift, finding: Finding, available_kbps: float | None) -> Thrift:
    """The thrift after one more window.

    available_kbps: as in `quality.Seen`.
    """
    thrift = replace(thrift, trial=max(0, thrift.trial - 1))
    known = available_kbps is not None and not thrift.trial
    short = known and (available_kbps or 0) < TOO_LITTLE * thrift.video_kbps
    if short or finding.cause in THIN:
        if thrift.thin + 1 < DOWN_AFTER or thrift.step == len(CAPS_KBPS) - 1:
            return replace(thrift, thin=min(thrift.thin + 1, DOWN_AFTER), fine=0)
        patience = min(2 * thrift.patience, LONGEST_PATIENCE) if thrift.tried else thrift.patience
        return Thrift(step=thrift.step + 1, patience=patience)
    room = available_kbps is None or available_kbps >= ENOUGH * thrift.video_kbps
    if thrift.step == 0 or finding.verdict != "good" or not room:
        return replace(thrift, thin=0, fine=0)
    if thrift.fine + 1 < thrift.patience:
        return replace(thrift, thin=0, fine=thrift.fine + 1)
    return Thrift(step=thrift.step - 1, patience=thrift.patience, tried=True, trial=TRIAL)


def voice_helps(told: Iterable[Finding]) -> bool:
    """Whether to propose going on by voice.

    told: of the legs of those who speak, while their pictures are on.
    """
    return any(one.verdict == "bad" and one.cause in THIN for one in told)


def picture_fits(told: Iterable[Finding]) -> bool:
    """Whether to propose the picture again, while the call goes on by voice."""
    return all(one.verdict == "good" for one in told)
