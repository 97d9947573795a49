"""The counter's mat: four markers whose places are known, and so the scale of what lies on it.

Markers that do not lie to each other as on our mat say nothing: then there is no scale.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad
from counter.documents.scan_opencv.find import shrink

MAT_MM = (420.0, 297.0)
"ISO 216 A3, lying."
MARKER_MM = 20.0
CENTRES_MM = ((20.0, 20.0), (400.0, 20.0), (400.0, 277.0), (20.0, 277.0))
"Of the markers 0 to 3 of `DICT_4X4_50`, clockwise from the mat's top left."
LOOKED_AT_PX = 1000
"Long side: a marker then has 40 pixels and more."
OUTLINE_TOLERANCE = 0.04
RIM_MM = 4.0
"So much of the mat's own edge is left out when something is looked for on it."
SEEN_MIN = 2
APART_MAX_MM = 0.8
"Between where a corner of a marker is and where it belongs, by root mean square."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mat:
    """Where the mat lies in a photograph."""

    to_mm: Floats
    "(3, 3): from pixels of the photograph to millimetres on the mat."
    seen: int
    "Of its four markers."

    def sides_mm(self, quad: Quad) -> tuple[float, float]:
        """How wide and how tall what lies in the quad is."""
        placed = _through(self.to_mm, quad)
        top, right, bottom, left = np.linalg.norm(np.roll(placed, -1, 0) - placed, axis=1)
        return float(top + bottom) / 2, float(left + right) / 2

    def is_outlined_by(self, quad: Quad) -> bool:
        """Whether the quad is the mat itself, whose edge is a page's for who knows no better."""
        sides = np.array(sorted(self.sides_mm(quad), reverse=True))
        return bool((np.abs(sides / MAT_MM - 1) < OUTLINE_TOLERANCE).all())

    def inner_box(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of what lies on the mat and not beside it."""
        wide, tall = MAT_MM
        rim = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]])
        inner = rim + np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * RIM_MM
        seen = _through(np.linalg.inv(self.to_mm), inner)
        left, top = (max(0, round(float(least))) for least in np.sort(seen, 0)[1])
        right, bottom = (round(float(most)) for most in np.sort(seen, 0)[2])
        return left, top, min(right, shape[1]), min(bottom, shape[0])


def mat_of(photograph: Bgr) -> Mat | None:
    """The mat; `None` when fewer than two of its markers are seen, or are not as on ours."""
    small, scale = shrink(photograph, LOOKED_AT_PX)
    found, numbers, _ = _detector().detectMarkers(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    if numbers is None:
        return None
    seen = {
        int(number): corners.reshape(4, 2)
        for corners, number in zip(found, numbers.ravel(), strict=True)
        if number < len(CENTRES_MM)
    }
    if len(seen) < SEEN_MIN:
        return None
    pixels = (np.concatenate(list(seen.values())).astype(np.float64) + 0.5) / scale - 0.5
    places = np.concatenate([corners_mm(number) for number in seen])
    to_mm: Floats | None = cv2.findHomography(pixels, places)[0]
    if to_mm is None:
        return None
    apart = np.linalg.norm(_through(to_mm, pixels) - places, axis=1)
    if not np.sqrt(np.mean(apart**2)) < APART_MAX_MM:
        return None
    return Mat(to_mm=to_mm, seen=len(seen))


def corners_mm(number: int) -> Floats:
    """(4, 2) corners of a marker on the mat, clockwise from its top left."""
    half = MARKER_MM / 2
    corners: Floats = np.array(CENTRES_MM[number]) + np.array(
        [[-half, -half], [half, -half], [half, half], [-half, half]]
    )
    return corners


@cache
def words() -> Any:
    """The dictionary of the markers."""
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


@cache
def _detector() -> Any:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    return cv2.aruco.ArucoDetector(words(), parameters)


def _through(projection: Floats, points: Floats) -> Floats:
    """(n, 2)."""
    projected: Floats = cv2.perspectiveTransform(points[None].astype(np.float64), projection)[0]
    return projected
