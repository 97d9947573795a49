"""Sheets that do not lie flat: how far each side bows, and the page without the bow.

A sheet that was folded or rolled lifts by a millimetre or two, and its borders show it.  Its four
borders are fitted by parabolas, and what is between them follows: a Coons patch.
Source: Coons 1967, Surfaces for computer-aided design of space forms.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import SEARCH_PX, Bgr, Floats, Quad, sides_of
from counter.documents.scan_opencv.refine import intersections, profiles, steepest

BOWED = 0.003
"Sag of a side, as a share of its length, from which on the patch is better than a flat view."
SAG_MAX = 0.02
BETTER = 1.06
"A parabola has to explain that much more than a line: a straight side with a finger is straight."
AGREEING_MIN = 0.5
"With fewer profiles on the curve, the side is taken for straight."
PLACES = 72
TRIALS = 120
GRID = 33


@dataclass(frozen=True, slots=True, kw_only=True)
class Bowed:
    """A sheet whose sides are parabolas."""

    quad: Quad
    "Its corners."
    sags: Floats
    "(4,) pixels by which the middle of each side lies inside its chord; negative: outside."

    @property
    def share(self) -> float:
        """The largest sag as a share of its side."""
        _, lengths, _ = sides_of(self.quad)
        return float((np.abs(self.sags) / np.maximum(lengths, 1)).max())


def bow_of(photograph: Bgr, quad: Quad) -> Bowed:
    """Fit the sides again, as parabolas.

    quad: refined.  It comes back with no sag when the corners would move far.
    """
    reach = max(6, round(max(photograph.shape[:2]) / SEARCH_PX * 3.6))
    found = Bowed(quad=quad, sags=np.zeros(4))
    for turn in range(2):
        half = reach if turn == 0 else max(5, reach // 2)
        _, lengths, _ = sides_of(found.quad)
        wide = [max(half, round(SAG_MAX * length)) if turn == 0 else half for length in lengths]
        fits = [_parabola(photograph, found, number, wide[number]) for number in range(4)]
        corners = _corners(found.quad, fits)
        if corners is None or np.abs(corners - quad).max() > 4 * reach + 2:
            return Bowed(quad=quad, sags=np.zeros(4))
        found = Bowed(quad=corners, sags=np.array([-fit[0] / 4 for fit in fits]))
    return found


def patch(bowed: Bowed, width: int, height: int) -> tuple[Floats, Floats]:
    """x and y, (height, width) float32: where each pixel of the flat page is in the photograph."""
    share = np.linspace(0, 1, GRID)
    u, v = np.meshgrid(share, share)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    flat = cv2.getPerspectiveTransform(unit, bowed.quad.astype(np.float32))
    grid: Floats = cv2.perspectiveTransform(
        np.stack([u, v], -1).reshape(1, -1, 2).astype(np.float32), flat
    ).reshape(GRID, GRID, 2)
    top, right = _moved(bowed, 0, grid[0]), _moved(bowed, 1, grid[:, -1])
    bottom, left = _moved(bowed, 2, grid[-1]), _moved(bowed, 3, grid[:, 0])
    grid = grid + (1 - v)[..., None] * top[None] + v[..., None] * bottom[None]
    grid = grid + (1 - u)[..., None] * left[:, None] + u[..., None] * right[:, None]
    rows, columns = _between(height), _between(width)
    x, y = grid[..., 0].astype(np.float32), grid[..., 1].astype(np.float32)
    return rows @ x @ columns.T, rows @ y @ columns.T


def _between(length: int) -> Floats:
    """(length, GRID) float32: how much each knot of the grid counts at each pixel.

    By hand, because OpenCV rounds places to a 32nd of a cell, which is a pixel here.
    """
    at = (np.arange(length) + 0.5) / length * (GRID - 1)
    weights: Floats = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(GRID)))
    return weights.astype(np.float32)


def _moved(bowed: Bowed, number: int, points: Floats) -> Floats:
    """(n, 2) by how much the points of a chord lie off the sheet's side."""
    start, lengths, normals = sides_of(bowed.quad)
    unit = (np.roll(bowed.quad, -1, 0)[number] - start[number]) / lengths[number]
    along = ((points - start[number]) @ unit) / lengths[number]
    moved: Floats = normals[number] * (4 * bowed.sags[number] * along * (1 - along))[:, None]
    return moved


