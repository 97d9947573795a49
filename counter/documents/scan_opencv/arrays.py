"""Names for the arrays that go through the scanner, and the order of corners."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[Any]
"(height, width, 3) uint8, blue green red."
Grey = NDArray[Any]
"(height, width) uint8 or float32, 0 to 255."
Floats = NDArray[Any]
"float32 or float64; the docstring says which shape."
Quad = NDArray[Any]
"(4, 2) float64, x and y in pixels, clockwise from the corner nearest the image's top left."

SEARCH_PX = 480
"Long side of the picture in which pages are searched."


def clockwise(points: Floats) -> Quad:
    """Order any four corners of a convex quad as `Quad` says."""
    ordered: Quad = all_clockwise(points[None])[0]
    return ordered


def all_clockwise(quads: Floats) -> Floats:
    """The same for (n, 4, 2) corners at once."""
    around = quads - quads.mean(1, keepdims=True)
    turned = np.argsort(np.arctan2(around[..., 1], around[..., 0]), 1)
    ordered = np.take_along_axis(quads.astype(np.float64), turned[..., None], 1)
    first = ordered.sum(2).argmin(1)
    shifted = (first[:, None] + np.arange(4)) % 4
    clockwise_ones: Floats = np.take_along_axis(ordered, shifted[..., None], 1)
    return clockwise_ones


def sides_of(quad: Quad) -> tuple[Floats, Floats, Floats]:
    """Start points (4, 2), lengths (4,) and unit normals into the quad (4, 2), side by side."""
    along = np.roll(quad, -1, 0) - quad
    length = np.linalg.norm(along, axis=1)
    unit = along / np.maximum(length, 1e-9)[:, None]
    normal = np.stack([-unit[:, 1], unit[:, 0]], 1)
    inward = np.sign(((quad.mean(0) - quad) * normal).sum(1))
    return quad, length, normal * inward[:, None]


def side_lengths(quad: Quad) -> Floats:
    """(4,) lengths of top, right, bottom, left."""
    lengths: Floats = np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)
    return lengths
