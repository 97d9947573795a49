"""Quadrilaterals that could be a page: all pairs of opposite lines, and outlines of bright regions.

A quad scores by how much of its sides is edge, most of all by its weakest sides, so that three good
sides and a guessed fourth do not win.  All quads are scored at once, as arrays.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import (
    Bgr,
    Floats,
    Grey,
    Quad,
    all_clockwise,
    clockwise,
    side_lengths,
    sides_of,
)
from counter.documents.scan_opencv.edges import Edges
from counter.documents.scan_opencv.lines import Lines, Support, sample_support

CROSSING = np.radians(38)
"Neighbouring sides meet at this angle or more."
OPPOSITE = np.radians(32)
"Opposite sides differ by less."
AREA_MIN, AREA_MAX = 0.035, 0.97
"As shares of the picture; a card on the mat, which is A3, is 0.04."
SIDE_MIN = 0.09
"As a share of the picture's short side."
SIDES_RATIO_MAX = 2.2
OUTSIDE = 0.06
"Corners may lie this far outside, as a share of the picture's long side."
SCORED_MAX = 60_000
KEPT = 160
DISTINCT = 24
"Of those kept, as many as are not much the same."
SAME_PX = 6.0
"Quads whose corners lie this near to each other are one."
REGION_PENALTY = 0.03
"Outlines are rounder than sheets: of two equals the quad of lines wins."


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A quad and how well its sides are supported."""

    quad: Quad
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corners:
    """Where line i meets line j, each (n, n)."""

    x: Floats
    y: Floats
    usable: Floats
    "bool: they cross steeply enough, near enough to the picture."
    entry: Floats
    "int: where on line i, as an entry of `Support`."
    parallel: Floats
    "bool: they could be opposite sides."


def quads_of_lines(lines: Lines, support: Support, shape: tuple[int, int]) -> list[Candidate]:
    """The best quads whose sides lie on `lines`, best first, no two nearly the same."""
    corners = _corners(lines, support, shape)
    sides = _combinations(corners)
    if not len(sides):
        return []
    a, b, c, d = sides.T
    crossing = np.stack([a, a, b, b]) * len(lines) + np.stack([c, d, d, c])
    x, y = corners.x.take(crossing), corners.y.take(crossing)
    area, lengths, kept = _plausible(x, y, shape)
    if not len(kept):
        return []
    x, y = x[:, kept], y[:, kept]
    score, stretches = _scores(lines, support, corners, sides[kept], (x.mean(0), y.mean(0)))
    score += 0.22 * np.minimum(area[kept], 0.5) - 0.06 * _skew(lengths[:, kept])
    best, score = _best(score, stretches, support)
    ordered = all_clockwise(np.stack([x[:, best].T, y[:, best].T], 2))
    kept_ones = distinct(ordered)
    return [Candidate(quad=ordered[i], score=float(score[i])) for i in kept_ones]


def distinct(quads: Floats) -> list[int]:
    """Numbers of the first quads, (n, 4, 2), that are not nearly an earlier one."""
    apart = np.abs(quads[:, None] - quads[None]).max((2, 3)) > SAME_PX
    kept: list[int] = []
    for number in range(len(quads)):
        if apart[number, kept].all():
            kept.append(number)
            if len(kept) == DISTINCT:
                break
    return kept


def quads_of_regions(small: Bgr, edges: Edges) -> list[Candidate]:
    """Outlines of large bright or colourful regions, reduced to four corners."""
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    light, a, b = cv2.split(cv2.cvtColor(closed, cv2.COLOR_BGR2Lab))
    neutral = np.full_like(a, 128)
    chroma = cv2.add(cv2.absdiff(a, neutral), cv2.absdiff(b, neutral))
    found = []
    for channel, mode in (
        (light, cv2.THRESH_BINARY),
        (chroma, cv2.THRESH_BINARY),
        (chroma, cv2.THRESH_BINARY_INV),
    ):
        _, mask = cv2.threshold(channel, 0, 255, mode | cv2.THRESH_OTSU)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
        found += outlines(mask)
    return [of_region(quad, edges) for quad in found]


