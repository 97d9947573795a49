"""Whether the sheet seen now is the one seen before: cell by cell, once one is laid on the other.

Print that two copies of a form share says nothing, so most cells have to agree.  Ink does not
vanish from paper: a sheet that lacks some is another one; one that has gained a little was written
on.  What a hand covers is not asked.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from counter.documents.scan_opencv.arrays import Bgr, Floats

CELL_PX: Final = 14
"Two lines of text on a preview, or a word."
PAPER_PX: Final = 11
"Wider than strokes and lines of text, as a preview shows them."
INKED: Final = 0.015
"Mean darkness of a cell in which there is something to compare."
ALIKE: Final = 0.8
"Correlation of two cells, moved by a pixel at most."
CHANGED: Final = 0.025
"Mean darkness that is there once only, a pixel around it included."
SHADE: Final = 0.15
"Paper does not grow darker by so much, beside the rest of the sheet; a hand lies there."
ASKED_MIN: Final = 12
ASKED_SHARE_MIN: Final = 0.3
"Of the cells with ink: so many have to be in the picture and free."
ALIKE_MIN: Final = 0.8
"Copies of one form that two people filled in reach 0.73; a sheet that lay there 0.85."
LOST_MAX: Final = 0.035
GAINED_MAX: Final = 0.2
VOUCHED_MEDIAN_MIN: Final = 0.6
"Correlation when the agent vouches for it: a form reaches it however it was filled in meanwhile."


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two pictures of a sheet, one laid on the other; all (rows, columns)."""

    asked: NDArray[np.bool_]
    "Seen now, free, and with ink in one of them."
    inked: NDArray[np.bool_]
    "With ink before."
    alike: Floats
    "Correlation, -1 to 1."
    lost: Floats
    gained: Floats


def compare(before: Bgr, now: Bgr, seen: Floats) -> Compared:
    """Cell by cell; `now` is warped onto `before`.

    seen: (height, width), 1 where both show the sheet, else 0.
    """
    (ink, paper), (ink_now, paper_now) = _ink(before), _ink(now)
    inside = _mean(seen) > 0.7
    free = inside & ~_covered(_mean(paper_now) / np.maximum(_mean(paper), 1.0), inside)
    near, near_now = (cv2.dilate(one, np.ones((3, 3), np.uint8)) for one in (ink, ink_now))
    dark, dark_now = _mean(ink), _mean(ink_now)
    return Compared(
        asked=free & (np.maximum(dark, dark_now) > INKED),
        inked=dark > INKED,
        alike=_alike(ink, ink_now),
        lost=_mean(np.maximum(ink - near_now, 0)),
        gained=_mean(np.maximum(ink_now - near, 0)),
    )


def better(one: Compared, other: Compared) -> Compared:
    """Cell by cell, what speaks more for its being the same: one may have been written on."""
    first = one.alike >= other.alike
    return Compared(
        asked=one.asked,
        inked=one.inked,
        alike=np.where(first, one.alike, other.alike),
        lost=np.where(first, one.lost, other.lost),
        gained=np.where(first, one.gained, other.gained),
    )


def is_same(found: Compared, *, vouched: bool = False) -> bool:
    """Decide.  vouched: somebody who knows says so, thus writing may have been added anywhere."""
    count = int(found.asked.sum())
    if count < max(ASKED_MIN, ASKED_SHARE_MIN * int(found.inked.sum())):
        return False
    alike, lost, gained = (one[found.asked] for one in (found.alike, found.lost, found.gained))
    if (lost > CHANGED).mean() > LOST_MAX:
        return False
    if vouched:
        return float(np.median(alike)) >= VOUCHED_MEDIAN_MIN
    much = (alike > ALIKE).mean() >= ALIKE_MIN
    return bool(much and (gained > CHANGED).mean() <= GAINED_MAX)


def written_on(found: Compared) -> NDArray[np.bool_]:
    """Cells that have only gained ink."""
    return found.asked & (found.gained > CHANGED) & (found.lost <= CHANGED)


def cell_mask(cells: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(height, width) of those cells."""
    mask = np.zeros(shape[:2], np.bool_)
    whole = np.kron(cells, np.ones((CELL_PX, CELL_PX), np.bool_))
    mask[: whole.shape[0], : whole.shape[1]] = whole
    return mask


def _ink(picture: Bgr) -> tuple[Floats, Floats]:
    """How dark strokes are, 0 to 1, and how bright the paper around them; both (height, width)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    square = np.ones((PAPER_PX, PAPER_PX), np.uint8)
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, square).astype(np.float32)
    even = np.maximum(cv2.GaussianBlur(paper, (0, 0), 3), 1.0)
    return cv2.GaussianBlur(np.clip(1 - grey / even, 0, 1), (0, 0), 0.8), paper


def _covered(ratio: Floats, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells under a hand, and those next to them.  ratio: of brightness, now to before."""
    if not inside.any():
        return inside
    usual = float(np.median(ratio[inside]))
    strange = inside & (np.abs(ratio / max(usual, 0.05) - 1) > SHADE)
    return cv2.dilate(strange.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _alike(ink: Floats, ink_now: Floats) -> Floats:
    """Correlation of each cell with the best of nine places around it."""
    cells = _cells(ink)
    cells = cells - cells.mean((2, 3), keepdims=True)
    power = (cells**2).sum((2, 3))
    best = np.full(power.shape, -1.0)
    height, width = ink.shape
    around = cv2.copyMakeBorder(ink_now, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for down in range(3):
        for right in range(3):
            other = _cells(around[down : down + height, right : right + width])
            other = other - other.mean((2, 3), keepdims=True)
            both = np.sqrt(power * (other**2).sum((2, 3)) + 1e-6)
            best = np.maximum(best, (cells * other).sum((2, 3)) / both)
    return best


def _cells(picture: Floats) -> Floats:
    rows, columns = (side // CELL_PX for side in picture.shape)
    whole = picture[: rows * CELL_PX, : columns * CELL_PX]
    return whole.reshape(rows, CELL_PX, columns, CELL_PX).swapaxes(1, 2)


def _mean(picture: Floats) -> Floats:
    means: Floats = _cells(picture).mean((2, 3))
    return means
