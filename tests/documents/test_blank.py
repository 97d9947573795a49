"""Sheets with nothing on them are told; whatever has a line of writing on it is a page."""

import cv2
import numpy as np
import pytest

from counter.documents.page import Findings, Limits, Refused, verdict
from counter.documents.preview import INK_TRACE_MIN
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.flatten import flatten, sheet_of
from counter.documents.scan_opencv.ink import ink_share, ink_trace
from counter.documents.scan_opencv.judge import JUDGED_PX
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.mat import mat_of
from counter.documents.scan_opencv.scan import measure
from tests.documents import sparse_pages
from tests.documents.sparse_pages import BLANK, SPARSE, photographed

SIZE = (1600, 1200)
LIMITS = Limits()


def code(image: Bgr) -> str:
    decision = verdict(found_in(image), LIMITS)
    return decision.code if isinstance(decision, Refused) else ""


def found_in(image: Bgr) -> Findings:
    mat = mat_of(image)
    located = locate(image, mat)
    assert located is not None
    return measure(image, located, sheet_of(located.quad, image.shape, mat))


@pytest.mark.parametrize("kind", BLANK)
def test_a_sheet_with_nothing_on_it_is_told(kind: str) -> None:
    for number, effects in enumerate(((), ("shadow",))):
        rng = np.random.default_rng([6, number, list(BLANK).index(kind)])
        assert code(photographed(rng, BLANK[kind](rng), SIZE, effects)) == "page_blank", effects


def test_the_shadow_of_a_hand_is_no_writing() -> None:
    rng = np.random.default_rng(8)
    image = photographed(rng, sparse_pages.flat(rng), SIZE)
    assert code(sparse_pages.hand_shadow(rng, image)) == "page_blank"


@pytest.mark.parametrize("kind", SPARSE)
def test_a_page_with_hardly_anything_on_it_is_not_told_to_be_empty(kind: str) -> None:
    for number, effects in enumerate(((), ("shadow",))):
        rng = np.random.default_rng([7, number, list(SPARSE).index(kind)])
        image = photographed(rng, SPARSE[kind](rng), SIZE, effects)
        assert code(image) != "page_blank", effects
        assert trace(image) >= INK_TRACE_MIN, effects


@pytest.mark.parametrize("effects", [(), ("shadow",)])
def test_an_empty_sheet_is_told_while_it_lies_there(effects: tuple[str, ...]) -> None:
    rng = np.random.default_rng(11)
    image = photographed(rng, sparse_pages.flat(rng), SIZE, effects)
    assert trace(image) < INK_TRACE_MIN


def test_folds_do_not_hide_a_signature() -> None:
    rng = np.random.default_rng(12)
    both = np.minimum(sparse_pages.folded(rng), sparse_pages.signature(rng))
    assert ink_share(both) >= LIMITS.ink_share_min


def test_a_row_of_type_is_no_fold_however_long_it_is() -> None:
    rng = np.random.default_rng(13)
    sheet = sparse_pages.flat(rng)
    row = sparse_pages.chinese_line(rng)
    written = np.minimum(sheet, row)
    for long_px in (600, 900, 1754):
        page, _ = shrink(written, long_px)
        assert ink_share(page) >= LIMITS.ink_share_min, long_px


@pytest.mark.parametrize("shape", [(8, 8), (9, 300), (300, 9)])
def test_a_page_of_hardly_any_pixels_is_measured_too(shape: tuple[int, int]) -> None:
    for level in (0, 255):
        page = np.full((*shape, 3), level, np.uint8)
        assert ink_share(page) == ink_trace(page) == 0


def trace(image: Bgr) -> float:
    """As a preview measures it."""
    tall = round(480 * image.shape[0] / image.shape[1])
    small = np.asarray(cv2.resize(image, (480, tall), interpolation=cv2.INTER_AREA), np.uint8)
    mat = mat_of(small)
    located = locate(small, mat)
    assert located is not None
    return ink_trace(flatten(small, located.quad, sheet_of(located.quad, small.shape, mat), 480))


def test_what_is_judged_is_not_worked_on_at_its_own_size() -> None:
    """A still has four times the pixels; the same share comes out."""
    rng = np.random.default_rng(14)
    page, _ = shrink(sparse_pages.pale_stamp(rng), JUDGED_PX)
    half, _ = shrink(page, JUDGED_PX // 2)
    assert ink_share(page) == pytest.approx(ink_share(half), rel=0.35)
