"""A small floor to test on: two departments, three terminals, agents, an appointment book."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.pool import StaticPool

from counter.case import Case
from counter.errors import NotAllowedNow, NotFound
from counter.ids import AppointmentId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.protocol import desk, terminal
from counter.protocol.message import Ask
from counter.signaling import store_sweep
from counter.signaling.ports import (
    ArrivedAppointment,
    FoundAppointment,
    GatewayPrincipal,
    Json,
)
from counter.signaling.store_asks import attach, carry_out
from counter.signaling.store_desk import put_agent
from counter.signaling.store_step import Hooks, in_step
from counter.signaling.tables import (
    agent,
    call,
    device_state,
    hand,
    hand_use,
    leg,
    mark,
    pairing,
    party,
    restraint,
    skill,
    terminal_state,
    ticket,
)
from counter.store import journal_sql, once, session_log
from counter.store.cases import case_table
from counter.store.metadata import metadata

TABLES = [
    *(agent, skill, ticket, pairing, call, party, restraint, leg, terminal_state, case_table),
    *(hand, hand_use, mark),
    device_state,
    metadata.tables["ticket_counter"],
    *(session_log.session_log, session_log.audience_head, once.command_key),
    *(journal_sql.journal_entry, journal_sql.journal_head),
]


@dataclass
class Floor:
    """Catalogue and hooks of the other parts, in memory; ids are counted."""

    appointments: dict[str, datetime] = field(default_factory=dict)
    "Slot start by reference; the reference is the appointment's id as well."
    arrived: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)
    "Digests of the stored pages of every case."
    closed: list[Case] = field(default_factory=list)
    left: list[Case] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    prefixes: dict[str, str] = field(default_factory=lambda: {"d-1": "A", "d-2": "B"})

    def prefix(self, department_id: DepartmentId) -> str:
        if department_id not in self.prefixes:
            raise NotFound(f"department {department_id} is not known")
        return self.prefixes[department_id]

    def site_of(self, terminal_id: TerminalId) -> SiteId:
        return SiteId("site-1")

    def walk_in(
        self, terminal_id: TerminalId, service_id: ServiceId, now: datetime
    ) -> DepartmentId:
        """Services are called `<department>:<anything>`."""
        return DepartmentId(service_id.split(":")[0])

    def find(
        self, conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
    ) -> FoundAppointment:
        if reference not in self.appointments:
            raise NotFound("no such appointment")
        return FoundAppointment(
            reference=reference,
            appointment_id=AppointmentId(reference),
            department_id=DepartmentId("d-1"),
            service_id=ServiceId("d-1:id"),
            starts_at=self.appointments[reference],
        )

    def arrive(
        self, conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
    ) -> ArrivedAppointment:
        if conn.execute(
            select(case_table.c.id).where(case_table.c.appointment_id == reference)
        ).first():
            raise NotAllowedNow("it has arrived already")
        return ArrivedAppointment(
            appointment_id=AppointmentId(reference),
            department_id=DepartmentId("d-1"),
            service_id=ServiceId("d-1:id"),
            starts_at=self.appointments[reference],
            citizen="Chan Tai Man",
            language="zh-Hant",
            needs=("large_text",),
        )

    def hooks(self) -> Hooks:
        return Hooks(
            new_id=self.new_id,
            catalogue=self,
            find=self.find,
            arrive=self.arrive,
            shows=lambda conn, case_id, sha256: sha256 in self.pages,
            closed=lambda conn, case, now: self.closed.append(case),
            left=lambda conn, case, now: self.left.append(case),
        )

    def new_id(self) -> str:
        return f"id-{next(self.numbers):05d}"

    def key(self) -> str:
        return f"key-{next(self.numbers):08d}"


def seed(conn: Connection, now: datetime, agents: dict[str, str] | None = None) -> None:
    """Make agents known; by default `a-1` of d-1."""
    for agent_id, department_id in (agents or {"a-1": "d-1"}).items():
        put_agent(conn, agent_id, agent_id.upper(), department_id, now)


def in_memory() -> Engine:
    """An SQLite in memory with the tables of signalling."""
    engine = create_engine(
        "sqlite+pysqlite://",
        module=dbapi2,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _keys(dbapi_connection: Any, record: object) -> None:
        dbapi_connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN")

    metadata.create_all(engine, tables=TABLES)
    return engine


class Commands:
    """The commands, called with who speaks and what is said; epochs are remembered per subject."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.hooks = floor.hooks()
        self.epochs: dict[str, int] = {}
        self.supervisors: set[str] = set()

    def who(self, subject: str) -> GatewayPrincipal:
        return GatewayPrincipal(
            audience="/agent" if subject.startswith("a-") else "/terminal",
            subject=subject,
            epoch=self.epochs.get(subject, 0),
            supervisor=subject in self.supervisors,
        )

    def attach(self, conn: Connection, subject: str, now: datetime) -> int:
        epoch = attach(conn, self.hooks, self.who(subject), now)
        self.epochs[subject] = epoch
        return epoch

    def ask(self, conn: Connection, subject: str, ask: Ask, now: datetime) -> Json:
        return carry_out(conn, self.hooks, self.who(subject), ask, now)

    def ready(self, conn: Connection, subject: str, now: datetime) -> None:
        """Sign an agent in and make him ready."""
        self.attach(conn, subject, now)
        self.ask(conn, subject, self.presence("ready"), now)

    def walk_in(
        self, conn: Connection, subject: str, now: datetime, service: str = "d-1:id"
    ) -> str:
        """A citizen comes to this terminal and takes a ticket; returns the case."""
        if subject not in self.epochs:
            self.attach(conn, subject, now)
        ask = terminal.TicketTake(key=self.floor.key(), service=service)
        return str(self.ask(conn, subject, ask, now)["case_id"])

    def presence(self, presence: Any) -> Ask:
        return desk.PresenceChoose(key=self.floor.key(), presence=presence)

    def accept(self, conn: Connection, subject: str, now: datetime) -> str:
        """Answer what rings at this agent; returns the pairing."""
        pairing_id = ringing(conn, subject)
        assert pairing_id is not None, f"nothing rings at {subject}"
        ask = desk.OfferAccept(key=self.floor.key(), pairing_id=pairing_id)
        self.ask(conn, subject, ask, now)
        return pairing_id

    def close(self, conn: Connection, subject: str, now: datetime) -> None:
        ask = desk.CaseClose(key=self.floor.key(), outcome="completed", next_step="Come back.")
        self.ask(conn, subject, ask, now)

    def sweep(self, conn: Connection, now: datetime) -> list[str]:
        """Settle everything overdue; returns the kinds."""
        items = store_sweep.overdue(conn, now)
        for item in items:
            in_step(conn, self.hooks, now, store_sweep.settle, item)
        return [item.kind for item in items]


