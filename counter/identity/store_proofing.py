"""The commands of an identification.

Each runs in one transaction that also tells the screens of the case and writes the journal.  When
it is over, its record is made, whose digest goes into the journal; what was read off the paper is
let go.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from counter.errors import NotAllowedNow
from counter.identity.challenge import Challenge, DocumentKind
from counter.identity.proofing import (
    STATE_STEPS,
    VISIT_ENDED,
    Level,
    ProofingState,
    Verdict,
    may_decide,
    reached,
    require_second,
    require_step,
    steps_of,
    valid,
    without_appointment,
)
from counter.identity.refusals import ProofingOver
from counter.identity.store_proofing_reading import (
    DECISION,
    ProofingView,
    newest_proofing,
    proofing_by_id,
)
from counter.identity.store_proofing_tables import proofing, proofing_step
from counter.journal import canonical
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import tell

TEXT_VERSION = "2026-11-30"
"Of what the citizen agrees to."


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The case as identification sees it."""

    case_id: str
    department_id: str
    needed: Level
    call_id: str
    "Of the conversation that is on."
    language: str
    "In which the citizen reads."
    appointment_id: str | None
    pages: tuple[str, ...]
    "Digests of the accepted pages of identity papers."


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What commands ask of other parts, within their own transaction."""

    matter: Callable[[Connection, str, str], Matter]
    """By case and who asks, "" for whoever.

    Raises `NotAllowedNow` for a closed case, one without a conversation, or an agent who does not
    lead it."""
    hold: Callable[[Connection, str], object]
    "By case: nobody else changes it before this transaction ends.  Before any identification."
    serves: Callable[[Connection, str, str, datetime], bool]
    "Whether this agent is signed in and serves this department."
    audiences: Callable[[Connection, str], list[str]]
    read: Callable[[Connection, str], Mapping[str, Any]]
    "By case: what is kept of what was read off the paper; no name and no number."
    forget: Callable[[Connection, str], None]
    "By case: let go of what was read."


def begin(
    conn: Connection,
    around: Surroundings,
    proofing_id: str,
    case_id: str,
    *,
    document: DocumentKind,
    challenge: Challenge,
    agent_id: str,
    now: datetime,
) -> None:
    """Begin, up to the level that the service asks for, L2 at least unless it is L1.

    Who walked in showed no code of an appointment: where that may be left out, nobody is asked.
    Repeating the same `proofing_id` changes nothing.  Raises `NotAllowedNow` while another one is
    under way.
    """
    known = select(proofing.c.id).where(proofing.c.id == proofing_id, proofing.c.case_id == case_id)
    if conn.execute(known).one_or_none():
        return
    matter = around.matter(conn, case_id, f"agent:{agent_id}")
    target = Level.DOCUMENT if matter.needed is Level.NONE else matter.needed
    made = conn.execute(
        insert_for(conn, proofing)
        .values(
            id=proofing_id,
            case_id=case_id,
            department_id=matter.department_id,
            agent_id=agent_id,
            document=document,
            target=target,
            state=ProofingState.OPEN,
            challenge=challenge.body(),
            begun_at=now,
        )
        .on_conflict_do_nothing()
    ).rowcount
    if not made:
        raise NotAllowedNow(f"case {case_id}: an identification is under way; end it first")
    facts = {"proofing_id": proofing_id, "target": target.value, "document": document}
    _note(conn, around, case_id, f"agent:{agent_id}", "identity.begun", facts, now)
    if matter.appointment_id is None:
        view = _open(conn, proofing_id, case_id)
        for step in without_appointment(target):
            by, call = f"agent:{agent_id}", matter.call_id
            _put_step(conn, view, step.id, Verdict.SKIPPED, by, call, {}, now)


def give(
    conn: Connection,
    around: Surroundings,
    proofing_id: str,
    case_id: str,
    *,
    step_id: str,
    verdict: Verdict,
    by: str,
    role: Literal["agent", "citizen"],
    now: datetime,
) -> None:
    """Say what came of a step.  Raises `StepNotNow`, `ProofingOver`, `NotFound`."""
    matter = around.matter(conn, case_id, by)
    view = _open(conn, proofing_id, case_id)
    have = frozenset(
        name
        for name, there in (("appointment", matter.appointment_id), ("document", matter.pages))
        if there
    )
    counted = valid(view.target, view.given, matter.call_id)
    step = require_step(view.target, counted, step_id, verdict, by=role, have=have)
    evidence = _evidence(conn, around, view, matter, step.id)
    if earlier := view.said_before(step.id, by):
        evidence["earlier"] = earlier
    _put_step(conn, view, step.id, verdict, by, matter.call_id, evidence, now)
    facts = {"proofing_id": proofing_id, "step": step.id, "verdict": verdict.value}
    _note(conn, around, case_id, by, "identity.step", facts, now)


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
    view = _open(conn, proofing_id, case_id)
    if not identified:
        _finish(conn, around, view, ProofingState.REFUSED, f"agent:{agent_id}", now)
        return ProofingState.REFUSED
    to = may_decide(view.target, valid(view.target, view.given, matter.call_id))
    if to is not ProofingState.WAITING:
        _finish(conn, around, view, to, f"agent:{agent_id}", now)
        return to
    _step(conn, view, to, asked_second_at=now)
    _put_step(conn, view, DECISION, Verdict.OK, f"agent:{agent_id}", matter.call_id, {}, now)
    facts = {"proofing_id": proofing_id}
    _note(conn, around, case_id, f"agent:{agent_id}", "identity.second_asked", facts, now)
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


def _open(conn: Connection, proofing_id: str, case_id: str) -> ProofingView:
    view = proofing_by_id(conn, proofing_id, case_id, lock=True)
    if view.state is not ProofingState.OPEN:
        raise ProofingOver(f"identification {proofing_id} is {view.state}")
    return view


def _evidence(
    conn: Connection, around: Surroundings, view: ProofingView, matter: Matter, step_id: str
) -> dict[str, Any]:
    """What is kept of a step beside its verdict."""
    match step_id:
        case "consent":
            return {"text": TEXT_VERSION, "language": matter.language}
        case "account":
            return {"appointment_id": matter.appointment_id}
        case "document":
            return {"pages": list(matter.pages), **around.read(conn, matter.case_id)}
        case "feature1" | "feature2" | "feature3":
            return {"feature": view.challenge.features[int(step_id[-1]) - 1]}
        case "number":
            return {"number": view.challenge.number}
        case "turn":
            return {"turn": view.challenge.turn}
    return {}


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
    _note(conn, around, view.case_id, by, "identity.decided", facts, now)


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


def _put_step(
    conn: Connection,
    view: ProofingView,
    step: str,
    verdict: Verdict,
    by: str,
    call_id: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> None:
    row = {"verdict": verdict, "by": by, "call_id": call_id, "at": now, "evidence": dict(evidence)}
    conn.execute(
        insert_for(conn, proofing_step)
        .values(proofing_id=view.id, step=step, **row)
        .on_conflict_do_update(index_elements=["proofing_id", "step"], set_=row)
    )


def _step(conn: Connection, view: ProofingView, to: ProofingState, **values: Any) -> None:
    assert (view.state, to) in STATE_STEPS, f"{view.state} never becomes {to}"
    conn.execute(update(proofing).where(proofing.c.id == view.id).values(state=to, **values))


def _note(
    conn: Connection,
    around: Surroundings,
    case_id: str,
    by: str,
    action: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    body = {"proofing_id": facts["proofing_id"]}
    for audience in around.audiences(conn, case_id):
        tell(conn, audience, action, body, now)
    record(conn, actor=by, action=action, subject=f"case:{case_id}", facts=facts, now=now)


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
