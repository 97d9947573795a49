"""Papers drawn from a seed: a trilingual form, a letter, a blank sheet, an identity card.

Every name and number is made up.  The font is the one that signed forms are drawn with, so that the
same seed draws the same paper on every machine.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from counter.documents.sample_page import draw_letter
from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey

FONT = Path(__file__).parents[2] / "counter/esign/fonts/NotoSansCJKtc-Regular.otf"
CARD_PX = (1012, 638)
"ISO/IEC 7810 ID-1, 85.60 x 53.98 mm at 300 dpi."
CARD_RADIUS_PX = 38
"3.18 mm."
TRILINGUAL = (
    "澳門特別行政區政府 身份證明局",
    "個人資料證明書申請表",
    "Direcção dos Serviços de Identificação",
    "Requerimento de Certificado de Dados Pessoais",
    "姓名 Nome  陳大文 CHAN TAI MAN",
    "出生日期 Data de nascimento  01/01/1990",
    "地址 Morada  澳門新口岸宋玉生廣場",
    "電話 Telefone  6612 3456",
    "申請人須攜同身份證明文件正本辦理手續。",
    "O requerente deve apresentar o original do documento",
    "de identificação e assinar perante o funcionário.",
    "The applicant shall bring the original of the identity",
    "document and sign before the officer in charge.",
    "聲明：本人聲明所填資料真確無誤。",
    "Declaro que as informações prestadas são verdadeiras.",
    "I declare that the information given is true.",
    "日期 Data  30/11/2026   簽署 Assinatura",
)
"""Lines of the page that a reader has to read again after it was photographed."""


@lru_cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The font of the forms, at this size."""
    return ImageFont.truetype(str(FONT), size_px)


def draw_trilingual(height_px: int = 2100) -> Bgr:
    """An A4 page of `TRILINGUAL`, one line below the other."""
    width_px = round(height_px / 2**0.5)
    sheet = Image.new("RGB", (width_px, height_px), (252, 252, 251))
    draw = ImageDraw.Draw(sheet)
    unit = height_px / 297
    for row, line in enumerate(TRILINGUAL):
        draw.text((18 * unit, (20 + 15 * row) * unit), line, (24, 24, 28), font(round(5.2 * unit)))
    return np.asarray(sheet)[..., ::-1].copy()


def draw_form(rng: np.random.Generator, height_px: int = 2100) -> Bgr:
    """An A4 form: labels, boxes to fill in, some of them filled."""
    width_px = round(height_px / 2**0.5)
    sheet = Image.new("RGB", (width_px, height_px), (251, 251, 250))
    draw = ImageDraw.Draw(sheet)
    unit = height_px / 297
    y = 16.0
    for row, line in enumerate(rng.permutation(TRILINGUAL)[:12]):
        draw.text((16 * unit, y * unit), str(line), (22, 22, 26), font(round(4.6 * unit)))
        y += 8
        if row > 2 and rng.random() < 0.7:
            box = (16 * unit, y * unit, 194 * unit, (y + 9) * unit)
            draw.rectangle(box, outline=(40, 40, 44), width=max(1, round(0.35 * unit)))
            if rng.random() < 0.6:
                words = str(rng.integers(10**6, 10**7))
                draw.text((22 * unit, (y + 1) * unit), words, (90, 40, 30), font(round(5 * unit)))
            y += 11
        y += 3
    return np.asarray(sheet)[..., ::-1].copy()


def draw_paper(rng: np.random.Generator, height_px: int = 2100) -> Bgr:
    """A letter, a form or the trilingual page, on paper that is white or, seldom, coloured."""
    kind = rng.integers(3)
    if kind == 0:
        page = draw_letter(rng, height_px)
    else:
        page = draw_form(rng, height_px) if kind == 1 else draw_trilingual(height_px)
    tint = rng.uniform([0.92, 0.9, 0.86], 1.0) * rng.uniform(0.78, 1)
    if rng.random() < 0.12:
        tint = rng.uniform(0.45, 1, 3)
    coloured: Bgr = (page * tint).astype(np.uint8)
    return coloured


def draw_card(rng: np.random.Generator, *, back: bool | None = None) -> tuple[Bgr, Grey]:
    """An identity card with guilloche, and which of its pixels are card (round corners).

    back: lines for machines instead of a portrait; by default one of the two.
    """
    wide, tall = CARD_PX
    base = rng.uniform(120, 240, 3)
    other = np.clip(base + rng.uniform(-60, 60, 3), 60, 250)
    share = np.linspace(0, 1, wide)[None, :, None]
    y, x = np.mgrid[0:tall, 0:wide]
    waves = 8 * np.sin(x / rng.uniform(6, 20) + y / rng.uniform(10, 40) + 3 * np.sin(y / 60))
    ground = np.clip(base * (1 - share) + other * share + waves[..., None], 0, 255)
    card = Image.fromarray(np.ascontiguousarray(ground.astype(np.uint8)[..., ::-1]))
    _print_card(ImageDraw.Draw(card), rng, bool(rng.random() < 0.5) if back is None else back)
    return np.asarray(card)[..., ::-1].copy(), _rounded(wide, tall, CARD_RADIUS_PX)


def _print_card(draw: ImageDraw.ImageDraw, rng: np.random.Generator, back: bool) -> None:
    draw.text((60, 30), "澳門特別行政區 SPECIMEN 樣本", (20, 40, 30), font(36))
    if back:
        for row in range(3):
            line = "".join(rng.choice(list("0123456789ABCDEFGHKLMN<<<<<<<"), 30))
            for place, letter in enumerate(line):  # a fixed pitch, as for machines
                draw.text((52 + 30.4 * place, 408 + 66 * row), letter, (15, 15, 15), font(44))
        return
    portrait = tuple(int(value) for value in rng.integers(60, 200, 3))
    draw.rectangle((60, 170, 330, 540), fill=portrait)
    draw.ellipse((130, 230, 260, 420), fill=tuple(min(255, value + 50) for value in portrait))
    for row, line in enumerate(("CHAN TAI MAN", "陳大文", "M 01-01-1990", "1234567(8)")):
        draw.text((380, 180 + 84 * row), line, (25, 25, 30), font(40))


def _rounded(wide: int, tall: int, radius: int) -> Grey:
    mask: Floats = np.zeros((tall, wide), np.uint8)
    cv2.rectangle(mask, (radius, 0), (wide - radius - 1, tall - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (wide - 1, tall - radius - 1), 255, -1)
    for x in (radius, wide - radius - 1):
        for y in (radius, tall - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask
