"""Who shall have a leg, and where it is: read-only."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow
from counter.ids import AgentId
from counter.signaling.dispatch import AgentState, TicketState
from counter.signaling.media_ports import Stock
from counter.signaling.ports import LegPlace
from counter.signaling.store_calls import call_of
from counter.signaling.store_party_rows import live_party_of, shape_of
from counter.signaling.tables import (
    agent,
    call,
    call_is_on,
    leg,
    pairing,
    pairing_lives,
    terminal_state,
    ticket,
    ticket_lives,
)
from counter.signaling.warm import OF_AGENT, OF_TICKET, expects, of_party


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A row of `leg`; before there is one, it is empty."""

    tag: int = 0
    worker: str | None = None
    leg_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """What a page is told of its leg."""

    tag: int
    sending: bool
    expects: bool


def leg_view(conn: Connection, owner: str) -> LegView | None:
    """The leg that the owner shall have now; None: no leg."""
    found = call_of(conn, owner)
    if found is None:
        sending = _alone(conn, owner)
        if sending is None:
            return None
        return LegView(tag=seat_of(conn, owner).tag, sending=sending, expects=False)
    shape = shape_of(conn, found.call_id)
    heard = _heard(conn, [party.owner for party in shape.parties])
    return LegView(
        tag=seat_of(conn, owner).tag,
        sending=all(of_party(party) for party in shape.parties if party.owner == owner),
        expects=expects(shape, owner, heard),
    )


def leg_place(conn: Connection, owner: str) -> LegPlace:
    """Where the owner's leg is.  Raises `NotAllowedNow` when there shall be none."""
    found = call_of(conn, owner)
    if found is None and _alone(conn, owner) is None:
        raise NotAllowedNow(f"{owner} has no leg now")
    seat = seat_of(conn, owner)
    return LegPlace(
        owner=owner,
        tag=seat.tag,
        # A call that has no worker yet, or another one, is looked at under its lock.
        worker=seat.worker if found is None or found.worker == seat.worker else None,
        leg_id=seat.leg_id,
        key=_department(conn, owner),
        call_id=found.call_id if found else None,
        bound=found is not None or paired_with(conn, owner) is not None,
    )


def idle_legs(conn: Connection) -> list[LegPlace]:
    """Legs that were made and are needed no more."""
    rows = conn.execute(select(leg).where(leg.c.leg_id.is_not(None))).all()
    return [
        LegPlace(
            owner=row.owner,
            tag=row.tag,
            worker=row.worker,
            leg_id=row.leg_id,
            key="",
            call_id=None,
            bound=False,
        )
        for row in rows
        if not needs_leg(conn, row.owner)
    ]


def occupied(conn: Connection) -> dict[str, Stock]:
    """What is noted of every worker."""
    owners, calls = defaultdict(set), defaultdict(set)
    for row in conn.execute(select(leg.c.owner, leg.c.worker).where(leg.c.leg_id.is_not(None))):
        owners[row.worker].add(row.owner)
    told = select(call.c.id, call.c.worker).where(
        call_is_on, call.c.worker.is_not(None), call.c.arranged == call.c.rev
    )
    for row in conn.execute(told):
        calls[row.worker].add(row.id)
    return {
        worker: Stock(owners=frozenset(owners[worker]), calls=frozenset(calls[worker]))
        for worker in sorted(owners.keys() | calls.keys())
    }


def seat_of(conn: Connection, owner: str) -> Seat:
    """Where the owner's leg is, or shall be made."""
    row = conn.execute(
        select(leg.c.tag, leg.c.worker, leg.c.leg_id).where(leg.c.owner == owner)
    ).one_or_none()
    return Seat(tag=row.tag, worker=row.worker, leg_id=row.leg_id) if row else Seat()


def needs_leg(conn: Connection, owner: str) -> bool:
    """Whether the owner shall have a leg."""
    return call_of(conn, owner) is not None or _alone(conn, owner) is not None


def paired_with(conn: Connection, owner: str) -> str | None:
    """Who rings at the owner, or is rung for it, or speaks with it."""
    kind, _, subject = owner.partition(":")
    mine = agent_is = pairing.c.agent_id == subject
    if kind != "agent":
        mine = ticket.c.terminal_id == subject
    row = conn.execute(
        select(pairing.c.agent_id, ticket.c.terminal_id)
        .join(ticket, ticket.c.id == pairing.c.ticket_id)
        .where(pairing_lives, mine)
    ).one_or_none()
    if row is None:
        return _asked_to(conn, subject) if mine is agent_is else None
    return f"terminal:{row.terminal_id}" if mine is agent_is else f"agent:{row.agent_id}"


def _asked_to(conn: Connection, agent_id: str) -> str | None:
    """The citizen of the call that this agent is asked into."""
    asked = live_party_of(conn, AgentId(agent_id))
    shape = shape_of(conn, asked.call_id) if asked else None
    return shape.parties[0].owner if shape and shape.parties else None


def _alone(conn: Connection, owner: str) -> bool | None:
    """Whether someone in no call sends; None: has no leg."""
    kind, _, subject = owner.partition(":")
    if kind == "agent":
        state = conn.execute(
            select(agent.c.state).where(agent.c.id == subject)
        ).scalar_one_or_none()
        return OF_AGENT[AgentState(state)] if state else None
    state = conn.execute(
        select(ticket.c.state).where(ticket.c.terminal_id == subject, ticket_lives)
    ).scalar_one_or_none()
    return OF_TICKET[TicketState(state)] if state else None


def _department(conn: Connection, owner: str) -> str:
    kind, _, subject = owner.partition(":")
    if kind == "agent":
        query = select(agent.c.department_id).where(agent.c.id == subject)
    else:
        query = select(ticket.c.department_id).where(ticket.c.terminal_id == subject, ticket_lives)
    return conn.execute(query).scalar_one_or_none() or owner


def _heard(conn: Connection, owners: Collection[str]) -> set[str]:
    """Those who have a leg, without terminals known to have neither camera nor microphone."""
    made = conn.execute(
        select(leg.c.owner).where(leg.c.owner.in_(owners), leg.c.leg_id.is_not(None))
    ).scalars()
    mute = conn.execute(
        select(terminal_state.c.terminal_id).where(
            terminal_state.c.camera.in_(("refused", "missing")),
            terminal_state.c.microphone.in_(("refused", "missing")),
        )
    ).scalars()
    return set(made) - {f"terminal:{terminal_id}" for terminal_id in mute}
