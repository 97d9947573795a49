"""The 37 characters of OCR-B as patterns of one size, which a zone's characters are compared with.

The file beside this one is made by `tools/make_mrz_glyphs.py`, which names the font and its
licence.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Floats

CELL_PX: Final = (20, 30)
"Width and height of a character's cell; 2.54 mm are 20 px, so this is 200 dpi."
FINE: Final = 4
"How much finer the kept pictures are."
SOFT: Final = 3.0
"Standard deviation in fine pixels: as soft as a camera shows them."
_FILE = Path(__file__).with_name("ocr_b.npz")


@cache
def fine_glyphs() -> Floats:
    """(37, 120, 80) float32, 0 paper to 1 ink, in the order of `mrz.ALPHABET`."""
    with np.load(_FILE) as kept:
        shape = tuple(kept["shape"])
        bits = np.unpackbits(kept["bits"])[: int(np.prod(shape))]
    glyphs: Floats = bits.reshape(shape).astype(np.float32)
    return glyphs


@cache
def patterns() -> Floats:
    """(37, 600) float32, each of mean 0 and length 1."""
    made = []
    for glyph in fine_glyphs():
        soft = cv2.GaussianBlur(glyph, (0, 0), SOFT)
        made.append(cv2.resize(soft, CELL_PX, interpolation=cv2.INTER_AREA).reshape(-1))
    stacked = np.stack(made)
    stacked -= stacked.mean(1, keepdims=True)
    normed: Floats = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
    return normed
