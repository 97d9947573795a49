"""Photographs of papers with exact corners, from a seed: what the finder and the gates are held to.

`kiosk` lays a letter or a card on the counter's mat, seen from straight above; `desk` lays one on a
patterned desk, seen from the side.  1000 x 750 pixels, so that a set takes seconds.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from counter.documents.sample_page import draw_letter, draw_mat, lay
from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, clockwise

WIDTH_PX, HEIGHT_PX = 1000, 750


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A photograph and the truth about it."""

    image: Bgr
    corners: Quad
    effects: tuple[str, ...]


def kiosk(seed: int, *, effects: tuple[str, ...] | None = None, card: bool = False) -> Frame:
    """A paper on the mat; by default with a shadow, a finger, a crease or nothing."""
    rng = np.random.default_rng(seed)
    if effects is None:
        effects = (("shadow",), ("finger",), ("crease",), ())[seed % 4]
    desk = draw_mat(rng, WIDTH_PX, HEIGHT_PX)
    _markers(desk)
    paper = draw_card(rng) if card else draw_letter(rng, 1400)
    corners = pose(rng, paper, tilt_max=6, fill=0.55 if card else 0.9)
    return _frame(rng, paper, desk, corners, effects)


def desk(seed: int, *, effects: tuple[str, ...] = ()) -> Frame:
    """A letter on wood, tiles or cloth, seen from up to 30 degrees aside."""
    rng = np.random.default_rng(seed)
    paper = draw_letter(rng, 1400)
    corners = pose(rng, paper, tilt_max=30, fill=0.85)
    return _frame(rng, paper, _pattern(rng, seed % 3), corners, effects)


def draw_card(rng: np.random.Generator) -> Bgr:
    """An identity card, 85.60 x 53.98 mm at 300 dpi: tinted, with a portrait and lines of text."""
    tint = tuple(int(value) for value in rng.integers(170, 235, 3))
    card = Image.new("RGB", (1012, 638), tint)
    draw = ImageDraw.Draw(card)
    draw.rectangle(
        (60, 170, 330, 520), fill=tuple(int(value) for value in rng.integers(90, 190, 3))
    )
    for row, text in enumerate(("SPECIMEN", "1 23456 7 8", "01 01 1990", "VALID 2030", "M")):
        draw.text((380, 160 + 78 * row), text, (25, 25, 30), ImageFont.load_default(48))
    draw.text((60, 40), "IDENTITY CARD  SPECIMEN", (20, 30, 40), ImageFont.load_default(54))
    return np.asarray(card)[..., ::-1].copy()


def pose(rng: np.random.Generator, paper: Bgr, *, tilt_max: float, fill: float) -> Quad:
    """Where a pinhole camera sees the corners: any tilt up to tilt_max degrees, any small turn.

    fill: the paper's height as a share of the picture's, when seen from straight above.
    """
    wide, tall = paper.shape[1] / paper.shape[0], 1.0
    flat = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    focal = 1.1 * WIDTH_PX
    for _ in range(200):
        turn, tilt = np.radians(rng.uniform(-8, 8)), np.radians(rng.uniform(0, tilt_max))
        around = rng.uniform(0, 2 * np.pi)
        spun = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        axis = np.array([np.cos(around), np.sin(around), 0.0]) * tilt
        space = np.column_stack([spun, np.zeros(4)]) @ cv2.Rodrigues(axis)[0].T
        depth = focal / (HEIGHT_PX * fill * rng.uniform(0.9, 1.0)) + space[:, 2]
        seen = focal * space[:, :2] / depth[:, None]
        middle = np.array([WIDTH_PX, HEIGHT_PX]) * (0.5 + rng.uniform(-0.06, 0.06, 2))
        corners = seen - seen.mean(0) + middle
        room = np.minimum(corners, np.array([WIDTH_PX, HEIGHT_PX]) - corners).min()
        if room > 0.015 * WIDTH_PX:
            return clockwise(corners)
    raise AssertionError("no pose keeps this paper inside the picture; lower fill")


def jaccard(found: Quad, truth: Quad) -> float:
    """Overlap in the page's own frame, 0 to 1.  Source: SmartDoc 2015, challenge 1."""
    own = np.array([[0, 0], [1000, 0], [1000, 1414], [0, 1414]], np.float32)
    projection = cv2.getPerspectiveTransform(truth.astype(np.float32), own)
    seen = cv2.perspectiveTransform(found.reshape(1, -1, 2).astype(np.float32), projection)[0]
    common, _ = cv2.intersectConvexConvex(seen, own)
    return common / (cv2.contourArea(seen) + 1000 * 1414 - common)


