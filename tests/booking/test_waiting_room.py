"""Places by lot for who came before the opening, by arrival for who came later."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.catalogue import Release
from booking.seed_toml import seed
from booking.waiting_room import Pass, Place, WaitingRoom, room_of, wait_range

NINE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECRET = b"only the counter knows"
ROOM = WaitingRoom(id="dsi", opens_at=NINE, per_s=2.0)
MINUTE = timedelta(minutes=1)


def early(number: int, salt: str = "") -> Pass:
    return Pass(room="dsi", number=number, came_at=NINE - MINUTE, nonce=f"{salt}n{number}")


def late(number: int) -> Pass:
    return Pass(room="dsi", number=number, came_at=NINE + MINUTE, nonce=f"n{number}")


def before(one: Pass, given_out: int, early: int, now: datetime = NINE) -> int:
    found = ROOM.place(one, given_out, early, SECRET, now).before
    assert found is not None
    return found


def test_before_the_opening_nobody_has_a_place_yet() -> None:
    place = ROOM.place(early(0), 1, 1, SECRET, NINE - timedelta(seconds=1))
    assert place == Place(before=None, enters_at=NINE, admitted=False)


def test_the_first_to_come_has_no_better_chance_than_the_last() -> None:
    # In a thousand openings of a hundred people, where the first and the last of them stood.
    ranks = [
        (before(early(0, f"{n}"), 100, 100), before(early(99, f"{n}"), 100, 100))
        for n in range(1000)
    ]
    first, last = (sum(one) / 1000 for one in zip(*ranks, strict=True))
    assert 45 < first < 54 and 45 < last < 54
    ahead = sum(one < other for one, other in ranks)
    assert 430 < ahead < 570


def test_places_are_spread_over_all_who_came_and_a_reload_keeps_them() -> None:
    people = [early(number) for number in range(1000)]
    ranks = [before(one, 1000, 1000) for one in people]
    assert ranks == [before(one, 1000, 1000) for one in people]
    assert min(ranks) >= 0 and max(ranks) < 1000
    tenths = Counter(rank // 100 for rank in ranks)
    assert set(tenths) == set(range(10)) and 60 < min(tenths.values()) <= max(tenths.values()) < 145


def test_another_secret_or_another_release_is_another_lot() -> None:
    one = early(500)
    ranks = {
        ROOM.place(one, 1000, 1000, secret, NINE).before for secret in (b"a", b"b", b"c", b"d")
    }
    assert len(ranks) > 2
    assert replace(ROOM, id="dsf").place(one, 1000, 1000, SECRET, NINE).before != before(
        one, 1000, 1000
    )


@given(st.integers(0, 999), st.integers(1000, 5000))
def test_who_came_later_is_behind_everybody_who_was_there(number: int, later: int) -> None:
    assert before(early(number), 5001, 1000) < 1000 <= before(late(later), 5001, 1000) == later


@given(st.integers(0, 3000), st.integers(0, 7200))
def test_they_go_in_at_the_rate_and_stay_in(number: int, seconds: int) -> None:
    now = NINE + timedelta(seconds=seconds)
    place = ROOM.place(late(number), 3001, 0, SECRET, now)
    assert place.admitted is (number <= 2 * seconds)
    assert place.enters_at == NINE + timedelta(seconds=number / 2)
    assert place.before == max(0, number - 2 * seconds)
    after = ROOM.place(late(number), 9000, 0, SECRET, now + MINUTE)
    assert after.admitted or not place.admitted


def test_who_comes_when_all_have_gone_in_goes_in_at_once() -> None:
    now = NINE + 10 * MINUTE
    number = ROOM.number(100, now)
    assert number == 1200
    assert ROOM.place(replace(late(number), came_at=now), 1201, 100, SECRET, now).admitted
    assert ROOM.number(5000, now) == 5000, "behind those who still wait"


def test_a_node_that_began_anew_learns_from_the_passes_how_many_there_are() -> None:
    assert before(early(999), given_out=0, early=0) == before(early(999), 1000, 1000)


@pytest.mark.parametrize(
    "at, there",
    [
        (NINE - timedelta(minutes=30, seconds=1), False),
        (NINE - timedelta(minutes=30), True),
        (NINE + timedelta(minutes=59), True),
        (NINE + timedelta(hours=1), False),
    ],
)
def test_the_room_is_there_around_the_opening(at: datetime, there: bool) -> None:
    days = (NINE.date(), NINE.date() + timedelta(days=6))
    known = seed((2026,)).catalogue.department("dsi")
    department = replace(
        known, releases=(Release(id="r", opens_at=NINE, from_day=days[0], to_day=days[1]),)
    )
    found = room_of(department, 5.0, at)
    assert (found is not None) is there
    assert room_of(department, 0.0, at) is None
    assert room_of(known, 5.0, at) is None, "no release, no room"
    if found:
        assert (found.opens_at, found.per_s) == (NINE, 5.0)


@pytest.mark.parametrize(
    "seconds, told", [(0, (0, 1)), (30, (0, 1)), (60, (0, 2)), (600, (8, 12)), (3600, (48, 72))]
)
def test_a_wait_is_told_as_a_range(seconds: int, told: tuple[int, int]) -> None:
    enters_at = NINE + timedelta(seconds=seconds)
    assert wait_range(Place(before=5, enters_at=enters_at, admitted=False), NINE) == told
