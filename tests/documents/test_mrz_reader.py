"""Zones are read from pictures: right, whichever way up, and never wrongly accepted.

tests/bench/mrz.py measures a thousand; these are some of every kind.
"""

import numpy as np
import pytest

from counter.documents.mrz import ALPHABET, LAYOUTS, accepted, holds
from counter.documents.scan_opencv.mrz_glyphs import fine_glyphs, patterns
from counter.documents.scan_opencv.mrz_reader import decode, read_zone
from tests.documents.synth import draw_card, kiosk
from tests.documents.zones import sample


@pytest.mark.parametrize(
    ("layout", "turns"),
    [
        *zip(("TD1", "TD2", "TD3", "TD1"), range(4), strict=True),
        *(
            pytest.param(layout, turns, marks=pytest.mark.deep)
            for number, layout in enumerate(("TD1", "TD2", "TD3"))
            for turns in range(4)
            if turns % 3 != number
        ),
    ],
)
def test_a_zone_is_read_whichever_way_it_lies(layout: str, turns: int) -> None:
    paper = sample(40 + turns, layout, dpi=200, blur_px=0.7, turns=turns)
    found = read_zone(paper.image)
    assert found is not None
    assert (found.layout, found.lines) == (layout, paper.lines)


@pytest.mark.parametrize("papers", [3, pytest.param(8, marks=pytest.mark.deep)])
@pytest.mark.parametrize("dpi", [150, 300])
def test_what_is_accepted_is_right(dpi: int, papers: int) -> None:
    taken = 0
    for seed in range(papers):
        paper = sample(900 + seed, "TD1", dpi=dpi)
        found = read_zone(paper.image)
        assert found is not None and holds(found)
        if accepted([found]):
            taken += 1
            assert found.lines == paper.lines
    assert taken >= papers * 5 // 8  # the bench says how many of a thousand


def test_what_is_too_blurred_to_read_is_not_accepted() -> None:
    for seed in range(2):
        paper = sample(seed, "TD1", dpi=150, blur_px=3.0, noise=12)
        found = read_zone(paper.image)
        assert found is None or not accepted([found]) or found.lines == paper.lines


def test_a_letter_and_the_front_of_a_card_have_no_zone() -> None:
    pictures = [kiosk(3).image, draw_card(np.random.default_rng(1))]
    pictures.append(np.full((540, 856, 3), 240, np.uint8))
    for picture in pictures:
        found = read_zone(picture)
        assert found is None or not holds(found)


def test_a_changed_digit_is_mended_and_said_to_be() -> None:
    """The second-best character is taken when the digit asks for it, and it is marked."""
    layout = LAYOUTS["TD3"]
    lines = (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )
    scores = np.full((2, 44, 37), 0.1)
    for row, line in enumerate(lines):
        for column, one in enumerate(line):
            scores[row, column, ALPHABET.index(one)] = 0.9
    clear = decode(scores, layout)
    assert (clear.lines, clear.repaired, clear.doubtful) == (lines, (), ())
    scores[1, 14, ALPHABET.index("1")] = 0.92  # the birth's 4, printed badly
    mended = decode(scores, layout)
    assert mended.lines == lines
    assert mended.repaired == ((1, 14),)
    assert (1, 14) in mended.doubtful
    assert accepted([clear]) and not accepted([mended])


def test_the_kept_glyphs_are_all_there_and_differ() -> None:
    assert fine_glyphs().shape == (37, 120, 80)
    alike = patterns() @ patterns().T
    assert np.allclose(np.diag(alike), 1, atol=1e-4)
    np.fill_diagonal(alike, 0)
    assert alike.max() < 0.95
