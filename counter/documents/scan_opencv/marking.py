"""Where the marks lie in one preview: marks are tied to the sheet they were drawn on, and follow."""

from collections.abc import Sequence

import cv2
import numpy as np

from counter.documents.marks import SHEETS_MAX, Corners, DrawnMark, Lying, Points, Tied
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.follow import follow, look_at
from counter.documents.scan_opencv.scan import decode


def lie(
    content: bytes, page: Corners | None, known: tuple[Tied, ...], new: Sequence[DrawnMark]
) -> Lying:
    """Follow `known` into this preview, and tie `new` to what is seen in it.

    page: where the finder saw one, in shares; without any nothing new is tied.
    """
    picture: Bgr | None = decode(content)
    if picture is None:
        return Lying(sheets=known, places={})
    now = look_at(picture)
    sheets: list[Tied] = []
    places: dict[str, Points] = {}
    for one in known:
        moved = follow(one.sheet, now)
        if moved is not None:
            if new:
                back = np.linalg.inv(moved)
                drawn = {mark.mark_id: _through(back, mark.points) for mark in new}
                one, new = Tied(sheet=one.sheet, marks={**one.marks, **drawn}), ()
            places |= {key: _through(moved, points) for key, points in one.marks.items()}
        sheets.append(one)
    if new and page is not None:
        marks = {mark.mark_id: mark.points for mark in new}
        sheets.append(Tied(sheet=look_at(picture, page), marks=marks))
        places |= marks
    return Lying(sheets=tuple(sheets[-SHEETS_MAX:]), places=places)


def _through(moved: Floats, points: Points) -> Points:
    there = cv2.perspectiveTransform(np.array([points], np.float64), moved)[0]
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in there)
