"""What spoils a photograph, from a seed: shadow, lamp, finger, crease, blur, motion.

`unit` is a pixel of a photograph 4000 pixels wide, so that effects are as large at any size.
"""

from collections.abc import Callable

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Floats, Quad

Effect = Callable[[np.random.Generator, Floats, Quad, float], Floats]


def shadowed(rng: np.random.Generator, image: Floats, quad: Quad, unit: float) -> Floats:
    """Half of it in the shadow of a hand or a head, whose edge is soft."""
    tall, wide = image.shape[:2]
    small = (max(1, wide // 8), max(1, tall // 8))
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-away[1], away[0]])
    middle = (quad.mean(0) + away * rng.uniform(-640, 640) * unit) / 8
    outline = [middle + aside * 2000, middle - aside * 2000]
    outline += [outline[1] + away * 3000, outline[0] + away * 3000]
    mask = np.zeros((small[1], small[0]), np.float32)
    cv2.fillConvexPoly(mask, np.array(outline).astype(np.int32), 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, rng.uniform(2, 14) * unit))
    dimmed: Floats = 1 - rng.uniform(0.3, 0.6) * cv2.resize(mask, (wide, tall))
    return image * dimmed[..., None]


def glaring(rng: np.random.Generator, image: Floats, quad: Quad, unit: float) -> Floats:
    """A lamp's reflection on the paper."""
    tall, wide = image.shape[:2]
    middle = (quad.mean(0) + rng.uniform(-0.2, 0.2, 2) * np.ptp(quad, axis=0)) / 8
    mask = np.zeros((max(1, tall // 8), max(1, wide // 8)), np.float32)
    axes = (int(rng.uniform(20, 70) * unit) + 1, int(rng.uniform(12, 50) * unit) + 1)
    at = (int(middle[0]), int(middle[1]))
    cv2.ellipse(mask, at, axes, rng.uniform(0, 180), 0.0, 360.0, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, 9 * unit))
    lit: Floats = image + cv2.resize(mask, (wide, tall))[..., None] * rng.uniform(120, 320)
    return lit


def held(rng: np.random.Generator, image: Floats, quad: Quad, unit: float) -> Floats:
    """One or two fingers across the border of the paper."""
    light = image.mean() / 128
    for _ in range(int(rng.integers(1, 3))):
        side, share = int(rng.integers(4)), rng.uniform(0.2, 0.8)
        edge = quad[side] * (1 - share) + quad[(side + 1) % 4] * share
        inward = quad.mean(0) - edge
        inward /= np.linalg.norm(inward)
        tip = edge + inward * rng.uniform(60, 220) * unit
        root = edge - inward * 2500 * unit
        skin = rng.uniform([90, 120, 170], [150, 170, 225]) * rng.uniform(0.6, 1)
        mask = np.zeros(image.shape[:2], np.uint8)
        thick = max(3, int(rng.uniform(150, 260) * unit))
        cv2.line(mask, _point(tip), _point(root), 255, thick, cv2.LINE_AA)
        cover = cv2.GaussianBlur(mask, (0, 0), max(0.5, 4 * unit)).astype(np.float32) / 255
        rounded = 1 - 0.25 * cv2.GaussianBlur(1 - cover, (0, 0), max(1.0, thick / 4))
        skin_at = skin * float(np.clip(light, 0.6, 1.1)) * rounded[..., None]
        image = image * (1 - cover[..., None]) + skin_at * cover[..., None]
    return image


def blurred(rng: np.random.Generator, image: Floats, quad: Quad, unit: float) -> Floats:
    """Out of focus by 4 to 12 of 4000 pixels."""
    soft: Floats = cv2.GaussianBlur(image, (0, 0), max(0.3, rng.uniform(4, 12) * unit))
    return soft


def moved(rng: np.random.Generator, image: Floats, quad: Quad, unit: float) -> Floats:
    """Pulled along by 20 to 60 of 4000 pixels while it was taken."""
    length, angle = max(2, int(rng.uniform(20, 60) * unit)), rng.uniform(0, np.pi)
    trace = np.zeros((length, length), np.float32)
    half = length / 2
    along = np.array([np.cos(angle), np.sin(angle)]) * half
    cv2.line(trace, _point(half - along), _point(half + along), 1.0, 1)
    pulled: Floats = cv2.filter2D(image, -1, trace / trace.sum())
    return pulled


def creased(rng: np.random.Generator, paper: Floats) -> Floats:
    """Three folds across the paper itself, before it is photographed."""
    tall, wide = paper.shape[:2]
    for _ in range(3):
        one, other = rng.uniform(0, 1, (2, 2)) * (wide, tall)
        mask = np.zeros((tall, wide), np.float32)
        cv2.line(mask, _point(one), _point(other), 1.0, 9)
        soft: Floats = cv2.GaussianBlur(mask, (0, 0), 8)
        paper = paper * (1 - 0.5 * soft / max(float(soft.max()), 1e-6))[..., None]
    return paper


BEFORE_THE_LENS: dict[str, Effect] = {"shadow": shadowed, "glare": glaring, "finger": held}
IN_THE_LENS: dict[str, Effect] = {"blur": blurred, "motion": moved}


def _point(xy: Floats) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])
