import json
import re

import pytest

from counter.esign.ink import MAX_POINTS, MAX_STROKES, Ink, drawing, ink
from counter.esign.refusals import InkMissing, InkTooMuch
from tests.esign.conftest import STROKES


@pytest.mark.parametrize(
    "strokes",
    [[], [[]], [[(5.0, 5.0, 0.0, 0.5)]], [[(5.0, 5.0, 0.0, 0.5), (6.0, 7.0, 9.0, 0.5)]] * 3],
)
def test_dots_are_no_signature(strokes: list[list[tuple[float, float, float, float]]]) -> None:
    with pytest.raises(InkMissing):
        ink(strokes)


def test_more_than_a_signature_has_is_refused() -> None:
    with pytest.raises(InkTooMuch):
        ink([STROKES[0]] * (MAX_STROKES + 1))
    with pytest.raises(InkTooMuch):
        ink([[(float(i), 0.0, 0.0, 0.5) for i in range(MAX_POINTS + 1)]])


def test_only_the_shape_is_kept() -> None:
    slow_and_firm = [[(x, y, t * 9, p) for x, y, t, p in stroke] for stroke in STROKES]
    assert ink(slow_and_firm) == ink(STROKES)
    assert "480.0" not in ink([[(0.0, 0.0, 0.0, 1.0), (50.0, 0.0, 480.0, 1.0)]]).dump()


def test_ink_survives_being_stored() -> None:
    kept = ink(STROKES)
    assert Ink.load(kept.dump()) == kept
    assert Ink.load(kept.dump()).sha256 == kept.sha256


def test_the_drawing_stays_in_its_box_and_upright() -> None:
    content = drawing(ink(STROKES), width_pt=226.8, height_pt=85.0).decode()
    points = [
        (float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+) [ml]$", content, re.M)
    ]
    assert len(points) == sum(map(len, STROKES))
    assert all(0 <= x <= 226.8 and 0 <= y <= 85 for x, y in points)
    # PDF counts y upwards: the pad's highest point is the drawing's.
    flat = [point for stroke in STROKES for point in stroke]
    highest = min(range(len(flat)), key=lambda at: flat[at][1])
    assert points[highest][1] == max(y for _, y in points)


def test_a_dot_beside_a_stroke_is_drawn() -> None:
    content = drawing(ink([STROKES[0], [(300.0, 60.0, 0.0, 1.0)]]), width_pt=100, height_pt=50)
    *_, move, line, stroke, restore = content.decode().splitlines()
    assert move.split(" ")[2:4] == line.split(" ")[:2]
    assert (stroke, restore) == ("S", "Q")


def pressed(*pressures: float) -> list[tuple[float, float, float, float]]:
    return [(20.0 * at, 5.0 * at, 7.0 * at, one) for at, one in enumerate(pressures)]


def test_the_line_swells_where_the_pen_was_pressed() -> None:
    content = drawing(ink([pressed(0.0, 0.0, 1.0, 1.0)]), width_pt=200, height_pt=50).decode()
    assert re.findall(r"^([\d.]+) w", content, re.M) == ["0.80", "2.00"]
    assert content.count("S\n") + content.count("\nS") >= 2


def test_a_pen_that_feels_no_pressure_keeps_one_width_per_stroke() -> None:
    kept = ink([pressed(0.5, 0.5, 0.5)])
    assert kept.strokes[0].widths == ()
    assert kept.dump() == "[[1.4,[[0.0,0.0],[20.0,5.0],[40.0,10.0]]]]"


def test_ink_kept_before_points_had_widths_is_drawn_as_it_was() -> None:
    old = Ink.load("[[1.4,[[0.0,0.0],[20.0,5.0]]],[0.9,[[3.0,3.0]]]]")
    lines = drawing(old, width_pt=100, height_pt=50).decode().splitlines()
    assert [line for line in lines if " w " in line] == ["1.40 w 4.0 46.0 m", "0.90 w 17.8 32.2 m"]
    assert old.dump() == "[[1.4,[[0.0,0.0],[20.0,5.0]]],[0.9,[[3.0,3.0]]]]"


def test_ink_with_widths_survives_being_stored() -> None:
    kept = ink([pressed(0.1, 0.6, 0.9), *STROKES])
    assert kept.strokes[0].widths and Ink.load(kept.dump()) == kept


def test_nothing_of_when_a_point_was_drawn_is_kept() -> None:
    """Whatever the times, strokes of one shape are the same ink, byte for byte."""
    pressures = (0.2, 0.9, 0.4, 0.7)
    fast = [(x, y, 1.0 * at, p) for at, (x, y, _, p) in enumerate(pressed(*pressures))]
    slow = [(x, y, 97.0 * at * at, p) for at, (x, y, _, p) in enumerate(pressed(*pressures))]
    assert ink([fast]).dump() == ink([slow]).dump()
    assert ink([fast]).sha256 == ink([slow]).sha256
    assert {len(point) for _, points in json.loads(ink([slow]).dump()) for point in points} == {3}


def test_pressure_is_too_coarse_to_tell_a_hand() -> None:
    fine = ink([pressed(*(at / 100 for at in range(101)))])
    assert len(set(fine.strokes[0].widths)) == 5
