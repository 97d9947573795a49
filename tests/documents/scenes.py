"""Photographs of papers with exact corners, from a seed: what the page finder is measured on.

Any size: `WIDE` is the camera's 12 megapixels, tests take a quarter of it.  `synth` has the small
sets that the suite's tests go over.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, clockwise
from tests.documents.desks import DESKS, Desk, draw_desk, draw_marked_mat
from tests.documents.drawn_papers import draw_card, draw_paper
from tests.documents.effects import BEFORE_THE_LENS, IN_THE_LENS, creased

WIDE = (4000, 3000)
"Width and height of 12 megapixels."
CUT_OFF = (0.12, 0.40)
Effects = tuple[str, ...]
MAT_EFFECTS: tuple[Effects, ...] = ((), ("shadow",), ("finger",), ("crease",), ("glare",))
DESK_EFFECTS: tuple[Effects, ...] = (
    (), ("shadow",), ("glare",), ("finger",), ("crease",), ("lowcontrast",), ("blur",), ("motion",),
)  # fmt: skip
CARD_EFFECTS: tuple[Effects, ...] = ((), ("shadow",), ("glare",), ("finger",), ("blur",))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A photograph and the truth about it."""

    image: Bgr
    corners: Quad
    desk: Desk | Literal["mat"]
    effects: Effects
    bow_px: float
    "By how much the middle of the paper's rows lies lower than their ends."

    def at(self, u: Floats, v: Floats) -> Floats:
        """Where the points at these shares of the paper's width and height are, (..., 2)."""
        return place(self.corners, self.bow_px, u, v)


def mat(seed: int, size: tuple[int, int], *, card: bool = False) -> Scene:
    """A paper on the counter's mat, seen from nearly straight above."""
    rng = np.random.default_rng([1, seed, card])
    effects = MAT_EFFECTS[seed % len(MAT_EFFECTS)]
    return scene(rng, size, desk="mat", effects=effects, card=card)


