"""Which media process carries what comes next, by what each said of itself last.

What belongs together stays together: a key keeps its process until that is no more, gives its work
up, or has too much of it while another one has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LATE_MS: Final = 20.0
"An event loop later than this at the 99th percentile delays what people say."
FULL_SHARE: Final = 0.7
"Of one core; above it the delays begin."
IDLE_SHARE: Final = 0.1
"What a process uses up to here says nothing about its calls."
LEGS_OF_A_CORE: Final = 200
"Legs, all in calls, that would fill one core; most legs only wait and cost nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A media process and how it does."""

    name: str
    alive: bool = True
    draining: bool = False
    legs: int = 0
    "Also those that have been promised to it since it was asked."
    cpu_share: float = 0.0
    "Of one core, over the last seconds."
    lag_ms: float = 0.0
    "Of its event loop, at the 99th percentile."

    @property
    def usable(self) -> bool:
        return self.alive and not self.draining

    @property
    def overloaded(self) -> bool:
        return self.cpu_share > FULL_SHARE or self.lag_ms > LATE_MS

    @property
    def weight(self) -> float:
        """How much it has to do, in legs."""
        return self.legs + max(0.0, self.cpu_share - IDLE_SHARE) * LEGS_OF_A_CORE


def choose(candidates: Sequence[Candidate], before: str | None) -> str | None:
    """Return the process for a key that was on `before`; None when there is none to use."""
    usable = [one for one in candidates if one.usable]
    calm = [one for one in usable if not one.overloaded]
    at_home = next((one for one in usable if one.name == before), None)
    if at_home is not None and (not at_home.overloaded or not calm):
        return at_home.name
    return min(calm or usable, key=lambda one: one.weight).name if usable else None
