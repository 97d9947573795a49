"""Commands that end an identification: decided, agreed to by a second officer, broken off.

Each runs in one transaction.  When it is over, its record is made, whose digest goes into the
journal; what was read off the paper is let go.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, update

from counter.identity.proofing import (
    STATE_STEPS,
    VISIT_ENDED,
    ProofingState,
    Verdict,
    may_decide,
    reached,
    require_second,
    steps_of,
    valid,
)
from counter.identity.refusals import ProofingOver
from counter.identity.store_proofing import note, open_proofing, put_step
from counter.identity.store_proofing_reading import (
    DECISION,
    ProofingView,
    newest_proofing,
    proofing_by_id,
)
from counter.identity.store_proofing_surroundings import Surroundings
from counter.identity.store_proofing_tables import proofing
from counter.journal import canonical
from counter.store.session_log import tell


def decide(
    conn: Connection,
    around: Surroundings,
    proofing_id: str,
    case_id: str,
    *,
    identified: bool,
    agent_id: str,
    now: datetime,
) -> ProofingState:
    """The agent's decision; L3 and any doubt wait for a second officer.

    The same decision again is answered alike.  Raises `StepsMissing`, `ProofingOver`, `NotFound`.
    """
    around.hold(conn, case_id)
    before = proofing_by_id(conn, proofing_id, case_id, lock=True)
    positive = (ProofingState.IDENTIFIED, ProofingState.WAITING)
    if before.state is not ProofingState.OPEN and (
        before.state in positive if identified else before.state is ProofingState.REFUSED
    ):
        return before.state
    matter = around.matter(conn, case_id, f"agent:{agent_id}")
    view = open_proofing(conn, proofing_id, case_id)
    if not identified:
        _finish(conn, around, view, ProofingState.REFUSED, f"agent:{agent_id}", now)
        return ProofingState.REFUSED
    to = may_decide(view.target, valid(view.target, view.given, matter.call_id))
    if to is not ProofingState.WAITING:
        _finish(conn, around, view, to, f"agent:{agent_id}", now)
        return to
    _step(conn, view, to, asked_second_at=now)
    put_step(conn, view, DECISION, Verdict.OK, f"agent:{agent_id}", matter.call_id, {}, now)
    facts = {"proofing_id": proofing_id}
    note(conn, around, case_id, f"agent:{agent_id}", "identity.second_asked", facts, now)
    tell(conn, f"department:{view.department_id}", "identity.second_asked", facts, now)
    return to


def second(
    conn: Connection,
    around: Surroundings,
    proofing_id: str,
    *,
    agree: bool,
    officer_id: str,
    now: datetime,
) -> None:
    """Another officer of the department says whether the decision stands.

    To agree needs the conversation in which everything was seen.  Said twice alike is once.
    Raises `NotSecond`, `ProofingOver`, `NotAllowedNow`, `StepsMissing`, `NotFound`.
    """
    around.hold(conn, proofing_by_id(conn, proofing_id).case_id)
    view = proofing_by_id(conn, proofing_id, lock=True)
    serves = around.serves(conn, officer_id, view.department_id, now)
    require_second(officer=officer_id, took_part=sorted(view.took_part), serves=serves)
    to = ProofingState.IDENTIFIED if agree else ProofingState.REFUSED
    if view.state is to and view.second_id == officer_id:
        return
    if view.state is not ProofingState.WAITING:
        raise ProofingOver(f"identification {proofing_id} is {view.state}: nobody waits")
    if agree:
        matter = around.matter(conn, view.case_id, "")
        may_decide(view.target, valid(view.target, view.given, matter.call_id))
    _finish(conn, around, view, to, f"agent:{officer_id}", now, second_id=officer_id)
    facts = {"proofing_id": proofing_id}
    tell(conn, f"department:{view.department_id}", "identity.second_given", facts, now)


def abort(
    conn: Connection,
    around: Surroundings,
    proofing_id: str,
    case_id: str,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """End it without a decision: always possible, also while a second officer is waited for."""
    around.hold(conn, case_id)
    view = proofing_by_id(conn, proofing_id, case_id, lock=True)
    if view.state is ProofingState.ABORTED:
        return
    if not view.live:
        raise ProofingOver(f"identification {proofing_id} is {view.state}")
    _finish(conn, around, view, ProofingState.ABORTED, by, now, reason=reason)
    if view.state is ProofingState.WAITING:
        facts = {"proofing_id": proofing_id}
        tell(conn, f"department:{view.department_id}", "identity.second_given", facts, now)


def end_visit(
    conn: Connection, around: Surroundings, case_id: str, *, by: str, now: datetime
) -> None:
    """The case closes, or the citizen left: what is under way ends, what was read goes."""
    around.hold(conn, case_id)
    view = newest_proofing(conn, case_id)
    if view is not None and view.live:
        abort(conn, around, view.id, case_id, reason=VISIT_ENDED, by=by, now=now)
    around.forget(conn, case_id)


def _finish(
    conn: Connection,
    around: Surroundings,
    view: ProofingView,
    to: ProofingState,
    by: str,
    now: datetime,
    *,
    reason: str | None = None,
    second_id: str | None = None,
) -> None:
    made = canonical(_record(view, to, reason, by, second_id, now))
    digest = hashlib.sha256(made.encode()).hexdigest()
    _step(
        conn,
        view,
        to,
        reason=reason,
        second_id=second_id,
        decided_at=now,
        record=made,
        record_sha256=digest,
    )
    around.forget(conn, view.case_id)
    facts = {
        "proofing_id": view.id,
        "state": to.value,
        "level": reached(view.target, to).value,
        "reason": reason,
        "record_sha256": digest,
    }
    note(conn, around, view.case_id, by, "identity.decided", facts, now)


def _record(
    view: ProofingView,
    to: ProofingState,
    reason: str | None,
    by: str,
    second_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """What was checked, by whom and when; no picture, no name, no number of a paper."""
    said = {one.step: one for one in view.steps}
    decision = said.get(DECISION) if second_id else None
    return {
        "identification": view.id,
        "case": view.case_id,
        "department": view.department_id,
        "document": view.document,
        "target": view.target.value,
        "state": to.value,
        "level": reached(view.target, to).value,
        "reason": reason,
        "agent": view.agent_id,
        "decided_by": decision.given.by if decision else by,
        "second": second_id,
        "begun_at": _at(view.begun_at),
        "decided_at": _at(now),
        "steps": [
            {
                "step": step.id,
                "verdict": said[step.id].given.verdict.value,
                "by": said[step.id].given.by,
                "call": said[step.id].given.call_id,
                "at": _at(said[step.id].at),
                "evidence": dict(said[step.id].evidence),
            }
            for step in steps_of(view.target)
            if step.id in said
        ],
    }


def _step(conn: Connection, view: ProofingView, to: ProofingState, **values: Any) -> None:
    assert (view.state, to) in STATE_STEPS, f"{view.state} never becomes {to}"
    conn.execute(update(proofing).where(proofing.c.id == view.id).values(state=to, **values))


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
