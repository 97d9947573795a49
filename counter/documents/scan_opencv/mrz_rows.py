"""Where the lines of a machine-readable zone run on a flattened paper, and its grid of cells.

Input is always as wide as `Layout.width_mm` at 20 px per character, so rows and columns are looked
for near where the standard puts them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.mrz import Layout
from counter.documents.scan_opencv.arrays import Floats, Grey
from counter.documents.scan_opencv.mrz_glyphs import CELL_PX

PX_PER_MM = CELL_PX[0] / 2.54
LETTER_PX = 21
"Height of a capital letter."
PITCH_PX = (26, 60)
"Between two lines: 4.2 mm on cards is seen, 6.35 mm is usual."
SKEWS = np.linspace(-0.02, 0.02, 9)
"Rise by run of the lines that are tried."
STRETCH = np.linspace(0.955, 1.045, 37)
INK_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Cells of a zone in the straightened ink."""

    ink: Floats
    "(height, width) float32, ink bright, lines level."
    baselines: tuple[float, ...]
    "y of the foot of the letters, top line first."
    left: float
    "x of the first cell."
    pitch: float
    "Width of a cell."


def ink_of(grey: Grey, layout: Layout) -> Floats:
    """Dark fine strokes, bright, on even ground, at the layout's own size."""
    width = round(layout.width_mm * PX_PER_MM)
    scale = width / grey.shape[1]
    size = (width, round(grey.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (17, 17))
    small = cv2.resize(grey, size, interpolation=way)
    dark: Floats = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel).astype(np.float32)
    return dark


def grids_of(grey: Grey, layout: Layout, most: int = 4) -> list[Grid]:
    """The likeliest grids, best first; empty when nothing runs across the paper in lines."""
    ink = ink_of(grey, layout)
    if ink.shape[0] < layout.lines * PITCH_PX[0] + LETTER_PX:
        return []
    held = _held(ink)
    found = [
        (score, foot, pitch, float(skew))
        for skew in SKEWS
        for score, foot, pitch in _lines(_sheared(held, float(skew)), layout.lines)
    ]
    found.sort(key=lambda one: -one[0])
    grids: list[Grid] = []
    ends: list[tuple[float, float]] = []
    for _, foot, pitch, skew in found:
        if len(grids) == most:
            break
        last = foot + pitch * (layout.lines - 1)
        if any(max(abs(foot - one), abs(last - two)) < LETTER_PX / 2 for one, two in ends):
            continue
        ends.append((foot, last))
        level = _level(ink, skew)
        baselines = tuple(foot + pitch * line for line in range(layout.lines))
        left, cell = _columns(level, baselines, layout.columns)
        grids.append(Grid(ink=level, baselines=baselines, left=left, pitch=cell))
    return grids


def _level(ink: Floats, skew: float) -> Floats:
    middle = ink.shape[1] / 2
    shear = np.array([[1, 0, 0], [-skew, 1, skew * middle]], np.float32)
    level: Floats = cv2.warpAffine(ink, shear, (ink.shape[1], ink.shape[0]))
    return level


def _held(ink: Floats) -> Floats:
    """(height, cells) 0 or 1: whether a row holds ink within each stretch of one cell's width.

    A line of the zone has ink all along it; a printed word has not.  So a row counts by the share
    of its cells that hold ink, not by how much there is.
    """
    wide = CELL_PX[0]
    strongest = float(np.quantile(ink[::2, ::2], 0.985))
    cells: Floats = ink[:, : ink.shape[1] // wide * wide]
    strong: Floats = np.asarray(cells > INK_SHARE * max(12.0, strongest))
    held: Floats = np.asarray(strong.reshape(ink.shape[0], -1, wide).any(2), np.float32)
    return held


def _sheared(held: Floats, skew: float) -> Floats:
    """(height,) share of the cells that hold ink along lines of this skew."""
    height, cells = held.shape
    middle = cells / 2
    moves = np.round(skew * CELL_PX[0] * (np.arange(cells) + 0.5 - middle)).astype(int)
    at = np.clip(np.arange(height)[:, None] + moves[None], 0, height - 1)
    shares: Floats = np.take_along_axis(held, at, 0).mean(1)
    return shares


def _lines(shares: Floats, lines: int) -> list[tuple[float, float, float]]:
    """(score, foot of the first line, pitch), the best two for each pitch."""
    height = len(shares)
    summed = np.concatenate([[0.0], np.cumsum(shares, dtype=np.float64)])

    def mean(begin: Floats, size: int) -> Floats:
        means: Floats = summed[np.clip(begin + size, 0, height)] - summed[np.clip(begin, 0, height)]
        return means / size

    foot = np.arange(height)
    one = (
        mean(foot - LETTER_PX, LETTER_PX) - mean(foot + 1, 4) - 0.5 * mean(foot - LETTER_PX - 4, 4)
    )
    first = LETTER_PX + 4
    best: list[tuple[float, float, float]] = []
    for pitch in range(*PITCH_PX, 2) if lines > 1 else (40,):
        count = height - 3 - pitch * (lines - 1) - first
        if count <= 0:
            continue
        feet = [one[first + pitch * line : first + pitch * line + count] for line in range(lines)]
        # The zone is at the foot of the paper.
        low = 0.15 * (np.arange(count) + first + pitch * (lines - 1)) / height
        score = np.sum(feet, axis=0) / lines + low
        for at in np.argpartition(-score, min(2, count - 1))[:2]:
            best.append((float(score[at]), float(at + first), float(pitch)))
    return best


def _columns(level: Floats, baselines: tuple[float, ...], columns: int) -> tuple[float, float]:
    """Left end and pitch of the cells: where the least ink lies between them."""
    rows = [
        level[max(0, int(foot) - LETTER_PX - 2) : int(foot) + 3].mean(0, dtype=np.float64)
        for foot in baselines
    ]
    profile = np.mean(rows, axis=0)
    profile = np.minimum(profile, np.quantile(profile, 0.9))
    summed = np.concatenate([[0.0], np.cumsum(profile)])
    total, width = max(1e-6, float(summed[-1])), len(profile)
    best = (-np.inf, 0.0, float(CELL_PX[0]))
    for stretch in STRETCH:
        pitch = CELL_PX[0] * float(stretch)
        room = width - pitch * columns
        lefts = np.arange(min(0.0, room) - 4, max(0.0, room) + 4, 0.5)
        edges = lefts[:, None] + pitch * np.arange(columns + 1)[None]
        at = np.clip(np.round(edges).astype(int), 1, width - 2)
        between = (profile[at] + 0.5 * profile[at - 1] + 0.5 * profile[at + 1]).mean(1)
        inside = (summed[at[:, -1]] - summed[at[:, 0]]) / total
        score = inside * profile.mean() * 1.5 - between
        first = int(np.argmax(score))
        if score[first] > best[0]:
            best = (float(score[first]), float(lefts[first]), pitch)
    return best[1], best[2]
