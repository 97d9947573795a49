"""In how many tones a page is kept."""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.clean import clean
from counter.documents.scan_opencv.tones import bitonal, mode
from tests.documents.drawn_papers import draw_card, draw_trilingual


def with_picture(page: Bgr) -> Bgr:
    """The page with a grey photograph on it."""
    made = page.copy()
    made[300:700, 300:800] = np.linspace(20, 235, 500).astype(np.uint8)[None, :, None]
    return made


def test_text_is_kept_in_black_and_white_pictures_in_grey_and_colour_in_colour() -> None:
    text = clean(draw_trilingual(2339))
    assert mode(text) == "bitonal"
    assert mode(with_picture(text)) == "grey"
    assert mode(draw_card(np.random.default_rng(1))[0]) == "colour"


def test_black_and_white_keeps_the_ink_in_light_and_in_shadow() -> None:
    page = cv2.cvtColor(draw_trilingual(2339), cv2.COLOR_BGR2GRAY)
    ink = page < 100
    shade = np.linspace(1.0, 0.35, page.shape[1])[None]
    black = bitonal((page * shade).astype(np.uint8)) == 0
    assert set(np.unique(bitonal(page))) == {0, 255}
    assert (black & ink).sum() / ink.sum() > 0.97
    assert black.mean() < 2 * ink.mean()
