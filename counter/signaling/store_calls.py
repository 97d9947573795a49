"""Calls as rows: one active call per case, and which media worker carries it."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from counter.case import Case
from counter.errors import NotAllowedNow
from counter.ids import AgentId, CallId, CaseId, PairingId
from counter.signaling.ports import ActiveCall, GatewayPrincipal
from counter.signaling.store_step import Step
from counter.signaling.tables import call, call_is_on, call_unreleased
from counter.store.cases import case_table
from counter.store.session_log import tell


def start_call(step: Step, case: Case, pairing_id: PairingId, agent_id: AgentId) -> CallId:
    """The conversation begins; its worker is chosen when the first side joins."""
    call_id = CallId(step.hooks.new_id())
    step.conn.execute(
        call.insert().values(
            id=call_id,
            case_id=case.id,
            pairing_id=pairing_id,
            agent_id=agent_id,
            state="active",
            started_at=step.now,
        )
    )
    for audience in (f"terminal:{case.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "call.started", call_id=call_id)
    step.news.note(f"agent:{agent_id}", "call.started", f"case:{case.id}", call=call_id)
    return call_id


def end_call(step: Step, case: Case, agent_id: AgentId, reason: str) -> None:
    """The conversation is over, if there is one; media is let go of after COMMIT."""
    ended = step.conn.execute(
        update(call)
        .where(call.c.case_id == case.id, call_is_on)
        .values(state="ended", ended_at=step.now)
        .returning(call.c.id)
    ).scalar_one_or_none()
    if ended is None:
        return
    for audience in (f"terminal:{case.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "call.ended", call_id=ended, reason=reason)
    step.news.note("counter:dispatch", "call.ended", f"case:{case.id}", call=ended, reason=reason)


def active_call(conn: Connection, who: GatewayPrincipal) -> ActiveCall:
    """The call this side takes part in.  Raises `NotAllowedNow` when there is none."""
    query = (
        select(call.c.id, call.c.case_id, call.c.worker)
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(call_is_on)
    )
    if who.audience == "/agent":
        query = query.where(call.c.agent_id == who.subject)
    else:
        query = query.where(case_table.c.terminal_id == who.subject, case_table.c.left_at.is_(None))
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotAllowedNow(f"{who.own} is in no call now")
    return ActiveCall(call_id=CallId(row.id), case_id=CaseId(row.case_id), worker=row.worker)


def seat(
    conn: Connection, who: GatewayPrincipal, known: ActiveCall, worker: str, now: datetime
) -> str:
    """Put the call on `worker` if it still is where `known` says; returns where it is now.

    A call that moves is told to the other side, which then joins again.
    """
    moved = conn.execute(
        update(call)
        .where(call.c.id == known.call_id, call_is_on)
        .where(call.c.worker.is_not_distinct_from(known.worker))
        .values(worker=worker)
    ).rowcount
    if not moved:
        return active_call(conn, who).worker or worker
    if known.worker is not None:
        tell(conn, _other_side(conn, who, known), "call.moved", {"call_id": known.call_id}, now)
    return worker


def _other_side(conn: Connection, who: GatewayPrincipal, known: ActiveCall) -> str:
    row = conn.execute(
        select(case_table.c.terminal_id, case_table.c.agent_id).where(
            case_table.c.id == known.case_id
        )
    ).one()
    return f"terminal:{row.terminal_id}" if who.audience == "/agent" else f"agent:{row.agent_id}"


def unreleased(conn: Connection) -> list[tuple[CallId, str]]:
    """Ended calls that a worker may still carry."""
    rows = conn.execute(select(call.c.id, call.c.worker).where(call_unreleased))
    return [(CallId(row.id), str(row.worker)) for row in rows]


def release(conn: Connection, call_id: CallId) -> None:
    """The worker has let go of it."""
    conn.execute(
        update(call).where(call.c.id == call_id, call.c.state == "ended").values(worker=None)
    )
