"""A page and the request for it: their states, and the rule that says whether a photograph will do.

A photograph is measured (`Findings`) by a worker process; `verdict` alone decides.  It stops what
cannot be read and adds notes for the agent to what can be read with effort.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from counter.documents.codes import Code
from counter.documents.sniff import FileLimits

Point = tuple[float, float]
"x, y in pixels of the photograph as it came up."


class RequestState(StrEnum):
    """A request for a scan.  At most one is open per case."""

    OPEN = "open"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    "Taken back by the agent, or overtaken by a newer one."
    DECLINED = "declined"
    "The citizen does not have this paper here."


class PageState(StrEnum):
    """A page that has been stored; before that there is only its request."""

    STORED = "stored"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    "Taken again: it stays to be seen, and counts no more."


DECISIONS = frozenset(
    {
        (PageState.STORED, PageState.ACCEPTED),
        (PageState.STORED, PageState.REJECTED),
    }
)
"Allowed steps.  An accepted page may be in a bundle already, so it is never taken back."

RETAKEN = frozenset({PageState.STORED, PageState.REJECTED})
"What a newer photograph may stand in for."

Format = Literal["a-series", "a4", "a5", "id-1", "td3", "td3-open", "free"]
"`a-series` by proportion alone, when no mat gave the scale: A4, A5 and a passport look alike."
Note = Literal[
    "resolution_low",
    "slightly_blurred",
    "whole_frame",
    "glare_spot",
    "seen_before",
    "same_side",
    "turned_by_counter",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was measured on one photograph."""

    score: float
    "How sure the finder is, 0 to about 3; says nothing about a whole frame."
    corners: tuple[Point, Point, Point, Point]
    "Clockwise from the page's top left."
    whole_frame: bool
    "The picture itself is the page: no desk around it."
    cut_sides: int
    "Sides of the page that run along, or outside, the border of the picture."
    format: Format
    dpi: float
    "Pixels of the photograph per inch of paper, by the mat's scale or the format; free as if A4."
    edge_width_px: float | None
    "Median width of strong edges, in pixels of the photograph; `None`: nothing has an edge."
    glare_share: float
    "Share of the page under one burnt-out blob that no text crosses."
    ink_share: float
    "Share of the page that is strokes of a pen, a printer or a stamp; no shadow, fold or hole."
    bow_share: float = 0.0
    "How far the side that bows most is off its chord, as a share of its length."
    finger_share: float = 0.0
    "Share of the side that is most covered by what lies across it; 0 of rows from before."
    size_mm: tuple[float, float] | None = None
    "Width and height of the paper by the mat's markers; `None`: no mat was seen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where `verdict` draws its lines; the seeded sets of tests/documents hold them."""

    score_min: float = 1.9
    "Pages on the mat score 2.19 and more, 97 of 100 on any desk; empty desks 1.74, few tiles more."
    dpi_min: float = 50.0
    "A document camera gives 200 and more and should be held to 150; a laptop's camera gives 60."
    dpi_good: float = 150.0
    edge_width_max_px: float = 1.75
    edge_width_good_px: float = 1.45
    glare_share_max: float = 0.005
    ink_share_min: float = 0.0006
    "Folded, crumpled and punched sheets have 3e-4 at most, a pale stamp or a signature 1e-3."
    finger_share_max: float = 0.04
    "A finger on a letter covers 0.05 and more of a side; creases and shadows were seen to cover 0."
    files: FileLimits = field(default_factory=FileLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It can be read.  Notes are for the agent, who sees the page."""

    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It cannot be read, for one reason: the one that the citizen can mend first."""

    code: str


def verdict(found: Findings, limits: Limits) -> Accepted | Refused:
    """Decide about one photograph.

    Order matters: a page that is cut off is often also small, and a small page is always blurred;
    the first reason in this order is the one whose advice helps.
    """
    if found.score < limits.score_min and not found.whole_frame:
        return Refused(code="no_page_found")
    if found.cut_sides:
        return Refused(code="page_cut_off")
    if found.dpi < limits.dpi_min:
        return Refused(code="page_too_small")
    if found.ink_share < limits.ink_share_min:
        return Refused(code="page_blank")
    if found.edge_width_px is None or found.edge_width_px > limits.edge_width_max_px:
        return Refused(code="page_blurred")
    if found.glare_share > limits.glare_share_max:
        return Refused(code="page_glare")
    if found.finger_share > limits.finger_share_max:
        return Refused(code="page_finger")
    return Accepted(notes=_notes(found, limits))


def _notes(found: Findings, limits: Limits) -> tuple[Note, ...]:
    notes: list[Note] = []
    if found.dpi < limits.dpi_good:
        notes.append("resolution_low")
    if found.edge_width_px is not None and found.edge_width_px > limits.edge_width_good_px:
        notes.append("slightly_blurred")
    if found.whole_frame:
        notes.append("whole_frame")
    if found.glare_share > 0:
        notes.append("glare_spot")
    return tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """A flattened page and its thumbnail, both re-encoded: nothing of the file but its pixels."""

    page_jpeg: bytes
    thumb_jpeg: bytes
    width_px: int
    height_px: int
    findings: Findings
    notes: tuple[Note, ...]
    codes: tuple[Code, ...] = ()
    "What stands in barcodes on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRefused:
    """The scan worker's no.  `findings` is `None` when it came to no measuring."""

    code: str
    findings: Findings | None
