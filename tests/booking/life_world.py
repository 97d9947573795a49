"""The world of random lives: two departments at two sites, and what has to come of each step."""

import hashlib
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
)
from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, Row, create_engine, event, select, update
from sqlalchemy.pool import StaticPool

from booking import slots, store_booking, store_catalogue
from booking.appointment import (
    ACTIVE_PER_PERSON,
    AppointmentView,
    Details,
    Party,
    State,
    Wish,
)
from booking.catalogue import SPEECH, Ability, Catalogue
from booking.errors import BookingRefused
from booking.grains import grain_of, grains_of, instant_of
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import catalogue_version, outage
from booking.store_sql import booking_service
from booking.tables import appointment, appointment_event, claim, metadata, waitlist
from booking.waitlist import OFFER_FOR, WaitState

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


class Also:
    """What a person has as well once the first part of a sitting is theirs."""

    def __init__(self, first_grain: int, grains: int) -> None:
        self.first_grain, self.grains = first_grain, grains


def expected(row: Any) -> Counter[tuple[str, int]]:
    """The claims that an appointment has in its state."""
    day = grain_of(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
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


class World(RuleBasedStateMachine):
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
            length = grains_of(service)
            if first not in slots.starts(self.catalogue, service, site, DAY.date()):
                return False
            if instant_of(first) < self.now or quotas[service.department] >= QUOTA:
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
            mine.append(Also(first, length))
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
            and instant_of(first) >= self.now + OFFER_FOR
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
        coming = [instant_of(first) for first in starts]
        coming = [start for start in coming if start >= self.now]
        return coming[at] if len(coming) > at else None

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
