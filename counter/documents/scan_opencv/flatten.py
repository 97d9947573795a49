"""From a quad in a photograph to an upright rectangle: which format it is, and its picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.page import Format
from counter.documents.scan_opencv.arrays import Bgr, Quad, side_lengths
from counter.documents.scan_opencv.bow import Bowed, patch
from counter.documents.scan_opencv.mat import Mat

MM_PER_INCH = 25.4
LONG_SIDE_MM: dict[Format, float] = {"a-series": 297.0, "id-1": 85.60, "free": 297.0}
"ISO 216 A4; ISO/IEC 7810 ID-1.  A free format is measured as if its long side were A4's."
SHORT_BY_LONG: dict[Format, float] = {"a-series": 1 / 2**0.5, "id-1": 53.98 / 85.60}
TOLERANCE = 0.05
"One view gives the ratio of the sides to 1.3 % in the median, 12 % at worst."
SIZES_MM: dict[Format, tuple[float, float]] = {
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "id-1": (53.98, 85.60),
    "td3": (88.0, 125.0),
    "td3-open": (125.0, 176.0),
}
"Short side, long side: what the mat's scale tells apart.  ISO 216, ISO/IEC 7810, ICAO 9303."
SIZE_TOLERANCE = 0.03
"Of each side, by the mat's scale."
OVERSAMPLING_MAX = 3
SIDE_MIN_PX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What lies in the quad, and how finely the photograph shows it."""

    format: Format
    width_by_height: float
    long_side_px: float
    "In pixels of the photograph."
    long_side_mm: float
    size_mm: tuple[float, float] | None = None
    "Width and height by the mat's scale; `None`: no mat was seen."

    @property
    def dpi(self) -> float:
        """Pixels of the photograph per inch of paper along the long side."""
        return self.long_side_px / self.long_side_mm * MM_PER_INCH

    def size_px(self, long_side_px: int) -> tuple[int, int]:
        """Width and height when the long side has this many pixels."""
        if self.width_by_height >= 1:
            return long_side_px, round(long_side_px / self.width_by_height)
        return round(long_side_px * self.width_by_height), long_side_px


def sheet_of(quad: Quad, photograph_shape: tuple[int, ...], mat: Mat | None = None) -> Sheet:
    """Recognise the format: by its size where the mat gives the scale, else by its proportion.

    Proportion alone cannot tell A4 from A5, nor a passport's page from either.
    """
    top, right, bottom, left = side_lengths(quad)
    long_px = float(max(top + bottom, left + right) / 2)
    if mat is not None:
        return _by_size(*mat.sides_mm(quad), long_px)
    ratio = aspect_of(quad, photograph_shape)
    short_by_long = min(ratio, 1 / ratio)
    sheet_format: Format = "free"
    for known, expected in SHORT_BY_LONG.items():
        if abs(short_by_long / expected - 1) < TOLERANCE:
            sheet_format, short_by_long = known, expected
    return Sheet(
        format=sheet_format,
        width_by_height=1 / short_by_long if ratio >= 1 else short_by_long,
        long_side_px=long_px,
        long_side_mm=LONG_SIDE_MM[sheet_format],
    )


def _by_size(width_mm: float, height_mm: float, long_px: float) -> Sheet:
    short_mm, long_mm = sorted((width_mm, height_mm))
    measured = (round(width_mm, 1), round(height_mm, 1))
    sheet_format: Format = "free"
    for known, (short, long) in SIZES_MM.items():
        if max(abs(short_mm / short - 1), abs(long_mm / long - 1)) < SIZE_TOLERANCE:
            sheet_format, short_mm, long_mm = known, short, long
    short_by_long = short_mm / long_mm
    return Sheet(
        format=sheet_format,
        width_by_height=1 / short_by_long if width_mm >= height_mm else short_by_long,
        long_side_px=long_px,
        long_side_mm=long_mm,
        size_mm=measured,
    )


def aspect_of(quad: Quad, photograph_shape: tuple[int, ...]) -> float:
    """True width by height of a rectangle seen by a pinhole camera looking through the middle.

    Falls back to the mean side lengths when the view is nearly straight from above, where they are
    right, or when the focal length that follows is none that a camera has.
    Source: Zhang and He 2007, Whiteboard scanning and image enhancement, section 3.
    """
    height, width = photograph_shape[:2]
    middle = np.array([width / 2, height / 2])
    top_left, top_right, bottom_right, bottom_left = (
        np.array([*(corner - middle), 1.0]) for corner in quad
    )
    k_right = np.cross(top_left, bottom_right) @ bottom_left
    k_right /= np.cross(top_right, bottom_right) @ bottom_left
    k_down = np.cross(top_left, bottom_right) @ top_right
    k_down /= np.cross(bottom_left, bottom_right) @ top_right
    across, down = k_right * top_right - top_left, k_down * bottom_left - top_left
    if min(abs(across[2]), abs(down[2])) > 0.02:
        focal = -(across[0] * down[0] + across[1] * down[1]) / (across[2] * down[2])
        long_side = max(width, height)
        if (0.3 * long_side) ** 2 < focal < (6 * long_side) ** 2:
            weight = np.array([1 / focal, 1 / focal, 1.0])
            return float(np.sqrt((across**2 @ weight) / (down**2 @ weight)))
    top, right, bottom, left = side_lengths(quad)
    return float((top + bottom) / (left + right))


def flatten(
    photograph: Bgr,
    quad: Quad,
    sheet: Sheet,
    long_side_max_px: int,
    bowed: Bowed | None = None,
) -> Bgr:
    """The page as seen from straight above, as large as the photograph shows it or smaller.

    The limit is in pixels, not per inch: a letter taken for a card, whose sides are in nearly the
    same ratio, must not lose its detail by that.  Where the photograph is finer it is averaged.
    bowed: of a sheet that does not lie flat; then `quad` is not looked at.
    Source: Hartley and Zisserman, Multiple View Geometry, 2nd ed., section 2.3.
    """
    long_side_px = max(SIDE_MIN_PX, min(long_side_max_px, round(sheet.long_side_px)))
    width, height = sheet.size_px(long_side_px)
    finer = int(np.clip(round(sheet.long_side_px / long_side_px), 1, OVERSAMPLING_MAX))
    wide, tall = width * finer, height * finer
    if bowed is not None:
        flat = _unbowed(photograph, bowed, wide, tall)
    else:
        upright = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - 0.5
        projection = cv2.getPerspectiveTransform(
            quad.astype(np.float32), upright.astype(np.float32)
        )
        flat = cv2.warpPerspective(
            photograph,
            projection,
            (wide, tall),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    if finer == 1:
        return flat
    return cv2.resize(flat, (width, height), interpolation=cv2.INTER_AREA)


def _unbowed(photograph: Bgr, bowed: Bowed, width: int, height: int) -> Bgr:
    x, y = patch(bowed, width, height)
    return cv2.remap(photograph, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
