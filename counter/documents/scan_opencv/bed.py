"""Whether anything lies on the place for papers: a picture of it against one of it empty.

Pure.  Light changes slowly across a picture, whatever lamp is on and whoever casts a shadow; the
border of a paper, and what is written on it, does not.  So edges are looked for in the ratio of the
two pictures, in which the mat itself has gone.
"""

import cv2
import numpy as np

from counter.documents.originals import Seen
from counter.documents.scan_opencv.arrays import Bgr, Floats

SMALL_PX = (160, 120)
DARK = 12.0
"Mean grey level below which there is no light to see by."
FULL = 245.0
"Where the mat would be as bright as this, nothing lighter can be told from it."
BLIND_SHARE = 0.5
EDGE_MIN = 0.055
"Change of light within a pixel, as a natural logarithm; the middle of a soft shadow has 0.03."
NOISE_TIMES = 6.0
"An edge is so many times the median change, so that a noisy picture has none of its own."
SHARE_MIN = 0.003
"Of the place; the border of a slip of a tenth of its width has 0.006."


def bed_state(picture: Bgr, empty: Bgr) -> Seen:
    """Both BGR of the same camera, which has not moved; sizes may differ."""
    now, before = _small(picture), _small(empty)
    if min(float(now.mean()), float(before.mean())) < DARK:
        return Seen.UNKNOWN
    ratio = np.log((now + 2) / (before + 2))
    blind = (before * np.exp(np.median(ratio.reshape(-1, 3), axis=0))).max(2) > FULL
    if float(blind.mean()) > BLIND_SHARE:
        return Seen.UNKNOWN
    edges = _edges(ratio)
    edges[cv2.dilate(blind.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0] = 0
    limit = max(EDGE_MIN, NOISE_TIMES * float(np.median(edges)))
    return Seen.PAPER if float((edges > limit).mean()) >= SHARE_MIN else Seen.EMPTY


def _edges(ratio: Floats) -> Floats:
    """(height, width): how fast the light changes from pixel to pixel, of the fastest channel."""
    found: Floats = np.max(
        [
            np.hypot(
                cv2.Sobel(channel, cv2.CV_32F, 1, 0, scale=1 / 8),
                cv2.Sobel(channel, cv2.CV_32F, 0, 1, scale=1 / 8),
            )
            for channel in cv2.split(ratio.astype(np.float32))
        ],
        axis=0,
    )
    return found


def _small(picture: Bgr) -> Floats:
    small: Floats = np.asarray(
        cv2.GaussianBlur(cv2.resize(picture, SMALL_PX, interpolation=cv2.INTER_AREA), (3, 3), 0),
        np.float32,
    )
    return small
