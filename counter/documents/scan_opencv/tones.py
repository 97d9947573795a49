"""In how many tones a page is kept: colour, grey, or black and white, which takes a tenth."""

from typing import Literal

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Grey

Mode = Literal["colour", "grey", "bitonal"]
CHROMA_MAX = 12.0
"Nothing but noise differs from grey by less."
BETWEEN_MAX = 0.02
"Share of pixels that are neither paper nor ink nor an edge of ink: more is a picture."
WINDOW_PX = 41
"Neighbourhood of a stroke at 300 dpi; a line of text and the paper around it."
DARKER = 0.22
"By how much of the local spread ink is darker than its surroundings."
SPREAD = 128.0


def mode(page: Bgr) -> Mode:
    """What a cleaned page needs: colour when 1 % of it is coloured, grey when it holds pictures."""
    small = np.ascontiguousarray(page[::3, ::3])
    chroma = small.max(2).astype(np.int16) - small.min(2)
    if np.percentile(cv2.blur(chroma.astype(np.float32), (3, 3)), 99) >= CHROMA_MAX:
        return "colour"
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    # Of strokes only the edges are between black and white; of pictures whole areas are.
    ink = (grey < 70).astype(np.uint8)
    near_ink = cv2.dilate(ink, np.ones((9, 9), np.uint8)) > 0
    between = (grey > 90) & (grey < 200) & ~near_ink
    return "grey" if between.mean() > BETWEEN_MAX else "bitonal"


def bitonal(grey: Grey) -> Grey:
    """(height, width) uint8, 0 or 255: ink is what is darker than its surroundings.

    Source: Sauvola and Pietikäinen 2000, by box filters.
    """
    level = grey.astype(np.float32)
    window = (WINDOW_PX, WINDOW_PX)
    mean = cv2.boxFilter(level, -1, window)
    spread = np.sqrt(np.maximum(cv2.sqrBoxFilter(level, -1, window) - mean * mean, 0))
    paper = level > mean * (1 + DARKER * (spread / SPREAD - 1))
    black_and_white: Grey = np.where(paper, 255, 0).astype(np.uint8)
    return black_and_white
