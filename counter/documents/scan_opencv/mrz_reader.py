"""Read the machine-readable zone of a flattened paper: patterns, alphabets by place, check digits.

Pure: pixels in, a `Reading` out.  What it is worth is said by `mrz.accepted`, not here.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from counter.documents.mrz import (
    ALPHABET,
    LAYOUTS,
    Layout,
    Place,
    Reading,
    allowed,
    checks,
)
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.mrz_glyphs import CELL_PX, patterns
from counter.documents.scan_opencv.mrz_rows import Grid, grids_of

MARGIN_MIN = 0.04
"By how much a character must be more like its pattern than like any other that may stand there."
READ_MIN = 0.45
"Mean likeness below which it is no zone."
FOOT_PX = 5.5
"From the foot of the letters to the bottom of the cell."
SHIFTS = np.arange(-3, 4)
RISES = np.arange(-4, 5)
REPAIRS = 12
LOOKED_FOR = ("TD1", "TD3", "TD2")
LOOKED_AT = 3
"Grids that are read in full."


def read_zone(page: Bgr, layouts: Sequence[str] = LOOKED_FOR) -> Reading | None:
    """See `read_lying_zone`."""
    found = read_lying_zone(page, layouts)
    return found[0] if found else None


def read_lying_zone(page: Bgr, layouts: Sequence[str] = LOOKED_FOR) -> tuple[Reading, int] | None:
    """The best reading of a paper that lies upright, on its side or on its head.

    page: flattened, its long side along the zone or across it.  `None` when there is no zone.
    Also returns by how many quarters the page is to be turned clockwise to stand upright.
    """
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY) if page.ndim == 3 else page
    across = int(grey.shape[0] > grey.shape[1])
    if across:
        grey = cv2.rotate(grey, cv2.ROTATE_90_CLOCKWISE)
    found: list[tuple[float, Layout, Grid, int]] = []
    for quarters, turned in ((across, grey), (across + 2, cv2.rotate(grey, cv2.ROTATE_180))):
        for layout in (LAYOUTS[one] for one in layouts):
            for grid in grids_of(turned, layout):
                found.append((_likeness(grid, layout), layout, grid, quarters))
    found.sort(key=lambda one: -one[0])
    best: tuple[tuple[int, float], Reading, int] | None = None
    for _, layout, grid, quarters in found[:LOOKED_AT]:
        reading = decode(_scores(grid, layout, RISES, SHIFTS), layout)
        held = checks(layout, reading.lines).values()
        worth = (sum(held) - 2 * len(reading.repaired), reading.correlation)
        if reading.correlation >= READ_MIN and (best is None or worth > best[0]):
            best = (worth, reading, quarters)
        if best and all(held) and not reading.repaired:
            break
    return best[1:] if best and best[0][0] > 0 else None


def _likeness(grid: Grid, layout: Layout) -> float:
    """A first look at whether these cells hold characters at all."""
    return float(_scores(grid, layout, RISES[1::3], SHIFTS[1::2]).max(2).mean())


def _scores(grid: Grid, layout: Layout, rises: Floats, shifts: Floats) -> Floats:
    """(lines, columns, 37) likeness; each line's cells are moved to where they fit as one."""
    wide, tall = CELL_PX
    per_px = grid.pitch / wide
    lines = []
    for foot in grid.baselines:
        top = foot - (tall - FOOT_PX) * per_px
        best: tuple[float, Floats] | None = None
        for rise in rises:
            place = np.array(
                [[per_px, 0, grid.left - 4 * per_px], [0, per_px, top + float(rise)]], np.float32
            )
            strip = cv2.warpAffine(
                grid.ink,
                place,
                (wide * layout.columns + 8, tall),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            scores = _shifted(strip, layout.columns, shifts)
            likeness = float(scores.max(1).mean())
            if best is None or likeness > best[0]:
                best = (likeness, scores)
        assert best is not None
        lines.append(best[1])
    stacked: Floats = np.stack(lines)
    return stacked


def _shifted(strip: Floats, columns: int, shifts: Floats) -> Floats:
    """(columns, 37): each cell at the shift that a straight line through all best shifts gives."""
    wide, tall = CELL_PX
    cells = np.stack(
        [strip[:, 4 + shift : 4 + shift + wide * columns] for shift in shifts.tolist()]
    )
    cells = cells.reshape(len(shifts), tall, columns, wide).transpose(0, 2, 1, 3)
    cells = cells.reshape(len(shifts), columns, tall * wide)
    # A pattern's mean is 0, so the cell's own mean changes only its length.
    length = np.sqrt(np.maximum((cells**2).sum(2) - cells.mean(2) ** 2 * tall * wide, 1e-6))
    values = cells @ patterns().T / length[..., None]
    likeness = values.max(2)
    at = np.arange(columns)
    weight = np.maximum(likeness.max(0), 0) ** 2 + 1e-6
    slope, offset = np.polyfit(at, shifts[likeness.argmax(0)], 1, w=weight)
    away = np.abs(shifts[:, None] - np.clip(slope * at + offset, shifts[0], shifts[-1])[None])
    near = (away <= 1.01) | (away == away.min(0))
    fitted: Floats = np.where(near[..., None], values, -1).max(0)
    return fitted


def decode(scores: Floats, layout: Layout) -> Reading:
    """The likeliest characters that may stand there; one is changed when that mends a digit."""
    may = np.array(
        [[[one in place for one in ALPHABET] for place in line] for line in allowed(layout)]
    )
    possible = np.where(may, scores, -1.0)
    order = np.argsort(-possible, axis=2)
    lines = ["".join(ALPHABET[index] for index in line[:, 0]) for line in order]
    ranked = np.take_along_axis(possible, order, 2)
    margin = ranked[..., 0] - ranked[..., 1]
    doubtful = [(int(r), int(c)) for r, c in np.argwhere(margin < MARGIN_MIN)]
    repaired: list[Place] = []
    for name, holds in checks(layout, lines).items():
        if holds or name == "composite":
            continue
        if (mended := _mend(name, lines, possible, order, layout)) is not None:
            lines, place = mended
            repaired.append(place)
    return Reading(
        layout=layout.id,
        lines=tuple(lines),
        correlation=round(float(ranked[..., 0].mean()), 4),
        doubtful=tuple(doubtful),
        repaired=tuple(repaired),
    )


def _mend(
    name: str, lines: list[str], possible: Floats, order: Floats, layout: Layout
) -> tuple[list[str], Place] | None:
    """The cheapest change of one character of a field that makes its digit hold."""
    field = layout.fields[name]
    assert field.check is not None
    line, start, end = field.span
    changes = []
    for row, column in [(line, at) for at in range(start, end)] + [field.check]:
        first = possible[row, column, order[row, column, 0]]
        for other in order[row, column, 1:4]:
            changes.append((first - possible[row, column, other], row, column, int(other)))
    for _, row, column, other in sorted(changes)[:REPAIRS]:
        changed = list(lines)
        changed[row] = changed[row][:column] + ALPHABET[other] + changed[row][column + 1 :]
        if checks(layout, changed)[name]:
            return changed, (row, column)
    return None
