"""Rows of those who take part in a call: reading them, and what every change of them does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, and_, select, update

from counter.errors import NotAllowedNow
from counter.ids import AgentId, CallId, CaseId, PairingId
from counter.signaling.dispatch import PAIRED_AGENT, AgentState
from counter.signaling.hand import Permission
from counter.signaling.media_ports import CallParty, CallShape
from counter.signaling.party import By, Event, Mode, PartyState, Purpose, after, freed
from counter.signaling.store_step import Step
from counter.signaling.tables import agent, call, call_is_on, party, party_lives, restraint
from counter.store.cases import case_table

Role = Literal["citizen", "agent", "colleague", "supervisor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One who was asked into a call."""

    id: str
    call_id: CallId
    agent_id: AgentId
    asked_by: str
    purpose: Purpose
    mode: Mode
    state: PartyState
    aside: bool
    stays: bool
    was: AgentState
    deadline: datetime | None

    @property
    def owner(self) -> str:
        """Whose leg it is, and whose screen."""
        return f"agent:{self.agent_id}"

    @property
    def role(self) -> Literal["colleague", "supervisor"]:
        """What it is to the routing."""
        return "supervisor" if self.purpose is Purpose.SUPERVISE else "colleague"


@dataclass(frozen=True, slots=True, kw_only=True)
class OngoingCall:
    """A call while it lasts."""

    id: CallId
    case_id: CaseId
    pairing_id: PairingId
    agent_id: AgentId
    terminal_id: str
    department_id: str
    held_since: datetime | None
    hands: Permission


def live_parties(conn: Connection, call_id: CallId) -> list[Party]:
    """Whoever is asked or present, longest first."""
    rows = conn.execute(
        select(party)
        .where(party.c.call_id == call_id, party_lives)
        .order_by(party.c.asked_at, party.c.id)
    )
    return [_party(row) for row in rows]


def live_party_of(conn: Connection, agent_id: AgentId) -> Party | None:
    """What this agent is asked to, or takes part in without leading it."""
    row = conn.execute(select(party).where(party.c.agent_id == agent_id, party_lives)).one_or_none()
    return _party(row) if row else None


def party_by_id(conn: Connection, party_id: str) -> Party | None:
    """Also one that has ended; locked."""
    row = conn.execute(select(party).where(party.c.id == party_id).with_for_update()).one_or_none()
    return _party(row) if row else None


def restraints(conn: Connection, call_id: CallId) -> Mapping[str, tuple[bool, bool]]:
    """(muted, hidden) by owner; who is missing is neither."""
    rows = conn.execute(select(restraint).where(restraint.c.call_id == call_id))
    return {row.owner: (row.muted, row.hidden) for row in rows}


def call_led_by(step: Step, agent_id: AgentId) -> OngoingCall:
    """The call whose agent this is, locked.  Raises `NotAllowedNow` when there is none."""
    found = _ongoing(step.conn, call.c.agent_id == agent_id, lock=True)
    if found is None:
        raise NotAllowedNow(f"agent {agent_id} leads no call now")
    return found


def call_at(step: Step, terminal_id: str) -> OngoingCall:
    """The call at this terminal, locked.  Raises `NotAllowedNow` when there is none."""
    here = and_(case_table.c.terminal_id == terminal_id, case_table.c.left_at.is_(None))
    found = _ongoing(step.conn, here, lock=True)
    if found is None:
        raise NotAllowedNow(f"terminal {terminal_id} is in no call now")
    return found


def call_by_id(step: Step, call_id: CallId) -> OngoingCall | None:
    """The call, locked; None when it is over or was never."""
    return _ongoing(step.conn, call.c.id == call_id, lock=True)


def shape_of(conn: Connection, call_id: CallId) -> CallShape:
    """Who takes part in a call that is on, and how."""
    found = _ongoing(conn, call.c.id == call_id)
    if found is None:
        return CallShape(parties=())
    limits = restraints(conn, call_id)

    def one(owner: str, role: Role, mode: Mode = "full") -> CallParty:
        muted, hidden = limits.get(owner, (False, False))
        return CallParty(owner=owner, role=role, mode=mode, muted=muted, hidden=hidden)

    return CallShape(
        parties=(
            one(f"terminal:{found.terminal_id}", "citizen"),
            one(f"agent:{found.agent_id}", "agent"),
            *(
                one(other.owner, other.role, other.mode)
                for other in live_parties(conn, call_id)
                if other.state is PartyState.PRESENT
            ),
        ),
        held=found.held_since is not None,
    )


def screens_of(conn: Connection, call_id: CallId) -> list[str]:
    """Whose screens show this call; nobody's when it is over."""
    return [one.owner for one in shape_of(conn, call_id).parties]


def tell_all(step: Step, call_id: CallId, kind: str) -> None:
    """Say it to everybody who takes part."""
    for audience in screens_of(step.conn, call_id):
        step.news.tell(audience, kind, call_id=call_id)


def end_party(step: Step, one: Party, by: By, event: Event) -> PartyState:
    """He is asked no more, or takes part no more, and is free again.

    Who was lost with his page stays offline.  Raises what `after` raises.
    """
    ended = after(one.state, by, event)
    step.conn.execute(update(party).where(party.c.id == one.id).values(state=ended, deadline=None))
    row = step.conn.execute(
        select(agent.c.state, agent.c.misses, agent.c.department_id).where(
            agent.c.id == one.agent_id
        )
    ).one()
    if row.state in PAIRED_AGENT:
        state = freed(ended, one.was, row.misses)
        missed = int(ended is PartyState.MISSED)
        step.conn.execute(
            update(agent)
            .where(agent.c.id == one.agent_id)
            .values(state=state, since=step.now, misses=row.misses + missed)
        )
        step.news.tell(one.owner, "presence.changed", presence=state)
        step.news.queue(row.department_id)
    step.news.tell(one.owner, f"party.{ended}", party_id=one.id)
    return ended


def end_parties(step: Step, call_id: CallId, case_id: CaseId) -> None:
    """The call has ended: everybody asked or present is free.  The sweeper rings them again."""
    for one in live_parties(step.conn, call_id):
        asked = one.state is PartyState.ASKED
        ended = end_party(step, one, "end", "take_back" if asked else "leave")
        note = f"party.{ended}" if one.purpose is not Purpose.SUPERVISE else "supervision.ended"
        step.news.note("counter:dispatch", note, f"case:{case_id}", agent=one.agent_id)


def _ongoing(
    conn: Connection, which: ColumnElement[bool], *, lock: bool = False
) -> OngoingCall | None:
    query = (
        select(
            *(call.c.id, call.c.case_id, call.c.pairing_id, call.c.agent_id, call.c.held_since),
            *(call.c.hands, case_table.c.terminal_id, case_table.c.department_id),
        )
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(call_is_on, which)
    )
    row = conn.execute(query.with_for_update(of=call) if lock else query).one_or_none()
    return OngoingCall(**row._mapping) if row else None


def _party(row: Any) -> Party:
    return Party(
        id=row.id,
        call_id=CallId(row.call_id),
        agent_id=AgentId(row.agent_id),
        asked_by=row.asked_by,
        purpose=Purpose(row.purpose),
        mode=cast(Mode, row.mode),
        state=PartyState(row.state),
        aside=row.aside,
        stays=row.stays,
        was=AgentState(row.was),
        deadline=row.deadline,
    )
