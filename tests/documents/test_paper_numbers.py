"""Numbers of identity papers: forms, persons, masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.documents.paper_numbers import Form, form_of, mainland_id_holds, masked, one_person

DIGITS = st.text("0123456789", min_size=17, max_size=17)


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("1234567(8)", "bir"),
        ("12345678", "bir"),
        ("H12345678", "home_permit"),
        ("M1234567801", "home_permit"),
        ("HA1234567", "home_permit"),
        ("MA1234567", "home_permit"),
        ("C12345678", "exit_entry"),
        ("CA1234567", "exit_entry"),
        ("11010519491231002X", "mainland_id"),
        ("110105194912310021", "other"),
        ("L898902C3", "other"),
        ("HB1234567", "other"),
        ("", "other"),
    ],
)
def test_a_number_tells_its_paper(number: str, form: Form) -> None:
    assert form_of(number) == form


@given(DIGITS)
def test_exactly_one_last_character_fits_a_mainland_number(first: str) -> None:
    fitting = [last for last in "0123456789X" if mainland_id_holds(first + last)]
    assert len(fitting) == 1
    # Source: the same rule said otherwise, ISO 7064 MOD 11-2.
    total = 0
    for digit in first:
        total = (total + int(digit)) * 2 % 11
    assert "0123456789X".index(fitting[0]) == (12 - total) % 11


@given(DIGITS, st.integers(0, 16), st.sampled_from("123456789"))
def test_a_wrong_digit_of_a_mainland_number_is_seen(first: str, at: int, step: str) -> None:
    last = next(one for one in "0123456789X" if mainland_id_holds(first + one))
    other = str((int(first[at]) + int(step)) % 10)
    assert not mainland_id_holds(first[:at] + other + first[at + 1 :] + last)


def test_a_renewed_permit_is_of_the_same_person() -> None:
    assert one_person("H1234567801", "H12345678 02")
    assert one_person("H12345678", "H1234567803")
    assert not one_person("H1234567801", "H1234567901")
    assert not one_person("12345678", "12345679")
    assert one_person("1234567(8)", "12345678")
    assert not one_person("", "")


@given(st.text("ABC0123456789", max_size=18))
def test_a_mask_shows_three_characters_at_most(number: str) -> None:
    shown = masked(number)
    assert len(shown) == len(number)
    assert shown.replace("•", "") == number[-3:]
