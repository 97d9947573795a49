"""Where the page is in a photograph: whole, cut off by the picture's border, or the picture itself.

A page that runs out of the picture has no border there to find.  So the picture is also searched
with a frame of the desk's colour around it: the cut then shows as a side along the frame.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey, Quad
from counter.documents.scan_opencv.find import Found, find, shrink, text_density
from counter.documents.scan_opencv.refine import refine

SURE = 1.25
"Pages on mats, desks and photographs score 1.36 and more; what has no page at most 1.21."
FRAME_SHARE = 0.06
NEAR_BORDER = 0.01
"A corner nearer to the border than this share of the long side is at the border."
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


def locate(photograph: Bgr) -> Located | None:
    """The page in a photograph, a whole one to a fraction of a pixel; `None` when there is none."""
    found = find(photograph)
    framed, margin = _framed(photograph)
    beyond = find(framed)
    if beyond is not None:
        beyond = Found(quad=beyond.quad - margin, score=beyond.score)
        at_border = _sides_at_border(beyond.quad, photograph.shape)
        surer = found is None or beyond.score > found.score
        if surer and beyond.score >= SURE and 1 <= at_border <= 3:
            return Located(
                quad=beyond.quad, score=beyond.score, cut_sides=at_border, whole_frame=False
            )
    if _is_flat_page(photograph, found):
        height, width = photograph.shape[:2]
        border = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        return Located(quad=border, score=0.0, cut_sides=0, whole_frame=True)
    if found is None:
        return None
    at_border = _sides_at_border(found.quad, photograph.shape)
    quad = refine(photograph, found.quad)
    return Located(quad=quad, score=found.score, cut_sides=at_border, whole_frame=False)


def _framed(photograph: Bgr) -> tuple[Bgr, int]:
    """The picture in a frame of the colour that most of its border has, and the frame's width."""
    margin = max(4, round(max(photograph.shape[:2]) * FRAME_SHARE))
    strips = (photograph[:4], photograph[-4:], photograph[:, :4], photograph[:, -4:])
    colour = np.median(np.concatenate([strip.reshape(-1, 3) for strip in strips]), 0)
    framed = cv2.copyMakeBorder(
        photograph, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=colour.tolist()
    )
    return framed, margin


def _sides_at_border(quad: Quad, shape: tuple[int, ...]) -> int:
    """How many sides have both ends at, or outside, the same border of the picture."""
    height, width = shape[:2]
    near = NEAR_BORDER * max(height, width)
    x, y = quad.T
    at = np.stack([x < near, x > width - 1 - near, y < near, y > height - 1 - near])
    return int((at & np.roll(at, -1, 1)).any(0).sum())


def _is_flat_page(photograph: Bgr, found: Found | None) -> bool:
    """Whether what surrounds `found` is itself paper with writing on it.

    True for a screen picture of a page and for a sheet that fills the picture to its borders; the
    quad found in it is then only a table or a panel printed on the page.
    """
    small, scale = shrink(photograph)
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
