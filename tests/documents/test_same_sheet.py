"""What speaks for the same sheet and what against it, each limit from both sides."""

from typing import Any

import numpy as np
import pytest

from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.same_sheet import (
    ALIKE,
    ALIKE_MIN,
    ASKED_MIN,
    ASKED_SHARE_MIN,
    CELL_PX,
    CHANGED,
    GAINED_MAX,
    LOST_MAX,
    VOUCHED_MEDIAN_MIN,
    Compared,
    better,
    cell_mask,
    compare,
    is_same,
    written_on,
)

CELLS = 200


def compared(**some: Any) -> Compared:
    """A row of cells that all agree, but for what is said."""
    facts: dict[str, Any] = {
        "asked": np.ones((1, CELLS), np.bool_),
        "inked": np.ones((1, CELLS), np.bool_),
        "alike": np.full((1, CELLS), 0.95),
        "lost": np.zeros((1, CELLS)),
        "gained": np.zeros((1, CELLS)),
    }
    return Compared(**(facts | some))


def some_of(share: float, value: float, other: float) -> np.ndarray:
    """`value` in this share of the cells, else `other`."""
    cells = np.full((1, CELLS), other)
    cells[0, : round(share * CELLS)] = value
    return cells


@pytest.mark.parametrize(
    ("name", "share", "value", "other"),
    [
        ("lost", LOST_MAX, CHANGED * 2, 0.0),
        ("gained", GAINED_MAX, CHANGED * 2, 0.0),
        ("alike", 1 - ALIKE_MIN, ALIKE / 2, 0.95),
    ],
)
def test_a_little_is_borne_and_more_is_another_sheet(
    name: str, share: float, value: float, other: float
) -> None:
    assert is_same(compared(**{name: some_of(share, value, other)}))
    assert not is_same(compared(**{name: some_of(share + 0.01, value, other)}))


def test_of_a_sheet_that_is_hardly_seen_nothing_is_said() -> None:
    few = some_of(ASKED_SHARE_MIN - 0.01, 1, 0) > 0
    assert not is_same(compared(asked=few))
    assert is_same(compared(asked=some_of(ASKED_SHARE_MIN, 1, 0) > 0))
    scarce = some_of((ASKED_MIN - 1) / CELLS, 1, 0) > 0
    assert not is_same(compared(asked=scarce, inked=scarce))


def test_who_vouches_says_nothing_against_lost_ink_or_other_print() -> None:
    written = some_of(0.5, CHANGED * 2, 0.0)
    assert not is_same(compared(gained=written))
    assert is_same(compared(gained=written), vouched=True)
    assert not is_same(compared(lost=written), vouched=True)
    other = np.full((1, CELLS), VOUCHED_MEDIAN_MIN - 0.01)
    assert not is_same(compared(alike=other), vouched=True)


def test_what_was_written_meanwhile_counts_where_it_agrees_better() -> None:
    first = compared(alike=np.full((1, CELLS), 0.5), gained=np.full((1, CELLS), 1.0))
    latest = compared()
    both = better(first, latest)
    assert (both.alike == latest.alike).all() and (both.gained == 0).all()
    assert (better(latest, first).alike == latest.alike).all()
    lost_too = compared(gained=some_of(0.5, 1.0, 0.0), lost=some_of(0.25, 1.0, 0.0))
    assert written_on(lost_too).sum() == CELLS / 4, "only what gained and lost nothing"


def paper() -> Bgr:
    """Rows of short strokes on white, 20 cells a side."""
    sheet = np.full((CELL_PX * 20, CELL_PX * 20, 3), 230, np.uint8)
    rng = np.random.default_rng(2)
    for y in range(6, sheet.shape[0] - 6, 7):
        for x in range(4, sheet.shape[1] - 8, 8):
            if rng.random() < 0.6:
                sheet[y : y + 2, x : x + int(rng.integers(2, 7))] = 60
    return sheet


def test_cells_under_a_hand_and_next_to_it_are_not_asked_and_dim_light_is_none() -> None:
    sheet = paper()
    seen = np.ones(sheet.shape[:2], np.float32)
    dim = (sheet * 0.6).astype(np.uint8)
    assert compare(sheet, dim, seen).asked.sum() > 300 and is_same(compare(sheet, dim, seen))
    covered = sheet.copy()
    covered[: CELL_PX * 8, : CELL_PX * 8] = (110, 140, 190)
    found = compare(sheet, covered, seen)
    whole = compare(sheet, sheet, seen)
    assert not found.asked[:9, :9].any()
    assert (found.asked[10:, 10:] == whole.asked[10:, 10:]).all()
    assert is_same(found)
    outside = seen.copy()
    outside[:, CELL_PX * 10 :] = 0
    assert not compare(sheet, sheet, outside).asked[:, 10:].any()


def test_a_mask_of_cells_covers_their_pixels_and_no_rest() -> None:
    cells = np.array([[True, False]])
    mask = cell_mask(cells, (CELL_PX + 3, CELL_PX * 2 + 5))
    assert mask.sum() == CELL_PX**2 and mask[:CELL_PX, :CELL_PX].all()
