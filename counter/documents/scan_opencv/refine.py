"""Move the sides of a found quad onto the page's border, to a fraction of a pixel.

At full resolution each side is crossed by many short profiles; where each is steepest is a point of
the border, fingers and folds excepted, and a robust straight line goes through the others.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import SEARCH_PX, Bgr, Floats, Quad, sides_of

PROFILES = 72
ROUNDS = 3
TRIALS = 60
AGREEING_MIN = 0.3
"With fewer profiles on one line there is no evidence, and the side stays where it was."


def refine(photograph: Bgr, quad: Quad, *, reach: int | None = None, rounds: int = ROUNDS) -> Quad:
    """The quad with its sides on the steepest border nearby.

    reach: how far to look, in pixels of the photograph; by default what `find` may be off.
    Returns `quad` itself when the refined sides no longer make a quad near it.
    """
    if reach is None:
        reach = max(6, round(max(photograph.shape[:2]) / SEARCH_PX * 3.2))
    refined = quad
    for turn in range(rounds):
        half = reach if turn == 0 else max(5, reach // (3 * turn))
        borders = [_border(photograph, refined, i, half) for i in range(4)]
        moved = intersections([(borders[i - 1], borders[i]) for i in range(4)])
        if moved is None or np.abs(moved - quad).max() > 4 * reach + 2:
            return quad
        refined = moved
    return refined


def _border(photograph: Bgr, quad: Quad, number: int, half: int) -> Floats:
    """(2, 2): two points of the line through the border near one side of `quad`."""
    start, lengths, normals = sides_of(quad)
    begin, length, normal = start[number], lengths[number], normals[number]
    unit = (np.roll(quad, -1, 0)[number] - begin) / length
    along = np.linspace(0.04, 0.96, PROFILES) * length
    steepness, visible = profiles(photograph, begin, unit, normal, along, half)
    across = np.arange(-half + 1, half, dtype=np.float64)
    position, strength = steepest(steepness, across, half)
    weight = np.minimum(strength / (np.median(strength) + 1e-3), 1.5) * visible
    slope, offset = _robust_line(along, position, weight, tolerance=max(1.0, half * 0.09))
    return np.stack(
        [begin + normal * offset, begin + unit * length + normal * (slope * length + offset)]
    )


def profiles(
    photograph: Bgr,
    begin: Floats,
    unit: Floats,
    normal: Floats,
    along: Floats,
    half: int,
    lift: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    """(n, 2 half - 1) steepness across the side, and (n,) whether each lies in the picture.

    lift: (n,) by how much each profile is moved along the normal.
    """
    height, width = photograph.shape[:2]
    across = np.arange(-half, half + 1, dtype=np.float64)
    lifted = across[None, :, None] + np.broadcast_to(lift, along.shape)[:, None, None]
    places = begin + along[:, None, None] * unit + lifted * normal
    sampled: Floats = cv2.remap(
        photograph,
        places[..., 0].astype(np.float32),
        places[..., 1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    sampled = cv2.blur(sampled, (1, 5))
    sampled = cv2.GaussianBlur(sampled, (0, 0), sigmaX=max(1.0, half / 9.0), sigmaY=0.01)
    steepness = np.abs(sampled[:, 2:] - sampled[:, :-2]).max(2)
    x, y = places[:, half, 0], places[:, half, 1]
    return steepness, (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)


def steepest(steepness: Floats, across: Floats, half: int) -> tuple[Floats, Floats]:
    """(n,) where each profile is steepest, by a parabola through three samples, and how steep."""
    near = np.exp(-0.5 * (across / (half * 0.55)) ** 2)
    peak = np.clip((steepness * near).argmax(1), 1, steepness.shape[1] - 2)
    row = np.arange(len(steepness))
    before, at, after = (steepness[row, peak + step] for step in (-1, 0, 1))
    curvature = before - 2 * at + after
    curved = np.abs(curvature) > 1e-3
    shift = np.where(curved, 0.5 * (before - after) / np.where(curved, curvature, 1), 0)
    return across[peak] + np.clip(shift, -1, 1), at


def _robust_line(
    along: Floats, position: Floats, weight: Floats, *, tolerance: float
) -> tuple[float, float]:
    """Slope and offset of the line most profiles agree on; (0, 0) when too few agree.

    Source: RANSAC (Fischler and Bolles 1981), then reweighted least squares (Tukey's biweight).
    """
    pairs = np.random.default_rng(7).integers(0, len(along), (TRIALS, 2))
    pairs = pairs[np.abs(pairs[:, 0] - pairs[:, 1]) > len(along) // 4]
    one, other = pairs.T
    slopes = (position[other] - position[one]) / (along[other] - along[one])
    offsets = position[one] - slopes * along[one]
    away = np.abs(slopes[:, None] * along + offsets[:, None] - position)
    best = (np.maximum(0, 1 - away / tolerance) * weight).sum(1).argmax()
    slope, offset = float(slopes[best]), float(offsets[best])
    for _ in range(3):
        off = np.abs(slope * along + offset - position)
        trust = weight * np.maximum(0, 1 - (off / (2 * tolerance)) ** 2) ** 2 + 1e-6
        slope, offset = (float(value) for value in np.polyfit(along, position, 1, w=np.sqrt(trust)))
    agreeing = (np.abs(slope * along + offset - position) < tolerance).mean()
    return (slope, offset) if agreeing >= AGREEING_MIN else (0.0, 0.0)


def intersections(neighbours: list[tuple[Floats, Floats]]) -> Quad | None:
    """Where each two lines, (2, 2) points each, meet; `None` when two are parallel."""
    corners = []
    for (p, q), (r, s) in neighbours:
        one, other = q - p, s - r
        determinant = one[0] * other[1] - one[1] * other[0]
        if abs(determinant) < 1e-6:
            return None
        share = ((r - p)[0] * other[1] - (r - p)[1] * other[0]) / determinant
        corners.append(p + one * share)
    return np.array(corners)