def of_region(quad: Quad, edges: Edges) -> Candidate:
    """An outline as a candidate."""
    return Candidate(quad=quad, score=support_of_quad(quad, edges) - REGION_PENALTY)


def support_of_quad(quad: Quad, edges: Edges) -> float:
    """The score of any quad, on the scale of `quads_of_lines`."""
    height, width = edges.shape
    start, length, normal = sides_of(quad)
    if length.min() < 5:
        return 0.0
    share = np.linspace(0.03, 0.97, 64)
    points = start[:, None] + (np.roll(start, -1, 0) - start)[:, None] * share[None, :, None]
    value = sample_support(edges.stacked, points[..., 0], points[..., 1], normal[:, None, :])
    bright = np.maximum(value, 0).mean(1)[:, None]
    dark = np.maximum(-value, 0).mean(1)[:, None]
    area = cv2.contourArea(quad.astype(np.float32)) / (width * height)
    sides = _sides(bright, dark)
    return float(_of_sides(sides)[0] + 0.22 * min(area, 0.5) - 0.06 * _skew(length))


def _corners(lines: Lines, support: Support, shape: tuple[int, int]) -> _Corners:
    height, width = shape
    nx, ny, distance = lines.normal[:, 0], lines.normal[:, 1], lines.distance
    angle = np.arctan2(ny, nx) % np.pi
    between = np.abs(angle[:, None] - angle[None])
    between = np.minimum(between, np.pi - between)
    with np.errstate(divide="ignore", invalid="ignore"):  # a line does not meet itself
        determinant = nx[:, None] * ny[None] - ny[:, None] * nx[None]
        x = (distance[:, None] * ny[None] - ny[:, None] * distance[None]) / determinant
        y = (nx[:, None] * distance[None] - distance[:, None] * nx[None]) / determinant
    margin = OUTSIDE * max(width, height)
    with np.errstate(invalid="ignore"):
        near = (x > -margin) & (x < width + margin) & (y > -margin) & (y < height + margin)
    usable = near & (between > CROSSING)
    position = -ny[:, None] * np.where(usable, x, 0) + nx[:, None] * np.where(usable, y, 0)
    entry = np.where(usable, np.round(position - support.start[:, None]), 0).astype(np.int64)
    parallel = np.triu(between < OPPOSITE, 1)
    return _Corners(x=x, y=y, usable=usable, entry=entry, parallel=parallel)


def _combinations(corners: _Corners) -> Floats:
    """(m, 4) line numbers a, b, c, d: a opposite b, c opposite d, all four corners usable."""
    first, second = np.nonzero(corners.parallel)
    one, other = np.nonzero(np.triu(corners.usable[first][:, first], 1))
    a, b, c, d = first[one], second[one], first[other], second[other]
    whole = (
        corners.usable[a, c] & corners.usable[a, d] & corners.usable[b, c] & corners.usable[b, d]
    )
    combined: Floats = np.stack([a[whole], b[whole], c[whole], d[whole]], 1)
    return combined


