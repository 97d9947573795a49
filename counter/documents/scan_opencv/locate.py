"""Where the page is in a photograph: whole, cut off by the picture's border, or the picture itself.

A page that runs out of the picture has no border there to find: the picture's own border stands
for it (`lines.with_frame`), and the page found has a side along it.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey, Quad
from counter.documents.scan_opencv.find import Found, find_in_small, shrink, text_density
from counter.documents.scan_opencv.mat import Mat
from counter.documents.scan_opencv.refine import refine

SURE = 1.9
"As `Limits.score_min`."
LIGHT_MIN = 140
COLOUR_MAX = 60
EVEN_MIN = 0.7
LIGHTER = 4
TEXT_MIN, TEXT_MAX = 0.01, 0.5
"Share of fine dark pixels: less is a wall, more is noise."
SPREAD_MIN = 0.2
"Share of the picture's cells that hold text."
CELLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The best guess at the page."""

    quad: Quad
    score: float
    cut_sides: int
    "Sides of the page that the picture's border cuts."
    whole_frame: bool
    "The picture shows nothing but the page; `quad` is its border and `score` says nothing."

    @property
    def whole(self) -> bool:
        """All four of its borders are in the picture."""
        return not self.whole_frame and not self.cut_sides


def locate(photograph: Bgr, mat: Mat | None = None) -> Located | None:
    """The page in a photograph, a whole one to a fraction of a pixel; `None` when there is none.

    mat: where it lies, when its markers were seen; then it is not taken for a page itself.
    """
    located = _locate(photograph)
    if mat is None or located is None or not mat.is_outlined_by(located.quad):
        return located
    left, top, right, bottom = mat.inner_box(photograph.shape)
    inside = _locate(np.ascontiguousarray(photograph[top:bottom, left:right]))
    return None if inside is None else replace(inside, quad=inside.quad + np.array([left, top]))


def _locate(photograph: Bgr) -> Located | None:
    small, scale = shrink(photograph)
    found = find_in_small(small, scale)
    if found is not None and found.cut_sides == 4:
        found = None
    if (found is None or found.score < SURE or not found.cut_sides) and _is_flat_page(
        small, scale, found
    ):
        height, width = photograph.shape[:2]
        border = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        return Located(quad=border, score=0.0, cut_sides=0, whole_frame=True)
    if found is None:
        return None
    quad = found.quad if found.cut_sides else refine(photograph, found.quad)
    return Located(quad=quad, score=found.score, cut_sides=found.cut_sides, whole_frame=False)


def _is_flat_page(small: Bgr, scale: float, found: Found | None) -> bool:
    """Whether what surrounds `found` is itself paper with writing on it.

    True for a screen picture of a page and for a sheet that fills the picture to its borders; the
    quad found in it is then only a table or a panel printed on the page.
    """
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    around: Grey = np.ones(small.shape[:2], np.uint8)
    if found is not None and found.score >= SURE:
        cv2.fillConvexPoly(around, np.round(found.quad * scale).astype(np.int32), 0)
        around = cv2.erode(around, np.ones((25, 25), np.uint8), borderValue=1)
    outside = around > 0
    if outside.mean() < 0.05:
        return False
    light = paper.max(2)[outside]
    colour = light - paper.min(2)[outside]
    low, middle, high = np.percentile(light, (10, 50, 90))
    if middle < LIGHT_MIN or low < EVEN_MIN * high or np.percentile(colour, 75) > COLOUR_MAX:
        return False
    within = paper.max(2)[~outside]
    if within.size and np.median(within) > middle + LIGHTER:
        return False  # a sheet on a light patterned cloth; a printed panel is darker than its page
    text = text_density(small)
    return bool(TEXT_MIN < text[outside].mean() < TEXT_MAX and _spread(text, outside) > SPREAD_MIN)


def _spread(text: Floats, outside: Floats) -> float:
    """Share of the cells of a coarse grid that hold text, of those mostly outside."""
    size = (CELLS, CELLS)
    covered = cv2.resize(outside.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    held = cv2.resize(text * outside, size, interpolation=cv2.INTER_AREA) > 0.5 * TEXT_MIN
    return float(held[covered].mean()) if covered.any() else 0.0
