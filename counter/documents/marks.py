"""Marks on a sheet that lies under the camera: they are tied to the sheet, not to the picture.

A mark is a row elsewhere.  The first preview after it was drawn ties it to the sheet that is seen
there; from then on each preview says where the sheet, and so the mark, lies.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from counter.documents.page import Point

TIED_WITHIN_S = 3.0
"A mark that is older when it is first seen may have been drawn on what has moved since."
SHEETS_MAX = 3
"So many sheets with marks are followed at once; of more, the newest."
REMEMBERED_S = 60.0
"What sheets look like is forgotten when no preview came for so long."
Points = tuple[Point, ...]
Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMark:
    """A mark as the agent drew it."""

    mark_id: str
    points: Points
    "Shares of the picture; two for a line, four for a frame."
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is found again of a picture: places, and what is around each."""

    width_px: int
    height_px: int
    places: bytes
    "n pairs of float32, in pixels."
    words: bytes
    "n times 32 bytes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A sheet and what was drawn on it."""

    sheet: Sighting
    marks: Mapping[str, Points]
    "By id, in shares of the sheet's own picture."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """One preview: the sheets, with what is tied to them now, and where the marks lie."""

    sheets: tuple[Tied, ...]
    places: Mapping[str, Points]
    "By id, in shares of the preview; a mark whose sheet is not there has no place."


def outline(kind: str, x0: float, y0: float, x1: float, y1: float) -> Points:
    """What of a mark is moved with the sheet: a frame's corners, a line's ends."""
    if kind == "rect":
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    if kind == "underline":
        return ((x0, max(y0, y1)), (x1, max(y0, y1)))
    return ((x0, y0), (x1, y1))


def still_drawn(sheets: tuple[Tied, ...], drawn: Collection[str]) -> tuple[Tied, ...]:
    """Without marks that were cleared, and without sheets that have none any more."""
    kept = (
        Tied(sheet=one.sheet, marks={key: at for key, at in one.marks.items() if key in drawn})
        for one in sheets
    )
    return tuple(one for one in kept if one.marks)


def untied(sheets: tuple[Tied, ...], drawn: Collection[DrawnMark]) -> tuple[DrawnMark, ...]:
    """Marks to be tied to what is seen now."""
    known = {key for one in sheets for key in one.marks}
    return tuple(
        one for one in drawn if one.mark_id not in known and one.age_s <= TIED_WITHIN_S
    )
