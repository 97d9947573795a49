"""The mat's markers give the scale: formats are told apart by size, and resolution is measured."""

import numpy as np
import pytest

from counter.documents.sample_page import draw_letter
from counter.documents.scan_opencv.arrays import Bgr, clockwise, side_lengths
from counter.documents.scan_opencv.flatten import sheet_of
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.mat import mat_of
from tests.documents import scenes, synth
from tests.documents.drawn_papers import draw_card, draw_form
from tests.documents.mats import OnMat, on_mat

CAMERA = (1600, 1200)
SIZES = {
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "id-1": (85.60, 53.98),
    "td3": (125.0, 88.0),
    "td3-open": (125.0, 176.0),
    "free": (90.0, 200.0),
}


def paper_of(rng: np.random.Generator, size_mm: tuple[float, float]) -> Bgr:
    if max(size_mm) < 100:
        return draw_card(rng, back=False)[0]
    page = draw_form(rng, 1400) if size_mm[0] < size_mm[1] else draw_letter(rng, 1400)
    wide = round(page.shape[0] * min(size_mm) / max(size_mm))
    upright = page[:, :wide]
    return upright if size_mm[0] < size_mm[1] else np.ascontiguousarray(np.rot90(upright))


def photographed(seed: int, size_mm: tuple[float, float], **more: tuple[int, ...]) -> OnMat:
    rng = np.random.default_rng([31, seed])
    return on_mat(rng, paper_of(rng, size_mm), size_mm, CAMERA, **more)


@pytest.mark.parametrize(("expected", "size_mm"), SIZES.items())
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (1, 2))]
)
def test_formats_are_told_apart_by_their_size(
    expected: str, size_mm: tuple[float, float], seed: int
) -> None:
    shown = photographed(seed, size_mm)
    mat = mat_of(shown.image)
    located = locate(shown.image, mat)
    assert located is not None and mat is not None
    sheet = sheet_of(located.quad, shown.image.shape, mat)
    assert sheet.format == expected
    assert sheet.size_mm is not None
    assert sorted(sheet.size_mm) == pytest.approx(sorted(size_mm), rel=0.02)
    seen_px = side_lengths(shown.corners).reshape(2, 2).mean(0).max()
    assert sheet.dpi == pytest.approx(seen_px / max(size_mm) * 25.4, rel=0.03)


def test_without_a_mat_only_the_proportion_is_known() -> None:
    for name in ("a4", "a5", "td3"):
        shown = photographed(1, SIZES[name])
        sheet = sheet_of(shown.corners, shown.image.shape)
        assert (sheet.format, sheet.size_mm) == ("a-series", None)


def test_two_markers_are_enough_and_one_is_not() -> None:
    shown = photographed(2, SIZES["a5"], hidden=(1, 3))
    mat = mat_of(shown.image)
    assert mat is not None and mat.seen == 2
    assert sheet_of(shown.corners, shown.image.shape, mat).format == "a5"
    assert mat_of(photographed(2, SIZES["a5"], hidden=(0, 1, 3)).image) is None


def test_markers_that_lie_otherwise_than_on_our_mat_say_nothing() -> None:
    other = scenes.mat(300, CAMERA)
    assert mat_of(other.image) is None
    assert sheet_of(clockwise(other.corners), other.image.shape, None).size_mm is None


def test_the_mat_itself_is_not_taken_for_a_page() -> None:
    shown = photographed(0, SIZES["id-1"])
    unaware = locate(shown.image)
    assert unaware is not None and synth.jaccard(unaware.quad, shown.corners) < 0.1
    aware = locate(shown.image, mat_of(shown.image))
    assert aware is not None and synth.jaccard(aware.quad, shown.corners) > 0.99