def blurred(image: Bgr, sigma_px: float) -> Bgr:
    """Out of focus by a Gaussian, with the sensor's noise left on top."""
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 2, image.shape[:2])[..., None]
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def glaring(frame: Frame) -> Bgr:
    """A lamp's reflection in the middle of the page."""
    spot = np.zeros(frame.image.shape[:2], np.float32)
    middle = frame.corners.mean(0).round().astype(int)
    cv2.ellipse(spot, tuple(int(v) for v in middle), (75, 50), 20.0, 0.0, 360.0, 1.0, -1)
    light = cv2.GaussianBlur(spot, (0, 0), 12)[..., None] * 400
    return np.clip(frame.image + light, 0, 255).astype(np.uint8)


def _frame(
    rng: np.random.Generator, paper: Bgr, desk: Bgr, corners: Quad, effects: tuple[str, ...]
) -> Frame:
    if "crease" in effects:
        paper = _creased(rng, paper)
    image = lay(paper, desk, corners, rng)
    if "shadow" in effects:
        image = _shadowed(rng, image, corners)
    if "finger" in effects:
        image = _fingered(rng, image, corners)
    return Frame(image=image, corners=corners, effects=effects)


def _markers(mat: Bgr) -> None:
    words = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, (x, y) in enumerate(((14, 14), (936, 14), (936, 686), (14, 686))):
        marker = np.full((50, 50), 200, np.uint8)
        marker[5:45, 5:45] = cv2.aruco.generateImageMarker(words, number, 40)
        mat[y : y + 50, x : x + 50] = marker[..., None]


def _pattern(rng: np.random.Generator, kind: int) -> Bgr:
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    colour = rng.uniform(50, 150, 3)
    coarse = rng.random((12, 16)).astype(np.float32)
    soft = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    if kind == 0:  # planks
        shade = 1 + 0.12 * np.sin((y + 60 * soft) / 5) - 0.4 * (y % 140 < 3)
    elif kind == 1:  # tiles
        shade = 1 + 0.25 * (((y // 120 + x // 120) % 2) - 0.5)
    else:  # cloth
        shade = 1 + 0.2 * np.sin(x / 3) * np.sin(y / 3) + 0.3 * (soft - 0.5)
    return np.clip(colour * shade[..., None], 0, 255).astype(np.uint8)


def _creased(rng: np.random.Generator, paper: Bgr) -> Bgr:
    height, width = paper.shape[:2]
    mask: Floats = np.zeros((height, width), np.float32)
    for _ in range(3):
        one, other = rng.uniform(0, 1, (2, 2)) * (width, height)
        cv2.line(mask, _point(one), _point(other), 1.0, 6)
    mask = cv2.GaussianBlur(mask, (0, 0), 5)
    return (paper * (1 - 0.4 * mask / mask.max())[..., None]).astype(np.uint8)


def _shadowed(rng: np.random.Generator, image: Bgr, corners: Quad) -> Bgr:
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-away[1], away[0]])
    middle = corners.mean(0) + away * rng.uniform(-60, 60)
    outline = [middle + aside * 2000, middle - aside * 2000]
    outline += [outline[1] + away * 3000, outline[0] + away * 3000]
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, np.array(outline).astype(np.int32), 1.0)
    dimmed = 1 - rng.uniform(0.3, 0.5) * cv2.GaussianBlur(mask, (0, 0), rng.uniform(4, 25))
    return (image * dimmed[..., None]).astype(np.uint8)


def _fingered(rng: np.random.Generator, image: Bgr, corners: Quad) -> Bgr:
    side, share = int(rng.integers(4)), rng.uniform(0.25, 0.75)
    edge = corners[side] * (1 - share) + corners[(side + 1) % 4] * share
    inward = corners.mean(0) - edge
    inward /= np.linalg.norm(inward)
    mask = np.zeros(image.shape[:2], np.uint8)
    tip, root = edge + inward * rng.uniform(15, 45), edge - inward * 700
    cv2.line(mask, _point(tip), _point(root), 255, int(rng.uniform(38, 60)), cv2.LINE_AA)
    cover = cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None] / 255
    skin = np.array([115.0, 145.0, 195.0]) * rng.uniform(0.7, 1)
    return (image * (1 - cover) + skin * cover).astype(np.uint8)


def _point(xy: Floats) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])
