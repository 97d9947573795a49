"""How much is written on a page: strokes of pens, printers and stamps, and nothing else.

A shadow is a step and a hole is wider than a stroke: closing with a pen's width leaves both as they
are.  A fold is a straight line with nothing beside it.  Lengths are those of A4; on other sheets
everything is smaller in proportion.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey

WORKED_PX: Final = 880
"Long side; a pen of 0.5 mm is 1.5 pixels wide."
LONG_SIDE_MM: Final = 297
MARGIN: Final = 0.02
"Share of each side left out: traces of the desk."
CELL_MM: Final = 20
"The grain of the camera is judged cell by cell: there is more of it in a shadow."
GRAIN_MAX: Final = 40
"Darker than this is no grain, of 255."
LINES_MAX: Final = 40
"So many of the longest straight lines are looked at."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """What a stroke of this width looks like.  Lengths in mm."""

    closing: float
    "Wider dark bands are not seen."
    step: float
    "Share of the light by which it is darker than the paper around it."
    speck_mm2: float
    "What is smaller is dust."
    extent: float
    "What is neither so wide nor so high is a hole."
    line: float
    "A fold is at least so long,"
    tube: float
    "lies so near to a straight line,"
    beside: float
    "and so far beside it there is hardly anything."
    finest: int
    "One pixel in so many of what is worked on."
    smooth: int
    "Pixels over which the grain is averaged."
    grains: float
    "A stroke stands out of the grain that is left by so many times its mean."
    folds_max: int
    "More straight lines are rows of type."
    plenty: float
    "From this share of the page on nobody asks whether it is folds."


BALL_PEN: Final = _Pen(
    closing=1.8,
    step=0.12,
    speck_mm2=0.25,
    extent=0,
    line=10,
    tube=0.7,
    beside=3.0,
    finest=1,
    smooth=1,
    grains=4,
    folds_max=40,
    plenty=0.03,
)
TRACE: Final = replace(BALL_PEN, step=0.06)
"In a picture so small that strokes are pale."
MARKER: Final = _Pen(
    closing=8,
    step=0.08,
    speck_mm2=4,
    extent=9,
    line=15,
    tube=3.0,
    beside=7.0,
    finest=2,
    smooth=3,
    grains=2,
    folds_max=8,
    plenty=0.06,
)
"Watermarks as well, and type that is out of focus: it is blurred, not missing."
ALONE: Final = 0.7
"Share of what lies beside a fold that is the fold."


def ink_share(page: Bgr) -> float:
    """Share of the page that is strokes; some 3e-4 at most when nothing is on it."""
    light = _darkest(page)
    fine = _share(light, BALL_PEN, folds=True)
    if fine >= BALL_PEN.plenty:
        return fine
    height, width = light.shape
    half = (max(1, width // MARKER.finest), max(1, height // MARKER.finest))
    return max(fine, _share(cv2.resize(light, half), MARKER, folds=True))


def ink_trace(page: Bgr) -> float:
    """The same of a preview, or of a page that was drawn: folds count too.

    In a small picture a row of type cannot be told from a fold.
    """
    return _share(_darkest(page), TRACE, folds=False)


def _darkest(page: Bgr) -> Grey:
    """The darkest colour of each pixel, since a pale stamp is darker in one colour only."""
    scale = min(1.0, WORKED_PX / max(page.shape[:2]))
    if scale < 1:
        # Linear: at half the size it averages, and it takes a tenth of the time of areas.
        size = (round(page.shape[1] * scale), round(page.shape[0] * scale))
        page = np.asarray(cv2.resize(page, size), np.uint8)
    blue, green, red = cv2.split(page)
    darkest = cv2.min(cv2.min(blue, green), red)
    down, across = (round(side * MARGIN) for side in darkest.shape)
    inner: Grey = np.ascontiguousarray(
        darkest[down : darkest.shape[0] - down, across : darkest.shape[1] - across]
    )
    return inner


def _share(light: Grey, pen: _Pen, *, folds: bool) -> float:
    mm = max(light.shape) / (LONG_SIDE_MM * (1 - 2 * MARGIN))
    ink = _strokes(light, pen, mm)
    share = float(ink.mean())
    if share >= pen.plenty or share == 0:
        return share
    if folds:
        ink = _without_lines(ink, pen, mm)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink)
    wide, high, area = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA + 1].T
    kept = (area >= max(2, pen.speck_mm2 * mm * mm)) & (np.maximum(wide, high) >= pen.extent * mm)
    return float(area[kept].sum() / ink.size)


def _strokes(light: Grey, pen: _Pen, mm: float) -> Grey:
    """(height, width) 0 or 1: narrow, and darker than what lies beside it and than the grain."""
    side = max(3, round(pen.closing * mm) | 1)
    if pen.smooth > 1:
        light = np.asarray(cv2.blur(light, (pen.smooth, pen.smooth)), np.uint8)
    nib = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    paper = cv2.morphologyEx(light, cv2.MORPH_CLOSE, nib)
    darker = cv2.divide(cv2.subtract(paper, light), paper, scale=255)
    rows, columns = (max(1, round(length / mm / CELL_MM)) for length in light.shape)
    sample = np.ascontiguousarray(np.minimum(darker[::2, ::2], GRAIN_MAX))
    grain = cv2.resize(sample, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    least = np.clip(grain * pen.grains, pen.step * 255, 255).astype(np.uint8)
    level = cv2.resize(least, (light.shape[1], light.shape[0]))
    ink: Grey = (darker > level).astype(np.uint8)
    return ink


def _without_lines(ink: Grey, pen: _Pen, mm: float) -> Grey:
    """Take away what lies on straight lines that stand alone."""
    found = cv2.HoughLinesP(
        ink,
        1,
        np.pi / 180,
        max(6, round(0.6 * pen.line * mm)),
        minLineLength=pen.line * mm,
        maxLineGap=4 * mm,
    )
    if found is None:
        return ink
    lines: Floats = found.reshape(-1, 4).astype(np.float32)
    longest = np.argsort(-np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]))
    y, x = np.nonzero(ink)
    left: Floats = np.stack([x, y], -1).astype(np.float32)
    tube, beside = max(1.0, pen.tube * mm), max(3.0, pen.beside * mm)
    folds = 0
    for line in lines[longest[:LINES_MAX]]:
        way = line[2:] - line[:2]
        length = float(np.hypot(*way))
        way /= length
        off = left - line[:2]
        along = off @ way
        away = np.abs(off @ np.array([-way[1], way[0]], np.float32))
        near = (away <= beside) & (along > -mm) & (along < length + mm)
        if (away[near] <= tube).sum() >= max(1.0, ALONE * near.sum()):
            left = left[~(near & (away <= 2 * tube))]
            folds += 1
    if folds > pen.folds_max:
        return ink
    rest: Grey = np.zeros_like(ink)
    x, y = left.astype(np.intp).T
    rest[y, x] = 1
    return rest
