"""The scanner on seeded photographs: pages are found to a pixel, faults refused by their code."""

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from counter.documents.page import Limits, ScanRefused, ScanResult
from counter.documents.sample_page import draw_letter, draw_mat, lay, sample_photograph
from counter.documents.scan_opencv.arrays import Bgr, clockwise
from counter.documents.scan_opencv.bow import BOWED, Bowed, bow_of, patch
from counter.documents.scan_opencv.clean import clean
from counter.documents.scan_opencv.find import find_in_small, shrink
from counter.documents.scan_opencv.fingers import finger_share
from counter.documents.scan_opencv.flatten import flatten, sheet_of
from counter.documents.scan_opencv.judge import edge_width_px
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.scan import encode, scan
from tests.documents import scenes, synth

LIMITS = Limits()
FINGER = 1
"Every fourth paper of `synth.kiosk` is held by a finger."
DESKS_AND_LIGHTS = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([300, 302, 307, 309, 311, 313, 318, 324], id="some"),
        pytest.param(range(300, 325), id="all", marks=pytest.mark.deep),
    ],
)
"""Each desk and each effect, or each with each.  bench-scan measures more."""


def overlap(frame: synth.Frame | scenes.Scene) -> float:
    located = locate(frame.image)
    assert located is not None
    return synth.jaccard(located.quad, clockwise(frame.corners))


class Found(NamedTuple):
    """What the finder makes of a paper on a desk."""

    overlap: float
    cut_off: bool


@cache
def on_a_desk(seed: int, *, card: bool) -> Found:
    scene = scenes.desk(seed, (1000, 750), card=card)
    located = locate(scene.image)
    assert located is not None
    overlap = synth.jaccard(located.quad, clockwise(scene.corners))
    return Found(overlap=overlap, cut_off=bool(located.cut_sides))


def refusal(image: Bgr, limits: Limits = LIMITS) -> str:
    """The code with which a picture is refused, or "" when it is taken."""
    answer = scan(encode(image, 92), limits)
    return answer.code if isinstance(answer, ScanRefused) else ""


def test_letters_on_the_mat_are_found_with_fingers_shadows_and_creases() -> None:
    overlaps = [overlap(synth.kiosk(seed)) for seed in range(8)]
    assert np.mean(overlaps) >= 0.995
    assert min(overlaps) >= 0.95


def test_cards_on_the_mat_are_found() -> None:
    overlaps = [overlap(synth.kiosk(seed, card=True)) for seed in range(100, 104)]
    assert np.mean(overlaps) >= 0.995
    assert min(overlaps) >= 0.95


def test_letters_on_patterned_desks_are_found_from_the_side() -> None:
    overlaps = [overlap(synth.desk(seed)) for seed in range(6)]
    assert np.mean(overlaps) >= 0.99
    assert min(overlaps) >= 0.9


@pytest.mark.parametrize("card", [True, False], ids=["card", "letter"])
@DESKS_AND_LIGHTS
def test_papers_are_found_on_all_desks_in_all_light(seeds: Sequence[int], card: bool) -> None:
    overlaps = [on_a_desk(seed, card=card).overlap for seed in seeds]
    assert np.median(overlaps) >= 0.995
    assert sum(overlap < 0.9 for overlap in overlaps) <= len(seeds) // 25


def covered(scene: scenes.Scene) -> bool:
    """Whether something is seen to lie across the border."""
    small, scale = shrink(scene.image)
    return finger_share(small, (clockwise(scene.corners) + 0.5) * scale - 0.5) > (
        LIMITS.finger_share_max
    )


@pytest.mark.parametrize("papers", [10, pytest.param(40, marks=pytest.mark.deep)])
def test_fingers_across_the_border_are_seen_and_nothing_else_is_taken_for_one(papers: int) -> None:
    shown = [scenes.mat(seed, (1200, 900)) for seed in range(300, 300 + papers)]
    fingers = [covered(scene) for scene in shown if "finger" in scene.effects]
    others = [covered(scene) for scene in shown if "finger" not in scene.effects]
    assert len(fingers) == papers // 5
    assert sum(fingers) >= len(fingers) - len(fingers) // 8
    assert not any(others)