def ringing(conn: Connection, agent_id: str) -> str | None:
    """What rings at this agent."""
    return conn.execute(
        select(pairing.c.id).where(pairing.c.agent_id == agent_id, pairing.c.state == "offered")
    ).scalar_one_or_none()


def state_of(conn: Connection, table: Any, row_id: str) -> str:
    """The state of a ticket (by case), an agent, a pairing."""
    column = table.c.case_id if table in (ticket, call) else table.c.id
    return conn.execute(select(table.c.state).where(column == row_id)).scalar_one()


def violations(conn: Connection) -> list[str]:
    """Every place where tickets, agents and pairings do not agree."""
    live = {"offered", "active"}
    pairings = [row for row in conn.execute(select(pairing)) if row.state in live]
    tickets = {row.id: row for row in conn.execute(select(ticket))}
    agents = {row.id: row for row in conn.execute(select(agent))}
    cases = {row.id: row for row in conn.execute(select(case_table))}
    calls = [row for row in conn.execute(select(call)) if row.state == "active"]
    parties = [row for row in conn.execute(select(party)) if row.state in {"asked", "present"}]
    found = []
    for row in tickets.values():
        mine = [each.state for each in pairings if each.ticket_id == row.id]
        if mine != ([row.state] if row.state in live else []):
            found.append(f"ticket {row.id} is {row.state} with pairings {mine}")
    for row in agents.values():
        mine = [each.state for each in [*pairings, *parties] if each.agent_id == row.id]
        wanted = {"offered": [["offered"], ["asked"]], "busy": [["active"], ["present"]]}
        if mine not in wanted.get(row.state, [[]]):
            found.append(f"agent {row.id} is {row.state} with pairings and parties {mine}")
    for each in parties:
        if each.call_id not in {row.id for row in calls}:
            found.append(f"party {each.id} is {each.state} in a call that is over")
    for row in calls:
        there = [each for each in parties if each.call_id == row.id and each.state == "present"]
        if len(there) > 2:
            found.append(f"call {row.id} has {len(there)} beside citizen and agent")
        if any(each.aside for each in there) and row.held_since is None:
            found.append(f"call {row.id} has one aside, and its citizen is not held")
    for each in pairings:
        if each.epoch != agents[each.agent_id].epoch:
            found.append(f"pairing {each.id} is of an older epoch")
    active = {each.id: each for each in pairings if each.state == "active"}
    if sorted(active) != sorted(row.pairing_id for row in calls):
        found.append("calls and active pairings are not the same")
    for each in active.values():
        if cases[tickets[each.ticket_id].case_id].agent_id != each.agent_id:
            found.append(f"case of pairing {each.id} names another agent")
    for row in tickets.values():
        case = cases[row.case_id]
        if (row.state in {"waiting", "offered", "active"}) != (case.closed_at is None):
            found.append(f"ticket {row.id} is {row.state}, its case is not")
    return found


Clock = Callable[[], datetime]