def desk(seed: int, size: tuple[int, int], *, card: bool = False) -> Scene:
    """A paper on one desk after the other, with one effect after the other."""
    rng = np.random.default_rng([2, seed, card])
    effects = CARD_EFFECTS if card else DESK_EFFECTS
    kind = DESKS[seed % len(DESKS)]
    return scene(rng, size, desk=kind, effects=effects[seed // 5 % len(effects)], card=card)


def cut(seed: int, size: tuple[int, int], *, card: bool = False, on_mat: bool = False) -> Scene:
    """A paper of which 12 to 40 % lies outside the picture, on the mat or on any desk."""
    rng = np.random.default_rng([3, seed, card, on_mat])
    kind = "mat" if on_mat else DESKS[seed % len(DESKS)]
    effects = ((), ("shadow",), ("crease",))[seed // 5 % 3]
    share = float(rng.uniform(*CUT_OFF))
    return scene(rng, size, desk=kind, effects=effects, card=card, cut_off=share)


def scene(
    rng: np.random.Generator,
    size: tuple[int, int],
    *,
    desk: Desk | Literal["mat"],
    effects: Effects = (),
    card: bool = False,
    paper: Bgr | None = None,
    bow: float = 0.0,
    tilt_max: float | None = None,
    cut_off: float = 0.0,
    area_min: float = 0.1,
) -> Scene:
    """Draw one.

    paper: by default one that the seed draws.  bow: sag of the paper as a share of its width.
    tilt_max: in degrees; by default 6 on the mat and 38 on desks.
    cut_off: share of the paper that lies outside the picture.
    area_min: share of the picture that the paper covers at least.
    """
    wide, tall = size
    unit = wide / WIDE[0]
    on_mat = desk == "mat"
    mask = None
    if card:
        paper, mask = draw_card(rng)
    elif paper is None:
        paper = draw_paper(rng)
    tilt = (6.0 if on_mat else 38.0) if tilt_max is None else tilt_max
    corners = pose(
        rng, paper.shape[1] / paper.shape[0], size, tilt, near=not on_mat or card, area_min=area_min
    )
    if cut_off:
        corners = _pushed_out(rng, corners, size, cut_off)
    if desk == "mat":
        ground = draw_marked_mat(rng, wide, tall)
    else:
        ground = draw_desk(rng, desk, wide, tall)
    sheet = paper.astype(np.float32)
    if "lowcontrast" in effects:
        margin = sheet[5:40, 5:40].reshape(-1, 3).mean(0)
        ground = np.clip(ground - ground.mean((0, 1)) + margin * rng.uniform(0.82, 0.93), 0, 255)
    if "crease" in effects:
        sheet = creased(rng, sheet)
    bow_px = bow * float(np.linalg.norm(corners[1] - corners[0]))
    image = _laid(rng, sheet, mask, ground, corners, bow_px, unit)
    slope = rng.uniform(-0.35, 0.35, 2)
    across = np.linspace(-0.5, 0.5, wide, dtype=np.float32)[None]
    down = np.linspace(-0.5, 0.5, tall, dtype=np.float32)[:, None]
    light = rng.uniform(0.75, 1.02) + slope[0] * across + slope[1] * down
    image = image * light.astype(np.float32)[..., None]
    for name, effect in BEFORE_THE_LENS.items():
        if name in effects:
            image = effect(rng, image, corners, unit)
    image = np.clip(image, 0, 255).astype(np.float32)
    for name, effect in IN_THE_LENS.items():
        if name in effects:
            image = effect(rng, image, corners, unit)
    return Scene(
        image=_sensed(rng, image), corners=corners, desk=desk, effects=effects, bow_px=bow_px
    )


def pose(
    rng: np.random.Generator,
    width_by_height: float,
    size: tuple[int, int],
    tilt_max: float,
    *,
    near: bool,
    area_min: float = 0.1,
) -> Quad:
    """Where a pinhole camera sees the corners: clockwise from the paper's own top left.

    Any direction of tilt, and turned by up to 25 degrees from any of its four sides; it covers a
    tenth to four fifths of the picture.  near: as near as the frame allows, else as it comes.
    """
    wide, tall = size
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (width_by_height, 1.0)
    focal = 1.1 * wide
    for _ in range(500):
        tilt, around = np.radians(rng.uniform(0, tilt_max)), rng.uniform(0, 2 * np.pi)
        turn = np.radians(rng.uniform(-25, 25) + rng.choice([0, 0, 90, 180, 270]))
        spun = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        axis = np.array([np.cos(around), np.sin(around), 0.0]) * tilt
        space = np.column_stack([spun, np.zeros(4)]) @ cv2.Rodrigues(axis)[0].T
        depth = rng.uniform(1.1, 3.2) * focal / tall + space[:, 2]
        seen = focal * space[:, :2] / depth[:, None]
        corners = seen - seen.mean(0) + np.array([wide, tall]) / 2
        corners += rng.uniform(-0.12, 0.12, 2) * (wide, tall)
        area = cv2.contourArea(corners.astype(np.float32)) / (wide * tall)
        room = np.minimum(corners, np.array([wide, tall]) - 1 - corners).min()
        if area_min < area < 0.8 and room > 0.012 * wide:
            return corners.astype(np.float64)
    raise AssertionError("no pose keeps this paper inside the picture")


def _pushed_out(
    rng: np.random.Generator, corners: Quad, size: tuple[int, int], share: float
) -> Quad:
    """Moved in any direction until this share of it is outside."""
    wide, tall = size
    frame = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - np.float32(0.5)
    around = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(around), np.sin(around)])
    low, high = 0.0, float(wide + tall)
    area = cv2.contourArea(corners.astype(np.float32))
    for _ in range(40):
        middle = (low + high) / 2
        moved = (corners + middle * direction).astype(np.float32)
        inside = cv2.intersectConvexConvex(moved, frame)[0]
        low, high = (middle, high) if 1 - inside / area < share else (low, middle)
    pushed: Quad = corners + low * direction
    return pushed


def place(corners: Quad, bow_px: float, u: Floats, v: Floats) -> Floats:
    """(..., 2) pixels of the points at shares u across and v down the paper."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    projection = cv2.getPerspectiveTransform(unit, corners.astype(np.float32))
    points = np.stack([u, v, np.ones_like(u)], -1) @ projection.T
    seen: Floats = points[..., :2] / points[..., 2:]
    down = (corners[3] - corners[0]) + (corners[2] - corners[1])
    return seen + (4 * bow_px * u * (1 - u))[..., None] * down / np.linalg.norm(down)


def ordered(scene: Scene) -> Quad:
    """The corners as the finder orders them."""
    return clockwise(scene.corners)


def _laid(
    rng: np.random.Generator,
    sheet: Floats,
    mask: Floats | None,
    ground: Floats,
    corners: Quad,
    bow_px: float,
    unit: float,
) -> Floats:
    tall, wide = ground.shape[:2]
    height, width = sheet.shape[:2]
    shrinking = (cv2.contourArea(corners.astype(np.float32)) / (width * height)) ** 0.5
    if shrinking < 0.8:  # a lens averages what a single sample would skip
        sheet = cv2.GaussianBlur(sheet, (0, 0), 0.45 / shrinking)
    alpha = np.full((height, width), 255, np.uint8) if mask is None else mask
    # Drawn twice as fine as seen, so that the border of the cover is as soft as a lens makes it.
    map_x, map_y = _backwards(corners, bow_px, width, height, wide, tall)
    seen = cv2.remap(sheet, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(alpha, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    cover = cover.astype(np.float32) / 255
    small = (max(1, wide // 8), max(1, tall // 8))
    shadow: Floats = cv2.resize(cover, small, interpolation=cv2.INTER_AREA)
    shift = rng.uniform(-5, 5, 2) * unit
    offset = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    shadow = cv2.warpAffine(shadow, offset, small)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.4, rng.uniform(1.2, 5) * unit))
    ground = ground * (1 - rng.uniform(0.1, 0.5) * cv2.resize(shadow, (wide, tall)))[..., None]
    laid: Floats = ground * (1 - cover[..., None]) + seen * cover[..., None]
    return laid


def _backwards(
    corners: Quad, bow_px: float, width: int, height: int, wide: int, tall: int
) -> tuple[Floats, Floats]:
    """For each pixel of the photograph, where on the sheet (in its pixels) it looks."""
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    projection = cv2.getPerspectiveTransform(corners.astype(np.float32), sheet)
    down = (corners[3] - corners[0]) + (corners[2] - corners[1])
    down = down / np.linalg.norm(down)
    x = np.arange(wide, dtype=np.float32)[None] + np.zeros((tall, 1), np.float32)
    y = np.arange(tall, dtype=np.float32)[:, None] + np.zeros((1, wide), np.float32)
    map_x, map_y = _projected(projection, x, y)
    for _ in range(4 if bow_px else 0):  # the bow depends on where across: a fixed point
        u = np.clip((map_x + 0.5) / width, -0.3, 1.3)
        lower = (4 * bow_px * u * (1 - u)).astype(np.float32)
        map_x, map_y = _projected(
            projection, x - lower * np.float32(down[0]), y - lower * np.float32(down[1])
        )
    return map_x, map_y


def _projected(projection: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    p = projection.astype(np.float32)
    depth = p[2, 0] * x + p[2, 1] * y + p[2, 2]
    across = (p[0, 0] * x + p[0, 1] * y + p[0, 2]) / depth
    down = (p[1, 0] * x + p[1, 1] * y + p[1, 2]) / depth
    return across.astype(np.float32), down.astype(np.float32)


def _sensed(rng: np.random.Generator, image: Floats) -> Bgr:
    tall, wide = image.shape[:2]
    grain = rng.standard_normal((tall // 2, wide // 2), dtype=np.float32) * rng.uniform(1, 5)
    noise: Floats = cv2.resize(grain, (wide, tall))
    return np.clip(image + noise[..., None], 0, 255).astype(np.uint8)