@pytest.mark.parametrize("bow", [0.0, pytest.param(0.006, marks=pytest.mark.deep), 0.012, 0.018])
def test_a_bowed_page_is_flattened_to_a_third_of_a_millimetre(bow: float) -> None:
    rng = np.random.default_rng([5, int(bow * 1000)])
    letter = draw_letter(rng, 1500)
    scene = scenes.scene(rng, (2000, 1500), desk="mat", bow=bow, paper=letter)
    located = locate(scene.image)
    assert located is not None
    bowed = bow_of(scene.image, located.quad)
    assert bowed.share == pytest.approx(bow, abs=0.001)
    assert error_mm(scene, bowed) <= 0.3
    if bow > BOWED:
        assert error_mm(scene, Bowed(quad=located.quad, sags=np.zeros(4))) > 0.3


def error_mm(scene: scenes.Scene, bowed: Bowed) -> float:
    """Mean distance on the paper between where a point is and where it was taken from."""
    turns = min(
        range(4), key=lambda turn: np.abs(np.roll(scene.corners, -turn, 0) - bowed.quad).max()
    )
    width, height = (840, 1188) if turns % 2 == 0 else (1188, 840)
    x, y = patch(bowed, width, height)
    down, across = np.mgrid[40 : height - 40 : 40, 40 : width - 40 : 40]
    u, v = (across + 0.5) / width, (down + 0.5) / height
    own = {0: (u, v), 1: (1 - v, u), 2: (1 - u, 1 - v), 3: (v, 1 - u)}[turns]
    away = np.stack([x[down, across], y[down, across]], -1) - scene.at(*own)
    wide_px = np.linalg.norm(scene.corners[1] - scene.corners[0])
    return float(np.linalg.norm(away, axis=-1).mean() / wide_px * 210)


def test_all_sharp_pages_of_the_sets_are_taken() -> None:
    frames = [synth.kiosk(seed) for seed in range(4) if seed % 4 != FINGER]
    frames += [synth.kiosk(seed, card=True) for seed in (100, 102)]
    frames += [synth.desk(seed) for seed in range(3)]
    assert [refusal(frame.image) for frame in frames] == [""] * len(frames)


@pytest.mark.parametrize("sigma_px", [2.0, pytest.param(3.0, marks=pytest.mark.deep), 4.0])
def test_what_is_out_of_focus_is_refused(sigma_px: float) -> None:
    frames = [synth.kiosk(0), synth.kiosk(101, card=True), synth.desk(2)]
    codes = {refusal(synth.blurred(frame.image, sigma_px)) for frame in frames}
    assert codes == {"page_blurred"}


def test_edge_width_grows_with_blur_and_not_with_the_amount_of_text() -> None:
    letter = draw_letter(np.random.default_rng(1), 1754)
    almost_empty = letter.copy()
    almost_empty[300:] = letter[250, 20]
    for page in (letter, almost_empty):
        widths = [edge_width_px(synth.blurred(page, sigma)) for sigma in (0.5, 1.0, 2.0, 3.0)]
        assert all(width is not None for width in widths)
        assert all(one < other for one, other in pairwise(w for w in widths if w))
    sharp = [edge_width_px(synth.blurred(page, 0.5)) for page in (letter, almost_empty)]
    assert sharp[0] is not None and sharp[1] == pytest.approx(sharp[0], abs=0.2)


@pytest.mark.parametrize("seed", [0, 2])
def test_a_lamp_that_hides_text_is_refused(seed: int) -> None:
    assert refusal(synth.glaring(synth.kiosk(seed))) == "page_glare"


@pytest.mark.parametrize("seed", [0, 2])
def test_a_well_lit_page_is_no_glare(seed: int) -> None:
    bright = np.clip(synth.kiosk(seed, effects=()).image * 1.3, 0, 255).astype(np.uint8)
    assert refusal(bright) == ""


def test_a_blank_sheet_is_refused() -> None:
    rng = np.random.default_rng(4)
    blank = np.full((1400, 990, 3), 245, np.uint8)
    corners = synth.pose(rng, blank, tilt_max=6, fill=0.9)
    assert refusal(lay(blank, draw_mat(rng, 1000, 750), corners, rng)) == "page_blank"


@pytest.mark.parametrize(("right", "down"), [(0, 150), (0, 350), (400, 0), (380, 150), (-390, 0)])
def test_a_page_that_runs_out_of_the_picture_is_refused(right: int, down: int) -> None:
    rng = np.random.default_rng(5)
    letter = draw_letter(rng, 1400)
    corners = synth.pose(rng, letter, tilt_max=6, fill=0.9) + np.array([right, down])
    assert refusal(lay(letter, draw_mat(rng, 1000, 750), corners, rng)) == "page_cut_off"


