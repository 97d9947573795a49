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
