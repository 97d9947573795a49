"""What people, staff and time do in random lives, each with what must come of it."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)
from sqlalchemy import func, select

from booking import store_catalogue
from booking.appointment import (
    CHECK_IN_FROM,
    CHECK_IN_UNTIL,
    AppointmentView,
    State,
    Wish,
)
from booking.catalogue import Ability
from booking.errors import BookingRefused, SlotIsFree, TooManyWaiting
from booking.grains import GRAIN, grain_of, grains_of
from booking.sittings import whole
from booking.tables import waitlist
from booking.waitlist import OFFER_FOR, WAITING_PER_PERSON, WaitState
from tests.booking.life_world import DAY, KIOSKS, OTHER, SERVICES, SITE, World, done


class Acts(World):
    """Anything that may happen."""

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
                grain_of(start),
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
                grain_of(start),
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
        at_grain = grain_of(start)
        for one in whole(outcome):
            assert (grain_of(one.start), one.site) == (at_grain, site_id)
            at_grain = grain_of(one.end)
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
        until = start + GRAIN * grains_of(service) * long
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
                first = grain_of(outcome.start)
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
        start = DAY + GRAIN * at
        outcome = done(
            self.booking.note_outage(
                place, unit, start, start + GRAIN * long, "ill", "agent:a", self.now
            )
        )
        if isinstance(outcome, BookingRefused):
            assert (place, unit) == ("department:iam", 1)
            return
        first = grain_of(start)
        self.out.append((place, unit, first, first + long))
        self.outages.append(outcome.outage_id)
        self.load()

    @precondition(lambda self: self.outages)
    @rule()
    def mend(self) -> None:
        done(self.booking.end_outage(self.outages.pop(), "agent:a", self.now))
        place, unit, first, end = self.out.pop()
        until = max(grain_of(self.now), first)
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
