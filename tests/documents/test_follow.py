"""A mark stays on its line while the sheet moves under the camera, and is on no other sheet."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.documents.sample_page import draw_mat, encode_jpeg, lay
from counter.documents.scan_opencv.marking import lie
from tests.documents.filled_forms import draw_form, fill_in
from tests.documents.moving_sheets import (
    HEIGHT_PX,
    MOVES,
    WIDTH_PX,
    corners,
    drawn,
    followed,
    letter,
    marked,
    off,
    page_in,
    places,
    points,
    preview_of,
    seen,
    shares,
)


def deep(values: Sequence[object]) -> list[object]:
    """For `make deep`; bench-marks measures many more."""
    return [pytest.param(value, marks=pytest.mark.deep) for value in values]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("seed", [1, *deep([2, 3])])
def test_marks_stay_on_their_lines_to_two_hundredths_of_the_width(seed: int, move: str) -> None:
    paper = letter(seed)
    quad = MOVES[move]
    found = followed(seen(paper, corners(), seed), seen(paper, quad, seed + 50), quad)
    assert found is not None and found < 0.02


@settings(max_examples=5, deadline=None, derandomize=True)
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


@pytest.mark.parametrize("seed", [1, 2, *deep(range(3, 7))])
def test_another_sheet_or_none_is_not_taken_for_it(seed: int) -> None:
    known = marked(seen(letter(seed), corners(), seed))
    for frame in (
        seen(letter(seed + 100), corners(turn=3), seed),
        seen(letter(seed + 1), corners(), seed),
        preview_of(draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX)),
        np.full((270, 480, 3), 128, np.uint8),
    ):
        assert places(known, frame) is None


@pytest.mark.parametrize("move", ["not at all", "aside", "upside down", "further"])
@pytest.mark.parametrize("seed", [1, *deep([2, 3])])
def test_a_copy_of_the_form_that_another_filled_in_is_another_sheet(seed: int, move: str) -> None:
    form = draw_form(seed)
    mine, other = (fill_in(form, seed, written) for written in (seed, seed + 50))
    for marked_one, laid in ((mine, other), (mine, form), (form, mine)):
        known = marked(seen(marked_one, corners(), seed))
        assert places(known, seen(laid, MOVES[move], seed + 9)) is None


@pytest.mark.parametrize("move", ["not at all", "aside", "upside down", "further"])
def test_an_empty_form_and_a_filled_one_are_followed(move: str) -> None:
    form, quad = draw_form(4), MOVES[move]
    for sheet in (form, fill_in(form, 4, 8)):
        found = followed(seen(sheet, corners(), 4), seen(sheet, quad, 5), quad)
        assert found is not None and found < 0.02


def test_a_sheet_that_is_written_on_line_by_line_is_followed_to_its_end() -> None:
    form = draw_form(5)
    known = marked(seen(form, corners(), 5))
    for lines in range(2, 15, 3):
        quad = corners(dx=0.01 * lines, turn=lines)
        jpeg = encode_jpeg(seen(fill_in(form, 5, 6, slice(0, lines)), quad, lines), 90)
        lying = lie(jpeg, page_in(jpeg), known, ())
        assert off(np.array(lying.places["m-1"]), quad) < 0.02, lines
        known = lying.sheets


def test_a_pen_that_lay_on_it_and_is_taken_away_changes_nothing() -> None:
    paper = letter(5)
    with_pen = seen(paper, corners(), 6)
    cv2.line(with_pen, (205, 90), (280, 130), (60, 30, 20), 5, cv2.LINE_AA)
    jpeg = encode_jpeg(with_pen, 90)
    lying = lie(jpeg, page_in(jpeg), marked(seen(paper, corners(), 5)), ())
    assert "m-1" in lying.places and lying.sheets[0].look.latest is not None
    found = places(lying.sheets, seen(paper, corners(dx=0.05), 7))
    assert found is not None and off(found, corners(dx=0.05)) < 0.02


def test_a_sheet_filled_in_elsewhere_is_taken_for_it_when_the_agent_vouches_for_it() -> None:
    form = draw_form(6)
    filled = fill_in(form, 6, 9)
    known = marked(seen(form, corners(), 6))
    back = seen(filled, corners(turn=5), 7)
    assert places(known, back) is None
    vouched = tuple(replace(one, vouched=True) for one in known)
    jpeg = encode_jpeg(back, 90)
    lying = lie(jpeg, page_in(jpeg), vouched, ())
    assert off(np.array(lying.places["m-1"]), corners(turn=5)) < 0.02
    known = tuple(replace(one, vouched=False) for one in lying.sheets)
    again = places(known, seen(filled, corners(dx=0.1), 8))
    assert again is not None and off(again, corners(dx=0.1)) < 0.02
    assert places(known, seen(form, corners(), 8)) is None, "as it was before it is another now"


@pytest.mark.parametrize("other", [101, *deep([102, 103])])
def test_nobody_can_vouch_for_another_letter(other: int) -> None:
    known = marked(seen(letter(3), corners(), 3))
    vouched = tuple(replace(one, vouched=True) for one in known)
    assert places(vouched, seen(letter(other), corners(), 4)) is None


def test_the_other_side_of_the_sheet_is_not_taken_for_it() -> None:
    paper = letter(4)
    known = marked(seen(paper, corners(), 4))
    mirrored = np.ascontiguousarray(seen(paper, corners(), 5)[:, ::-1])
    assert places(known, mirrored) is None


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
    known = lie(encode_jpeg(before, 90), shares(corners()), (), [drawn("m-1", corners())]).sheets
    found = lie(encode_jpeg(after, 90), None, known, ()).places["m-1"]
    assert off(np.array(found), quad) < 0.02


def test_the_same_pictures_give_the_same_answer() -> None:
    paper = letter(6)
    known = marked(seen(paper, corners(), 6))
    now = seen(paper, corners(dx=0.4), 7)  # half outside: found by its print
    first, second = places(known, now), places(known, now)
    assert first is not None and second is not None and (first == second).all()


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
