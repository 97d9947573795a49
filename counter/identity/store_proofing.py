"""Commands of an identification that is under way: begun, and what came of each step.

Each runs in one transaction that also tells the screens of the case and writes the journal.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow
from counter.identity.challenge import Challenge, DocumentKind
from counter.identity.proofing import (
    Level,
    ProofingState,
    Verdict,
    require_step,
    valid,
    without_appointment,
)
from counter.identity.refusals import ProofingOver
from counter.identity.store_proofing_reading import ProofingView, proofing_by_id
from counter.identity.store_proofing_surroundings import Matter, Surroundings
from counter.identity.store_proofing_tables import proofing, proofing_step
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import tell_all

TEXT_VERSION = "2026-11-30"
"Of what the citizen agrees to."


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
    note(conn, around, case_id, f"agent:{agent_id}", "identity.begun", facts, now)
    if matter.appointment_id is None:
        view = open_proofing(conn, proofing_id, case_id)
        for step in without_appointment(target):
            by, call = f"agent:{agent_id}", matter.call_id
            put_step(conn, view, step.id, Verdict.SKIPPED, by, call, {}, now)


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
    view = open_proofing(conn, proofing_id, case_id)
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
    put_step(conn, view, step.id, verdict, by, matter.call_id, evidence, now)
    facts = {"proofing_id": proofing_id, "step": step.id, "verdict": verdict.value}
    note(conn, around, case_id, by, "identity.step", facts, now)


def open_proofing(conn: Connection, proofing_id: str, case_id: str) -> ProofingView:
    """One that is under way, locked.  Raises `ProofingOver`, `NotFound`."""
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


def put_step(
    conn: Connection,
    view: ProofingView,
    step: str,
    verdict: Verdict,
    by: str,
    call_id: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> None:
    """What came of a step; said again, the last one counts."""
    row = {"verdict": verdict, "by": by, "call_id": call_id, "at": now, "evidence": dict(evidence)}
    conn.execute(
        insert_for(conn, proofing_step)
        .values(proofing_id=view.id, step=step, **row)
        .on_conflict_do_update(index_elements=["proofing_id", "step"], set_=row)
    )


def note(
    conn: Connection,
    around: Surroundings,
    case_id: str,
    by: str,
    action: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    """Journal it and tell the screens of the case: which identification, and no more."""
    body = {"proofing_id": facts["proofing_id"]}
    tell_all(conn, around.audiences, case_id, action, body, now)
    record(conn, actor=by, action=action, subject=f"case:{case_id}", facts=facts, now=now)
