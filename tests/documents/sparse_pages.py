"""Sheets with nothing on them and pages with hardly anything, from a seed: when is a side empty.

All are A4, portrait, `TALL` pixels high; `photographed` lays one under the camera.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from PIL import Image, ImageDraw

from counter.documents.scan_opencv.arrays import Bgr, Floats
from tests.documents import scenes
from tests.documents.drawn_papers import TRILINGUAL, draw_trilingual, font
from tests.documents.effects import creased

TALL = 2100
WIDE = round(TALL / 2**0.5)
MM = TALL / 297
Draw = Callable[[np.random.Generator], Bgr]


def photographed(
    rng: np.random.Generator, paper: Bgr, size: tuple[int, int], effects: tuple[str, ...] = ()
) -> Bgr:
    """On the mat, near enough for a document camera: 60 dpi at 1200 pixels' width and more."""
    return scenes.scene(rng, size, desk="mat", paper=paper, effects=effects, area_min=0.3).image


def flat(rng: np.random.Generator) -> Bgr:
    """A sheet as it comes out of the packet."""
    return np.full((TALL, WIDE, 3), rng.integers(225, 252), np.uint8)


def marked(rng: np.random.Generator) -> Bgr:
    """The creases of the other sets: three broad ones that end on the sheet."""
    return _paper(creased(rng, flat(rng).astype(np.float32)))


def folded(rng: np.random.Generator) -> Bgr:
    """Folded in three for an envelope: a sharp line, and each third under its own light."""
    sheet = flat(rng).astype(np.float32)
    for third in (1, 2):
        sheet = _fold(rng, sheet, TALL * third / 3, 0)
    return _paper(sheet)


def folded_twice(rng: np.random.Generator) -> Bgr:
    """Folded to a quarter: both lines cross in the middle."""
    sheet = _fold(rng, flat(rng).astype(np.float32), TALL / 2, 0)
    return _paper(_fold(rng, sheet, WIDE / 2, 1))


def crumpled(rng: np.random.Generator) -> Bgr:
    """Lightly, and smoothed out again: facets, with a ridge or a valley between most of them."""
    count = int(rng.integers(8, 24))
    seeds = rng.uniform(0, 1, (count, 2)) * (WIDE, TALL)
    y, x = np.mgrid[0:TALL:3, 0:WIDE:3].astype(np.float32)
    away = np.sqrt((x[..., None] - seeds[:, 0]) ** 2 + (y[..., None] - seeds[:, 1]) ** 2)
    order = np.argpartition(away, 1, axis=-1)[..., :2]
    nearest = np.sort(np.take_along_axis(away, order, -1), axis=-1)
    facets = rng.uniform(0.9, 1.0, count)[away.argmin(-1)].astype(np.float32)
    pair = order.min(-1) * count + order.max(-1)
    depth = rng.uniform(-0.06, 0.22, count * count)[pair]
    ridge = depth * np.exp(-(((nearest[..., 1] - nearest[..., 0]) / 2 / (0.35 * MM)) ** 2))
    light = cv2.resize(facets * (1 - ridge).astype(np.float32), (WIDE, TALL))
    return _paper(flat(rng) * cv2.GaussianBlur(light, (0, 0), 0.2 * MM)[..., None])


def punched(rng: np.random.Generator) -> Bgr:
    """Two or four holes of 6 mm, through which the mat is seen (ISO 838)."""
    sheet = flat(rng)
    places = (-40, 40) if rng.random() < 0.5 else (-120, -40, 40, 120)
    for place in places:
        at = (round(12 * MM), round(TALL / 2 + place * MM))
        cv2.circle(sheet, at, round(3 * MM), (48, 48, 48), -1, cv2.LINE_AA)
    return sheet


def shone_through(rng: np.random.Generator) -> Bgr:
    """The back of a printed page on thin paper."""
    ink = 255 - draw_trilingual(TALL)[:, ::-1].astype(np.float32)
    soft = cv2.GaussianBlur(ink, (0, 0), 0.3 * MM)
    return _paper(flat(rng) - soft * rng.uniform(0.03, 0.07))


