"""Forms filled in by hand, from seeds: one seed prints the form, another one writes on it.

Held to them: copies of one form that different people filled in are different sheets, and a sheet
that is written on stays the same.
"""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from counter.documents.sample_page import A4_RATIO, WORDS
from counter.documents.scan_opencv.arrays import Bgr

INK = (70, 40, 25)
"Blue-black, BGR."
FIELDS = 14


def draw_form(printed: int, height_px: int = 1400) -> Bgr:
    """An empty A4 form, portrait: heading, `FIELDS` labelled lines, boxes, small print.

    Same seed, same form.
    """
    rng = np.random.default_rng(printed)
    unit = height_px / 297
    sheet = Image.new("RGB", (round(height_px / A4_RATIO), height_px), (250, 250, 248))
    draw = ImageDraw.Draw(sheet)
    title = " ".join(rng.choice(WORDS, 3)).upper()
    draw.text((20 * unit, 14 * unit), title, (28, 28, 34), _font(6 * unit))
    for _, y, label_mm in _fields(printed):
        label = " ".join(rng.choice(WORDS, 2))
        draw.text((20 * unit, y * unit), label, (28, 28, 34), _font(3.6 * unit))
        draw.line(
            (label_mm * unit, (y + 5) * unit, 190 * unit, (y + 5) * unit),
            (90, 90, 90),
            max(1, round(0.3 * unit)),
        )
    for line in range(4):
        small = " ".join(rng.choice(WORDS, 12))
        draw.text((20 * unit, (262 + 5 * line) * unit), small, (60, 60, 66), _font(2.8 * unit))
    return np.asarray(sheet)[..., ::-1].copy()


def fill_in(form: Bgr, printed: int, written: int, fields: slice = slice(None)) -> Bgr:
    """The same sheet with handwriting in those of its fields."""
    unit = form.shape[0] / 297
    sheet = form.copy()
    for number, y, label_mm in _fields(printed)[fields]:
        rng = np.random.default_rng((written, number))
        _write(sheet, rng, label_mm + 3, y + 4.5, float(rng.uniform(30, 95)), unit)
    return sheet


def _fields(printed: int) -> list[tuple[int, float, float]]:
    """Number, top and where the line begins, in millimetres."""
    rng = np.random.default_rng((printed, 7))
    starts = rng.uniform(55, 85, FIELDS)
    return [(at, 32 + 15.5 * at, float(starts[at])) for at in range(FIELDS)]


def _write(
    sheet: Bgr, rng: np.random.Generator, x_mm: float, y_mm: float, wide_mm: float, unit: float
) -> None:
    """A word or two: loops of 2 to 6 mm above the line, with gaps."""
    steps = int(wide_mm * 4)
    along = np.linspace(0, wide_mm, steps)
    knots = rng.normal(0, 1, (2, int(wide_mm * 0.9) + 4))
    at = np.linspace(0, knots.shape[1] - 1, steps)
    y = np.interp(at, np.arange(knots.shape[1]), knots[0]) * 1.6 - 2.2
    x = along + np.interp(at, np.arange(knots.shape[1]), knots[1]) * 1.2
    places = np.stack([x_mm + x, y_mm + y], 1) * unit
    gaps = set((rng.uniform(0.2, 0.8, 2) * steps).astype(int))
    start = 0
    for end in [*sorted(gaps), steps]:
        word = np.round(places[start : max(end - 8, start + 2)] * 8).astype(np.int32)
        cv2.polylines(sheet, [word], False, INK, max(1, round(0.6 * unit)), cv2.LINE_AA, 3)
        start = end


def _font(size_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(4.0, size_px))
