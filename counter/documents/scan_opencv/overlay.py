"""Lay one page onto another that looks like it, as smoothly as paper bends.

Both are strokes of ink, float32, 0 to 1, of one size.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Floats

SMALLER = 4
"The first look is at copies so many times as small."
SHIFT_MAX = 0.02
"By how much of its long side a whole page may lie elsewhere."
BLOCK_PX = 140
SEARCH_PX = 16
"By how much a block may lie elsewhere."
INK_MIN = 40.0
"Full pixels of ink from which on a block is looked for."
FIT_MIN = 0.3
BLOCKS_MIN = 8
ROUNDS = 6
OFF_PX = 1.5
"Blocks that lie further off than this from where the others say hold something else."


def shift_fit(one: Floats, other: Floats) -> float:
    """Correlation of both pages on the whole, at the best shift of some millimetres."""
    small, like = _small(one), _small(other)
    edge = max(4, round(SHIFT_MAX * max(small.shape)))
    inner = like[edge:-edge, edge:-edge]
    if min(inner.max(initial=0.0), small.max()) < 0.02:
        return 0.0
    return float(cv2.matchTemplate(small, inner, cv2.TM_CCOEFF_NORMED).max())


def laid_onto(one: Floats, other: Floats, carried: Floats) -> Floats:
    """`carried`, which lies as `other` does, moved as `other` has to be to lie on `one`."""
    height, width = one.shape
    blocks = _blocks(cv2.GaussianBlur(one, (0, 0), 1.5), cv2.GaussianBlur(other, (0, 0), 1.5))
    if len(blocks) < BLOCKS_MIN:
        return carried
    at, moves, fits = blocks[:, :2] / (width, height) - 0.5, blocks[:, 2:4], blocks[:, 4]
    bend = _bend(_terms(at[:, 0], at[:, 1]), moves, fits**2)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    moved = _terms(x / width - 0.5, y / height - 0.5) @ bend
    map_x, map_y = (x + moved[..., 0]).astype(np.float32), (y + moved[..., 1]).astype(np.float32)
    laid: Floats = cv2.remap(carried, map_x, map_y, cv2.INTER_LINEAR)
    return laid


def _bend(terms: Floats, moves: Floats, weights: Floats) -> Floats:
    """(terms, 2) by least squares; what was written otherwise is left out by and by."""
    bend, weight = np.zeros((terms.shape[1], 2)), weights
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        bend = np.linalg.lstsq(terms * root, moves * root, rcond=None)[0]
        off = np.linalg.norm(terms @ bend - moves, axis=1)
        weight = weights / (1 + (off / OFF_PX) ** 2) ** 2
    return bend


def _blocks(one: Floats, other: Floats) -> Floats:
    """(n, 5): middle x and y, by how much it lies elsewhere on `other`, and how well it fits."""
    height, width = one.shape
    half, found = BLOCK_PX // 2, []
    for y in range(half, height, half):
        for x in range(half, width, half):
            top, left = y - half, x - half
            block = one[top : y + half, left : x + half]
            y0, x0 = max(0, top - SEARCH_PX), max(0, left - SEARCH_PX)
            around = other[y0 : y + half + SEARCH_PX, x0 : x + half + SEARCH_PX]
            if block.sum() < INK_MIN or around.max() < 0.02:
                continue
            fit = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
            _, value, _, (dx, dy) = cv2.minMaxLoc(fit)
            if value > FIT_MIN:
                found.append((x, y, x0 + dx - left, y0 + dy - top, value))
    return np.array(found, np.float64).reshape(-1, 5)


def _terms(x: Floats, y: Floats) -> Floats:
    """A cubic in x and y: what the bend of a sheet and a tilt leave over."""
    terms: Floats = np.stack(
        [np.ones_like(x), x, y, x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3], -1
    )
    return terms


def _small(ink: Floats) -> Floats:
    size = (ink.shape[1] // SMALLER, ink.shape[0] // SMALLER)
    small: Floats = cv2.GaussianBlur(
        cv2.resize(ink, size, interpolation=cv2.INTER_AREA), (0, 0), 1.5
    )
    return small
