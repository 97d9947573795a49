"""Where the marks lie in a preview: they are tied to the sheet they were drawn on, and follow."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from counter.documents.marks import Corners, DrawnMark, Lying, Points, Tied
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.follow import look_at
from counter.documents.scan_opencv.found_sheet import find_sheet, remember
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
    sheets: list[Tied] = []
    places: dict[str, Points] = {}
    for one in known:
        found = find_sheet(one, picture, page)
        if found is not None:
            moved, one = found
            if new:
                back = np.linalg.inv(moved)
                drawn = {mark.mark_id: _through(back, mark.points) for mark in new}
                one, new = replace(one, marks={**one.marks, **drawn}), ()
            places |= {key: _through(moved, points) for key, points in one.marks.items()}
        sheets.append(one)
    if new and page is not None:
        marks = {mark.mark_id: mark.points for mark in new}
        sheets.append(Tied(sheet=look_at(picture, page), look=remember(picture, page), marks=marks))
        places |= marks
    return Lying(sheets=tuple(sheets), places=places)


def _through(moved: Floats, points: Points) -> Points:
    there = cv2.perspectiveTransform(np.array([points], np.float64), moved)[0]
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in there)
