"""What is said about a page while it still lies under the camera.

Promise: one advice at a time, the one that helps first; a preview is answered and forgotten.
Whether a picture is sharp only the still can tell: a preview is too small for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from counter.documents.marks import Points
from counter.documents.page import Format, Limits, Point
from counter.documents.sniff import FileLimits

PREVIEW_FILES = FileLimits(bytes_max=128 * 1024, pixels_max=640 * 640, side_max_px=640)
"A preview is at most 480 pixels long and has some 20 KiB."
FINER_MAX = 32.0
"The camera's own picture is at most so many times as wide as its preview."
INK_TRACE_MIN = 5e-5
"Of a preview: there a pale stamp leaves 1e-4, and the still is judged again."
BETWEEN_S = 0.06
"Previews that come faster are refused: sixteen a second are twice what is needed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What was measured on one preview."""

    corners: tuple[Point, Point, Point, Point] | None
    "Clockwise from the page's top left, as shares of the picture's width and height."
    score: float
    whole_frame: bool
    cut_sides: int
    format: Format
    dpi: float
    "Of the camera's own picture."
    glare_share: float
    finger_share: float
    ink_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The answer: where the page is, and what would make it better."""

    corners: tuple[Point, Point, Point, Point] | None
    advice: str | None
    "A code of `refusals`; `None`: it can be taken when it lies still."
    marks: Mapping[str, Points] = field(default_factory=dict)
    "Where what was drawn on the sheet lies now, by the mark's id, in shares of the picture."


def preview_of(glance: Glance, limits: Limits) -> Preview:
    """Decide about one preview."""
    advice = _advice(glance, limits)
    nothing = advice == "no_page_found"
    return Preview(corners=None if nothing else glance.corners, advice=advice)


def _advice(glance: Glance, limits: Limits) -> str | None:
    if glance.whole_frame or (glance.score < limits.score_min):
        return "no_page_found"
    if glance.cut_sides:
        return "page_cut_off"
    if glance.finger_share > limits.finger_share_max:
        return "page_finger"
    if glance.dpi < limits.dpi_min:
        return "page_too_small"
    if glance.ink_share < INK_TRACE_MIN:
        return "page_blank"
    if glance.glare_share > limits.glare_share_max:
        return "page_glare"
    return None


class Pace:
    """Which previews of which terminal are taken: one at a time, not faster than `BETWEEN_S`."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._last: dict[str, float] = {}

    def begin(self, terminal_id: str, at_s: float) -> bool:
        """Whether this one may be looked at; then `end` follows.  at_s: a clock that only grows."""
        if terminal_id in self._busy or at_s - self._last.get(terminal_id, -1e9) < BETWEEN_S:
            return False
        self._busy.add(terminal_id)
        self._last[terminal_id] = at_s
        return True

    def end(self, terminal_id: str) -> None:
        """It was answered."""
        self._busy.discard(terminal_id)
