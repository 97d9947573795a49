"""Measure what makes a page unreadable: blur and glare.

Measures only; `counter.documents.page.verdict` decides.  All take the page flattened at the
photograph's own resolution, at most `JUDGED_PX`, so that one pixel of blur is one pixel.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey

JUDGED_PX = 1754
"Long side; A4 at 150 dpi."
STRONG_EDGES = (50, 25)
"Levels of contrast, where paper is 200; the second is for pencil and for text blurred to grey."
EDGES_MIN = 50
"Fewer are specks; they do not say that a page is sharp."
INK_STEP = 30
"Levels below the paper at which a pixel is ink; twice what creases and noise reach."
BURNT_OUT, GREY_MAX = 252, 18
"Value and saturation of a reflection."
GLARE_STEP = 20
"A reflection is that much brighter than the paper around it; a well-lit corner is not."
BLOB_MIN = 0.001
"Smaller blobs, as shares of the page, hide less than a word."
LINES = 60
"Lines of text along the long side, 5 mm each on A4."
MARGIN = 0.02
"Share of each side left out: traces of the desk."


def edge_width_px(page: Bgr) -> float | None:
    """Median width of strong edges: local contrast by steepest gradient; 1.1 is sharp.

    `None` when nothing on the page has an edge.  Unlike the variance of the Laplacian it does not
    depend on how much is written there.
    """
    even = paper_at(_inner(page), 200.0)
    gradient = np.hypot(cv2.Sobel(even, cv2.CV_32F, 1, 0), cv2.Sobel(even, cv2.CV_32F, 0, 1)) / 8
    square = np.ones((9, 9), np.uint8)
    contrast = cv2.dilate(even, square) - cv2.erode(even, square)
    crest = gradient >= cv2.dilate(gradient, np.ones((5, 5), np.uint8))
    for strong in STRONG_EDGES:
        edge = crest & (contrast > strong)
        if np.count_nonzero(edge) >= EDGES_MIN:
            return float(np.median(contrast[edge] / (gradient[edge] + 1e-3)) / 2)
    return None


def glare_share(page: Bgr) -> float:
    """Share of the page under the largest reflection that hides text; 0 when none does.

    Burnt-out paper alone is no fault: white paper in good light burns out too.  It counts when the
    paper around it is darker, no ink shows through it, and there is writing all around it.
    """
    inner = _inner(page)
    ink = _ink(inner)
    hsv = cv2.cvtColor(inner, cv2.COLOR_BGR2HSV)
    burnt = ((hsv[..., 2] >= BURNT_OUT) & (hsv[..., 1] < GREY_MAX)).astype(np.uint8)
    line = max(3, round(max(page.shape[:2]) / LINES))
    blobs = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(blobs)
    near = cv2.blur(ink.astype(np.float32), (4 * line, 4 * line))
    if count < 2 or not (near > 0.01).any():
        return 0.0
    usual = float(np.median(near[near > 0.01]))
    for number in np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1:
        if stats[number, cv2.CC_STAT_AREA] < BLOB_MIN * labels.size:
            return 0.0
        blob = cv2.morphologyEx(
            (labels == number).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((line, line), np.uint8)
        )
        around = (cv2.dilate(blob, np.ones((4 * line, 4 * line), np.uint8)) - blob) > 0
        paper = float(np.percentile(hsv[..., 2][around & ~ink], 25)) if around.any() else 255.0
        hidden = ink[blob > 0].mean() < 0.25 * usual and ink[around].mean() > 0.4 * usual
        if hidden and paper < 255 - GLARE_STEP:
            return float(blob.mean())
    return 0.0


def paper_at(page: Bgr, level: float) -> Floats:
    """Grey picture, float32, with the light evened out so that paper is near `level`."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY).astype(np.float32)
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), (0, 0), 12)
    even: Floats = grey / (paper + 1) * level
    return even


def _ink(page: Bgr) -> Grey:
    """(height, width) bool."""
    ink: Grey = paper_at(page, 200.0) < 200 - INK_STEP
    return ink


def _inner(page: Bgr) -> Bgr:
    height, width = page.shape[:2]
    down, across = round(height * MARGIN), round(width * MARGIN)
    return np.ascontiguousarray(page[down : height - down, across : width - across])
