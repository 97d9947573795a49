"""Pairs of photographs from a seed: one sheet twice, or two sheets that look alike.

Sheets that look alike are what a counter sees all day: one form filled in by two people, by type
or by hand, or in one place only; and two pages of one letter.  All words and numbers are made up.
"""

from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw

from counter.documents.scan_opencv.arrays import Bgr
from tests.documents import scenes
from tests.documents.drawn_papers import TRILINGUAL, font

Kind = Literal["typed", "handwritten", "one_field", "pages"]
KINDS: tuple[Kind, ...] = ("typed", "handwritten", "one_field", "pages")
SHEET_PX = 2100
EFFECTS: tuple[scenes.Effects, ...] = ((), ("shadow",), ("crease",), ("shadow", "crease"))
AREA_MIN = 0.3
"A document camera looks at a mat that a sheet of A4 covers half of."
BOWS = (0.0, 0.0, 0.006, 0.012)
NAMES = ("CHAN TAI MAN", "WONG SIO FONG", "LEI KA I", "FONG MEI LENG", "HO WAI KIN")
STREETS = ("Rua da Palha", "Avenida da Praia Grande", "Rua do Campo", "Estrada da Vitória")


def sheets(seed: int, kind: Kind) -> tuple[Bgr, Bgr]:
    """Two sheets that look alike and are not the same."""
    if kind == "pages":
        return letter_page(seed, 1), letter_page(seed, 2)
    by_hand = kind == "handwritten"
    only = seed % 6 if kind == "one_field" else None
    return form(seed, 1, by_hand=by_hand), form(seed, 2, by_hand=by_hand, only=only)


def photographed_twice(
    seed: int, first: Bgr, second: Bgr, size: tuple[int, int]
) -> tuple[scenes.Scene, scenes.Scene]:
    """Both on the mat, each with a pose, light, shadow, fold and bow of its own."""
    shots = []
    for number, sheet in enumerate((first, second)):
        rng = np.random.default_rng([11, seed, number])
        effects = EFFECTS[int(rng.integers(len(EFFECTS)))]
        bow = BOWS[int(rng.integers(len(BOWS)))]
        shots.append(
            scenes.scene(
                rng, size, desk="mat", effects=effects, paper=sheet, bow=bow, area_min=AREA_MIN
            )
        )
    return shots[0], shots[1]


def form(seed: int, filler: int, *, by_hand: bool = False, only: int | None = None) -> Bgr:
    """An A4 form with six fields, filled in by person `filler`.

    only: the one field that this person filled in otherwise than person 1.
    """
    printed = np.random.default_rng([12, seed])
    unit = SHEET_PX / 297
    sheet = Image.new("RGB", (round(SHEET_PX / 2**0.5), SHEET_PX), (251, 251, 250))
    draw = ImageDraw.Draw(sheet)
    lines = [str(line) for line in printed.permutation(TRILINGUAL)]
    y = 16.0
    for line in lines[:3]:
        draw.text((16 * unit, y * unit), line, (22, 22, 26), font(round(4.6 * unit)))
        y += 8
    for field in range(6):
        person = filler if only is None or only == field else 1
        rng = np.random.default_rng([13, seed, person, field])
        draw.text((16 * unit, y * unit), lines[3 + field], (22, 22, 26), font(round(3.8 * unit)))
        y += 7
        box = (16 * unit, y * unit, 194 * unit, (y + 11) * unit)
        draw.rectangle(box, outline=(40, 40, 44), width=max(1, round(0.35 * unit)))
        if by_hand:
            _write(draw, rng, 22 * unit, (y + 7.5) * unit, unit)
        else:
            words = _words(rng)
            while person != 1 and words == _words(np.random.default_rng([13, seed, 1, field])):
                words = _words(rng)
            draw.text((22 * unit, (y + 2) * unit), words, (40, 40, 90), font(round(5 * unit)))
        y += 18
    for line in lines[9:14]:
        draw.text((16 * unit, y * unit), line, (22, 22, 26), font(round(3.8 * unit)))
        y += 7
    signing = np.random.default_rng([14, seed, 1 if only is not None else filler])
    draw.line((120 * unit, 272 * unit, 185 * unit, 272 * unit), (22, 22, 26), 2)
    _write(draw, signing, 125 * unit, 268 * unit, unit)
    return np.asarray(sheet)[..., ::-1].copy()


def letter_page(seed: int, number: int) -> Bgr:
    """Page `number` of a letter: its head and foot are those of every page of it."""
    unit = SHEET_PX / 297
    sheet = Image.new("RGB", (round(SHEET_PX / 2**0.5), SHEET_PX), (251, 251, 250))
    draw = ImageDraw.Draw(sheet)
    head = np.random.default_rng([15, seed])
    for row, line in enumerate(head.permutation(TRILINGUAL)[:3]):
        draw.text((18 * unit, (14 + 8 * row) * unit), str(line), (22, 22, 26), font(32))
    words = " ".join(TRILINGUAL).split()
    body = np.random.default_rng([16, seed, number])
    y = 50.0
    while y < 250:
        line = " ".join(str(word) for word in body.choice(words, 7))[:52]
        draw.text((18 * unit, y * unit), line, (22, 22, 26), font(round(4.2 * unit)))
        y += 8 if body.random() < 0.85 else 16
    draw.text((90 * unit, 282 * unit), f"{number} / 2", (22, 22, 26), font(28))
    return np.asarray(sheet)[..., ::-1].copy()


def _words(rng: np.random.Generator) -> str:
    kind = rng.integers(4)
    if kind == 0:
        return str(rng.choice(NAMES))
    if kind == 1:
        return str(rng.integers(10**6, 10**7)) + f"({rng.integers(10)})"
    if kind == 2:
        return f"{rng.choice(STREETS)} n.º {rng.integers(1, 400)}"
    return f"{rng.integers(1, 29):02}/{rng.integers(1, 13):02}/{rng.integers(1940, 2026)}"


def _write(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, unit: float
) -> None:
    """A word or two by hand: loops of a pen that moves on to the right."""
    pen, tall = max(2, round(rng.uniform(0.4, 0.7) * unit)), rng.uniform(1.6, 3.0) * unit
    for _ in range(int(rng.integers(1, 4))):
        knots = int(rng.integers(8, 24))
        across = x + np.cumsum(rng.uniform(-0.3, 1.9, knots)) * unit
        down = y - rng.uniform(-0.6, 1.6, knots) * tall
        steps = np.linspace(0, knots - 1, knots * 8)
        smooth = cv2.GaussianBlur(
            np.stack(
                [np.interp(steps, range(knots), across), np.interp(steps, range(knots), down)], 1
            ),
            (1, 0),
            sigmaX=0.1,
            sigmaY=3,
        )
        draw.line([(float(a), float(b)) for a, b in smooth], (120, 50, 25), pen, joint="curve")
        x = float(across.max()) + rng.uniform(2, 5) * unit
        if x > 170 * unit:
            return
