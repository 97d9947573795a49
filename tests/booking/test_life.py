"""Anything, in any order, at any time: what is claimed is what lives, and no rule is broken.

`LIFE_EXAMPLES=500` lives as many lives; without it a few, of the same kind.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, Row, create_engine, event, func, select, update
from sqlalchemy.pool import StaticPool

from booking import slots, store_booking, store_catalogue
from booking.appointment import (
    ACTIVE_PER_PERSON,
    ALLOWED,
    CHECK_IN_FROM,
    CHECK_IN_UNTIL,
    AppointmentView,
    Details,
    Party,
    State,
    Wish,
)
from booking.catalogue import SPEECH, Ability, Catalogue
from booking.errors import BookingRefused, SlotIsFree, TooManyWaiting
from booking.seed_toml import seed
from booking.service import BookingService
from booking.sittings import whole
from booking.store_catalogue_tables import catalogue_version, outage
from booking.store_sql import booking_service
from booking.tables import appointment, appointment_event, claim, metadata, waitlist
from booking.waitlist import OFFER_FOR, WAITING_PER_PERSON, WaitState

SITE, OTHER = "hengqin-centre", "hengqin-neighbourhood"
SERVICES = ("dsf-salaries-tax-certificate", "dsf-salaries-tax-group2", "iam-dog-licence")
DAY = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LIVING = {State.HELD, State.BOOKED, State.ARRIVED}
QUOTA = 8
LANES = {"dsf": (("yue",), ("yue", "cmn")), "iam": (SPEECH,)}
"Of each department what its agents speak."
KIOSKS = {SITE: (False, True), OTHER: (True,)}
"Of each site whether its terminals are reached without a step."

REACHED: Counter[str] = Counter()
"What the lives of a run came to, so that a run that never came to it is seen."

R = TypeVar("R")


def silent(*_: Any, **__: Any) -> None:
    """Journal and outbox are not what is looked at here."""


@cache
def planted() -> tuple[Engine, Catalogue]:
    """A store in memory with the seed, made once: it takes longer than a whole life."""
    engine = create_engine("sqlite+pysqlite://", module=dbapi2, poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def by_hand(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN")

    with engine.begin() as conn:
        metadata.create_all(conn)
        found = seed([2026])
        store_catalogue.plant(conn, unlike(found.catalogue), found.calendars)
        return engine, store_catalogue.load(conn)


def unlike(catalogue: Catalogue) -> Catalogue:
    """Agents who speak this and that, terminals that can do this and that."""
    departments = {
        name: replace(catalogue.departments[name], lanes=len(spoken), speech=spoken)
        for name, spoken in LANES.items()
    }
    everything = frozenset(Ability)
    sites = {
        name: replace(
            catalogue.sites[name],
            terminals=tuple(
                replace(one, abilities=everything if free else everything - {Ability.STEP_FREE})
                for one, free in zip(catalogue.sites[name].terminals, step_free, strict=True)
            ),
        )
        for name, step_free in KIOSKS.items()
    }
    services = {
        name: replace(one, change_until_minutes=0, weekly_per_person=None, speech=SPEECH)
        for name, one in catalogue.services.items()
    }
    return replace(
        catalogue,
        departments={**catalogue.departments, **departments},
        sites={**catalogue.sites, **sites},
        services=services,
    )


class AtOnce:
    """An executor that waits for nothing, so that a coroutine on it ends at its first step."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def write(self, command: Any, /, *args: Any, **kwargs: Any) -> Any:
        with self._engine.begin() as conn:
            return command(conn, *args, **kwargs)

    async def read(self, query: Any, /, *args: Any, **kwargs: Any) -> Any:
        with self._engine.connect() as conn:
            return query(conn, *args, **kwargs)


