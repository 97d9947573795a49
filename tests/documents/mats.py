"""Papers of known size on the counter's mat, from a seed: what the scale is measured on."""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.sample_page import draw_mat
from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, clockwise
from counter.documents.scan_opencv.mat import CENTRES_MM, MARKER_MM, MAT_MM, words

PX_PER_MM = 6
TILT_MAX = 6.0


@dataclass(frozen=True, kw_only=True)
class OnMat:
    """A photograph of the whole mat with one paper on it, and the truth about it."""

    image: Bgr
    corners: Quad


def on_mat(
    rng: np.random.Generator,
    paper: Bgr,
    size_mm: tuple[float, float],
    size_px: tuple[int, int],
    *,
    hidden: tuple[int, ...] = (),
) -> OnMat:
    """Paper anywhere on the mat at any small turn, the camera up to 6 degrees from straight above.

    size_mm: width and height of the paper.  hidden: numbers of markers that are covered.
    """
    mat = draw_marked(rng, hidden)
    placed = _placed(rng, size_mm)
    tall, wide = paper.shape[:2]
    sheet = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - np.float32(0.5)
    lens = _lens(rng, size_px)
    to_mat = cv2.getPerspectiveTransform(sheet, (placed * PX_PER_MM - 0.5).astype(np.float32))
    area = (mat.shape[1], mat.shape[0])
    cover = cv2.warpPerspective(np.full(paper.shape[:2], 255, np.uint8), to_mat, area)
    laid = cv2.warpPerspective(paper, to_mat, area, flags=cv2.INTER_AREA)
    mat = np.where(cover[..., None] > 127, laid, mat)
    seen = cv2.warpPerspective(
        cv2.GaussianBlur(mat, (0, 0), 0.4 * area[0] / size_px[0]),
        lens,
        size_px,
        borderValue=(9,) * 3,
    )
    noisy = seen + rng.normal(0, 2, seen.shape[:2])[..., None]
    corners = cv2.perspectiveTransform((placed * PX_PER_MM - 0.5)[None], lens.astype(np.float64))[0]
    return OnMat(image=np.clip(noisy, 0, 255).astype(np.uint8), corners=clockwise(corners))


def draw_marked(rng: np.random.Generator, hidden: tuple[int, ...] = ()) -> Bgr:
    """The mat as it is printed, `PX_PER_MM`."""
    mat = draw_mat(rng, round(MAT_MM[0] * PX_PER_MM), round(MAT_MM[1] * PX_PER_MM))
    side, quiet = round(MARKER_MM * PX_PER_MM), round(3 * PX_PER_MM)
    for number, (x, y) in enumerate(CENTRES_MM):
        if number in hidden:
            continue
        patch = np.full((side + 2 * quiet, side + 2 * quiet), 200, np.uint8)
        patch[quiet:-quiet, quiet:-quiet] = cv2.aruco.generateImageMarker(words(), number, side)
        left = round(x * PX_PER_MM) - patch.shape[1] // 2
        top = round(y * PX_PER_MM) - patch.shape[0] // 2
        mat[top : top + patch.shape[0], left : left + patch.shape[1]] = patch[..., None]
    return mat


def _placed(rng: np.random.Generator, size_mm: tuple[float, float]) -> Floats:
    """(4, 2) corners in millimetres, clear of the markers."""
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * size_mm
    for _ in range(500):
        turn = np.radians(rng.choice([0, 90, 180, 270]) + rng.uniform(-8, 8))
        spun = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        placed: Floats = spun + np.array(MAT_MM) * (0.5 + rng.uniform(-0.3, 0.3, 2))
        inside = (placed > (36, 4)).all() and (placed < np.array(MAT_MM) - (36, 4)).all()
        if inside:
            return placed
    raise AssertionError("no place on the mat is free for this paper")


def _lens(rng: np.random.Generator, size_px: tuple[int, int]) -> Floats:
    """(3, 3) from pixels of the mat to those of the photograph, which shows a rim around it."""
    tilt, around = np.radians(rng.uniform(0, TILT_MAX)), rng.uniform(0, 2 * np.pi)
    wide, tall = np.array(MAT_MM) * PX_PER_MM
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (1.0, tall / wide)
    axis = np.array([np.cos(around), np.sin(around), 0.0]) * tilt
    space = np.column_stack([flat, np.zeros(4)]) @ cv2.Rodrigues(axis)[0].T
    seen = space[:, :2] / (1.2 + space[:, 2:])
    seen = seen / np.ptp(seen[:, 0]) * size_px[0] * 0.96 + np.array(size_px) / 2
    corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - np.float32(0.5)
    lens: Floats = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    return lens
