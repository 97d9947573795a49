"""A mark stays on its line while the sheet moves under the camera, and is on no other sheet."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.documents.marks import Corners, DrawnMark
from counter.documents.sample_page import draw_letter, draw_mat, encode_jpeg, lay
from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad
from counter.documents.scan_opencv.follow import follow, look_at
from counter.documents.scan_opencv.marking import lie

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
    """The sheet on the mat, with this picture's own noise, as a preview brings it: 480 pixels."""
    rng = np.random.default_rng(seed)
    frame = lay(paper, draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX), quad, rng)
    return preview_of(np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8))


def preview_of(frame: Bgr) -> Bgr:
    small = cv2.resize(frame, (480, 270), interpolation=cv2.INTER_AREA)
    content = np.frombuffer(encode_jpeg(small, 70), np.uint8)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


def on_picture(quad: Quad) -> np.ndarray:
    """The marks' true places, in shares of the picture."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    there = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    found = cv2.perspectiveTransform(MARKS.reshape(1, -1, 2), there.astype(np.float64))[0]
    return found / (WIDTH_PX, HEIGHT_PX)


def shares(quad: Quad) -> Corners:
    a, b, c, d = ((float(x) / WIDTH_PX, float(y) / HEIGHT_PX) for x, y in quad)
    return a, b, c, d


def off(found: Floats, quad: Quad) -> float:
    """How far the worst mark lies from its place, in widths of the sheet as it is seen."""
    wide = np.linalg.norm(quad[2] - quad[3])
    return float(
        np.linalg.norm((found - on_picture(quad)) * (WIDTH_PX, HEIGHT_PX), axis=1).max() / wide
    )


def followed(before: Bgr, after: Bgr, quad: Quad) -> float | None:
    """`off` of the marks drawn on `before`, where the sheet lay at `corners()`."""
    moved = follow(look_at(before, shares(corners())), look_at(after))
    if moved is None:
        return None
    found = cv2.perspectiveTransform(on_picture(corners()).reshape(1, -1, 2), moved)[0]
    return off(np.asarray(found, np.float64), quad)


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
def test_marks_stay_on_their_lines_to_two_hundredths_of_the_width(seed: int, move: str) -> None:
    paper = letter(seed)
    quad = MOVES[move]
    found = followed(seen(paper, corners(), seed), seen(paper, quad, seed + 50), quad)
    assert found is not None and found < 0.02


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(1, 10_000),
    turn=st.floats(-180, 180),
    dx=st.floats(-0.15, 0.15),
    size=st.floats(0.75, 0.95),
)
def test_wherever_the_sheet_is_moved_the_marks_are_with_it_or_hidden(
    seed: int, turn: float, dx: float, size: float
) -> None:
    paper, quad = letter(seed), corners(turn=turn, dx=dx, size=size)
    found = followed(seen(paper, corners(), seed), seen(paper, quad, seed + 1), quad)
    assert found is None or found < 0.02


@pytest.mark.parametrize("seed", range(1, 7))
def test_another_sheet_or_none_is_not_taken_for_it(seed: int) -> None:
    reference = look_at(seen(letter(seed), corners(), seed), shares(corners()))
    for frame in (
        seen(letter(seed + 100), corners(turn=3), seed),
        preview_of(draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX)),
        np.full((270, 480, 3), 128, np.uint8),
    ):
        assert follow(reference, look_at(frame)) is None


def test_the_other_side_of_the_sheet_is_not_taken_for_it() -> None:
    paper = letter(4)
    reference = look_at(seen(paper, corners(), 4), shares(corners()))
    mirrored = np.ascontiguousarray(seen(paper, corners(), 5)[:, ::-1])
    assert follow(reference, look_at(mirrored)) is None


def test_a_hand_over_a_third_of_it_does_not_lose_it() -> None:
    paper = letter(5)
    covered = seen(paper, corners(turn=4), 6)
    cv2.rectangle(covered, (262, 157), (480, 270), (115, 145, 195), -1)
    found = followed(seen(paper, corners(), 5), covered, corners(turn=4))
    assert found is not None and found < 0.02


def test_what_lies_beside_the_sheet_does_not_hold_the_marks_back() -> None:
    paper = letter(7)
    scraps = np.random.default_rng(3).integers(0, 255, (9, 16, 3), np.uint8)
    strewn = cv2.resize(scraps, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
    rng = np.random.default_rng(7)
    quad = corners(dx=0.1)
    before, after = (preview_of(lay(paper, strewn, one, rng)) for one in (corners(), quad))
    found = followed(before, after, quad)
    assert found is not None and found < 0.02


def test_the_same_pictures_give_the_same_answer() -> None:
    paper = letter(6)
    reference = look_at(seen(paper, corners(), 6))
    now = look_at(seen(paper, corners(turn=10), 7))
    first, second = follow(reference, now), follow(reference, now)
    assert first is not None and second is not None and (first == second).all()


def points(quad: Quad) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in on_picture(quad))


def drawn(mark_id: str, quad: Quad) -> DrawnMark:
    return DrawnMark(mark_id=mark_id, points=points(quad), age_s=0.0)


def test_a_mark_drawn_later_lies_on_the_same_sheet_and_both_follow() -> None:
    paper = letter(8)
    here, there, away = corners(), corners(turn=20, size=0.9), corners(dx=-0.1)
    jpeg = {
        name: encode_jpeg(seen(paper, quad, seed), 90)
        for seed, (name, quad) in enumerate({"here": here, "there": there, "away": away}.items())
    }
    first = lie(jpeg["here"], shares(here), (), [drawn("m-1", here)])
    assert first.places == {"m-1": points(here)}
    second = lie(jpeg["there"], shares(there), first.sheets, [drawn("m-2", there)])
    assert len(second.sheets) == 1, "it is one sheet"
    third = lie(jpeg["away"], None, second.sheets, ())
    assert set(third.places) == {"m-1", "m-2"}
    for found in third.places.values():
        assert off(np.array(found), away) < 0.02
    gone = lie(encode_jpeg(seen(letter(9), here, 3), 90), shares(here), third.sheets, ())
    assert gone.places == {} and gone.sheets == third.sheets


def test_without_a_sheet_nothing_is_tied_and_each_sheet_keeps_its_own() -> None:
    one, other = (encode_jpeg(seen(letter(seed), corners(), seed), 90) for seed in (11, 12))
    nothing = lie(one, None, (), [drawn("m-1", corners())])
    assert nothing.sheets == () and nothing.places == {}
    first = lie(one, shares(corners()), (), [drawn("m-1", corners())])
    both = lie(other, shares(corners()), first.sheets, [drawn("m-2", corners())])
    assert len(both.sheets) == 2 and set(both.places) == {"m-2"}
    assert set(lie(one, shares(corners()), both.sheets, ()).places) == {"m-1"}
    assert lie(b"nothing", None, both.sheets, ()).places == {}
