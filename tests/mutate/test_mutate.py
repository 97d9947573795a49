"""The short form of `make mutate-booking`: the table is true, and a mutant is really caught."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutate.booking_guards import BOOKING
from tests.mutate.guards import ROOT, Guard, Stale, stale
from tests.mutate.runner import Outcome, Tree

GUARD = next(one for one in BOOKING if one.name == "slots: a start must be one")


def test_every_guard_stands_in_the_code_once_and_its_tests_are_there() -> None:
    assert stale(BOOKING) == []
    assert len(BOOKING) >= 40


@pytest.mark.parametrize(
    "change",
    [
        {"text": "first not in nothing"},
        {"text": "first"},
        {"instead": "not first)"},
        {"tests": ("booking/test_slots.py::test_of_nothing",)},
        {"file": "booking/nothing.py"},
    ],
)
def test_a_table_that_is_not_true_is_refused(change: dict[str, str]) -> None:
    assert len(stale([replace(GUARD, **change)])) == 1  # type: ignore[arg-type]


def test_a_guard_that_is_in_the_table_twice_is_refused() -> None:
    assert stale([GUARD, GUARD]) == [f"{GUARD.name}: it is in the table twice"]


def test_what_is_not_there_once_is_not_taken_away() -> None:
    with pytest.raises(Stale):
        GUARD.mutated("nothing")


@pytest.mark.timeout(300)
def test_a_mutant_is_caught_by_its_test_and_one_that_changes_nothing_is_not(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    before = (ROOT / GUARD.file).read_text()
    caught = tree.without(GUARD)
    assert (caught.outcome, "test_a_start_must_be" in caught.by) == (Outcome.CAUGHT, True)
    same = tree.without(replace(GUARD, instead=GUARD.text))
    assert same.outcome is Outcome.SURVIVED
    nothing: Guard = replace(GUARD, tests=("booking/test_nothing.py",))
    assert tree.without(nothing).outcome is Outcome.UNCLEAR
    assert (tmp_path / "tree" / GUARD.file).read_text() == before == (ROOT / GUARD.file).read_text()