def done(work: Coroutine[Any, Any, R]) -> R | BookingRefused:
    """What came of it; a refusal changes nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        answer: R = end.value
        return answer
    except BookingRefused as refusal:
        return refusal
    raise AssertionError("it waits for something")


class Life(RuleBasedStateMachine):
    """One morning of two departments at two sites, with a clock that only goes forward."""

    engine: Engine
    catalogue: Catalogue
    booking: BookingService

    @initialize()
    def open_the_doors(self) -> None:
        self.engine, self.catalogue = planted()
        with self.engine.begin() as conn:
            for table in (waitlist, claim, appointment_event, appointment, outage):
                conn.execute(table.delete())
            conn.execute(update(catalogue_version).values(version=self.catalogue.version))
        self.now = DAY - timedelta(minutes=20)
        self.numbers = count(1)
        self.references: list[str] = []
        self.entries: list[str] = []
        self.out: list[tuple[str, int, int, int]] = []
        self.outages: list[str] = []
        self.booking = booking_service(
            AtOnce(self.engine),
            record=silent,
            owe=silent,
            new_id=lambda: f"id-{next(self.numbers):06}",
            random_bytes=self.random_bytes,
        )
        # The first times are full, so that there is something to wait for.
        starts = [self.start(SERVICES[0], SITE, at) for at in range(3)]
        people = "ghijkl"
        for number, who in enumerate(people):
            start, wish = starts[number // 2], Wish(speech=("yue", "cmn")[number % 2])
            assert start is not None
            held = done(self.booking.hold("first", SERVICES[0], SITE, start, who, self.now, wish))
            assert not isinstance(held, BookingRefused)
            self.references.append(held.reference)
            self.confirmed(held.reference)

    def random_bytes(self, size: int) -> bytes:
        return hashlib.sha256(str(next(self.numbers)).encode()).digest()[:size]

    # --- what should come of it, counted by other means ---

    def room(
        self,
        conn: Connection,
        service_ids: Iterable[str],
        site_id: str,
        first: int,
        wish: Wish,
        person: str,
        without: Iterable[str] = (),
    ) -> bool:
        """Whether services fit one after another, if these appointments were not there."""
        rows = [row for row in self.living(conn) if row.id not in set(without)]
        ids = {row.id for row in rows}
        taken = [one for one in conn.execute(select(claim)) if one.appointment_id in ids]
        quotas = Counter(
            row.department
            for row in conn.execute(select(appointment))
            if row.id in ids or row.state in {State.FULFILLED, State.NOSHOW}
        )
        mine = [row for row in rows if row.person_key == person]
        for service_id in service_ids:
            service, site = self.catalogue.services[service_id], self.catalogue.sites[site_id]
            length = slots.grains_of(service)
            if first not in slots.starts(self.catalogue, service, site, DAY.date()):
                return False
            if slots.instant_of(first) < self.now or quotas[service.department] >= QUOTA:
                return False
            if len(mine) >= ACTIVE_PER_PERSON:
                return False
            quotas[service.department] += 1
            for grain in range(first, first + length):
                if any(row.first_grain <= grain < row.first_grain + row.grains for row in mine):
                    return False
                able = {
                    unit
                    for unit, spoken in enumerate(LANES[service.department])
                    if wish.speech in spoken
                }
                wanted = [(f"department:{service.department}", able, 1)]
                step_free = Ability.STEP_FREE in wish.abilities
                for place in {site_id, *wish.others}:
                    there = enumerate(KIOSKS[place])
                    own = place == site_id
                    able = {unit for unit, free in there if free or not (own and step_free)}
                    wanted.append((f"site:{place}", able, own + wish.others.count(place)))
                for resource, units, number in wanted:
                    gone = {
                        one.unit for one in taken if (one.resource, one.grain) == (resource, grain)
                    }
                    gone |= {
                        unit for what, unit, a, b in self.out if what == resource and a <= grain < b
                    }
                    if len(units - gone) < number:
                        return False
            mine.append(_Also(first, length))
            first += length
        return True

    def living(self, conn: Connection) -> list[Any]:
        """Appointments that have a place now."""
        return [
            row
            for row in conn.execute(select(appointment))
            if row.state in LIVING and not (row.state == State.HELD and row.expires_at <= self.now)
        ]

    def waiting(self, conn: Connection) -> list[Row[Any]]:
        """Entries that wait, those who waited longest first."""
        found = select(waitlist).where(waitlist.c.state == WaitState.WAITING)
        return list(conn.execute(found.order_by(waitlist.c.created_at, waitlist.c.id)))

    def has_room(self, conn: Connection, entry: Row[Any], without: Iterable[str] = ()) -> bool:
        """Whether an entry could be offered a slot."""
        service = self.catalogue.services[entry.service]
        site = self.catalogue.sites[entry.site]
        return any(
            entry.first_grain <= first
            and first + entry.grains - 1 <= entry.last_grain
            and slots.instant_of(first) >= self.now + OFFER_FOR
            and self.room(
                conn,
                [entry.service],
                entry.site,
                first,
                Wish(
                    speech=entry.speech,
                    abilities=frozenset(Ability(one) for one in entry.abilities),
                ),
                entry.person_key,
                without,
            )
            for first in slots.starts(self.catalogue, service, site, DAY.date())
        )

    def passed_on(self, before: set[str], freed: Iterable[tuple[str, str]] | None) -> None:
        """Nobody was passed over, and nobody waits for what was just freed.

        before: entries that had been offered something.  freed: departments and sites; None: all.
        """
        with self.engine.connect() as conn:
            rows = list(conn.execute(select(waitlist)))
            offered = [
                row for row in rows if row.appointment_id is not None and row.id not in before
            ]
            REACHED["offers"] += len(offered)
            for row in offered:
                held = self.by_id(conn, row.appointment_id)
                if held.state == State.HELD:
                    self.references.append(held.reference_shown)
            for entry in self.waiting(conn):
                place = {entry.department, entry.site}
                if freed is None or any(place & set(one) for one in freed):
                    assert not self.has_room(conn, entry), "who waits is not offered what is free"
                    younger = [
                        one.appointment_id
                        for one in offered
                        if (one.created_at, one.id) > (entry.created_at, entry.id)
                    ]
                    assert not self.has_room(conn, entry, younger), "somebody was passed over"

    def offered(self) -> set[str]:
        """Entries that were offered something at any time."""
        with self.engine.connect() as conn:
            found = select(waitlist.c.id).where(waitlist.c.appointment_id.is_not(None))
            return set(conn.execute(found).scalars())

    def by_id(self, conn: Connection, appointment_id: str) -> Any:
        found = select(appointment).where(appointment.c.id == appointment_id)
        return conn.execute(found).one()

    def by_reference(self, reference: str) -> AppointmentView:
        with self.engine.connect() as conn:
            return store_booking.find(conn, reference, self.now)

    def look(self, data: st.DataObject) -> tuple[str, AppointmentView]:
        """Some reference that was given out, the latest first, and how its appointment stands."""
        reference = data.draw(st.sampled_from(self.references[::-1]))
        return reference, self.by_reference(reference)

    def start(self, service_id: str, site_id: str, at: int) -> datetime | None:
        """The at-th start of a service that is to come."""
        service, site = self.catalogue.services[service_id], self.catalogue.sites[site_id]
        starts = slots.starts(self.catalogue, service, site, DAY.date())
        coming = [slots.instant_of(first) for first in starts]
        coming = [start for start in coming if start >= self.now]
        return coming[at] if len(coming) > at else None

    # --- what people do ---

    @rule(
        service_ids=st.lists(st.sampled_from(SERVICES), min_size=1, max_size=3),
        person=st.sampled_from("abcdef"),
        at=st.integers(0, 2),
        speech=st.sampled_from(["yue", "yue", "cmn"]),
        step_free=st.booleans(),
        party=st.sampled_from([None, None, SITE, OTHER]),
        finish=st.booleans(),
    )
    def book(
        self,
        service_ids: list[str],
        person: str,
        at: int,
        speech: str,
        step_free: bool,
        party: str | None,
        finish: bool,
    ) -> None:
        start = self.start(service_ids[0], SITE, at)
        if start is None:
            return
        wish = Wish(
            speech=speech,
            abilities=frozenset({Ability.STEP_FREE} if step_free else ()),
            others=(party,) if party else (),
        )
        before = self.offered()
        with self.engine.connect() as conn:
            offers = select(waitlist.c.appointment_id).where(waitlist.c.state == WaitState.OFFERED)
            kept = set(conn.execute(offers).scalars())
            own = [
                row
                for row in self.living(conn)
                if (row.person_key, row.state) == (person, State.HELD) and row.id not in kept
            ]
            free = self.room(
                conn,
                service_ids,
                SITE,
                slots.grain_of(start),
                wish,
                person,
                [row.id for row in own],
            )
        key = f"k-{next(self.numbers)}"
        outcome = done(
            self.booking.hold_sitting(key, service_ids, SITE, start, person, self.now, wish)
        )
        assert free != isinstance(outcome, BookingRefused), outcome
        if isinstance(outcome, BookingRefused):
            return
        assert (
            done(self.booking.hold_sitting(key, service_ids, SITE, start, person, self.now, wish))
            == outcome
        )
        self.references += [held.reference for held in outcome]
        self.passed_on(before, {(row.department, row.site) for row in own})
        if finish:
            self.confirmed(outcome[0].reference)

    def confirmed(self, reference: str, speech: str | None = None) -> Any:
        """What comes of making a booking of a reference, with what was wished for it."""
        held = self.by_reference(reference)
        details = Details(
            name="A",
            speech=speech or held.wish.speech,
            needs=("step_free",) if held.wish.abilities else (),
            parties=tuple(Party(name="B", site=site) for site in held.wish.others),
        )
        return done(self.booking.confirm(reference, details, self.now))

    @precondition(lambda self: self.references)
    @rule(data=st.data(), speech=st.sampled_from([None, None, "yue", "cmn"]))
    def confirm(self, data: st.DataObject, speech: str | None) -> None:
        reference, before = self.look(data)
        outcome = self.confirmed(reference, speech)
        possible = before.state in {State.HELD, State.BOOKED}
        if speech is None or not possible:
            assert isinstance(outcome, BookingRefused) != possible
        elif isinstance(outcome, BookingRefused):
            assert self.by_reference(reference) == before

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.given_back(*self.look(data))

    def given_back(self, reference: str, view: AppointmentView) -> None:
        """Somebody lets an appointment go, with all of its sitting."""
        before = self.offered()
        sitting = (view, *view.sitting)
        late = any(one.state is State.BOOKED and one.start < self.now for one in sitting)
        outcome = done(self.booking.cancel(reference, self.now))
        possible = view.state in {State.HELD, State.BOOKED, State.CANCELLED} and not late
        if view.state is State.EXPIRED:
            # It is cancelled, or found expired, according to whether a sweep came by.
            self.passed_on(before, [])
            return
        assert possible != isinstance(outcome, BookingRefused)
        if view.state in {State.HELD, State.BOOKED} and possible:
            self.passed_on(before, [(one.department, one.site) for one in sitting])

    @precondition(lambda self: self.references)
    @rule(data=st.data(), person=st.sampled_from("abcdefgh"), step_free=st.booleans())
    def wait_for_what_is_let_go(self, data: st.DataObject, person: str, step_free: bool) -> None:
        """So that offers are not left to the luck of who waits for what is given back."""
        reference, view = self.look(data)
        if view.site == SITE and view.start >= self.now + OFFER_FOR:
            self.joined(view.service, person, view.start, 1, view.wish.speech, step_free)
        self.given_back(reference, view)

    @precondition(lambda self: self.references)
    @rule(data=st.data(), at=st.integers(0, 3), site_id=st.sampled_from([SITE, SITE, OTHER]))
    def reschedule(self, data: st.DataObject, at: int, site_id: str) -> None:
        reference, view = self.look(data)
        parts = whole(view)
        start = self.start(parts[0].service, site_id, at)
        if start is None:
            return
        with self.engine.connect() as conn:
            fits = self.room(
                conn,
                [one.service for one in parts],
                site_id,
                slots.grain_of(start),
                view.wish,
                self.by_id(conn, view.appointment_id).person_key,
                [one.appointment_id for one in parts],
            )
        before = self.offered()
        there = (parts[0].site, parts[0].start) == (site_id, start)
        able = Ability.STEP_FREE not in view.wish.abilities or any(KIOSKS[site_id])
        possible = all(one.state is State.BOOKED for one in parts) and (
            there or (fits and able and parts[0].start >= self.now)
        )
        outcome = done(self.booking.reschedule(reference, site_id, start, self.now))
        assert possible != isinstance(outcome, BookingRefused), outcome
        if isinstance(outcome, BookingRefused):
            for old, new in zip(parts, whole(self.by_reference(reference)), strict=True):
                assert (new.start, new.site, new.version) == (old.start, old.site, old.version)
            return
        at_grain = slots.grain_of(start)
        for one in whole(outcome):
            assert (slots.grain_of(one.start), one.site) == (at_grain, site_id)
            at_grain = slots.grain_of(one.end)
        if not there:
            self.passed_on(before, [(one.department, one.site) for one in parts])

    @rule(
        service_id=st.sampled_from(SERVICES),
        person=st.sampled_from("abcdefgh"),
        at=st.sampled_from([0, 1, 1, 2, 2]),
        long=st.sampled_from([1, 1, 2]),
        speech=st.sampled_from(["yue", "cmn"]),
        step_free=st.booleans(),
    )
    def join(
        self, service_id: str, person: str, at: int, long: int, speech: str, step_free: bool
    ) -> None:
        start = self.start(service_id, SITE, at)
        if start is not None:
            self.joined(service_id, person, start, long, speech, step_free)

    def joined(
        self,
        service_id: str,
        person: str,
        start: datetime,
        long: int,
        speech: str,
        step_free: bool,
    ) -> None:
        """Let somebody wait for so many slots after each other."""
        wish = Wish(speech=speech, abilities=frozenset({Ability.STEP_FREE} if step_free else ()))
        service = self.catalogue.services[service_id]
        until = start + slots.GRAIN * slots.grains_of(service) * long
        with self.engine.connect() as conn:
            living = conn.execute(
                select(func.count()).where(
                    waitlist.c.person_key == person,
                    waitlist.c.state.in_([WaitState.WAITING, WaitState.OFFERED]),
                )
            ).scalar_one()
        outcome = done(
            self.booking.join_waitlist(
                f"j-{next(self.numbers)}",
                service_id,
                SITE,
                start,
                until,
                "a@example.org",
                "pt",
                person,
                self.now,
                wish,
            )
        )
        if isinstance(outcome, TooManyWaiting):
            assert living == WAITING_PER_PERSON
        elif isinstance(outcome, SlotIsFree):
            with self.engine.connect() as conn:
                first = slots.grain_of(outcome.start)
                assert self.room(conn, [service_id], SITE, first, wish, "nobody")
        else:
            assert not isinstance(outcome, BookingRefused), outcome
            assert living < WAITING_PER_PERSON
            self.entries.append(outcome.reference)
            with self.engine.connect() as conn:
                entry = self.waiting(conn)[-1]
                assert not self.has_room(conn, entry)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        reference = data.draw(st.sampled_from(self.entries[::-1]))
        view = done(self.booking.waiting(reference, self.now))
        assert not isinstance(view, BookingRefused)
        before = self.offered()
        outcome = done(self.booking.leave_waitlist(reference, self.now))
        assert not isinstance(outcome, BookingRefused)
        if view.state in {WaitState.WAITING, WaitState.OFFERED}:
            assert outcome.state is WaitState.LEFT
        self.passed_on(before, [(view.department, view.site)] if view.offer else [])

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def come(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        with self.engine.begin() as conn:
            try:
                self.booking.arrive(conn, reference, f"{before.site}-1", self.now)
                came = True
            except BookingRefused:
                came = False
        in_time = before.start - CHECK_IN_FROM <= self.now <= before.start + CHECK_IN_UNTIL
        possible = before.state is State.BOOKED and in_time
        # Of a sitting the reference stands for whichever is due.
        assert came == possible or before.sitting

    @precondition(lambda self: self.references)
    @rule(data=st.data())
    def serve(self, data: st.DataObject) -> None:
        reference, before = self.look(data)
        if before.state is State.BOOKED and not before.sitting:
            # So that serving is not left to the luck of three draws in a row.
            with self.engine.begin() as conn:
                try:
                    self.booking.arrive(conn, reference, f"{before.site}-1", self.now)
                except BookingRefused:
                    return
            before = self.by_reference(reference)
        with self.engine.begin() as conn:
            try:
                self.booking.fulfil(conn, before.appointment_id, self.now)
                served = True
            except BookingRefused:
                served = False
        assert served == (before.state in {State.ARRIVED, State.FULFILLED})

    # --- what happens to the house ---

    @rule(
        place=st.sampled_from(["department:dsf", "department:iam", f"site:{SITE}"]),
        unit=st.integers(0, 1),
        at=st.integers(0, 12),
        long=st.integers(1, 6),
    )
    def break_down(self, place: str, unit: int, at: int, long: int) -> None:
        if len(self.outages) >= 3:
            return
        start = DAY + slots.GRAIN * at
        outcome = done(
            self.booking.note_outage(
                place, unit, start, start + slots.GRAIN * long, "ill", "agent:a", self.now
            )
        )
        if isinstance(outcome, BookingRefused):
            assert (place, unit) == ("department:iam", 1)
            return
        first = slots.grain_of(start)
        self.out.append((place, unit, first, first + long))
        self.outages.append(outcome.outage_id)
        self.load()

    @precondition(lambda self: self.outages)
    @rule()
    def mend(self) -> None:
        done(self.booking.end_outage(self.outages.pop(), "agent:a", self.now))
        place, unit, first, end = self.out.pop()
        until = max(slots.grain_of(self.now), first)
        if until < end:
            self.out.insert(0, (place, unit, first, until))
        else:
            self.out.insert(0, (place, unit, first, end))
        self.load()

    def load(self) -> None:
        with self.engine.connect() as conn:
            self.catalogue = store_catalogue.load(conn)

    @rule(minutes=st.sampled_from([1, 11]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        before = self.offered()
        done(self.booking.sweep(self.now))
        self.passed_on(before, None)

    # --- what is always so ---

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
                assert found == _expected(row), row.state
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
            grain = slots.grain_of(self.now)
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


class _Also:
    """What a person has as well once the first part of a sitting is theirs."""

    def __init__(self, first_grain: int, grains: int) -> None:
        self.first_grain, self.grains = first_grain, grains


def _expected(row: Any) -> Counter[tuple[str, int]]:
    """The claims that an appointment has in its state."""
    day = slots.grain_of(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    quota = Counter({(f"quota:{row.department}", day): 1})
    if row.state in {State.FULFILLED, State.NOSHOW}:
        return quota
    if row.state not in LIVING:
        return Counter()
    found = quota + Counter({(f"active:{row.person_key}", 0): 1})
    for grain in range(row.first_grain, row.first_grain + row.grains):
        found[f"department:{row.department}", grain] += 1
        found[f"person:{row.person_key}", grain] += 1
        for site in (row.site, *(party["site"] for party in row.parties)):
            found[f"site:{site}", grain] += 1
    return found


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
