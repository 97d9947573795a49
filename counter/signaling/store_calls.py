"""Calls as rows: one active call per case, and which media worker carries it."""

from sqlalchemy import Connection, delete, or_, select, update

from counter.case import Case
from counter.errors import NotAllowedNow
from counter.ids import AgentId, CallId, CaseId, PairingId
from counter.signaling.party import PartyState
from counter.signaling.ports import ActiveCall, GatewayPrincipal, Unarranged
from counter.signaling.store_party_rows import end_parties, shape_of
from counter.signaling.store_step import Step
from counter.signaling.tables import (
    call,
    call_is_on,
    call_unarranged,
    call_unreleased,
    hand,
    hand_use,
    mark,
    party,
)
from counter.store.cases import case_table


def start_call(
    step: Step, case: Case, pairing_id: PairingId, agent_id: AgentId, worker: str | None
) -> CallId:
    """The conversation begins on this worker; None: on that of the first leg that is made."""
    call_id = CallId(step.hooks.new_id())
    step.conn.execute(
        call.insert().values(
            id=call_id,
            case_id=case.id,
            pairing_id=pairing_id,
            agent_id=agent_id,
            worker=worker,
            state="active",
            started_at=step.now,
        )
    )
    for audience in (f"terminal:{case.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "call.started", call_id=call_id)
    step.news.note(f"agent:{agent_id}", "call.started", f"case:{case.id}", call=call_id)
    return call_id


def end_call(step: Step, case: Case, agent_id: AgentId, reason: str) -> None:
    """The conversation is over, if there is one, for all in it; media is let go of after COMMIT."""
    ended = step.conn.execute(
        update(call)
        .where(call.c.case_id == case.id, call_is_on)
        .values(state="ended", ended_at=step.now)
        .returning(call.c.id)
    ).scalar_one_or_none()
    if ended is None:
        return
    end_parties(step, CallId(ended), case.id)
    for table in (
        hand,
        hand_use,
        mark,
    ):  # the next call begins anew; the journal keeps what was done
        step.conn.execute(delete(table).where(table.c.call_id == ended))
    for audience in (f"terminal:{case.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "call.ended", call_id=ended, reason=reason)
    step.news.note("counter:dispatch", "call.ended", f"case:{case.id}", call=ended, reason=reason)


def rearrange(step: Step, call_id: CallId) -> None:
    """Who takes part, or how, has just changed: the worker is told after COMMIT."""
    step.conn.execute(
        update(call).where(call.c.id == call_id, call_is_on).values(rev=call.c.rev + 1)
    )


def unarranged(conn: Connection) -> list[Unarranged]:
    """Calls that their worker does not know as they are now."""
    rows = conn.execute(select(call.c.id, call.c.worker, call.c.rev).where(call_unarranged))
    return [_to_arrange(conn, *row) for row in rows.all()]


def call_now(conn: Connection, call_id: CallId) -> Unarranged | None:
    """How the worker shall know the call; None when it has ended or has no worker."""
    row = conn.execute(
        select(call.c.id, call.c.worker, call.c.rev).where(
            call.c.id == call_id, call_is_on, call.c.worker.is_not(None)
        )
    ).one_or_none()
    return _to_arrange(conn, *row) if row else None


def _to_arrange(conn: Connection, call_id: str, worker: str, rev: int) -> Unarranged:
    shape = shape_of(conn, CallId(call_id))
    return Unarranged(call_id=CallId(call_id), worker=worker, rev=rev, shape=shape)


def arranged(conn: Connection, told: Unarranged) -> bool:
    """Note that the worker knows it so.  False when it has changed, moved or ended since."""
    noted = conn.execute(
        update(call)
        .where(call.c.id == told.call_id, call_is_on)
        .where(call.c.rev == told.rev, call.c.worker == told.worker)
        .values(arranged=told.rev)
    ).rowcount
    return bool(noted)


def active_call(conn: Connection, who: GatewayPrincipal) -> ActiveCall:
    """The call this side takes part in.  Raises `NotAllowedNow` when there is none."""
    found = call_of(conn, who.own)
    if found is None:
        raise NotAllowedNow(f"{who.own} is in no call now")
    return found


def call_of(conn: Connection, owner: str) -> ActiveCall | None:
    """The call that the owner of a leg, such as `agent:lei`, takes part in."""
    query = (
        select(call.c.id, call.c.case_id, call.c.worker)
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(call_is_on)
    )
    kind, _, subject = owner.partition(":")
    if kind == "agent":
        takes_part = select(party.c.call_id).where(
            party.c.agent_id == subject, party.c.state == PartyState.PRESENT
        )
        query = query.where(or_(call.c.agent_id == subject, call.c.id.in_(takes_part)))
    else:
        query = query.where(case_table.c.terminal_id == subject, case_table.c.left_at.is_(None))
    row = conn.execute(query).one_or_none()
    return row and ActiveCall(
        call_id=CallId(row.id), case_id=CaseId(row.case_id), worker=row.worker
    )


def unreleased(conn: Connection) -> list[tuple[CallId, str]]:
    """Ended calls that a worker may still carry."""
    rows = conn.execute(select(call.c.id, call.c.worker).where(call_unreleased))
    return [(CallId(row.id), str(row.worker)) for row in rows]


def release(conn: Connection, call_id: CallId) -> None:
    """The worker has let go of it."""
    conn.execute(
        update(call).where(call.c.id == call_id, call.c.state == "ended").values(worker=None)
    )
