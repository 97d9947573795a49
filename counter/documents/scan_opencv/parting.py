"""How well a quad parts the picture into what is page and what is not.

For each quad, how many bits of colour and texture are known by knowing the side on which a pixel
lies (mutual information).  A page against a patterned desk scores high; a page together with a
stripe of the desk, or half a page, scores low, however strong its sides.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad
from counter.documents.scan_opencv.strange import deviation

LONG_SIDE_PX = 80
BINS = 16
LOOKS = 3
TEXTURE_PX = 9


def parting(small: Bgr, quads: list[Quad]) -> Floats:
    """(n, 3) bits told by each quad about green-red, blue-yellow and texture; 0 to 1."""
    height, width = small.shape[:2]
    scale = LONG_SIDE_PX / max(height, width)
    size = (round(width * scale), round(height * scale))
    marked = _marked(small, size)
    inside = np.stack([_cover(quad, scale, size) for quad in quads])
    whole = marked.mean(0).reshape(1, LOOKS, BINS)
    within = (inside @ marked / len(marked)).reshape(-1, LOOKS, BINS)
    share = inside.mean(1)[:, None]
    parted = share * _entropy(within / np.maximum(share, 1e-6)[..., None])
    parted += (1 - share) * _entropy((whole - within) / np.maximum(1 - share, 1e-6)[..., None])
    told: Floats = _entropy(whole) - parted
    return told


def _marked(small: Bgr, size: tuple[int, int]) -> Floats:
    """(pixels, LOOKS * BINS) float32: 1 in the bin of each look of each pixel."""
    tiny = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(tiny, cv2.COLOR_BGR2Lab).astype(np.float32)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    texture = cv2.resize(deviation(grey, TEXTURE_PX), size, interpolation=cv2.INTER_AREA)
    looks = np.stack(
        [(lab[..., 1] - 128) / 5 + 8, (lab[..., 2] - 128) / 5 + 8, np.log2(1 + texture) * 2.5], 2
    )
    bins = np.clip(looks, 0, BINS - 1).astype(np.int64).reshape(-1, LOOKS)
    marked: Floats = np.zeros((len(bins), LOOKS * BINS), np.float32)
    rows = np.arange(len(bins))
    for number in range(LOOKS):
        marked[rows, number * BINS + bins[:, number]] = 1
    return marked


def _cover(quad: Quad, scale: float, size: tuple[int, int]) -> Floats:
    """(pixels,) float32, 1 inside."""
    cover: Floats = np.zeros((size[1], size[0]), np.uint8)
    corners = np.round(((quad + 0.5) * scale - 0.5) * 16).astype(np.int32)
    cv2.fillConvexPoly(cover, corners, 1, cv2.LINE_8, 4)
    return cover.ravel().astype(np.float32)


def _entropy(shares: Floats) -> Floats:
    """(n, LOOKS) bits of each look."""
    bits: Floats = -(shares * np.log2(np.clip(shares, 1e-9, 1))).sum(-1)
    return bits
