"""Where a sheet may have gone that was seen before: by points of both pictures that match.

A homography agreed on by several is the answer; a repeated letter matches anywhere, so each match
must beat its runner-up, and agreement must cover the sheet.  Print that sheets share matches on
another sheet too: `same_sheet` has the last word.
Sources: Rublee et al., ORB, ICCV 2011; Lowe, IJCV 2004, section 7.1; Hartley and Zisserman,
Multiple View Geometry, 2nd ed., section 4.8.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from counter.documents.marks import Corners, Sighting
from counter.documents.scan_opencv.arrays import Bgr, Floats

SIDE_PX: Final = 960
"Longer side of what is looked at: more is slower and no better than a mark is drawn."
POINTS: Final = 1500
RUNNER_UP: Final = 0.8
AGREE_PX: Final = 3.0
AGREE_MIN: Final = 12
SHARE_MIN: Final = 0.2
"Of the matches; by chance a few always agree."
GROWN: Final = 2.5
"A sheet under a fixed camera does not come so much nearer, nor turns over."


def look_at(picture: Bgr, sheet: Corners | None = None) -> Sighting:
    """Remember this picture; of the sheet alone, when its corners are known.

    sheet: in shares of the picture.  What lies beside it stays when the sheet moves.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, SIDE_PX / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inside = None
    if sheet is not None:
        inside = np.zeros(grey.shape, np.uint8)
        corners = np.array(sheet) * (grey.shape[1], grey.shape[0]) - 0.5
        cv2.fillConvexPoly(inside, np.round(corners).astype(np.int32), 255)
    orb: Any = cv2.ORB.create(POINTS, fastThreshold=10)
    seen, words = orb.detectAndCompute(grey, inside)
    places = (np.array([one.pt for one in seen], np.float32) + 0.5) / scale - 0.5
    return Sighting(
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        places=places.astype(np.float32).tobytes(),
        words=b"" if words is None else np.asarray(words, np.uint8).tobytes(),
    )


def follow(before: Sighting, now: Sighting) -> Floats | None:
    """How places of `before` are found in `now`.

    Returns (3, 3): shares of the one picture's width and height to shares of the other's.
    `None`: it is not there, or cannot be made out.
    """
    (places, words), (places_now, words_now) = _arrays(before), _arrays(now)
    if len(words_now) < AGREE_MIN or len(words) < AGREE_MIN:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(words, words_now, k=2)
    good = [
        (pair[0].queryIdx, pair[0].trainIdx)
        for pair in matches
        if len(pair) == 2 and pair[0].distance < RUNNER_UP * pair[1].distance
    ]
    if len(good) < AGREE_MIN:
        return None
    there = places[[one for one, _ in good]]
    here = places_now[[other for _, other in good]]
    cv2.setRNGSeed(1)  # the same pictures give the same answer
    found: tuple[Floats | None, Floats] = cv2.findHomography(there, here, cv2.USAC_MAGSAC, AGREE_PX)
    moved, agreed = found
    if moved is None or not _believable(moved, agreed.ravel() > 0, there, places):
        return None
    into = np.linalg.inv(to_pixels(now.width_px, now.height_px))
    shares = into @ moved @ to_pixels(before.width_px, before.height_px)
    return np.asarray(shares / shares[2, 2], np.float64)


def to_pixels(width: int, height: int) -> Floats:
    """(3, 3): shares of a picture to its pixels, whose centres are whole numbers."""
    return np.array([[width, 0, -0.5], [0, height, -0.5], [0, 0, 1.0]])


def _believable(moved: Floats, agreed: NDArray[np.bool_], there: Floats, places: Floats) -> bool:
    """Many agree, over more than one corner of the sheet, and the sheet keeps its size and face."""
    count = int(agreed.sum())
    if count < AGREE_MIN or count < SHARE_MIN * len(agreed):
        return False
    spread = np.ptp(there[agreed], axis=0) / np.ptp(places, axis=0)
    if spread.min() < 0.3:
        return False
    x, y = there[agreed].mean(axis=0)
    w = float(moved[2] @ (x, y, 1.0))
    determinant = float(np.linalg.det(moved)) / w**3  # of the map's derivative there
    return 1 / GROWN**2 < determinant < GROWN**2


def _arrays(one: Sighting) -> tuple[Floats, NDArray[np.uint8]]:
    places = np.frombuffer(one.places, np.float32).reshape(-1, 2).astype(np.float64)
    return places, np.frombuffer(one.words, np.uint8).reshape(-1, 32)
