"""How others find a page, for measuring beside ours on the same photographs.

`canny` is the recipe of countless tutorials; `jscanify` the method of jscanify 1.4 (MIT licence,
Copyright puffinsoft), which runs in browsers on opencv.js: Canny, blur, Otsu, the largest contour,
and in each quarter around its middle the point farthest from it.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Quad, clockwise

CANNY_PX = 500
"The tutorials' height of the picture that is searched."


def canny(photograph: Bgr) -> Quad | None:
    """Canny, the five largest contours, the first that `approxPolyDP` makes a quad of."""
    scale = CANNY_PX / photograph.shape[0]
    size = (round(photograph.shape[1] * scale), CANNY_PX)
    small = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    contours, _ = cv2.findContours(cv2.Canny(grey, 75, 200), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:5]:
        corners = cv2.approxPolyDP(contour, 0.02 * cv2.arcLength(contour, True), True)
        if len(corners) == 4:
            return clockwise((corners.reshape(4, 2).astype(np.float64) + 0.5) / scale - 0.5)
    return None


def jscanify(photograph: Bgr) -> Quad | None:
    """`findPaperContour` and `getCornerPoints`, at the photograph's full size as there."""
    edges = cv2.Canny(photograph, 50, 200)
    _, mask = cv2.threshold(cv2.GaussianBlur(edges, (3, 3), 0), 0, 255, cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    points = max(contours, key=cv2.contourArea).reshape(-1, 2).astype(np.float64)
    middle = np.array(cv2.minAreaRect(points.astype(np.float32))[0])
    away = np.linalg.norm(points - middle, axis=1)
    left, above = points[:, 0] < middle[0], points[:, 1] < middle[1]
    corners = []
    for quarter in (left & above, ~left & above, ~left & ~above, left & ~above):
        if not quarter.any():
            return None
        corners.append(points[quarter][away[quarter].argmax()])
    return np.array(corners)