def dusty(rng: np.random.Generator) -> Bgr:
    """A dozen specks, and the two holes of a staple."""
    sheet = flat(rng)
    for _ in range(12):
        at = rng.uniform(0.05, 0.95, 2) * (WIDE, TALL)
        cv2.circle(sheet, (int(at[0]), int(at[1])), int(rng.integers(1, 3)), (90,) * 3, -1)
    for across in (0, 12):
        cv2.circle(sheet, (int((8 + across) * MM), int(8 * MM)), 3, (60,) * 3, -1, cv2.LINE_AA)
    return sheet


BLANK: Mapping[str, Draw] = {
    "flat": flat,
    "marked by creases": marked,
    "folded in three": folded,
    "folded twice": folded_twice,
    "crumpled": crumpled,
    "punched": punched,
    "shone through": shone_through,
    "dusty": dusty,
}


def hand_shadow(rng: np.random.Generator, image: Bgr) -> Bgr:
    """The shadow of a hand with four fingers, from one side of the picture."""
    tall, wide = image.shape[:2]
    mask = np.zeros((tall, wide), np.float32)
    unit = wide / 420  # a millimetre, when the mat fills the picture
    root = np.array([rng.uniform(0.2, 0.8) * wide, 0.0])
    palm = root + np.array([0.0, 0.28 * tall])
    cv2.line(mask, _point(root), _point(palm), 1.0, round(70 * unit), cv2.LINE_AA)
    for finger in range(4):
        angle = np.radians(90 + 13 * (finger - 1.5) + rng.uniform(-4, 4))
        base = palm + np.array([(1.5 - finger) * 19 * unit, 20 * unit])
        tip = base + np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(55, 85) * unit
        cv2.line(mask, _point(base), _point(tip), 1.0, round(16 * unit), cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(1.0, 4.0) * unit)
    if rng.random() < 0.5:
        soft = soft[:, ::-1]
    return _paper(image * (1 - rng.uniform(0.25, 0.5) * soft)[..., None])


def signature(rng: np.random.Generator) -> Bgr:
    """One signature with a ball pen, 25 to 60 mm wide, anywhere."""
    return _written(rng, flat(rng), (120, 50, 30), rng.uniform(25, 60), rng.uniform(0.4, 0.6))


def pencil(rng: np.random.Generator) -> Bgr:
    """Three words in pencil."""
    sheet, grey = flat(rng), int(rng.integers(125, 165))
    for word in range(3):
        place = (0.15 + 0.25 * word, 0.4)
        sheet = _written(rng, sheet, (grey,) * 3, 28, 0.5, place)
    return sheet


def pale_stamp(rng: np.random.Generator) -> Bgr:
    """A round stamp of 35 mm, hardly inked."""
    sheet = Image.new("L", (round(40 * MM), round(40 * MM)), 0)
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((2 * MM, 2 * MM, 37 * MM, 37 * MM), outline=255, width=round(0.8 * MM))
    draw.text((7 * MM, 10 * MM), "澳門特別", 255, font(round(6 * MM)))
    draw.text((10 * MM, 19 * MM), "RECEBIDO", 255, font(round(3.6 * MM)))
    ink = np.asarray(sheet)[..., None] / 255 * rng.uniform(0.3, 0.45)
    grain = cv2.resize(rng.uniform(0.6, 1.0, (70, 70)), ink.shape[:2])[..., None]
    page = flat(rng).astype(np.float32)
    top, left = round(rng.uniform(20, 200) * MM), round(rng.uniform(20, 140) * MM)
    part = page[top : top + ink.shape[0], left : left + ink.shape[1]]
    colour = np.array([(60, 50, 190), (150, 60, 60), (140, 60, 130)][int(rng.integers(3))])
    part[:] = part * (1 - ink * grain) + colour * ink * grain
    return _paper(page)


def chinese_line(rng: np.random.Generator) -> Bgr:
    """One line of Chinese, 12 point."""
    return _typed(rng, ["聲明：本人聲明所填資料真確無誤。"], 4.2)


def three_lines(rng: np.random.Generator) -> Bgr:
    """Three lines of type, 10 point."""
    return _typed(rng, [str(line) for line in rng.permutation(TRILINGUAL[:14])[:3]], 3.5)


