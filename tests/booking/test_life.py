"""Anything, in any order, at any time: what is claimed is what lives, and no rule is broken.

`LIFE_EXAMPLES=500` lives as many lives; without it a few, of the same kind.
"""

import hashlib
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    invariant,
    run_state_machine_as_test,
)
from sqlalchemy import select

from booking.appointment import (
    ACTIVE_PER_PERSON,
    ALLOWED,
    State,
)
from booking.errors import BookingRefused
from booking.grains import grain_of
from booking.tables import appointment, appointment_event, claim, waitlist
from booking.waitlist import WaitState
from tests.booking.life_acts import Acts
from tests.booking.life_world import (
    KIOSKS,
    LANES,
    QUOTA,
    REACHED,
    done,
    expected,
)


class Life(Acts):
    """What holds after each step."""

    @invariant()
    def claims_are_of_the_living(self) -> None:
        if not hasattr(self, "references"):
            return
        with self.engine.connect() as conn:
            claims: dict[str, list[Any]] = {}
            for one in conn.execute(select(claim)):
                claims.setdefault(one.appointment_id, []).append(one)
            for row in conn.execute(select(appointment)):
                found = Counter((one.resource, one.grain) for one in claims.pop(row.id, []))
                assert found == expected(row), row.state
            assert claims == {}

    @invariant()
    def nothing_is_given_twice_or_to_who_cannot_use_it(self) -> None:
        if not hasattr(self, "references"):
            return
        with self.engine.connect() as conn:
            rows = {row.id: row for row in conn.execute(select(appointment))}
            units: Counter[tuple[str, int]] = Counter()
            for one in conn.execute(select(claim)):
                row = rows[one.appointment_id]
                kind, name = one.resource.split(":")
                units[one.resource, one.grain] += 1
                if kind == "department":
                    assert row.speech in LANES[name][one.unit]
                elif kind == "site":
                    step_free = name == row.site and "step_free" in row.needs
                    assert KIOSKS[name][one.unit] or not step_free
            for (resource, _), number in units.items():
                kind, name = resource.split(":")
                most = {
                    "department": len(LANES.get(name, ())),
                    "site": len(KIOSKS.get(name, ())),
                    "person": 1,
                    "active": ACTIVE_PER_PERSON,
                    "quota": QUOTA,
                }
                assert number <= most[kind]

    @invariant()
    def who_lost_a_unit_is_listed(self) -> None:
        if not hasattr(self, "references") or not self.out:
            return
        with self.engine.connect() as conn:
            grain = grain_of(self.now)
            booked = {
                row.id
                for row in conn.execute(select(appointment))
                if row.state == State.BOOKED and row.first_grain + row.grains > grain
            }
            stuck = {
                one.appointment_id
                for one in conn.execute(select(claim))
                for resource, unit, first, end in self.out
                if (one.resource, one.unit) == (resource, unit) and first <= one.grain < end
            }
        listed = done(self.booking.to_be_moved(self.now))
        assert not isinstance(listed, BookingRefused)
        assert {one.appointment_id for one in listed} == stuck & booked

    @invariant()
    def who_waits_is_offered_one_slot_at_most(self) -> None:
        if not hasattr(self, "references") or not self.entries:
            return
        with self.engine.connect() as conn:
            rows = {row.id: row for row in conn.execute(select(appointment))}
            idems = Counter(row.idem for row in rows.values())
            for entry in conn.execute(select(waitlist)):
                idem = hashlib.sha256(f"waitlist\n{entry.id}".encode()).hexdigest()
                assert idems[idem] == (entry.appointment_id is not None)
                if entry.appointment_id is None:
                    assert entry.state in {WaitState.WAITING, WaitState.LAPSED, WaitState.LEFT}
                    continue
                offer = rows[entry.appointment_id]
                assert (offer.person_key, offer.idem) == (entry.person_key, idem)
                assert (entry.state == WaitState.OFFERED) == (offer.state == State.HELD)
                if entry.state == WaitState.OFFERED:
                    assert entry.first_grain <= offer.first_grain
                    assert offer.first_grain + offer.grains - 1 <= entry.last_grain
                elif entry.state == WaitState.TAKEN:
                    assert offer.state != State.EXPIRED
                else:
                    assert offer.state in {State.EXPIRED, State.CANCELLED}

    @invariant()
    def every_change_is_an_allowed_one(self) -> None:
        if not hasattr(self, "references"):
            return
        with self.engine.connect() as conn:
            seen: dict[str, State] = {}
            rows = conn.execute(select(appointment_event).order_by(appointment_event.c.id))
            versions: dict[str, int] = {}
            for row in rows:
                state = State(row.state)
                if row.appointment_id in seen:
                    moved = seen[row.appointment_id] is state is State.BOOKED
                    assert moved or (seen[row.appointment_id], state) in ALLOWED
                else:
                    assert state is State.HELD
                assert row.version == versions.get(row.appointment_id, 0) + 1
                seen[row.appointment_id], versions[row.appointment_id] = state, row.version


@pytest.mark.timeout(600)  # making a failure small takes longer than a test may otherwise
def test_whatever_happens_in_whatever_order_no_rule_is_broken() -> None:
    REACHED.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=int(os.environ.get("LIFE_EXAMPLES", "25")),
            stateful_step_count=40,
            deadline=None,
        ),
    )
    assert REACHED["offers"] > 0, "nobody was ever offered anything"
