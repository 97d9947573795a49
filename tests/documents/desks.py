"""What papers lie on, drawn from a seed: plain tables, wood, tiles, cloth, clutter, the mat.

Drawn at a quarter of the size and enlarged, as a lens would: no pattern is sharper than a paper.
"""

from typing import Literal, get_args

import cv2
import numpy as np

from counter.documents.sample_page import draw_mat
from counter.documents.scan_opencv.arrays import Bgr, Floats

Desk = Literal["plain", "wood", "tiles", "fabric", "clutter"]
DESKS: tuple[Desk, ...] = get_args(Desk)
WOODS = ((40, 80, 130), (90, 140, 190), (60, 70, 85), (30, 45, 70), (150, 185, 215))
MARKERS = (0, 1, 2, 3)
"ArUco numbers of the mat's corners, clockwise from its top left."


def draw_desk(rng: np.random.Generator, kind: Desk, width_px: int, height_px: int) -> Floats:
    """(height, width, 3) float32."""
    wide, tall = 1000, round(1000 * height_px / width_px)
    base = rng.uniform(20, 225, 3)
    desk = _KINDS[kind](rng, base, wide, tall)
    drawn: Floats = cv2.resize(
        np.clip(desk, 0, 255).astype(np.float32),
        (width_px, height_px),
        interpolation=cv2.INTER_CUBIC if width_px > wide else cv2.INTER_AREA,
    )
    return drawn


def draw_marked_mat(rng: np.random.Generator, width_px: int, height_px: int) -> Floats:
    """The counter's mat with its four markers; they are `marker_px` wide on white."""
    mat: Bgr = draw_mat(rng, width_px, height_px)
    side, edge = round(width_px * 0.04), round(width_px * 0.015)
    quiet = max(2, side // 8)
    words = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    right, bottom = width_px - edge - side - 2 * quiet, height_px - edge - side - 2 * quiet
    places = ((edge, edge), (right, edge), (right, bottom), (edge, bottom))
    for number, (x, y) in zip(MARKERS, places, strict=True):
        patch = np.full((side + 2 * quiet, side + 2 * quiet), 200, np.uint8)
        patch[quiet:-quiet, quiet:-quiet] = cv2.aruco.generateImageMarker(words, number, side)
        mat[y : y + patch.shape[0], x : x + patch.shape[1]] = patch[..., None]
    return mat.astype(np.float32)


def smooth(rng: np.random.Generator, tall: int, wide: int, grain_px: float) -> Floats:
    """(tall, wide) float32, 0 to 1, varying over `grain_px`."""
    coarse = rng.random((max(2, int(tall / grain_px)), max(2, int(wide / grain_px))))
    varied: Floats = cv2.resize(
        coarse.astype(np.float32), (wide, tall), interpolation=cv2.INTER_CUBIC
    )
    return varied


def _plain(rng: np.random.Generator, base: Floats, wide: int, tall: int) -> Floats:
    plain: Floats = base + (smooth(rng, tall, wide, 80) - 0.5)[..., None] * 20
    return plain


def _wood(rng: np.random.Generator, base: Floats, wide: int, tall: int) -> Floats:
    colour = np.array(WOODS[rng.integers(len(WOODS))], float)
    coarse = rng.random((max(2, tall // int(rng.integers(2, 6))), max(2, wide // 120)))
    fibres: Floats = cv2.resize(
        coarse.astype(np.float32), (wide, tall), interpolation=cv2.INTER_CUBIC
    )
    rows = np.mgrid[0:tall, 0:wide][0]
    rings = np.sin((rows + 40 * smooth(rng, tall, wide, 60)) / rng.uniform(3, 9))
    wood = colour * (1 + 0.18 * (fibres - 0.5)[..., None] + 0.10 * rings[..., None])
    if rng.random() < 0.5:  # seams between planks
        for y in range(0, tall, int(rng.integers(60, 130))):
            wood[y : y + 2] *= 0.45
    if rng.random() < 0.5:
        return cv2.resize(np.rot90(wood).astype(np.float32), (wide, tall))
    return wood


def _tiles(rng: np.random.Generator, base: Floats, wide: int, tall: int) -> Floats:
    size = int(rng.integers(40, 140))
    y, x = np.mgrid[0:tall, 0:wide]
    odd = ((y // size + x // size) % 2)[..., None]
    other = np.clip(base + rng.uniform(-90, 90, 3), 5, 250)
    joint = ((y % size < 2) | (x % size < 2))[..., None]
    tiles: Floats = np.where(joint, rng.uniform(0, 255), base * (1 - odd) + other * odd)
    return tiles


def _fabric(rng: np.random.Generator, base: Floats, wide: int, tall: int) -> Floats:
    y, x = np.mgrid[0:tall, 0:wide]
    thread = rng.uniform(2, 7)
    woven = 0.25 * np.sin(x / thread) * np.sin(y / thread)
    cloth: Floats = base * (1 + (woven + 0.35 * (smooth(rng, tall, wide, 30) - 0.5))[..., None])
    if rng.random() < 0.4:  # stripes
        for _ in range(5):
            top = int(rng.integers(0, tall))
            cloth[top : top + int(rng.integers(6, 30))] *= rng.uniform(0.4, 1.6)
    return cloth


def _clutter(rng: np.random.Generator, base: Floats, wide: int, tall: int) -> Floats:
    ground = base + (smooth(rng, tall, wide, 50) - 0.5)[..., None] * 40
    ground = np.ascontiguousarray(ground)
    for _ in range(int(rng.integers(4, 10))):
        middle = (rng.uniform(0, wide), rng.uniform(0, tall))
        size = (rng.uniform(30, wide * 0.5), rng.uniform(15, tall * 0.4))
        box = cv2.boxPoints((middle, size, rng.uniform(0, 180))).astype(np.int32)
        cv2.fillConvexPoly(ground, box, rng.uniform(0, 255, 3).tolist(), cv2.LINE_AA)
    for _ in range(4):
        x0, y0, x1, y1 = rng.uniform(0, 1, 4) * (wide, tall, wide, tall)
        colour, thick = rng.uniform(0, 255, 3).tolist(), int(rng.integers(2, 8))
        cv2.line(ground, (int(x0), int(y0)), (int(x1), int(y1)), colour, thick, cv2.LINE_AA)
    clutter: Floats = ground
    return clutter


_KINDS = {"plain": _plain, "wood": _wood, "tiles": _tiles, "fabric": _fabric, "clutter": _clutter}