def letterhead(rng: np.random.Generator) -> Bgr:
    """The head of a letter and nothing else."""
    page = Image.fromarray(flat(rng))
    draw = ImageDraw.Draw(page)
    draw.text((20 * MM, 14 * MM), TRILINGUAL[0], (90, 90, 90), font(round(4.5 * MM)))
    draw.text((20 * MM, 21 * MM), TRILINGUAL[2], (90, 90, 90), font(round(3.2 * MM)))
    return np.asarray(page).copy()


def watermark(rng: np.random.Generator) -> Bgr:
    """Large pale letters across the sheet."""
    page = flat(rng)
    mask = Image.new("L", (WIDE, TALL), 0)
    draw = ImageDraw.Draw(mask)
    draw.text((18 * MM, 125 * MM), "SPECIMEN", 255, font(round(36 * MM)))
    turned = np.asarray(mask.rotate(float(rng.uniform(20, 45)))).astype(np.float32) / 255
    return _paper(page * (1 - turned * rng.uniform(0.16, 0.25))[..., None])


SPARSE: Mapping[str, Draw] = {
    "signature": signature,
    "pencil": pencil,
    "pale stamp": pale_stamp,
    "one line of Chinese": chinese_line,
    "three lines": three_lines,
    "letterhead": letterhead,
    "watermark": watermark,
}


def _fold(rng: np.random.Generator, sheet: Floats, at: float, axis: int) -> Floats:
    """Across the whole sheet: darker on one side, with a line of 0.3 to 0.7 mm, often a light one.

    axis: 0 of a fold that runs from side to side, 1 from top to bottom.
    """
    along = np.arange(sheet.shape[axis], dtype=np.float32)
    slant = np.linspace(-1, 1, sheet.shape[1 - axis], dtype=np.float32) * rng.uniform(-2, 2) * MM
    off = (along[:, None] - at - slant[None]) / MM
    line = rng.uniform(0.15, 0.4) * np.exp(-((off / rng.uniform(0.2, 0.5)) ** 2))
    line -= rng.uniform(0, 0.1) * np.exp(-(((off - 1.0) / 0.5) ** 2))
    light = (1 - rng.uniform(0.03, 0.15) * (0.5 + 0.5 * np.tanh(off / 0.6))) * (1 - line)
    light *= 1 + 0.04 * np.tanh(off / 30)
    folded_sheet: Floats = sheet * (light if axis == 0 else light.T)[..., None]
    return folded_sheet


def _written(
    rng: np.random.Generator,
    sheet: Bgr,
    ink: tuple[int, int, int],
    width_mm: float,
    pen_mm: float,
    place: tuple[float, float] | None = None,
) -> Bgr:
    """A word in handwriting: loops that go on to the right.  place: its left end, in shares."""
    left, top = place or rng.uniform((0.1, 0.1), (0.65, 0.9))
    turns = np.linspace(0, 2 * np.pi * rng.uniform(4, 6), 400)
    high = np.interp(turns, np.linspace(0, turns[-1], 9), rng.uniform(1.5, 5.5, 9))
    x = left * WIDE + (turns / turns[-1] * width_mm + high * np.sin(turns + 1) * 0.6) * MM
    y = top * TALL + high * np.cos(turns * rng.uniform(0.95, 1.05)) * MM
    points = np.round(np.stack([x, y], -1) * 16).astype(np.int32)
    drawn = sheet.copy()
    cv2.polylines(drawn, [points], False, ink, max(1, round(pen_mm * MM)), cv2.LINE_AA, 4)
    return drawn


def _typed(rng: np.random.Generator, lines: list[str], high_mm: float) -> Bgr:
    page = Image.fromarray(flat(rng))
    draw = ImageDraw.Draw(page)
    top = rng.uniform(20, 240)
    for row, line in enumerate(lines):
        at = (25 * MM, (top + row * high_mm * 1.6) * MM)
        draw.text(at, line, (40, 40, 44), font(round(high_mm * MM)))
    return np.asarray(page).copy()


def _paper(sheet: Floats) -> Bgr:
    painted: Bgr = np.clip(sheet, 0, 255).astype(np.uint8)
    return painted


def _point(xy: Floats) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])
