"""What screens show of those in a call: read-only, one row type per thing, no decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from counter.ids import AgentId, CallId
from counter.signaling.dispatch import AgentState
from counter.signaling.media_ports import CallParty
from counter.signaling.party import PartyState, Purpose
from counter.signaling.store_party_rows import live_parties, live_party_of, shape_of
from counter.signaling.store_screens import departments_of
from counter.signaling.tables import agent, call, call_is_on, party, party_lives, skill
from counter.store.cases import case_table


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """One who takes part in a call."""

    party: CallParty
    party_id: str | None
    purpose: Purpose | None
    "None for the citizen and the agent."
    aside: bool
    name: str
    department_id: str
    "Of the desk; empty for the citizen."


@dataclass(frozen=True, slots=True, kw_only=True)
class RungView:
    """Somebody is asked to join: for the one who asks (the asked) and the other way round."""

    party_id: str
    purpose: Purpose
    name: str
    department_id: str
    deadline: datetime
    number: str
    service_id: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestView:
    """The call of another that this agent takes part in."""

    party_id: str
    purpose: Purpose
    mode: str
    aside: bool
    call_id: CallId
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallListed:
    """A call while it lasts."""

    call_id: str
    number: str
    service_id: str
    agent_name: str
    since: datetime
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who could be asked now."""

    agent_id: str
    name: str
    department_id: str
    departments: tuple[str, ...]
    "Whose queues this desk serves."
    languages: tuple[str, ...]
    "Empty: all."


def parties_view(conn: Connection, call_id: CallId) -> tuple[list[PartyView], datetime | None]:
    """Everybody in a call that is on, and since when its citizen waits."""
    shape = shape_of(conn, call_id)
    others = {one.owner: one for one in live_parties(conn, call_id)}
    agents = {
        f"agent:{row.id}": row
        for row in conn.execute(
            select(agent.c.id, agent.c.name, agent.c.department_id).where(
                agent.c.id.in_([one.owner.partition(":")[2] for one in shape.parties])
            )
        )
    }
    since = conn.execute(select(call.c.held_since).where(call.c.id == call_id)).scalar_one_or_none()
    found = []
    for one in shape.parties:
        known, desk = others.get(one.owner), agents.get(one.owner)
        found.append(
            PartyView(
                party=one,
                party_id=known.id if known else None,
                purpose=known.purpose if known else None,
                aside=known.aside if known else False,
                name=desk.name if desk else "",
                department_id=desk.department_id if desk else "",
            )
        )
    return found, since


def invite_view(conn: Connection, agent_id: AgentId) -> RungView | None:
    """What this agent is asked to; named is who asks."""
    rows = conn.execute(_rung(agent.c.id == party.c.asked_by).where(party.c.agent_id == agent_id))
    return next((_rung_view(row) for row in rows), None)


def asked_views(conn: Connection, agent_id: AgentId) -> list[RungView]:
    """Who rings to join the call of this agent; named is who is asked."""
    rows = conn.execute(_rung(agent.c.id == party.c.agent_id).where(call.c.agent_id == agent_id))
    return [_rung_view(row) for row in rows]


def guest_view(conn: Connection, agent_id: AgentId) -> GuestView | None:
    """The call of another that this agent takes part in."""
    one = live_party_of(conn, agent_id)
    if one is None or one.state is not PartyState.PRESENT:
        return None
    case_id = conn.execute(select(call.c.case_id).where(call.c.id == one.call_id)).scalar_one()
    return GuestView(
        party_id=one.id,
        purpose=one.purpose,
        mode=one.mode,
        aside=one.aside,
        call_id=one.call_id,
        case_id=case_id,
    )


def calls_of(conn: Connection, department_ids: Sequence[str]) -> list[CallListed]:
    """The calls of these departments, longest first."""
    present = (
        select(func.count())
        .where(party.c.call_id == call.c.id, party.c.state == PartyState.PRESENT)
        .correlate(call)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            call.c.id,
            call.c.started_at,
            case_table.c.number,
            case_table.c.service_id,
            agent.c.name,
            present.label("others"),
        )
        .join(case_table, case_table.c.id == call.c.case_id)
        .join(agent, agent.c.id == call.c.agent_id)
        .where(call_is_on, case_table.c.department_id.in_(department_ids))
        .order_by(call.c.started_at, call.c.id)
    )
    return [
        CallListed(
            call_id=row.id,
            number=row.number,
            service_id=row.service_id,
            agent_name=row.name,
            since=row.started_at,
            others=row.others,
        )
        for row in rows
    ]


def candidates(conn: Connection, asker: AgentId, now: datetime) -> list[Candidate]:
    """Every colleague who is on duty and free."""
    rows = conn.execute(
        select(agent.c.id, agent.c.name, agent.c.department_id)
        .where(agent.c.state == AgentState.IDLE, agent.c.lease_until > now, agent.c.id != asker)
        .order_by(agent.c.department_id, agent.c.name)
    ).all()
    spoken: dict[str, set[str]] = {}
    for row in conn.execute(select(skill.c.agent_id, skill.c.language).distinct()):
        spoken.setdefault(row.agent_id, set()).add(row.language)
    return [
        Candidate(
            agent_id=row.id,
            name=row.name,
            department_id=row.department_id,
            departments=departments_of(conn, row.id),
            languages=tuple(sorted(spoken.get(row.id, ()))),
        )
        for row in rows
    ]


def _rung(named: Any) -> Any:
    return (
        select(
            *(party.c.id, party.c.purpose, party.c.deadline),
            *(agent.c.name, agent.c.department_id),
            *(case_table.c.number, case_table.c.service_id, case_table.c.language),
        )
        .select_from(
            party.join(call, call.c.id == party.c.call_id)
            .join(case_table, case_table.c.id == call.c.case_id)
            .join(agent, named)
        )
        .where(party_lives, party.c.state == PartyState.ASKED, call_is_on)
        .order_by(party.c.asked_at, party.c.id)
    )


def _rung_view(row: Any) -> RungView:
    return RungView(
        party_id=row.id,
        purpose=Purpose(row.purpose),
        name=row.name,
        department_id=row.department_id,
        deadline=row.deadline,
        number=row.number,
        service_id=row.service_id,
        language=row.language,
    )
