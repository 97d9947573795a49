"""How alike two cleaned pages are, cell by cell of what is written.

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
MAYBE = 0.85
"Correlation of both pages on the whole, below which they are not looked at more closely."
CELL_PX = 20
SLACK_PX = 2
"By how much a cell may lie beside its place."
INK_MIN = 10.0
"Full pixels of ink from which on a cell says something."
AGREES = 0.6
"Correlation of the strokes of a cell from which on the same is written there."


def find_same(page: Bgr, others: Iterable[Bgr | None]) -> int | None:
    """Which of the others is the same sheet as `page`: the first, by its place; None: none."""
    if max(page.shape) < LONG_SIDE_MIN_PX:
        return None
    ink = strokes(page)
    for place, other in enumerate(others):
        if other is None or max(other.shape) < LONG_SIDE_MIN_PX:
            continue
        if same_sheet(likeness(ink, strokes(other))):
            return place
    return None


def likeness(one: Floats, other: Floats) -> Likeness:
    """Compare the strokes of two pages, whichever way up they lie."""
    fits = [(shift_fit(one, turned), turned) for turned in _turned_alike(one, other)]
    best = max(fits, key=lambda fit: fit[0], default=None)
    if best is None or best[0] < MAYBE:
        return Likeness(cells=0, differing=0)
    return _compared(one, laid_onto(one, best[1]))


def strokes(page: Bgr) -> Floats:
    """(height, width) float32, 0 to 1: ink of pens and printers, `COMPARED_PX` long."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    scale = COMPARED_PX / max(grey.shape)
    size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE_PX, STROKE_PX))
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, pen).astype(np.float32)
    ink: Floats = np.clip((dark - FAINT) / FULL, 0, 1)
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
    soft_one, soft_other = cv2.GaussianBlur(one, (0, 0), 1.0), cv2.GaussianBlur(other, (0, 0), 1.0)
    cells = differing = 0
    # The outermost cells hold traces of the desk, and have no room to lie beside their place.
    for y in range(CELL_PX, one.shape[0] - 2 * CELL_PX + 1, CELL_PX):
        for x in range(CELL_PX, one.shape[1] - 2 * CELL_PX + 1, CELL_PX):
            cell = np.s_[y : y + CELL_PX, x : x + CELL_PX]
            if max(one[cell].sum(), other[cell].sum()) < INK_MIN:
                continue
            cells += 1
            fit = max(_fit(soft_one, soft_other, y, x), _fit(soft_other, soft_one, y, x))
            differing += fit < AGREES
    return Likeness(cells=cells, differing=differing)


def _fit(mine: Floats, theirs: Floats, y: int, x: int) -> float:
    """Correlation of a cell with its place on the other page; 0 where either is empty."""
    cell = mine[y : y + CELL_PX, x : x + CELL_PX]
    low, high = SLACK_PX, CELL_PX + SLACK_PX
    around = theirs[y - low : y + high, x - low : x + high]
    if min(cell.max(), around.max()) < 0.02:
        return 0.0
    return float(cv2.matchTemplate(around, cell, cv2.TM_CCOEFF_NORMED).max())
