"""What a still of the document camera is like, and a small copy of it for the screens."""

import cv2
import numpy as np

from counter.terminal.ports import DeviceFailed
from counter.terminal.selftest import Seen

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

LOOKED_AT_PX = 480
THUMB_PX = 480
THUMB_QUALITY = 70


def seen_in(photograph: bytes) -> Seen:
    """Measure it.  Raises `DeviceFailed` for what is no picture."""
    grey = _small(photograph, LOOKED_AT_PX, cv2.IMREAD_REDUCED_GRAYSCALE_4)
    low, high = np.percentile(grey, (2, 98))
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    return Seen(mean=float(grey.mean()), contrast=float(high - low), sharpness=float(edges.std()))


def thumbnail_of(photograph: bytes) -> bytes:
    """A JPEG of at most `THUMB_PX` a side, about 15 KB.  Raises `DeviceFailed`."""
    small = _small(photograph, THUMB_PX, cv2.IMREAD_REDUCED_COLOR_4)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, THUMB_QUALITY])
    return encoded.tobytes()


def _small(photograph: bytes, side_px: int, how: int) -> Picture:
    # Decoded at a quarter of its size: a whole still would take a third of a second.
    image = cv2.imdecode(np.frombuffer(photograph, np.uint8), how)
    if image is None:
        raise DeviceFailed("failed", "the camera gave something that is no picture")
    scale = side_px / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return image.astype(np.uint8)
