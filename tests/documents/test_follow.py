"""A mark stays on its line while the sheet moves under the camera, and is on no other sheet."""

import cv2
import numpy as np
import pytest

from counter.documents.sample_page import draw_letter, draw_mat, lay
from counter.documents.scan_opencv.arrays import Bgr, Quad
from counter.documents.scan_opencv.follow import follow, look_at

WIDTH_PX, HEIGHT_PX = 1280, 720
MARKS = np.array([[0.2, 0.15], [0.8, 0.15], [0.5, 0.5], [0.25, 0.85], [0.75, 0.8]])
"Places on the sheet, in shares of it."


def corners(
    *, turn: float = 0.0, dx: float = 0.0, dy: float = 0.0, size: float = 1.0, tilt: float = 0.0
) -> Quad:
    """Where the sheet lies: degrees, shares of the picture, of its usual size."""
    tall = HEIGHT_PX * 0.82 * size
    wide = tall / np.sqrt(2)
    flat = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    flat[:2, 0] *= 1 - tilt  # the far side looks shorter
    angle = np.radians(turn)
    spun = flat @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return spun + np.array([WIDTH_PX * (0.5 + dx), HEIGHT_PX * (0.5 + dy)])


def seen(paper: Bgr, quad: Quad, seed: int) -> Bgr:
    """The sheet on the mat, with this picture's own noise, as a JPEG of a video would bring it."""
    rng = np.random.default_rng(seed)
    frame = lay(paper, draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX), quad, rng)
    noisy = np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def on_picture(quad: Quad) -> np.ndarray:
    """The marks' true places, in shares of the picture."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    there = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    found = cv2.perspectiveTransform(MARKS.reshape(1, -1, 2), there.astype(np.float64))[0]
    return found / (WIDTH_PX, HEIGHT_PX)


def letter(seed: int) -> Bgr:
    return draw_letter(np.random.default_rng(seed), 1400)


MOVES = {
    "not at all": corners(),
    "aside": corners(dx=0.12, dy=-0.05),
    "turned a little": corners(turn=7, dx=-0.05),
    "turned much": corners(turn=35, size=0.85),
    "across": corners(turn=90, size=0.8),
    "upside down": corners(turn=180),
    "nearer": corners(size=1.15),
    "further": corners(size=0.7),
    "tilted": corners(tilt=0.12, turn=-5),
    "half outside": corners(dx=0.3),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_marks_stay_on_their_lines_to_a_hundredth_of_the_width(seed: int, move: str) -> None:
    paper = letter(seed)
    before = corners()
    reference = look_at(seen(paper, before, seed))
    moved = follow(reference, seen(paper, MOVES[move], seed + 50))
    assert moved is not None
    found = cv2.perspectiveTransform(on_picture(before).reshape(1, -1, 2), moved)[0]
    off = (found - on_picture(MOVES[move])) * (1, HEIGHT_PX / WIDTH_PX)
    assert np.linalg.norm(off, axis=1).max() < 0.01


@pytest.mark.parametrize("seed", range(1, 7))
def test_another_sheet_or_none_is_not_taken_for_it(seed: int) -> None:
    reference = look_at(seen(letter(seed), corners(), seed))
    for frame in (
        seen(letter(seed + 100), corners(turn=3), seed),
        draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX),
        np.full((HEIGHT_PX, WIDTH_PX, 3), 128, np.uint8),
    ):
        assert follow(reference, frame) is None


def test_the_other_side_of_the_sheet_is_not_taken_for_it() -> None:
    paper = letter(4)
    reference = look_at(seen(paper, corners(), 4))
    mirrored = np.ascontiguousarray(seen(paper, corners(), 5)[:, ::-1])
    assert follow(reference, mirrored) is None


def test_a_hand_over_a_third_of_it_does_not_lose_it() -> None:
    paper = letter(5)
    reference = look_at(seen(paper, corners(), 5))
    covered = seen(paper, corners(turn=4), 6)
    cv2.rectangle(covered, (700, 420), (1280, 720), (115, 145, 195), -1)
    moved = follow(reference, covered)
    assert moved is not None
    found = cv2.perspectiveTransform(on_picture(corners()).reshape(1, -1, 2), moved)[0]
    off = (found - on_picture(corners(turn=4))) * (1, HEIGHT_PX / WIDTH_PX)
    assert np.linalg.norm(off, axis=1).max() < 0.01


def test_what_lies_beside_the_sheet_does_not_hold_the_marks_back() -> None:
    paper = letter(7)
    scraps = np.random.default_rng(3).integers(0, 255, (9, 16, 3), np.uint8)
    strewn = cv2.resize(scraps, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
    rng = np.random.default_rng(7)
    before, after = (lay(paper, strewn, quad, rng) for quad in (corners(), corners(dx=0.1)))
    moved = follow(look_at(before, corners()), after)
    assert moved is not None
    found = cv2.perspectiveTransform(on_picture(corners()).reshape(1, -1, 2), moved)[0]
    off = (found - on_picture(corners(dx=0.1))) * (1, HEIGHT_PX / WIDTH_PX)
    assert np.linalg.norm(off, axis=1).max() < 0.01


def test_the_same_pictures_give_the_same_answer() -> None:
    paper = letter(6)
    reference = look_at(seen(paper, corners(), 6))
    frame = seen(paper, corners(turn=10), 7)
    first, second = follow(reference, frame), follow(reference, frame)
    assert first is not None and second is not None and (first == second).all()
