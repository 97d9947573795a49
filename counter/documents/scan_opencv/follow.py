"""Where a sheet has gone that was seen before, so that marks on it stay on their lines.

Points of both pictures are matched, and a homography agreed on by many is the answer; a repeated
letter matches anywhere, so each match must beat its runner-up, and agreement must cover the sheet.
Sources: Rublee et al., ORB, ICCV 2011; Lowe, IJCV 2004, section 7.1; Hartley and Zisserman,
Multiple View Geometry, 2nd ed., section 4.8.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad

SIDE_PX: Final = 960
"Longer side of what is looked at: more is slower and no better than a mark is drawn."
POINTS: Final = 1500
RUNNER_UP: Final = 0.8
AGREE_PX: Final = 3.0
AGREE_MIN: Final = 25
"Matches that agree; another sheet of the same form reaches a third of it."
SHARE_MIN: Final = 0.35
"Of the matches that agree; by chance a few always do."
GROWN: Final = 2.5
"A sheet under a fixed camera does not come so much nearer, nor turns over."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A sheet as it was when something was drawn on it."""

    shape: tuple[int, int]
    "Height and width of the picture, in pixels."
    places: Floats
    "(n, 2), in pixels of the picture."
    words: NDArray[np.uint8]
    "(n, 32), what is around each place."


def look_at(picture: Bgr, sheet: Quad | None = None) -> Reference:
    """Remember this picture; of the sheet alone, when its corners are known.

    sheet: (4, 2), in pixels of `picture`.  What lies beside it stays when the sheet moves.
    """
    places, words = _points(picture, sheet)
    return Reference(shape=(picture.shape[0], picture.shape[1]), places=places, words=words)


def follow(reference: Reference, frame: Bgr) -> Floats | None:
    """How places of the reference are found in `frame`.

    Returns (3, 3): shares of the reference's width and height to shares of the frame's.
    `None`: it is not there, or cannot be made out.
    """
    places, words = _points(frame)
    if len(words) < AGREE_MIN or len(reference.words) < AGREE_MIN:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(reference.words, words, k=2)
    good = [
        (pair[0].queryIdx, pair[0].trainIdx)
        for pair in matches
        if len(pair) == 2 and pair[0].distance < RUNNER_UP * pair[1].distance
    ]
    if len(good) < AGREE_MIN:
        return None
    before = reference.places[[one for one, _ in good]]
    after = places[[other for _, other in good]]
    cv2.setRNGSeed(1)  # the same pictures give the same answer
    found: tuple[Floats | None, Floats] = cv2.findHomography(
        before, after, cv2.USAC_MAGSAC, AGREE_PX
    )
    moved, agreed = found
    if moved is None or not _believable(moved, agreed.ravel() > 0, before, reference):
        return None
    height, width = frame.shape[:2]
    into = np.diag([1 / width, 1 / height, 1.0])
    out_of = np.diag([float(reference.shape[1]), float(reference.shape[0]), 1.0])
    shares = into @ moved @ out_of
    return np.asarray(shares / shares[2, 2], np.float64)


def _believable(
    moved: Floats, agreed: NDArray[np.bool_], before: Floats, reference: Reference
) -> bool:
    """Many agree, over more than one corner of the sheet, and the sheet keeps its size and face."""
    count = int(agreed.sum())
    if count < AGREE_MIN or count < SHARE_MIN * len(agreed):
        return False
    spread = np.ptp(before[agreed], axis=0) / np.ptp(reference.places, axis=0)
    if spread.min() < 0.3:
        return False
    middle = before[agreed].mean(axis=0)
    x, y = middle
    w = float(moved[2] @ (x, y, 1.0))
    determinant = float(np.linalg.det(moved)) / w**3  # of the map's derivative there
    return 1 / GROWN**2 < determinant < GROWN**2


def _points(picture: Bgr, sheet: Quad | None = None) -> tuple[Floats, NDArray[np.uint8]]:
    """Places, in pixels of `picture`, and the words around them; on the sheet alone if given."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, SIDE_PX / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inside = None
    if sheet is not None:
        inside = np.zeros(grey.shape, np.uint8)
        cv2.fillConvexPoly(inside, np.round(sheet * scale).astype(np.int32), 255)
    orb: Any = cv2.ORB.create(POINTS, fastThreshold=10)
    seen, words = orb.detectAndCompute(grey, inside)
    if words is None:
        return np.zeros((0, 2)), np.zeros((0, 32), np.uint8)
    places = np.array([one.pt for one in seen], np.float64)
    return (places + 0.5) / scale - 0.5, np.asarray(words, np.uint8)
