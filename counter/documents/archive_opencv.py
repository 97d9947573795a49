"""Black-and-white copies of pages that are text only, for the archive.

A copy beside the page, never instead of it: the photograph stays the evidence.  Runs in a worker
process.  JBIG2 would be smaller still, but may swap characters that look alike.
"""

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from counter.documents.scan_opencv.arrays import Bgr, Grey

CHROMA_MAX = 12.0
"Distance from grey of the most coloured thousandth, CIELAB units of 8 bits; letters have 2 to 4."
SEPARATION_MIN = 0.80
"Share of the variance of grey that two levels explain; an even ramp has 0.75."
TONES_MAX = 0.002
"Share of cells of half-tones: letters have soft edges but no areas; a passport picture has 0.006."
CELL_PX = 16
HALF_TONED = 0.4
"Share of a cell's pixels that are halfway between ink and paper."
WINDOW_PX = 41
STEP = 24
"Levels below the surroundings at which a pixel is ink."
ROWS_PER_STRIP = 278
"The tag of TIFF 6.0."
SOLID = 90
"Darker than this is ink whatever is around it, so that wide black areas stay filled."


def bitonal(page_jpeg: bytes, dpi: float) -> bytes | None:
    """A TIFF with one CCITT G4 strip; None: there is more on the page than text."""
    page = cv2.imdecode(np.frombuffer(page_jpeg, np.uint8), cv2.IMREAD_COLOR)
    if page is None or not text_only(page):
        return None
    return g4(ink(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)), dpi)


def text_only(page: Bgr) -> bool:
    """Whether nothing is lost in black and white: no colour, and two levels of grey.

    page: (height, width, 3) uint8, BGR.
    """
    if chroma(page) >= CHROMA_MAX:
        return False
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    separation, ink_level, paper_level = two_levels(grey)
    return separation >= SEPARATION_MIN and tones(grey, ink_level, paper_level) <= TONES_MAX


def chroma(page: Bgr) -> float:
    """How far from grey the most coloured thousandth of the page is, in CIELAB units.

    A stamp is half a hundredth of a page, a signature in blue less.  Looked at a quarter of the
    size: the edges of letters are tinted by the camera, areas are not.
    """
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    return float(np.percentile(np.hypot(lab[..., 1] - 128, lab[..., 2] - 128), 99.9))


def two_levels(grey: Grey) -> tuple[float, float, float]:
    """How well two levels explain the page, 0 to 1; and the two, the dark one first.

    Source: Otsu 1979, A threshold selection method from gray-level histograms.
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    share = counts / counts.sum()
    levels = np.arange(256)
    below = np.cumsum(share)
    moment = np.cumsum(share * levels)
    mean = float(moment[-1])
    variance = float(share @ (levels - mean) ** 2)
    if variance == 0:
        return 0.0, mean, mean
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean * below - moment) ** 2 / (below * (1 - below))
    at = int(np.nanargmax(between))
    dark = moment[at] / below[at]
    light = (mean - moment[at]) / (1 - below[at])
    return float(between[at] / variance), float(dark), float(light)


def tones(grey: Grey, dark: float, light: float) -> float:
    """Share of small cells that are mostly halfway between the two levels."""
    third = (light - dark) / 3
    halfway = ((grey > dark + third) & (grey < light - third)).astype(np.float32)
    height, width = (max(1, side // CELL_PX) for side in grey.shape)
    cells = cv2.resize(halfway, (width, height), interpolation=cv2.INTER_AREA)
    return float(np.mean(cells > HALF_TONED))


def ink(grey: Grey) -> Grey:
    """255 where paper is, 0 where ink is; of the size of `grey`."""
    around = cv2.boxFilter(grey, cv2.CV_32F, (WINDOW_PX, WINDOW_PX))
    written = (grey < around - STEP) | (grey < SOLID)
    return np.where(written, 0, 255).astype(np.uint8)


def g4(bitmap: Grey, dpi: float) -> bytes:
    """The bitmap as TIFF with CCITT G4 (ITU-T T.6), which loses nothing."""
    out = BytesIO()
    image = Image.fromarray(bitmap).convert("1", dither=Image.Dither.NONE)
    # In one strip, which goes into a PDF as it is.
    strip = {ROWS_PER_STRIP: image.height}
    image.save(out, "TIFF", compression="group4", dpi=(round(dpi), round(dpi)), tiffinfo=strip)
    return out.getvalue()