@pytest.mark.parametrize("papers", [5, pytest.param(25, marks=pytest.mark.deep)])
@pytest.mark.parametrize("on_mat", [True, False], ids=["mat", "desk"])
@pytest.mark.parametrize("card", [True, False], ids=["card", "letter"])
def test_pages_of_which_a_part_is_outside_are_not_taken_for_whole(
    card: bool, on_mat: bool, papers: int
) -> None:
    seeds = range(300, 300 + papers)
    shown = (scenes.cut(seed, (1200, 900), card=card, on_mat=on_mat) for seed in seeds)
    found = [locate(scene.image) for scene in shown]
    whole = [one for one in found if one and one.whole and one.score >= LIMITS.score_min]
    assert len(whole) <= papers * (2 if on_mat else 5) // 25


@pytest.mark.parametrize(
    "seed", [5034, 5093, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (5077, 5153))]
)
def test_a_shadow_that_closes_a_cut_page_is_no_side_of_it(seed: int) -> None:
    shown = scenes.cut(seed, (1200, 900), on_mat=True)
    small, scale = shrink(shown.image)
    found = find_in_small(small, scale)
    assert found is not None
    inside = (found.quad > 2).all() and (found.quad < np.array([1197, 897])).all()
    assert inside and found.cut_sides == 1


@pytest.mark.parametrize(
    "seed",
    [5044, 5072, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (5064, 5090, 5099))],
)
def test_an_empty_leaf_is_not_taken_while_a_written_page_runs_out_of_the_picture(seed: int) -> None:
    found = locate(scenes.cut(seed, (1200, 900), card=True).image)
    assert found is not None and found.cut_sides


def test_an_empty_leaf_alone_is_whole() -> None:
    rng = np.random.default_rng(6)
    leaf = np.full((1400, 990, 3), 235, np.uint8)
    found = locate(scenes.scene(rng, (1200, 900), desk="mat", paper=leaf).image)
    assert found is not None and found.whole


@pytest.mark.parametrize("card", [True, False], ids=["card", "letter"])
@DESKS_AND_LIGHTS
def test_whole_pages_are_not_taken_for_cut_off(seeds: Sequence[int], card: bool) -> None:
    assert not any(on_a_desk(seed, card=card).cut_off for seed in seeds)


def test_a_page_far_away_is_refused() -> None:
    rng = np.random.default_rng(6)
    letter = draw_letter(rng, 1400)
    corners = synth.pose(rng, letter, tilt_max=6, fill=0.55)
    assert refusal(lay(letter, draw_mat(rng, 1000, 750), corners, rng)) == "page_too_small"


