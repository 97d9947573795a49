"""Straight lines in a small picture, and how much of any stretch of them is really an edge.

Each edge pixel votes only for lines across its own gradient, so that a long weak border beats a
crowd of short strong strokes.  Source: O'Gorman and Clowes 1976 (gradient-directed Hough).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Floats
from counter.documents.scan_opencv.edges import Edges

DIRECTIONS = 180
SPREAD = 3
"A pixel votes for this many directions to either side of its own, with falling weight."
KEPT = 40
VOTES_MIN = 16.0
PIXELS_MIN = 40
ACROSS_PX = np.array([-2.0, -1.0, 0.0, 1.0, 2.0], np.float32)
"Support is looked for this far to either side of a line: sheets bow a little."
FRAME_SUPPORT = 0.65
"What a side along the picture's border counts: a page may go on there, and nothing shows it."
ALIGNED = 0.86
"A gradient supports a line when at most 30 degrees off its normal."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """n lines, each as normal . (x, y) = distance."""

    normal: Floats
    "(n, 2) unit vectors."
    distance: Floats
    "(n,) pixels from the picture's origin."

    def __len__(self) -> int:
        return len(self.distance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Edge support along each line, cumulated: any stretch is a difference of two entries."""

    sums: Floats
    """(n, length + 1) complex: real where brightness rises along the line's normal, imaginary where
    it falls, so that both are looked up at once."""
    start: Floats
    "(n,) position along each line at which entry 0 lies, in pixels."
    length: int

    def share(self, line: Floats, begin: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Mean rising and falling support of the stretches begin..end (entries) of `line`."""
        sums, first = self.sums.ravel(), line * (self.length + 1)
        mean = (sums.take(first + end) - sums.take(first + begin)) / np.maximum(end - begin, 1)
        return mean.real, mean.imag


def lines_of(edges: Edges) -> Lines | None:
    """The strongest lines, at most `KEPT`; `None` when there are fewer than four."""
    height, width = edges.shape
    ys, xs = _thin(edges)
    if len(xs) < PIXELS_MIN:
        return None
    x0, y0 = width / 2, height / 2
    reach = int(np.hypot(width, height)) + 2
    angle = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    direction = np.arctan2(edges.gy[ys, xs], edges.gx[ys, xs]) % np.pi
    own = np.round(direction / np.pi * DIRECTIONS).astype(np.int64)
    weight = np.minimum(1.0, edges.magnitude[ys, xs] / (2 * edges.threshold[ys, xs]))
    offset = np.arange(-SPREAD, SPREAD + 1)[:, None]
    at = (own + offset) % DIRECTIONS
    distance = (xs - x0) * np.cos(angle)[at] + (ys - y0) * np.sin(angle)[at]
    cell = at * 2 * reach + np.rint(distance).astype(np.int64) + reach
    votes = np.bincount(
        cell.ravel(),
        weights=(weight * (1 - np.abs(offset) * 0.15)).ravel(),
        minlength=DIRECTIONS * 2 * reach,
    ).astype(np.float32)
    at, cell, strength = _peaks(votes.reshape(DIRECTIONS, 2 * reach))
    if len(at) < 4:
        return None
    best = np.argsort(-strength)[:KEPT]
    normal = np.stack([np.cos(angle[at[best]]), np.sin(angle[at[best]])], 1)
    distance = cell[best] - reach + normal @ np.array([x0, y0])
    return Lines(normal=normal, distance=distance)


def support_of(lines: Lines, edges: Edges) -> Support:
    """Sample the gradients along every line, once, for all quads that will use it."""
    height, width = edges.shape
    length = int(np.hypot(width, height)) + 1
    normal, along = lines.normal, np.stack([-lines.normal[:, 1], lines.normal[:, 0]], 1)
    foot = normal * lines.distance[:, None]
    start = along @ np.array([width / 2, height / 2]) - length / 2
    position = start[:, None] + np.arange(length)[None]
    x = foot[:, :1] + position * along[:, :1]
    y = foot[:, 1:] + position * along[:, 1:]
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    value = sample_support(edges.stacked, x, y, normal[:, None, :]) * inside
    sums = np.zeros((len(value), length + 1), np.complex128)
    sums.real[:, 1:] = np.cumsum(np.maximum(value, 0), 1)
    sums.imag[:, 1:] = np.cumsum(np.maximum(-value, 0), 1)
    return Support(sums=sums, start=start, length=length)


def with_frame(lines: Lines, support: Support, shape: tuple[int, int]) -> tuple[Lines, Support]:
    """The same and the picture's own four borders, where a page that is cut off ends."""
    height, width = shape
    normal = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    distance = np.array([0, width - 1.0, 0, height - 1.0])
    along = np.stack([-normal[:, 1], normal[:, 0]], 1)
    start = along @ np.array([width / 2, height / 2]) - support.length / 2
    even = np.tile(np.arange(support.length + 1) * FRAME_SUPPORT * (1 + 1j), (4, 1))
    return (
        Lines(
            normal=np.vstack([lines.normal, normal]),
            distance=np.concatenate([lines.distance, distance]),
        ),
        Support(
            sums=np.vstack([support.sums, even]),
            start=np.concatenate([support.start, start]),
            length=support.length,
        ),
    )


def sample_support(stacked: Floats, x: Floats, y: Floats, normal: Floats) -> Floats:
    """How much of an edge across `normal` lies at each point, -1 to 1.

    stacked: `Edges.stacked`.  x, y: (n, m) points.  normal: broadcasts to (n, m, 2).
    Positive where brightness rises along the normal.
    """
    shape = x.shape
    at_x = (x[None] + ACROSS_PX[:, None, None] * normal[None, ..., 0]).astype(np.float32)
    at_y = (y[None] + ACROSS_PX[:, None, None] * normal[None, ..., 1]).astype(np.float32)
    sampled = cv2.remap(
        stacked,
        at_x.reshape(-1, shape[1]),
        at_y.reshape(-1, shape[1]),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
    ).reshape(len(ACROSS_PX), *shape, 4)
    across = sampled[..., 0] * normal[None, ..., 0] + sampled[..., 1] * normal[None, ..., 1]
    aligned = np.abs(across) >= ALIGNED * sampled[..., 2]
    value = np.where(aligned, across / np.maximum(sampled[..., 3], 1), 0)
    best = np.abs(value).argmax(0)[None]
    clipped: Floats = np.clip(np.take_along_axis(value, best, 0)[0], -1, 1)
    return clipped


def _thin(edges: Edges) -> tuple[Floats, Floats]:
    """Rows and columns of edge pixels that are the strongest across their edge."""
    strong = edges.magnitude > edges.threshold
    strong[:2] = strong[-2:] = False
    strong[:, :2] = strong[:, -2:] = False
    at = np.flatnonzero(strong)
    flat, width = edges.magnitude.ravel(), strong.shape[1]
    magnitude = flat[at]
    dx = np.rint(edges.gx.ravel()[at] / magnitude).astype(np.int64)
    dy = np.rint(edges.gy.ravel()[at] / magnitude).astype(np.int64)
    step = dy * width + dx
    at = at[(magnitude >= flat[at + step]) & (magnitude >= flat[at - step])]
    ys, xs = np.divmod(at, width)
    return ys, xs


def _peaks(votes: Floats) -> tuple[Floats, Floats, Floats]:
    """Directions, distances (cells) and strengths of the local maxima."""
    # A line's direction is a circle: past its ends the sign of the distance turns round.
    padded = np.vstack([votes[-6:, ::-1], votes, votes[:6, ::-1]])
    padded = cv2.sepFilter2D(
        padded,
        -1,
        np.array([0.6, 1.0, 0.6], np.float32),
        np.array([0.3, 0.6, 0.3], np.float32),
    )
    highest = cv2.dilate(padded, np.ones((9, 9), np.uint8))
    peak = ((padded >= highest) & (padded > VOTES_MIN))[6:-6]
    at, cell = np.nonzero(peak)
    return at, cell, padded[6:-6][at, cell]
