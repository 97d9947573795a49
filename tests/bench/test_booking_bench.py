"""The short form of `make bench-booking`: nothing lost, nothing sold twice, nothing left unsold.

The long forms, with their times, are in the benchmark.
"""

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.bench.booking import medians
from tests.bench.booking_audit import FAULTS, faults, lost, rows
from tests.bench.booking_cell import measured
from tests.bench.booking_crowd import share
from tests.bench.booking_killed import killed, moment
from tests.bench.booking_place import ENGINES
from tests.bench.booking_report import claims, markdown, must_hold
from tests.bench.booking_waiting import killed_while_waiting


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Return (engine, where) of a store that is not there yet."""
    if request.param == "sqlite":
        return "sqlite", str(tmp_path / "b.sqlite")
    server = request.getfixturevalue("postgres")
    return "postgres", server.address(server.create_database())


def test_who_was_told_before_the_kill_has_their_appointment(store: tuple[str, str]) -> None:
    found = killed(*store, people=60, seed=3, after=30)
    assert not found.finished and found.holds + found.bookings >= 30
    assert (found.lost_holds, found.lost_bookings, found.faults) == (0, 0, {})


def test_a_kill_while_places_are_passed_on_loses_none_and_sells_none_twice(
    store: tuple[str, str],
) -> None:
    found = killed_while_waiting(*store, people=60, seed=5, after=110)
    assert not found.finished and found.holds + found.bookings >= 110 and found.offers >= 5
    assert (found.lost_holds, found.lost_bookings, found.faults, found.kept_back) == (0, 0, {}, 0)


async def test_more_people_than_places_buy_exactly_what_there_is(store: tuple[str, str]) -> None:
    found = await measured("few", *store, people=120, seed=1)
    assert found.booked == found.capacity < 120
    assert found.outcomes["sold out"] == 120 - found.capacity
    assert found.faults == {}


def test_the_audit_sees_each_fault_and_what_was_lost(tmp_path: Path) -> None:
    # An audit that cannot find a fault proves nothing: here is one of each kind but the first,
    # which the primary key lets nobody make.
    where = str(tmp_path / "b.sqlite")
    lane = SqliteLane(Path(where))
    upgrade_engine(lane.engine)
    with sqlite3.connect(where) as conn:
        conn.execute(
            "INSERT INTO department (id, position, territory, prefix, names, short_names, zone,"
            " lanes, daily_quota) VALUES ('d', 0, 'MO', 'D', '{}', '{}', 'Asia/Macau', 1, 9)"
        )
        for number, state in enumerate(("booked", "booked", "cancelled")):
            conn.execute(
                "INSERT INTO appointment (id, idem, reference_sha256, person_key, name, contact,"
                " language, needs, department, service, site, first_grain, grains, state, version,"
                " created_at) VALUES (?1, ?1, ?1, 'p', '', '', '', '[]', 'd', 's', 'h', 1, 1, ?2,"
                " 1, 0)",
                (f"a{number}", state),
            )
            for resource in ("department:d", "site:h"):
                conn.execute(
                    "INSERT INTO claim VALUES (?, 1, ?, ?)", (resource, number, f"a{number}")
                )
    conn.close()
    assert set(faults("sqlite", where)) == set(FAULTS) - {"one unit taken twice"}
    told = [("a0", "held"), ("a0", "booked"), ("a2", "booked"), ("gone", "held"), ("b", "booked")]
    assert lost("sqlite", where, told) == (1, 2)
    assert rows("sqlite", where, "SELECT count(*) FROM claim") == [(6,)]


def test_the_kill_comes_at_another_moment_for_every_seed() -> None:
    moments = [moment(seed, 1000) for seed in range(20)]
    assert len(set(moments)) > 15 and all(0 < one < 1334 for one in moments)


def test_claims_are_judged_by_their_goals_and_what_was_not_measured_is_said() -> None:
    ours: dict[str, Any] = {"per_s": 1000, "booked": 900, "seconds": 2.0, "faults": {}}
    cells: dict[str, dict[str, Any]] = {
        "ours sqlite": ours,
        "ours postgres": ours,
        "aiosqlite sqlite": {**ours, "per_s": 500},
        "floor sqlite": {"per_s": 50_000},
        "sold sqlite": {**ours, "capacity": 901},
    }
    lossy = {"lost_holds": 0, "lost_bookings": 1, "holds": 5, "bookings": 4, "faults": {}}
    kept_back = {**lossy, "lost_bookings": 0, "kept_back": 1}
    kills = {"killed sqlite": [lossy], "waiting sqlite": [kept_back]}
    judged = {(one.name, one.text): one.holds for one in claims(cells, kills)}
    waiting = "sqlite, 1 x kill -9, 9 answers, with a waiting list"
    assert judged["B1", f"sold twice or otherwise wrong, {waiting}"] is False
    assert judged["B1", f"lost acknowledged, {waiting}"] is True
    assert judged["B1", "lost acknowledged, sqlite, 1 x kill -9, 9 answers"] is False
    assert judged["B3", "our lane / SQLAlchemy on aiosqlite"] is False
    assert judged["B5", "commands a second / bare inserts, SQLite (64 in a commit)"] is False
    assert judged["B4", "bookings a second / django-appointment, PostgreSQL"] is None
    assert judged["B6", "places unsold when more want one, sqlite"] is False
    assert not must_hold(cells, {})
    assert must_hold({"ours sqlite": ours}, {})
    assert not must_hold({"ours sqlite": {**ours, "faults": {"sold twice": 1}}}, {})
    text = markdown({"processor": "x"}, cells, {}, {"django": "cannot be installed: no network"})
    assert "not measured, cannot be installed: no network" in text
    assert "| B3 | our lane / SQLAlchemy on aiosqlite | >= 2.5 | 2 | DOES NOT HOLD |" in text


def test_medians_of_numbers_and_sums_of_faults() -> None:
    runs = [{"per_s": per_s, "faults": {"twice": 1}} for per_s in (5.0, 1.0, 3.0)]
    assert medians(runs) == {"per_s": 3.0, "faults": {"twice": 3}}
    values = [random.Random(1).random() for _ in range(101)]
    assert share(values, 0.5) == sorted(values)[50]
    assert share([], 0.99) == 0.0
