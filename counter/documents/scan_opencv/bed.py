"""Whether anything lies on the place for papers: a picture of it against one of it empty.

Pure.  Light changes are taken out first: a lamp that was switched on is no paper.
"""

import cv2
import numpy as np

from counter.documents.originals import Seen
from counter.documents.scan_opencv.arrays import Bgr, Floats

SMALL_PX = (160, 120)
DIFFERENT = 0.10
"Of the light; a card on a mat differs by 0.2 and more."
SHARE_MIN = 0.006
"Of the place: a card on an A3 mat is 0.037 of it."
DARK = 12.0
"Mean grey level below which there is no light to see by."


def bed_state(picture: Bgr, empty: Bgr) -> Seen:
    """Both BGR of the same camera; sizes may differ."""
    now, before = _small(picture), _small(empty)
    if min(float(now.mean()), float(before.mean())) < DARK:
        return Seen.UNKNOWN
    # The median is of the mat as long as the paper covers less than half of it.
    ratio = (now + 1) / (before + 1)
    gain = np.median(ratio.reshape(-1, 3), axis=0)
    difference = np.abs(ratio / gain - 1).max(2).astype(np.float32)
    covered = cv2.morphologyEx(
        (difference > DIFFERENT).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    return Seen.PAPER if float(np.mean(covered)) >= SHARE_MIN else Seen.EMPTY


def _small(picture: Bgr) -> Floats:
    small: Floats = np.asarray(
        cv2.GaussianBlur(cv2.resize(picture, SMALL_PX, interpolation=cv2.INTER_AREA), (5, 5), 0),
        np.float32,
    )
    return small
