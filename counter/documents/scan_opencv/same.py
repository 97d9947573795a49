"""How alike two cleaned pages are: in each cell, what is written on one and not on the other.

A bowed sheet is never flattened quite alike, so one page is first laid onto the other as smoothly
as paper bends (`overlay`).  Measures only; `counter.documents.sameness` decides.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from counter.documents.sameness import Likeness, same_sheet
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.overlay import laid_onto, shift_fit

COMPARED_PX = 1400
"Long side; letters of 3 mm are 14 pixels high on A4."
LONG_SIDE_MIN_PX = 1000
"On smaller pages one digit looks like another."
SHAPES_ALIKE = 0.06
"Difference of both ratios of the sides, as a logarithm: what the finder is off by."
STROKE_PX = 9
"Wider dark bands are folds, shadows and pictures: no writing."
FAINT, FULL = 45.0, 60.0
"Levels below the paper around it from which on a stroke counts, and how many more for all of it."
TRACE, PLAIN = 15.0, 30.0
"The same of what is left of it on the other page, where a fold or a lamp may have bleached it."
MAYBE = 0.85
"Correlation of both pages on the whole, below which they are not looked at more closely."
CELL_PX = 20
SLACK_PX = 1
"By how much a stroke may lie beside its place."
INK_MIN = 10.0
"Full pixels of ink from which on a cell says something."
MISSING_MIN = 12.0
"Full pixels of ink that are on one page only, from which on a cell differs."
INSTEAD_MIN = 2.0
"The same on each of both pages, from which on something else is written there."


def find_same(page: Bgr, others: Iterable[Bgr | None]) -> int | None:
    """Which of the others is the same sheet as `page`: the first, by its place; None: none."""
    if max(page.shape) < LONG_SIDE_MIN_PX:
        return None
    mine = strokes(page)
    for place, other in enumerate(others):
        if other is None or max(other.shape) < LONG_SIDE_MIN_PX:
            continue
        if same_sheet(likeness(mine, strokes(other))):
            return place
    return None


def likeness(one: Floats, other: Floats) -> Likeness:
    """Compare the strokes of two pages, whichever way up they lie."""
    ink = _ink(one)
    fits = [(shift_fit(ink, _ink(turned)), turned) for turned in _turned_alike(one, other)]
    best = max(fits, key=lambda fit: fit[0], default=None)
    if best is None or best[0] < MAYBE:
        return Likeness(cells=0, differing=0, changed=0)
    return _compared(one, laid_onto(ink, _ink(best[1]), best[1]))


def strokes(page: Bgr) -> Floats:
    """(height, width) float32: levels by which a stroke is darker than the paper at its sides.

    `COMPARED_PX` long.
    """
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    scale = COMPARED_PX / max(grey.shape)
    size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE_PX, STROKE_PX))
    return cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, pen).astype(np.float32)


def _ink(levels: Floats) -> Floats:
    """0 to 1: ink of pens and printers."""
    ink: Floats = np.clip((levels - FAINT) / FULL, 0, 1)
    return ink


def _turned_alike(one: Floats, other: Floats) -> list[Floats]:
    """`other` turned by each quarter after which it is as long and wide as `one`."""
    height, width = one.shape
    alike = []
    for quarter in range(4):
        turned = np.ascontiguousarray(np.rot90(other, quarter))
        tall, wide = turned.shape
        if abs(np.log(height * wide / (width * tall))) < SHAPES_ALIKE:
            alike.append(cv2.resize(turned, (width, height), interpolation=cv2.INTER_LINEAR))
    return alike


def _compared(one: Floats, other: Floats) -> Likeness:
    written = np.maximum(_cells(_ink(one)), _cells(_ink(other))) >= INK_MIN
    mine, theirs = _cells(_missing(one, other)), _cells(_missing(other, one))
    return Likeness(
        cells=int(written.sum()),
        differing=int((mine + theirs >= MISSING_MIN).sum()),
        changed=int((np.minimum(mine, theirs) >= INSTEAD_MIN).sum()),
    )


def _missing(here: Floats, there: Floats) -> Floats:
    """0 to 1: ink here of which there is not even a trace there."""
    side = 2 * SLACK_PX + 1
    near = cv2.dilate(there, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    missing: Floats = np.clip(_ink(here) - np.clip((near - TRACE) / PLAIN, 0, 1), 0, 1)
    return missing


def _cells(image: Floats) -> Floats:
    """Sums of whole cells.  The outermost hold traces of the desk, and are left out."""
    rows, columns = image.shape[0] // CELL_PX, image.shape[1] // CELL_PX
    whole = image[: rows * CELL_PX, : columns * CELL_PX]
    sums: Floats = whole.reshape(rows, CELL_PX, columns, CELL_PX).sum((1, 3))
    return sums[1:-1, 1:-1]
