"""Names in two places: what is the same name, what is marked, and what is left to the agent."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.script_opencc import simplified
from counter.identity.names import Comparison, compare

WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=8)
NAME = st.lists(WORD, min_size=1, max_size=5)


def differs(found: Comparison) -> tuple[list[str], list[str]]:
    return (
        [one.text for one in found.left if one.differs],
        [one.text for one in found.right if one.differs],
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CHAN TAI MAN", "Chan Tai-Man"),
        ("CHAN TAI MAN", "Tai Man Chan"),
        ("CHAN TAIMAN", "Chan Tai Man"),
        ("JOSE DA CONCEICAO", "José da Conceição"),
        ("DASILVA MARIA JOAO", "D'Asilva, Maria João"),
        ("SIO IN", "SIOIN"),
        ("MUELLER", "mueller"),
        ("GROSS ANNA", "Groß Anna"),
        ("陳大文", "陈大文"),
        ("歐陽 大文", "欧阳大文"),
        ("陳大文 CHAN TAI MAN", "CHAN TAI MAN"),
        ("陳大文 CHAN TAI MAN", "陈大文"),
    ],
)
def test_the_same_name_written_otherwise(one: str, other: str) -> None:
    assert compare(one, other, simplified).same
    assert compare(other, one, simplified).same


@pytest.mark.parametrize(
    ("one", "other", "left", "right"),
    [
        ("CHAN TAI MAN", "CHEN TAI MAN", ["CHAN"], ["CHEN"]),
        ("CHAN TAI MAN", "CHAN TAI", ["MAN"], []),
        ("CHAN CHAN", "CHAN", ["CHAN"], []),
        ("陳大文", "陳大明", ["文"], ["明"]),
        ("MARIA DE SOUSA", "MARIA SOUSA", ["DE"], []),
    ],
)
def test_what_only_one_of_them_has_is_marked(
    one: str, other: str, left: list[str], right: list[str]
) -> None:
    assert differs(compare(one, other, simplified)) == (left, right)
    assert differs(compare(other, one, simplified)) == (right, left)


@pytest.mark.parametrize(
    ("one", "other"), [("陳大文", "CHAN TAI MAN"), ("", "CHAN"), ("CHAN", ""), ("", "")]
)
def test_two_scripts_are_left_to_the_agent(one: str, other: str) -> None:
    found = compare(one, other, simplified)
    assert not found.comparable and not found.same
    assert differs(found) == ([], [])


@given(NAME, st.randoms())
def test_order_and_case_never_matter(words: list[str], chance: Random) -> None:
    mixed = list(words)
    chance.shuffle(mixed)
    assert compare(" ".join(words), "-".join(mixed).lower(), str).same


@given(NAME, WORD)
def test_a_word_more_is_always_marked(words: list[str], more: str) -> None:
    found = compare(" ".join(words), " ".join([*words, more]), str)
    assert not found.same
    assert differs(found) == ([], [more])


@given(NAME, NAME)
def test_marks_are_the_same_from_both_sides(one: list[str], other: list[str]) -> None:
    here, there = (
        compare(" ".join(one), " ".join(other), str),
        compare(" ".join(other), " ".join(one), str),
    )
    assert (here.left, here.right) == (there.right, there.left)
