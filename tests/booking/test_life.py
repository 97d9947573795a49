"""Anything, in any order, at any time: what is claimed is what lives, and no rule is broken."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.pool import StaticPool

from booking import slots, store_booking, store_catalogue
from booking.appointment import (
    ALLOWED,
    CHECK_IN_FROM,
    CHECK_IN_UNTIL,
    HOLD_FOR,
    AppointmentView,
    Details,
    State,
    new_reference,
)
from booking.catalogue import Catalogue
from booking.errors import BookingRefused, SlotTaken
from booking.orders import HoldOrder
from booking.ports import Tell
from booking.seed_toml import seed
from booking.tables import appointment, appointment_event, claim, metadata

SITE = "hengqin-centre"
SERVICES = ("dsf-salaries-tax-certificate", "dsf-salaries-tax-group2", "iam-dog-licence")
DAY = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LIVING = {State.HELD, State.BOOKED, State.ARRIVED}


def silent(*_: Any, **__: Any) -> None:
    """Journal and outbox are not what is looked at here."""


@cache
def planted() -> tuple[Engine, Catalogue]:
    """A store in memory with the seed, made once: it takes longer than a whole life."""
    engine = create_engine("sqlite+pysqlite://", module=dbapi2, poolclass=StaticPool)
    with engine.begin() as conn:
        metadata.create_all(conn)
        found = seed([2026])
        store_catalogue.plant(conn, found.catalogue, found.calendars)
        return engine, store_catalogue.load(conn)


class Life(RuleBasedStateMachine):
    """One morning of two departments at one site, with a clock that only goes forward."""

    engine: Engine
    catalogue: Catalogue

    @initialize()
    def open_the_doors(self) -> None:
        self.engine, self.catalogue = planted()
        with self.engine.begin() as conn:
            for table in (claim, appointment_event, appointment):
                conn.execute(table.delete())
        self.now = DAY - timedelta(minutes=20)
        self.numbers = count(1)
        self.references: list[str] = []
        self.tell = Tell(record=silent, owe=silent)

    def run(self, command: Any, *args: Any, **kwargs: Any) -> Any:
        """Run as the executor does; a refusal changes nothing."""
        try:
            with self.engine.begin() as conn:
                return command(conn, *args, tell=self.tell, now=self.now, **kwargs)
        except BookingRefused as refusal:
            return refusal

    def random_bytes(self, size: int) -> bytes:
        return hashlib.sha256(str(next(self.numbers)).encode()).digest()[:size]

    @rule(
        service_id=st.sampled_from(SERVICES),
        person=st.sampled_from("abcdef"),
        at=st.integers(0, 2),
        finish=st.booleans(),
    )
    def book(self, service_id: str, person: str, at: int, finish: bool) -> None:
        service, site = slots.offered(self.catalogue, service_id, SITE)
        starts = slots.starts(self.catalogue, service, site, DAY.date())
        coming = [first for first in starts if slots.instant_of(first) >= self.now]
        if len(coming) <= at:
            return
        first = coming[at]
        order = HoldOrder(
            catalogue_version=self.catalogue.version,
            appointment_id=f"a-{next(self.numbers)}",
            idem=f"i-{next(self.numbers)}",
            reference=new_reference(self.random_bytes),
            person=person,
            department=service.department,
            service=service.id,
            site=site.id,
            lane=slots.LANE,
            first_grain=first,
            grains=slots.grains_of(service),
            wanted=(
                *slots.wants(self.catalogue, service, site, first),
                *slots.personal(person, service, first),
            ),
            start_at=next(self.numbers),
            expires_at=self.now + HOLD_FOR,
        )
        with self.engine.connect() as conn:
            free = self.free(conn, order)
        outcome = self.run(store_booking.hold, order)
        if isinstance(outcome, SlotTaken):
            assert not free
        elif not isinstance(outcome, BookingRefused):
            assert free
            self.references.append(order.reference)
            if finish:
                self.run(store_booking.confirm, order.reference, Details(name="A"))

    def free(self, conn: Connection, order: HoldOrder) -> bool:
        """Whether the slot is free for this person, counted from the appointments alone."""
        rows = [
            row
            for row in conn.execute(select(appointment))
            if row.state in {State.BOOKED, State.ARRIVED}
            or (
                row.state == State.HELD
                and row.expires_at > self.now
                and row.person_key != order.person
            )
        ]
        for grain in range(order.first_grain, order.first_grain + order.grains):
            there = [row for row in rows if row.first_grain <= grain < row.first_grain + row.grains]
            if len(there) >= 2 or any(row.department == order.department for row in there):
                return False
        ended = {State.FULFILLED, State.NOSHOW}
        used = conn.execute(
            select(func.count()).where(
                appointment.c.department == order.department, appointment.c.state.in_(ended)
            )
        ).scalar_one()
        return used + sum(row.department == order.department for row in rows) < 8

    def look(self, data: st.DataObject) -> tuple[str, AppointmentView]:
        """Some reference that was given out, the latest first, and how its appointment stands."""
        reference = data.draw(st.sampled_from(self.references[::-1]))
        with self.engine.connect() as conn:
            return reference, store_booking.find(conn, reference, self.now)

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        outcome = self.run(store_booking.confirm, reference, Details(name="A"))
        possible = before.state in {State.HELD, State.BOOKED}
        assert isinstance(outcome, BookingRefused) != possible

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        outcome = self.run(store_booking.cancel, reference)
        if before.state in {State.HELD, State.BOOKED, State.CANCELLED}:
            assert outcome.state is State.CANCELLED
        elif before.state is not State.EXPIRED:
            assert isinstance(outcome, BookingRefused)

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def come(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        outcome = self.run(store_booking.arrive, reference, f"{SITE}-1")
        in_time = before.start - CHECK_IN_FROM <= self.now <= before.start + CHECK_IN_UNTIL
        possible = before.state is State.BOOKED and in_time
        assert isinstance(outcome, BookingRefused) != possible

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def serve(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        if before.state is State.BOOKED:
            # So that serving is not left to the luck of three draws in a row.
            self.run(store_booking.arrive, reference, f"{SITE}-1")
            with self.engine.connect() as conn:
                before = store_booking.find(conn, reference, self.now)
        outcome = self.run(store_booking.fulfil, before.appointment_id)
        possible = before.state in {State.ARRIVED, State.FULFILLED}
        assert isinstance(outcome, BookingRefused) != possible

    @rule(minutes=st.sampled_from([1, 11]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        self.run(store_booking.expire_due)
        self.run(store_booking.noshow_due)

    @invariant()
    def claims_are_of_the_living(self) -> None:
        if not hasattr(self, "references"):
            return
        with self.engine.connect() as conn:
            claims: dict[str, int] = dict(
                conn.execute(
                    select(claim.c.appointment_id, func.count()).group_by(claim.c.appointment_id)
                ).all()
            )
            for row in conn.execute(select(appointment)):
                if row.state in LIVING:
                    expected = 3 * row.grains + 2
                else:
                    expected = 1 if row.state in {State.FULFILLED, State.NOSHOW} else 0
                assert claims.pop(row.id, 0) == expected, row.state
            assert claims == {}

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
                    assert (seen[row.appointment_id], state) in ALLOWED
                else:
                    assert state is State.HELD
                assert row.version == versions.get(row.appointment_id, 0) + 1
                seen[row.appointment_id], versions[row.appointment_id] = state, row.version


# Making a failure small takes longer than a test may otherwise.
TestLife = pytest.mark.timeout(600)(Life.TestCase)
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
