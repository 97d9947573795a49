"""Draw the characters of machine-readable zones once, from a free OCR-B font, for the reader.

The font is Matthew Skala's OCR-B (Debian fonts-ocr-b; public domain, its strokes by Norbert Schwarz
under "use, modify and/or distribute this file, without limitation").  What is kept are 37 small
pictures of one bit per pixel; the counter needs no font.

    python -m tools.make_mrz_glyphs OCRB.otf counter/documents/scan_opencv/ocr_b.npz
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from counter.documents.mrz import ALPHABET
from counter.documents.scan_opencv.mrz_glyphs import CELL_PX, FINE

BASELINE_PX = 22
"Of the cell, from its bottom, in fine pixels."


def draw(font_file: Path) -> np.ndarray:
    """(37, 120, 80) bool, ink is true, each character in the middle of its cell."""
    wide, tall = CELL_PX[0] * FINE, CELL_PX[1] * FINE
    size = 10
    while ImageFont.truetype(str(font_file), size).getlength("0" * 10) < 10 * wide:
        size += 1
    font = ImageFont.truetype(str(font_file), size)
    base = font.getbbox("H")[3]
    glyphs = []
    for character in ALPHABET:
        cell = Image.new("L", (wide, tall), 0)
        left = (wide - font.getlength(character)) / 2
        ImageDraw.Draw(cell).text((left, tall - BASELINE_PX - base), character, font=font, fill=255)
        glyphs.append(np.asarray(cell) > 127)
    return np.stack(glyphs)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("font", type=Path)
    parser.add_argument("result", type=Path)
    given = parser.parse_args()
    glyphs = draw(given.font)
    np.savez_compressed(given.result, shape=np.array(glyphs.shape), bits=np.packbits(glyphs))


if __name__ == "__main__":
    main()
