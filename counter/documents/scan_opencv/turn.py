"""A flattened page turned by quarters, drawn anew."""

import cv2

from counter.documents.papers import Turned
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.scan import (
    PAGE_QUALITY,
    THUMB_PX,
    THUMB_QUALITY,
    decode,
    encode,
)

QUARTERS = {
    1: cv2.ROTATE_90_CLOCKWISE,
    2: cv2.ROTATE_180,
    3: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turn(page: bytes, quarters: int) -> Turned | None:
    """The page turned clockwise by 1 to 3 quarters; `None`: it is no picture."""
    picture = decode(page)
    if picture is None:
        return None
    turned = cv2.rotate(picture, QUARTERS[quarters])
    thumb, _ = shrink(turned, THUMB_PX)
    return Turned(
        page_jpeg=encode(turned, PAGE_QUALITY),
        thumb_jpeg=encode(thumb, THUMB_QUALITY),
        width_px=turned.shape[1],
        height_px=turned.shape[0],
    )
