"""Machine-readable zones as arithmetic: check digits, fields, dates, and what may be accepted."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.documents.mrz import (
    ALPHABET,
    LAYOUTS,
    TD1,
    TD3,
    Layout,
    Reading,
    accepted,
    allowed,
    check_digit,
    checks,
    future,
    holds,
    past,
    zone_of,
)
from tests.documents.zones import random_lines

TODAY = date(2026, 11, 30)
UTOPIA = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
"The specimen of ICAO Doc 9303-4."
UTOPIA_CARD = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
"The specimen of ICAO Doc 9303-5."


def reading(layout: str, lines: tuple[str, ...], **changes: object) -> Reading:
    values = {"layout": layout, "lines": lines, "correlation": 0.9} | changes
    return Reading(**values)  # type: ignore[arg-type]


def changed(lines: tuple[str, ...], line: int, column: int, to: str) -> tuple[str, ...]:
    text = list(lines)
    text[line] = text[line][:column] + to + text[line][column + 1 :]
    return tuple(text)


def test_the_specimens_of_the_standard_hold() -> None:
    for layout, lines in (("TD3", UTOPIA), ("TD1", UTOPIA_CARD)):
        assert holds(reading(layout, lines))
        zone = zone_of(reading(layout, lines), TODAY)
        assert (zone.surname, zone.given, zone.issuer) == ("ERIKSSON", "ANNA MARIA", "UTO")
        assert (zone.birth, zone.expiry) == (date(1974, 8, 12), date(2012, 4, 15))
        assert (zone.sex, zone.nationality, zone.permanent) == ("F", "UTO", False)
    assert zone_of(reading("TD3", UTOPIA), TODAY).number == "L898902C3"
    assert zone_of(reading("TD1", UTOPIA_CARD), TODAY).number == "D23145890"


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_fits_its_own_lines(layout: Layout) -> None:
    taken: set[tuple[int, int]] = set()
    for field in layout.fields.values():
        line, start, end = field.span
        assert 0 <= line < layout.lines and 0 <= start < end <= layout.columns
        places = {(line, column) for column in range(start, end)}
        places |= {field.check} if field.check else set()
        assert not places & taken
        taken |= places
    assert layout.composite not in taken
    assert [len(line) for line in allowed(layout)] == [layout.columns] * layout.lines


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(LAYOUTS)), st.data())
def test_one_wrong_digit_in_a_checked_field_is_always_seen(
    seed: int, layout_id: str, data: st.DataObject
) -> None:
    layout = LAYOUTS[layout_id]
    lines = random_lines(np.random.default_rng(seed), layout)
    assert all(checks(layout, lines).values())
    field = data.draw(
        st.sampled_from([one for one in layout.fields.values() if one.kind == "digits"])
    )
    line, start, end = field.span
    column = data.draw(st.integers(start, end - 1))
    before = lines[line][column]
    if before == "<":
        return
    digit = data.draw(st.sampled_from([one for one in "0123456789" if one != before]))
    assert not all(checks(layout, changed(lines, line, column, digit)).values())


def test_letters_can_cancel_and_then_the_digits_still_hold() -> None:
    """Why digits alone are no proof: ZS0000177 and 250000177 have one check digit."""
    assert check_digit("ZS0000177") == check_digit("250000177")


def test_a_number_longer_than_nine_goes_on_behind() -> None:
    digit = str(check_digit("H12345678" + "01"))
    first = f"CRCHNH12345678<01{digit}<<<<<<<<<<<<"
    second = "7408122F3204155CHN<<<<<<<<<<<"
    composed = first[5:30] + second[0:7] + second[8:15] + second[18:29]
    lines = (first, second + str(check_digit(composed)), "CHAN<<TAI<MAN<<<<<<<<<<<<<<<<<")
    assert all(checks(TD1, lines).values()) == (check_digit("320415") == 5)
    assert checks(TD1, lines)["number"]
    assert zone_of(reading("TD1", lines), TODAY).number == "H1234567801"
    wrong = changed(lines, 0, 15, "9")
    assert not checks(TD1, wrong)["number"]


def test_a_paper_without_end_says_so() -> None:
    lines = changed(UTOPIA, 1, 27, "<")
    lines = (lines[0], lines[1][:21] + "<<<<<<" + lines[1][27:])
    assert checks(TD3, lines)["expiry"]
    zone = zone_of(reading("TD3", lines), TODAY)
    assert zone.permanent and zone.expiry is None
    half = (lines[0], lines[1][:21] + "30<<<<" + lines[1][27:])
    assert not checks(TD3, half)["expiry"]


@given(st.dates(date(1927, 1, 1), TODAY))
def test_a_birth_is_the_last_such_day(day: date) -> None:
    assert past(day.strftime("%y%m%d"), TODAY) == day


@given(st.dates(date(1980, 1, 1), date(2070, 1, 1)))
def test_an_expiry_is_the_nearest_such_day(day: date) -> None:
    assert future(day.strftime("%y%m%d"), TODAY) == day


@pytest.mark.parametrize(
    "text", ["", "<<<<<<", "741301", "740230", "74<<<<", "１２３４５６", "74081"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert past(text, TODAY) is None and future(text, TODAY) is None


def test_a_leap_day_is_found_in_its_own_century() -> None:
    assert past("000229", TODAY) == date(2000, 2, 29)
    assert past("270229", TODAY) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        reading("TD3", UTOPIA, correlation=0.74),
        reading("TD3", UTOPIA, doubtful=((1, 3),)),
        reading("TD3", UTOPIA, repaired=((1, 3),)),
        reading("TD3", changed(UTOPIA, 1, 14, "5")),
        reading("TD3", changed(UTOPIA, 1, 43, "1")),
    ],
)
def test_only_a_clear_whole_unrepaired_reading_is_accepted(spoilt: Reading) -> None:
    assert accepted([reading("TD3", UTOPIA)])
    assert not accepted([spoilt])
    assert not accepted([])


def test_two_photographs_that_agree_are_accepted_and_a_repair_never() -> None:
    unclear = reading("TD3", UTOPIA, doubtful=((0, 7),), correlation=0.7)
    mended = reading("TD3", UTOPIA, repaired=((1, 3),))
    assert accepted([unclear, unclear])
    assert not accepted([unclear, mended])
    assert not accepted([mended, unclear])
    assert not accepted([mended, mended])
    other = reading("TD3", changed(UTOPIA, 0, 7, "X"), doubtful=((0, 7),))
    assert not accepted([other, unclear])


def test_a_layout_that_nobody_confirmed_is_never_accepted_alone() -> None:
    layout = LAYOUTS["exit-entry"]
    lines = random_lines(np.random.default_rng(1), layout)
    found = reading("exit-entry", lines)
    assert holds(found)
    assert not accepted([found]) and not accepted([found, found])


def test_every_character_of_the_alphabet_has_a_value() -> None:
    assert [check_digit(one) for one in ALPHABET] == [
        *(value * 7 % 10 for value in range(10, 36)),
        *(value * 7 % 10 for value in range(10)),
        0,
    ]
