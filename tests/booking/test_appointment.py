"""References, details, and what may be done in which state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import errors
from booking.appointment import (
    ALLOWED,
    ALPHABET,
    CHECK_IN_AGAIN_UNTIL,
    Details,
    State,
    checked,
    may_arrive,
    new_reference,
    parse_reference,
    reference_sha256,
    refuse,
)

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@given(st.binary(min_size=13, max_size=13))
def test_a_reference_is_read_back_however_it_is_typed(chance: bytes) -> None:
    reference = new_reference(lambda size: chance[:size])
    typed = reference.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert parse_reference(f"  {typed}\n") == reference
    assert reference_sha256(typed) == reference_sha256(reference)


def test_every_bit_of_chance_but_the_last_four_changes_the_reference() -> None:
    seen = {new_reference((1 << bit).to_bytes) for bit in range(4, 104)}
    assert len(seen) == 100
    assert len(new_reference(lambda size: b"\xff" * size).replace("-", "")) == 20
    assert len(ALPHABET) == 32 and not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed", ["", "ABCDE", "ABCDE-ABCDE-ABCDE-ABCDU", "ABCDE-ABCDE-ABCDE-ABCDE-A", "預" * 20]
)
def test_what_cannot_be_a_reference_is_unknown(typed: str) -> None:
    with pytest.raises(errors.UnknownReference):
        parse_reference(typed)


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        (Details(name="  "), ("name",)),
        (Details(name="x" * 81), ("name",)),
        (Details(name="a\x00b"), ("name",)),
        (Details(name="A", contact="nobody"), ("contact",)),
        (Details(name="A", language="fr"), ("language",)),
        (Details(name="", needs=("dance",)), ("name", "needs")),
    ],
)
def test_details_that_cannot_be_taken_are_all_named(
    details: Details, fields: tuple[str, ...]
) -> None:
    with pytest.raises(errors.BadDetails) as refused:
        checked(details)
    assert refused.value.fields == fields


@pytest.mark.parametrize("contact", ["", "a.b@example.mo", "+853 6612 3456", "28123456"])
def test_details_are_cleaned(contact: str) -> None:
    details = Details(
        name=" 陳  大文 ", contact=f" {contact} ", needs=("sight", "elderly", "sight")
    )
    assert checked(details) == Details(name="陳 大文", contact=contact, needs=("elderly", "sight"))


REFUSED = {
    State.HELD: errors.NotConfirmed,
    State.ARRIVED: errors.ReferenceUsed,
    State.FULFILLED: errors.ReferenceUsed,
    State.CANCELLED: errors.AppointmentCancelled,
    State.NOSHOW: errors.TooLate,
    State.EXPIRED: errors.HoldExpired,
}


@pytest.mark.parametrize("state", State)
def test_only_a_booked_appointment_is_let_in(state: State) -> None:
    if state is State.BOOKED:
        may_arrive(state, START, at_site="here", here="here", again=False, now=START)
    else:
        with pytest.raises(REFUSED[state]):
            may_arrive(state, START, at_site="here", here="here", again=False, now=START)
        with pytest.raises(REFUSED[state]):
            refuse(state, START)


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [
        (-24 * 60, errors.TooEarly),
        (-31, errors.TooEarly),
        (-30, None),
        (15, None),
        (16, errors.TooLate),
    ],
)
def test_check_in_is_open_from_30_minutes_before_to_15_after(
    minutes: int, refusal: type[Exception] | None
) -> None:
    now = START + timedelta(minutes=minutes)
    if refusal is None:
        may_arrive(State.BOOKED, START, at_site="a", here="a", again=False, now=now)
    else:
        with pytest.raises(refusal):
            may_arrive(State.BOOKED, START, at_site="a", here="a", again=False, now=now)


def test_who_was_here_already_may_come_again_for_an_hour() -> None:
    for late in (timedelta(minutes=16), CHECK_IN_AGAIN_UNTIL):
        may_arrive(State.BOOKED, START, at_site="a", here="a", again=True, now=START + late)
    now = START + CHECK_IN_AGAIN_UNTIL + timedelta(seconds=1)
    with pytest.raises(errors.TooLate):
        may_arrive(State.BOOKED, START, at_site="a", here="a", again=True, now=now)


def test_the_wrong_site_says_the_right_one() -> None:
    with pytest.raises(errors.WrongSite) as refused:
        may_arrive(State.BOOKED, START, at_site="there", here="here", again=False, now=START)
    assert refused.value.site == "there"


def test_last_states_lead_nowhere() -> None:
    last = {State.FULFILLED, State.CANCELLED, State.NOSHOW, State.EXPIRED}
    assert {state for state in State if not any(a is state for a, _ in ALLOWED)} == last


def test_every_refusal_has_a_code_of_its_own() -> None:
    def below(refusal: type[errors.BookingRefused]) -> list[type[errors.BookingRefused]]:
        return [one for sub in refusal.__subclasses__() for one in (sub, *below(sub))]

    codes = [refusal.code for refusal in below(errors.BookingRefused)]
    assert len(codes) == len(set(codes)) > 20
    assert "booking_refused" not in codes
