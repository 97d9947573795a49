"""Any order of comings, goings, answers, misses and deaths: tickets and agents never disagree.

Neither do calls of several and those in them, whoever is asked, comes, leaves or takes over.

The invariants are those of the design: one live pairing per ticket and per agent, states that
agree, no ticket lost, first come first served, work conserving, stale epochs fenced, repeats
harmless, nothing stuck after leases ran out, `rev` rising.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection, event, select

from counter.errors import NotAllowedNow, NotFound, Refusal, UsedElsewhere
from counter.protocol import desk, parties, terminal
from counter.protocol.message import Ask
from counter.signaling.dispatch import BOOST, GRACE
from counter.signaling.party import InviteOver
from counter.signaling.store_desk import put_skill
from counter.signaling.store_sweep import overdue
from counter.signaling.tables import agent, pairing, party, skill, ticket
from tests.signaling.floor import Commands, Floor, in_memory, ringing, seed, violations

pytestmark = pytest.mark.timeout(600)

AGENTS = ["a-1", "a-2", "a-3"]
TERMINALS = ["t-1", "t-2", "t-3", "t-4"]
DEPARTMENTS = {"a-1": "d-1", "a-2": "d-1", "a-3": "d-2"}
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Killed(Exception):
    """The process died here."""


class Machine(RuleBasedStateMachine):
    """The whole floor on an SQLite in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = in_memory()
        self.conn = self.engine.connect()
        self.commands = Commands(Floor())
        self.now = START
        self.older: dict[str, int] = {}
        self.revs: dict[str, int] = {}
        self.ended: set[str] = set()
        self.die_in: int | None = None
        event.listen(self.conn, "before_cursor_execute", self._maybe_die)
        with self.conn.begin():
            seed(self.conn, self.now, DEPARTMENTS)
            # The third agent helps the first department out, but in Portuguese only.
            put_skill(self.conn, "a-3", "d-1", "pt", 1)
        for subject in TERMINALS:
            self._do(self.commands.attach, subject)
        for subject in AGENTS:
            self.a_desk_is_opened(subject)
            self.a_desk_is_opened(subject)
            self._ask(subject, self.commands.presence("ready"))

    def teardown(self) -> None:
        self.conn.close()
        self.engine.dispose()

    def _maybe_die(self, *_: Any) -> None:
        if self.die_in is not None:
            self.die_in -= 1
            if self.die_in < 0:
                raise Killed

    def _do(self, command: Any, *args: Any) -> Any:
        with self.conn.begin():
            return command(self.conn, *args, self.now)

    def _ask(self, subject: str, ask: Ask) -> Any:
        return self._do(self.commands.ask, subject, ask)

    def _key(self) -> str:
        return self.commands.floor.key()

    # Comings

    @rule(subject=st.sampled_from(TERMINALS), department=st.sampled_from(["d-1", "d-2"]))
    def a_walk_in_comes(self, subject: str, department: str) -> None:
        take = terminal.TicketTake(key=self._key(), service=f"{department}:any")
        try:
            first = self._ask(subject, take)
        except NotAllowedNow:
            return
        assert self._ask(subject, take) == first, "a repeated key takes no second ticket"

    @rule(subject=st.sampled_from(TERMINALS), minutes=st.integers(-30, 30), pt=st.booleans())
    def a_booked_citizen_comes(self, subject: str, minutes: int, pt: bool) -> None:
        reference = self._key()
        self.commands.floor.appointments[reference] = self.now + timedelta(minutes=minutes)
        try:
            if pt:
                self._ask(subject, terminal.LanguageChoose(key=self._key(), language="pt"))
            self._ask(subject, terminal.AppointmentFind(key=self._key(), reference=reference))
            self._ask(subject, terminal.ArrivalConfirm(key=self._key()))
        except NotAllowedNow:
            return
        row = self.conn.execute(select(ticket).where(ticket.c.terminal_id == subject)).all()[-1]
        self.conn.rollback()
        assert row.arrived_at - BOOST - GRACE <= row.due or row.due <= row.arrived_at

    @rule(subject=st.sampled_from(AGENTS))
    def a_desk_is_opened(self, subject: str) -> None:
        if subject in self.commands.epochs:
            self.older[subject] = self.commands.epochs[subject]
        before = self._active_pairing(subject)
        self._do(self.commands.attach, subject)
        assert self._active_pairing(subject) == before, "a call survives a reload"

    @rule(subject=st.sampled_from(AGENTS), presence=st.sampled_from(["ready", "ready", "paused"]))
    def presence_is_chosen(self, subject: str, presence: str) -> None:
        if subject not in self.commands.epochs:
            return
        best = self._best_ticket(subject)
        try:
            self._ask(subject, self.commands.presence(presence))
        except NotAllowedNow:
            return
        if presence == "ready" and best and self._state(subject) == "offered":
            assert self._offered_ticket(subject) == best, "first come, first served"
        if presence == "ready" and best is None:
            assert self._state(subject) == "idle"

    # Answers

    @rule(subject=st.sampled_from(AGENTS), stale=st.booleans(), twice=st.booleans())
    def an_offer_is_answered(self, subject: str, stale: bool, twice: bool) -> None:
        pairing_id = self._read(ringing, subject)
        if pairing_id is None:
            return
        accept = desk.OfferAccept(key=self._key(), pairing_id=str(pairing_id))
        if stale:
            self._must_be_fenced(subject, accept)
            return
        deadline = self._column(pairing.c.deadline, pairing.c.id == pairing_id)
        try:
            self._ask(subject, accept)
        except NotAllowedNow:
            assert deadline <= self.now
            return
        assert deadline > self.now, "a late answer is refused"
        if twice:
            again = desk.OfferAccept(key=self._key(), pairing_id=str(pairing_id))
            self._ask(subject, again)

    @rule(subject=st.sampled_from(AGENTS), index=st.integers(0, 50))
    def an_old_offer_is_answered(self, subject: str, index: int) -> None:
        if subject not in self.commands.epochs:
            return
        old = self._read(_dead_pairings, subject)
        if not old:
            return
        accept = desk.OfferAccept(key=self._key(), pairing_id=old[index % len(old)])
        with pytest.raises((NotAllowedNow, NotFound)):
            self._ask(subject, accept)

    @rule(subject=st.sampled_from(AGENTS))
    def an_offer_is_declined(self, subject: str) -> None:
        pairing_id = self._read(ringing, subject)
        if pairing_id is None:
            return
        for _ in range(2):
            self._ask(subject, desk.OfferDecline(key=self._key(), pairing_id=str(pairing_id)))

    @rule(subject=st.sampled_from(AGENTS), stale=st.booleans())
    def a_case_is_closed(self, subject: str, stale: bool) -> None:
        active = self._active_pairing(subject)
        if active is None:
            return
        close = desk.CaseClose(key=self._key(), outcome="completed")
        if stale:
            self._must_be_fenced(subject, close)
            return
        self._ask(subject, close)
        ticket_id = self._column(pairing.c.ticket_id, pairing.c.id == active)
        assert ticket_id not in self.ended, "a ticket is done once"
        self.ended.add(ticket_id)
        with pytest.raises(NotAllowedNow):
            self._ask(subject, desk.CaseClose(key=self._key(), outcome="completed"))

    @rule(subject=st.sampled_from(TERMINALS))
    def a_citizen_leaves(self, subject: str) -> None:
        for _ in range(2):
            self._ask(subject, terminal.VisitLeave(key=self._key()))

    # More than two

    @rule(
        subject=st.sampled_from(AGENTS),
        other=st.sampled_from(AGENTS),
        purpose=st.sampled_from(["colleague", "consult", "transfer"]),
        stay=st.booleans(),
    )
    def a_colleague_is_asked(self, subject: str, other: str, purpose: Any, stay: bool) -> None:
        ask = parties.PartyInvite(key=self._key(), agent=other, purpose=purpose, stay=stay)
        free = self._state(other) == "idle"
        try:
            self._ask(subject, ask)
        except Refusal:
            return
        assert free and self._state(other) == "offered", "only who is idle is asked"

    @rule(subject=st.sampled_from(AGENTS), comes=st.booleans(), twice=st.booleans())
    def a_colleague_answers(self, subject: str, comes: bool, twice: bool) -> None:
        asked = self._party(subject, "asked")
        if asked is None:
            return
        for _ in range(2 if twice else 1):
            try:
                if comes:
                    self._ask(subject, parties.PartyAccept(key=self._key(), party_id=asked.id))
                else:
                    self._ask(subject, parties.PartyDecline(key=self._key(), party_id=asked.id))
            except InviteOver:
                assert asked.deadline <= self.now, "only a late answer is refused"
                return

    @rule(subject=st.sampled_from(AGENTS))
    def a_colleague_leaves(self, subject: str) -> None:
        self._ask(subject, parties.PartyLeave(key=self._key()))
        assert self._party(subject, "present") is None

    @rule(subject=st.sampled_from(AGENTS), on=st.booleans())
    def a_citizen_is_held(self, subject: str, on: bool) -> None:
        if self._active_pairing(subject):
            self._ask(subject, parties.CallHold(key=self._key(), on=on))

    @rule(subject=st.sampled_from(AGENTS), other=st.sampled_from(AGENTS), stay=st.booleans())
    def a_case_is_handed_over(self, subject: str, other: str, stay: bool) -> None:
        there = self._party(other, "present")
        before = self._active_pairing(subject)
        if there is None or before is None:
            return
        ask = parties.PartyHandOver(key=self._key(), party_id=there.id, stay=stay)
        try:
            self._ask(subject, ask)
        except Refusal:
            assert self._active_pairing(subject) == before, "refused, and nothing changed"
            return
        assert self._active_pairing(subject) is None and self._active_pairing(other)

    # Beats, time and death

    @rule(subject=st.sampled_from(AGENTS))
    def an_older_desk_beats(self, subject: str) -> None:
        if subject not in self.older:
            return
        self._must_be_fenced(subject, desk.DeskBeat(key=self._key()))

    @rule(seconds=st.sampled_from([1, 7, 16, 31]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        seconds=st.sampled_from([7, 16, 25]),
        agents=st.booleans(),
        terminals=st.booleans(),
        times=st.integers(1, 3),
    )
    def time_passes_while_one_side_is_dead(
        self, seconds: int, agents: bool, terminals: bool, times: int
    ) -> None:
        for _ in range(times):
            self.now += timedelta(seconds=seconds)
            if agents:
                for subject in set(AGENTS) & set(self.commands.epochs):
                    self._ask(subject, desk.DeskBeat(key=self._key()))
            if terminals:
                for subject in TERMINALS:
                    self._ask(subject, terminal.TerminalBeat(key=self._key()))
        self.it_is_swept()

    @rule()
    def it_is_swept(self) -> None:
        self._do(self.commands.sweep)
        # A freed agent may be matched by the next look; after that nothing is left.
        self._do(self.commands.sweep)
        assert self._read(overdue, self.now) == [], "nothing is left after two sweeps"
        live = self._read(lambda conn: conn.execute(_LIVE).all())
        for row in live:
            assert row.agent_lease > self.now and row.ticket_lease > self.now, "stuck"
        for subject in AGENTS:
            if self._state(subject) == "idle":
                assert self._best_ticket(subject) is None, "work conserving"

    @rule(subject=st.sampled_from(AGENTS + TERMINALS), statement=st.integers(0, 25))
    def it_dies_between_two_statements(self, subject: str, statement: int) -> None:
        before = self._read(_everything)
        self.die_in = statement
        try:
            if subject in AGENTS:
                self._do(self.commands.attach, subject)
            else:
                ask = terminal.TicketTake(key=self._key(), service="d-1:any")
                self._ask(subject, ask)
        except Killed:
            self.die_in = None
            if subject in AGENTS and subject in self.older:
                assert self.commands.epochs[subject] >= self.older[subject]
            assert self._read(_everything) == before, "half of it was kept"
        except Refusal:
            pass
        finally:
            self.die_in = None

    # What always holds

    @invariant()
    def tickets_agents_and_pairings_agree(self) -> None:
        assert self._read(violations) == []

    @invariant()
    def no_ticket_is_lost_and_revs_rise(self) -> None:
        rows = self._read(lambda conn: conn.execute(select(ticket)).all())
        found = {row.id: row.rev for row in rows}
        for ticket_id, rev in self.revs.items():
            assert found[ticket_id] >= rev
        self.revs = found

    def _must_be_fenced(self, subject: str, ask: Ask) -> None:
        if subject not in self.older:
            return
        current = self.commands.epochs[subject]
        self.commands.epochs[subject] = self.older[subject]
        before = self._read(_everything)
        with pytest.raises(UsedElsewhere):
            self._ask(subject, ask)
        assert self._read(_everything) == before
        self.commands.epochs[subject] = current

    def _read(self, query: Any, *args: Any) -> Any:
        with self.conn.begin():
            return query(self.conn, *args)

    def _column(self, column: Any, where: Any) -> Any:
        return self._read(
            lambda conn: conn.execute(select(column).where(where)).scalar_one_or_none()
        )

    def _state(self, subject: str) -> str:
        return str(self._column(agent.c.state, agent.c.id == subject))

    def _active_pairing(self, subject: str) -> Any:
        return self._column(
            pairing.c.id, (pairing.c.agent_id == subject) & (pairing.c.state == "active")
        )

    def _party(self, subject: str, state: str) -> Any:
        query = select(party).where(party.c.agent_id == subject, party.c.state == state)
        return self._read(lambda conn: conn.execute(query).one_or_none())

    def _offered_ticket(self, subject: str) -> Any:
        return self._column(
            pairing.c.ticket_id, (pairing.c.agent_id == subject) & (pairing.c.state == "offered")
        )

    def _best_ticket(self, subject: str) -> str | None:
        """The oracle: whom this agent should be rung for, worked out in Python."""
        rows = self._read(lambda conn: conn.execute(select(ticket)).all())
        skills = self._read(lambda conn: conn.execute(select(skill)).all())
        lease = self._column(agent.c.lease_until, agent.c.id == subject)

        def served(row: Any) -> bool:
            mine = [
                each.language
                for each in skills
                if each.agent_id == subject and each.department_id == row.department_id
            ]
            return row.language in mine if mine else DEPARTMENTS[subject] == row.department_id

        waiting = [
            (row.due, row.id)
            for row in rows
            if row.state == "waiting" and row.lease_until > self.now and served(row)
        ]
        return min(waiting)[1] if waiting and lease is not None else None


_LIVE = (
    select(agent.c.lease_until.label("agent_lease"), ticket.c.lease_until.label("ticket_lease"))
    .select_from(
        pairing.join(agent, agent.c.id == pairing.c.agent_id).join(
            ticket, ticket.c.id == pairing.c.ticket_id
        )
    )
    .where(pairing.c.state.in_(("offered", "active")))
)


def _dead_pairings(conn: Connection, subject: str) -> list[str]:
    return list(
        conn.execute(
            select(pairing.c.id).where(
                pairing.c.agent_id == subject, pairing.c.state.not_in(("offered", "active"))
            )
        ).scalars()
    )


def _everything(conn: Connection) -> list[Any]:
    return [
        [tuple(row) for row in conn.execute(select(table).order_by(table.c.id))]
        for table in (ticket, agent, pairing)
    ]


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "25")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