def fake_camera() -> Bgr:
    """What Chromium's fake device shows: green, grey squares, a white pacman, a running clock."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:] = (0, 135, 0)
    for x, y in ((0, 0), (560, 0), (0, 400), (560, 400)):
        picture[y : y + 80, x : x + 80] = np.linspace(0, 255, 80, dtype=np.uint8)[None, :, None]
    cv2.ellipse(picture, (320, 240), (120, 120), 0.0, 30.0, 330.0, (255, 255, 255), -1)
    cv2.putText(picture, "0:00:01:234 56", (180, 40), 0, 1.0, (255, 255, 255), 2)
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(fake_camera(), id="fake camera"),
        pytest.param(draw_mat(np.random.default_rng(1), 1000, 750), id="empty mat"),
        pytest.param(np.full((750, 1000, 3), 240, np.uint8), id="white wall"),
        pytest.param(np.zeros((750, 1000, 3), np.uint8), id="lens cap"),
        pytest.param(
            np.random.default_rng(1).integers(0, 255, (750, 1000, 3), dtype=np.uint8), id="noise"
        ),
    ],
)
def test_what_is_no_page_is_refused(picture: Bgr) -> None:
    assert refusal(picture) == "no_page_found"


@pytest.mark.parametrize("height_px", [700, 1400])
def test_a_picture_that_is_the_page_itself_is_taken_whole(height_px: int) -> None:
    page = draw_letter(np.random.default_rng(3), height_px)
    answer = scan(encode(page, 92), LIMITS)
    assert isinstance(answer, ScanResult)
    assert answer.findings.whole_frame and "whole_frame" in answer.notes
    assert answer.height_px == height_px


def test_a_page_on_a_light_cloth_is_not_taken_for_the_whole_picture() -> None:
    frame = synth.desk(5042)
    located = locate(frame.image)
    assert located is not None and not located.whole_frame
    assert synth.jaccard(located.quad, frame.corners) >= 0.95


def test_a_panel_printed_on_a_flat_page_is_not_taken_for_the_page() -> None:
    page = draw_letter(np.random.default_rng(3), 1400)
    cv2.rectangle(page, (80, 700), (900, 1300), (225, 205, 180), -1)
    answer = scan(encode(page, 92), LIMITS)
    assert isinstance(answer, ScanResult)
    assert answer.findings.whole_frame


def paper_levels(grey: Bgr) -> list[float]:
    """How bright the paper is in each cell of an even 6 x 6 grid over the inner page."""
    height, width = grey.shape
    inner = grey[height // 30 : -height // 30, width // 30 : -width // 30]
    cells = [cell for row in np.array_split(inner, 6) for cell in np.array_split(row, 6, axis=1)]
    return [float(np.percentile(cell, 90)) for cell in cells]


def test_a_shadowed_page_comes_out_evenly_white_with_black_text() -> None:
    frame = synth.kiosk(0, effects=("shadow",))
    located = locate(frame.image)
    assert located is not None
    sheet = sheet_of(located.quad, frame.image.shape)
    raw = flatten(frame.image, located.quad, sheet, 2339)
    before = paper_levels(cv2.cvtColor(raw, cv2.COLOR_BGR2GRAY))
    assert min(before) < 0.75 * max(before), "this frame has no shadow to take away"
    grey = cv2.cvtColor(clean(raw), cv2.COLOR_BGR2GRAY)
    assert min(paper_levels(grey)) >= 245
    assert np.percentile(grey, 0.5) <= 90


@cache
def photographed(seed: int) -> bytes:
    return sample_photograph(seed)


def test_nothing_of_the_file_but_its_pixels_is_kept() -> None:
    photograph = photographed(2)
    secret = b"GPS 22.19N 113.54E <script>alert(1)</script>"
    exif = b"\xff\xe1" + struct.pack(">H", len(secret) + 2) + secret
    marked = photograph[:2] + exif + photograph[2:] + secret
    answer = scan(marked, LIMITS)
    assert isinstance(answer, ScanResult)
    assert secret[:8] in marked
    for made in (answer.page_jpeg, answer.thumb_jpeg):
        assert secret[:8] not in made and b"Exif" not in made and b"script" not in made


def test_a_photograph_taken_sideways_is_turned_as_its_camera_says() -> None:
    upright = scan(photographed(2), LIMITS)
    # TIFF header, one entry: orientation (0x0112), SHORT, 1 value: 6, turn right to see it upright.
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff
    photograph = photographed(2)
    turned = scan(photograph[:2] + exif + photograph[2:], LIMITS)
    assert isinstance(upright, ScanResult) and isinstance(turned, ScanResult)
    assert upright.height_px > upright.width_px
    assert turned.width_px > turned.height_px


def test_the_same_photograph_gives_the_same_page() -> None:
    photograph = sample_photograph(7)
    assert photograph == sample_photograph(7)
    assert scan(photograph, LIMITS) == scan(photograph, LIMITS)


def png(width_px: int, height_px: int) -> bytes:
    """A PNG whose header claims a size that its few bytes do not hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 4096)
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


JPEG = sample_photograph(3, width_px=640, height_px=480)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(png(30_000, 30_000), "image_too_large", id="bomb"),
        pytest.param(png(40_000, 10), "image_too_large", id="long strip"),
        pytest.param(png(0, 10), "image_damaged", id="no width"),
        pytest.param(png(800, 600), "image_damaged", id="pixels missing"),
        pytest.param(JPEG[:300], "image_damaged", id="ends in its header"),
        pytest.param(JPEG[:2], "not_an_image", id="two bytes"),
        pytest.param(b"", "not_an_image", id="nothing"),
        pytest.param(b"Dear Sir or Madam,", "not_an_image", id="text renamed"),
        pytest.param(b"%PDF-1.7\n", "not_an_image", id="PDF renamed"),
        pytest.param(JPEG + b"\0" * 11 * 1024**2, "image_too_large", id="too many bytes"),
    ],
)
def test_hostile_files_are_refused_by_their_code(content: bytes, code: str) -> None:
    answer = scan(content, LIMITS)
    assert isinstance(answer, ScanRefused)
    assert answer.code == code


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_short_jpeg_is_refused(share: float) -> None:
    photograph = photographed(3)
    answer = scan(photograph[: int(len(photograph) * share)], LIMITS)
    assert isinstance(answer, ScanRefused)
    assert answer.code == "image_damaged"
