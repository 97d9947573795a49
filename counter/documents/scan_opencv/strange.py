"""What does not look like the rim of the picture: a page, when all around it is desk.

Colour and texture of the rim are a model of the desk.  This finds pages whose borders drown in a
pattern, where no line is seen; it says little about a page that reaches the rim, so that what it
finds is only one proposal among others.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, clockwise
from counter.documents.scan_opencv.quads import outlines
from counter.documents.scan_opencv.refine import refine

LONG_SIDE_PX = 240
RIM = 0.07
"As a share of the long side."
BINS = 32
"Of each of two measures that are counted together."
TEXTURE_PX = 9
CHROMA_MIN = 24.0
"Colours that differ by less are one colour and noise."
RARE = 1e-4
"Shares of pixels below this say nothing."
SNAP_PX = 8
"How far an outline may be off."


def strange_quads(small: Bgr) -> list[Quad]:
    """The outline of what stands out from the rim, and the same moved onto borders nearby."""
    strangeness = strangeness_of(small)
    scale = strangeness.shape[1] / small.shape[1]
    low, high = np.percentile(strangeness, (1, 99))
    levels = np.clip((strangeness - low) / (high - low + 1e-6) * 255, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    square = np.ones((7, 7), np.uint8)
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, square), cv2.MORPH_CLOSE, square)
    quads = []
    for outline in outlines(mask)[:1]:
        quad = clockwise((outline + 0.5) / scale - 0.5)
        quads += [quad, clockwise(refine(small, quad, reach=SNAP_PX, rounds=1))]
    return quads


def strangeness_of(small: Bgr) -> Floats:
    """(h, w) float32 at `LONG_SIDE_PX`: log of how much rarer each pixel's looks are in the rim."""
    height, width = small.shape[:2]
    scale = LONG_SIDE_PX / max(height, width)
    size = (round(width * scale), round(height * scale))
    looks = _looks(small, size)
    rim = np.ones((size[1], size[0]), bool)
    edge = max(3, round(RIM * LONG_SIDE_PX))
    rim[edge:-edge, edge:-edge] = False
    strange: Floats = np.zeros((size[1], size[0]), np.float32)
    for look in looks:
        here, there = _shares(look[~rim]), _shares(look[rim])
        strange += np.log((here + RARE) / (there + RARE)).astype(np.float32)[look]
    return cv2.blur(strange, (7, 7))


def _looks(small: Bgr, size: tuple[int, int]) -> list[Floats]:
    """Two pictures of cell numbers: by hue, and by lightness and texture."""
    tiny = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    tiny = cv2.morphologyEx(tiny, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    lab = cv2.cvtColor(tiny, cv2.COLOR_BGR2Lab).astype(np.float32)
    hue = cv2.blur(lab[..., 1:], (5, 5))
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    grey = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float32)
    texture = cv2.resize(deviation(grey, TEXTURE_PX), size, interpolation=cv2.INTER_AREA)
    return [
        _cell(_spread(hue[..., 0])) * BINS + _cell(_spread(hue[..., 1])),
        _cell(lab[..., 0] / 8) * BINS + _cell(np.log2(1 + texture) * 3),
    ]


def deviation(grey: Floats, window_px: int) -> Floats:
    """(height, width) float32: standard deviation around each pixel."""
    window = (window_px, window_px)
    mean = cv2.blur(grey, window)
    spread: Floats = np.sqrt(np.maximum(cv2.blur(grey * grey, window) - mean * mean, 0))
    return spread


def _spread(channel: Floats) -> Floats:
    """The channel's own range over the cells."""
    low, high = np.percentile(channel, (1, 99))
    spread: Floats = (channel - (low + high) / 2) / max(high - low, CHROMA_MIN) * 30 + 16
    return spread


def _cell(values: Floats) -> Floats:
    cells: Floats = np.clip(values, 0, BINS - 1).astype(np.int64)
    return cells


def _shares(looks: Floats) -> Floats:
    """(BINS * BINS,) share of each look, smoothed over similar ones."""
    counted = np.bincount(looks, minlength=BINS * BINS).astype(np.float32).reshape(BINS, BINS)
    smooth: Floats = cv2.GaussianBlur(counted, (0, 0), 1.2).ravel() / max(1, len(looks))
    return smooth