def _parabola(photograph: Bgr, found: Bowed, number: int, half: int) -> Floats:
    """(3,) inward distance from the chord as a polynomial of the share along it."""
    start, lengths, normals = sides_of(found.quad)
    begin, length, normal = start[number], lengths[number], normals[number]
    unit = (np.roll(found.quad, -1, 0)[number] - begin) / length
    along = np.linspace(0.02, 0.98, PLACES)
    lift = 4 * found.sags[number] * along * (1 - along)
    steepness, visible = profiles(photograph, begin, unit, normal, along * length, half, lift)
    across = np.arange(-half + 1, half, dtype=np.float64)
    position, strength = steepest(steepness, across, half)
    position = position + lift
    weight = np.minimum(strength / (np.median(strength) + 1e-3), 1.5) * visible + 1e-6
    return _fitted(along, position, weight, max(1.2, half * 0.10), SAG_MAX * length)


def _fitted(
    along: Floats, position: Floats, weight: Floats, tolerance: float, sag_max: float
) -> Floats:
    """The parabola or, where it is hardly worse, the line that most places agree on (RANSAC)."""
    triples = np.sort(np.random.default_rng(3).integers(0, len(along), (TRIALS, 3)), 1)
    apart = np.diff(triples, axis=1).min(1) > len(along) // 6
    triples = triples[apart]
    powers = np.stack([along**2, along, np.ones_like(along)], 1)
    curves = np.linalg.solve(powers[triples], position[triples][..., None])[..., 0]
    curves = curves[np.abs(curves[:, 0]) / 4 < sag_max]
    first, last = triples[:, 0], triples[:, 2]
    slope = (position[last] - position[first]) / (along[last] - along[first])
    lines = np.stack([np.zeros(len(slope)), slope, position[first] - slope * along[first]], 1)

    def agreement(candidates: Floats) -> Floats:
        away = np.abs(candidates @ powers.T - position)
        scored: Floats = (np.maximum(0, 1 - away / tolerance) * weight).sum(1)
        return scored

    of_lines = agreement(lines)
    best, degree = lines[of_lines.argmax()], 1
    if len(curves):
        of_curves = agreement(curves)
        if of_curves.max() > BETTER * of_lines.max():
            best, degree = curves[of_curves.argmax()], 2
    for _ in range(3):
        away = np.abs(powers @ best - position)
        trust = weight * np.maximum(0, 1 - (away / (2 * tolerance)) ** 2) ** 2 + 1e-6
        fit = np.polyfit(along, position, degree, w=np.sqrt(trust))
        best = fit if degree == 2 else np.array([0.0, *fit])
    agreeing = (np.abs(powers @ best - position) < tolerance).mean()
    return best if agreeing >= AGREEING_MIN else np.zeros(3)


def _corners(quad: Quad, fits: list[Floats]) -> Quad | None:
    """Where the tangents at the ends of neighbouring sides meet."""
    _, lengths, normals = sides_of(quad)
    along = (np.roll(quad, -1, 0) - quad) / lengths[:, None]
    tangents = []
    for number, (a, b, c) in enumerate(fits):
        begin = quad[number] + normals[number] * c
        end = np.roll(quad, -1, 0)[number] + normals[number] * (a + b + c)
        at_begin = along[number] * lengths[number] + normals[number] * b
        at_end = along[number] * lengths[number] + normals[number] * (2 * a + b)
        tangents.append((np.stack([begin, begin + at_begin]), np.stack([end - at_end, end])))
    return intersections([(tangents[i - 1][1], tangents[i][0]) for i in range(4)])
