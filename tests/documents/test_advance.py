"""Photographs from home: advice for each fault, and a page whatever they are worth."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from counter.documents.advance import LIGHT_MIN, AdvanceState, Look, advice, state_of_new
from counter.documents.page import Limits, ScanRefused
from counter.documents.sample_page import draw_letter, draw_mat, lay
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.look import look
from counter.documents.scan_opencv.scan import encode
from counter.documents.scan_pool import ScanPool
from tests.documents import synth
from tests.documents.test_page import GOOD

LIMITS = Limits()
LIGHT = LIGHT_MIN + 50


def seen(image: Bgr) -> Look:
    found = look(encode(image, 92), LIMITS)
    assert isinstance(found, Look)
    return found


def test_darkness_is_said_before_all_else_and_nothing_of_what_is_good() -> None:
    assert advice(GOOD, LIGHT, LIMITS) is None
    assert advice(None, LIGHT, LIMITS) == "no_page_found"
    assert advice(replace(GOOD, cut_sides=1), LIGHT, LIMITS) == "page_cut_off"
    assert advice(replace(GOOD, dpi=1), LIGHT, LIMITS) == "page_too_small"
    for found in (GOOD, None, replace(GOOD, cut_sides=1)):
        assert advice(found, LIGHT_MIN - 1, LIMITS) == "too_dark"


def test_only_what_is_good_is_sent_by_itself() -> None:
    assert state_of_new(None) is AdvanceState.SENT
    assert state_of_new("page_blurred") is AdvanceState.ADVISED


@pytest.mark.parametrize("seed", [0, 2])
def test_a_good_photograph_needs_no_advice_and_becomes_a_page(seed: int) -> None:
    found = seen(synth.desk(seed).image)
    assert found.advice is None and found.findings is not None
    page = cv2.imdecode(np.frombuffer(found.page_jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert page is not None and page.shape[:2] == (found.height_px, found.width_px)
    assert found.height_px > found.width_px, "the letter, not the desk around it"


@pytest.mark.parametrize("seed", [0])
def test_a_photograph_in_the_dark_is_said_to_be_dark(seed: int) -> None:
    dark = (synth.desk(seed).image * 0.22).astype(np.uint8)
    assert seen(dark).advice == "too_dark"


@pytest.mark.parametrize("share", [0.6, 0.8])
def test_dim_light_is_not_darkness(share: float) -> None:
    dim = (synth.desk(0).image * share).astype(np.uint8)
    assert seen(dim).advice is None


def test_each_fault_is_named_and_the_picture_is_drawn_all_the_same() -> None:
    rng = np.random.default_rng(5)
    letter = draw_letter(rng, 1400)
    whole = synth.pose(rng, letter, tilt_max=6, fill=0.9)
    away = synth.pose(rng, letter, tilt_max=6, fill=0.55)
    mat = draw_mat(rng, 1000, 750)
    faulty = {
        "page_blurred": synth.blurred(synth.kiosk(0).image, 3.0),
        "page_cut_off": lay(letter, mat, whole + np.array([0, 350]), rng),
        "page_too_small": lay(letter, mat, away, rng),
        "no_page_found": np.full((750, 1000, 3), 128, np.uint8),
    }
    for code, image in faulty.items():
        found = seen(image)
        assert found.advice == code
        assert found.page_jpeg.startswith(b"\xff\xd8\xff") and found.thumb_jpeg
        assert min(found.width_px, found.height_px) > 0


def test_nothing_of_the_file_but_its_pixels_is_left() -> None:
    content = encode(synth.desk(0).image, 92)
    secret = b"Exif\0\0GPS 22.2, 113.5"
    tagged = content[:2] + b"\xff\xe1" + (len(secret) + 2).to_bytes(2) + secret + content[2:]
    found = look(tagged + b"tail GPS", LIMITS)
    assert isinstance(found, Look)
    assert b"GPS" not in found.page_jpeg + found.thumb_jpeg


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_an_image"),
        (b"%PDF-1.7", "not_an_image"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 64, "not_an_image"),
        (b"\xff\xd8\xff\xe0%PDF-1.7", "image_damaged"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x75\x30\x75\x30" + b"\0" * 9, "image_too_large"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x64\x00\x64", "image_damaged"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_code(content: bytes, code: str) -> None:
    assert look(content, LIMITS) == ScanRefused(code=code, findings=None)


async def test_the_looking_is_done_in_a_process_of_its_own() -> None:
    pool = ScanPool()
    try:
        good = await pool.look(encode(synth.desk(0).image, 92), LIMITS)
        assert isinstance(good, Look) and good.advice is None
        thin = np.zeros((1, 9000, 3), np.uint8)
        strange = await pool.look(encode(thin, 92), LIMITS)
        assert isinstance(strange, ScanRefused | Look), "an answer, and no fault"
        assert isinstance(await pool.look(encode(synth.desk(1).image, 92), LIMITS), Look)
    finally:
        await pool.close()
