"""Black-and-white copies: of text only, small, and without a letter lost."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from counter.documents.archive_opencv import bitonal, chroma, ink, text_only, two_levels
from counter.documents.scan_opencv.arrays import Bgr
from tests.documents.letters import jpeg, letter_jpeg

SMALL = 60 * 1024


def pixels(content: bytes) -> Bgr:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_letter_becomes_a_small_tiff_with_the_same_ink(seed: int) -> None:
    page = letter_jpeg(seed)
    tiff = bitonal(page, 200.0)
    assert tiff is not None and len(tiff) <= SMALL
    with Image.open(BytesIO(tiff)) as image:
        assert image.mode == "1"
        assert image.info["compression"] == "group4"
        assert image.info["dpi"] == (200, 200)
        black = np.asarray(image) == 0
    grey = cv2.cvtColor(pixels(page), cv2.COLOR_BGR2GRAY)
    assert black.shape == grey.shape
    assert black[grey < 60].all(), "what is clearly ink is ink"
    assert not black[grey > 235].any(), "what is clearly paper is paper"


def test_a_coloured_stamp_keeps_the_page_in_colour() -> None:
    page = pixels(letter_jpeg(3)).copy()
    cv2.circle(page, (1200, 1900), 160, (40, 40, 200), 24)
    assert chroma(page) >= 12
    assert bitonal(jpeg(page), 200.0) is None


def test_so_does_a_signature_in_blue() -> None:
    page = pixels(letter_jpeg(3)).copy()
    points = [[900 + 6 * at, round(2100 + 60 * np.sin(at / 5))] for at in range(100)]
    cv2.polylines(page, [np.array(points, np.int32)], False, (160, 60, 30), 5)
    assert bitonal(jpeg(page), 200.0) is None


@pytest.mark.parametrize("width, height", [(900, 1100), (276, 354)])
def test_a_photograph_on_the_page_keeps_it_grey(width: int, height: int) -> None:
    page = pixels(letter_jpeg(3)).copy()
    ramp = np.tile(np.linspace(30, 230, width, dtype=np.uint8), (height, 1))
    page[300 : 300 + height, 300 : 300 + width] = ramp[..., None]
    assert chroma(page) < 12
    assert not text_only(page)


def test_two_levels_are_two_and_a_ramp_is_none() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    assert two_levels(ramp)[0] == pytest.approx(0.75, abs=0.01)
    halves = np.where(ramp < 128, 10, 245).astype(np.uint8)
    assert two_levels(halves) == pytest.approx((1.0, 10.0, 245.0))
    assert two_levels(np.full((8, 8), 255, np.uint8))[0] == 0.0


def test_wide_black_areas_stay_filled_and_pale_ink_is_ink() -> None:
    grey = np.full((200, 200), 255, np.uint8)
    grey[20:120, 20:120] = 20
    grey[150:153, 20:180] = 200
    made = ink(grey)
    assert (made[20:120, 20:120] == 0).all()
    assert (made[150:153, 20:180] == 0).all()
    assert (made[185:, :] == 255).all()


def test_what_is_no_picture_has_no_copy() -> None:
    assert bitonal(b"nothing", 200.0) is None