def _plausible(x: Floats, y: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    """Area shares (m,), side lengths (4, m), and the numbers of quads worth scoring.

    x, y: (4, m) corners; numpy is fast along the long axis.
    """
    height, width = shape
    next_x, next_y = np.roll(x, -1, 0), np.roll(y, -1, 0)
    area = np.abs(0.5 * (x * next_y - next_x * y).sum(0)) / (width * height)
    lengths = np.sqrt((next_x - x) ** 2 + (next_y - y) ** 2)
    good = (area > AREA_MIN) & (area < AREA_MAX)
    good &= lengths.min(0) > SIDE_MIN * min(width, height)
    for i in (0, 1):
        longer = np.maximum(lengths[i], lengths[i + 2])
        good &= longer < SIDES_RATIO_MAX * np.minimum(lengths[i], lengths[i + 2])
    kept = np.flatnonzero(good)
    if len(kept) > SCORED_MAX:
        kept = kept[np.argsort(-area[kept])[:SCORED_MAX]]
    return area, lengths, kept


def _scores(
    lines: Lines, support: Support, corners: _Corners, sides: Floats, middle: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """(m,) how well the four sides are supported, and (4, 3, m) where: line, begin, end.

    sides: (m, 4) line numbers.  middle: x and y, (m,) each.
    """
    a, b, c, d = np.ascontiguousarray(sides.T)
    normal_x, normal_y = lines.normal.T
    bright, dark, stretches = [], [], []
    for line, one, other in ((a, c, d), (d, a, b), (b, c, d), (c, a, b)):
        row = line * len(lines)
        ends = corners.entry.take(row + one), corners.entry.take(row + other)
        begin = np.clip(np.minimum(*ends), 0, support.length)
        end = np.clip(np.maximum(*ends), 0, support.length)
        rising, falling = support.share(line, begin, end)
        inward = normal_x[line] * middle[0] + normal_y[line] * middle[1] > lines.distance[line]
        bright.append(np.where(inward, rising, falling))
        dark.append(np.where(inward, falling, rising))
        stretches.append((line, begin, end))
    return _of_sides(_sides(np.stack(bright), np.stack(dark))), np.array(stretches)


def _best(score: Floats, stretches: Floats, support: Support) -> tuple[Floats, Floats]:
    """Numbers and scores of the `KEPT` best, less what runs on beyond their corners; best first.

    That only takes away, so that it is looked at where it can matter.
    """
    likely = np.argsort(-score)[:KEPT]
    lowest = (score[likely] - _beyond(stretches[..., likely], support)).min()
    worth = np.flatnonzero(score >= lowest)
    less = score[worth] - _beyond(stretches[..., worth], support)
    best = np.argsort(-less)[:KEPT]
    return worth[best], less[best]


def _beyond(stretches: Floats, support: Support) -> Floats:
    """(m,) what edges that run on beyond the corners take away."""
    line, begin, end = stretches.transpose(1, 0, 2)
    more = np.maximum(4, 0.15 * (end - begin)).astype(np.int64)
    before = np.add(*support.share(line, np.maximum(begin - more, 0), begin))
    after = np.add(*support.share(line, end, np.minimum(end + more, support.length)))
    taken: Floats = 0.18 * (0.5 * (before + after)).mean(0)
    return taken


def _sides(bright: Floats, dark: Floats) -> Floats:
    """(4, m) support of each side, for pages brighter than the desk or, a little less, darker."""
    as_bright = np.maximum(bright, 0.75 * dark)
    as_dark = np.maximum(0.95 * dark, 0.75 * bright)
    sides: Floats = np.where(bright.mean(0) >= dark.mean(0), as_bright, as_dark)
    return sides


def _of_sides(sides: Floats) -> Floats:
    """(m,) the mean of the sides, the weakest of which count once more."""
    low, high = np.minimum(sides[:2], sides[2:]), np.maximum(sides[:2], sides[2:])
    weakest = np.minimum(low[0], low[1])
    second = np.minimum(np.maximum(low[0], low[1]), np.minimum(high[0], high[1]))
    score: Floats = 0.45 * sides.mean(0) + 0.25 * weakest + 0.30 * second
    return score


def _skew(lengths: Floats) -> Floats:
    """How unequal opposite sides are; lengths: (4,) or (4, m)."""
    skew: Floats = np.abs(np.log(lengths[0] / lengths[2])) + np.abs(np.log(lengths[1] / lengths[3]))
    return skew


def outlines(mask: Grey) -> list[Quad]:
    """The two largest regions of a mask, each reduced to four corners."""
    height, width = mask.shape[:2]
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:2]:
        hull = cv2.convexHull(contour)
        if cv2.contourArea(contour) < AREA_MIN * width * height or len(hull) < 4:
            continue
        corners = cv2.approxPolyN(hull, 4, epsilon_percentage=-1.0, ensure_convex=True)
        quad = clockwise(corners.reshape(-1, 2).astype(np.float64))
        if len(quad) == 4 and side_lengths(quad).min() > 5:
            quads.append(quad)
    return quads
