"""Identifications in the store, on both engines: who may what, what is kept, what is let go."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow, NotFound
from counter.identity.proofing import Level, ProofingState, Verdict, steps_of
from counter.identity.proofing_sql import SqlProofings
from counter.identity.refusals import NotSecond, ProofingOver, StepNotNow, StepsMissing
from counter.identity.store_proofing_decision import end_visit
from counter.identity.store_proofing_reading import (
    identity_level,
    newest_proofing,
    record_of,
    waiting_for_second,
)
from counter.identity.store_proofing_surroundings import Matter, Surroundings
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import session_log

CASE, OTHER_CASE = "case-1", "case-2"
LEI, FONG, CHAN, WANG = "lei", "fong", "chan", "wang"
"Lei leads; fong and chan serve the department too, wang does not."
P = "p-1"


@dataclass
class World:
    """The other parts, as this one sees them."""

    needed: Level = Level.DOCUMENT
    call_id: str = "c-1"
    appointment_id: str | None = "a-1"
    pages: tuple[str, ...] = ("a" * 64,)
    forgotten: list[str] = field(default_factory=list)

    def matter(self, conn: Connection, case_id: str, by: str) -> Matter:
        return Matter(
            case_id=case_id,
            department_id="dsi",
            needed=self.needed,
            call_id=self.call_id,
            language="pt",
            appointment_id=self.appointment_id,
            pages=self.pages,
        )

    def serves(self, conn: Connection, agent_id: str, department: str, now: datetime) -> bool:
        return department == "dsi" and agent_id in (LEI, FONG, CHAN)

    def read(self, conn: Connection, case_id: str) -> Mapping[str, Any]:
        return {"zone": "read", "check_digits": True, "number_hash": "f" * 64}

    def forget(self, conn: Connection, case_id: str) -> None:
        self.forgotten.append(case_id)

    def around(self) -> Surroundings:
        return Surroundings(
            matter=self.matter,
            hold=lambda conn, case_id: None,
            serves=self.serves,
            audiences=lambda conn, case_id: ["terminal:t-1", f"agent:{LEI}"],
            read=self.read,
            forget=self.forget,
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def proofings(executor: Executor, world: World, now: datetime) -> SqlProofings:
    return SqlProofings(executor, world.around(), lambda below: 0, lambda: now)


async def begin(proofings: SqlProofings, proofing_id: str = P, case_id: str = CASE) -> None:
    await proofings.begin(proofing_id, case_id, document="bir", agent_id=LEI)


async def say(
    proofings: SqlProofings,
    step: str,
    verdict: Verdict = Verdict.OK,
    *,
    case_id: str = CASE,
    by: str = LEI,
) -> None:
    citizen = step == "consent"
    await proofings.give(
        P,
        case_id,
        step_id=step,
        verdict=verdict,
        by="terminal:t-1" if citizen else f"agent:{by}",
        role="citizen" if citizen else "agent",
    )


async def walk(proofings: SqlProofings, target: Level, **verdicts: Verdict) -> None:
    for step in steps_of(target):
        await say(proofings, step.id, verdicts.get(step.id, Verdict.OK))


async def facts_of(executor: Executor, action: str) -> list[dict[str, Any]]:
    entries = [json.loads(entry.body) for entry in await executor.read(read_all)]
    return [entry["facts"] for entry in entries if entry["action"] == action]


async def test_l2_is_reached_by_one_officer_and_sealed(
    proofings: SqlProofings, executor: Executor, world: World
) -> None:
    await begin(proofings)
    await begin(proofings)  # asked twice, begun once
    assert await executor.read(identity_level, CASE) is Level.NONE
    await walk(proofings, Level.DOCUMENT)
    state = await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    again = await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    assert (state, again) == (ProofingState.IDENTIFIED, ProofingState.IDENTIFIED)
    assert await executor.read(identity_level, CASE) is Level.DOCUMENT
    assert await executor.read(identity_level, OTHER_CASE) is Level.NONE

    record = await executor.read(record_of, P)
    assert record is not None
    (sealed,) = await facts_of(executor, "identity.decided")
    assert sealed["record_sha256"] == hashlib.sha256(record.encode()).hexdigest()
    kept = json.loads(record)
    assert (kept["level"], kept["agent"], kept["second"]) == ("L2", LEI, None)
    assert [one["step"] for one in kept["steps"]] == [s.id for s in steps_of(Level.DOCUMENT)]
    by_step = {one["step"]: one for one in kept["steps"]}
    assert by_step["consent"]["by"] == "terminal:t-1"
    assert by_step["consent"]["evidence"]["language"] == "pt"
    assert by_step["document"]["evidence"]["pages"] == ["a" * 64]
    assert by_step["feature1"]["evidence"]["feature"] == "echo_portrait"
    assert world.forgotten == [CASE]
    _, faults = await executor.read(check)
    assert faults == []


async def test_l3_waits_for_a_second_officer_of_the_department(
    proofings: SqlProofings, executor: Executor, world: World, now: datetime
) -> None:
    world.needed = Level.WITNESSED
    await begin(proofings)
    await walk(proofings, Level.WITNESSED)
    assert await proofings.decide(P, CASE, identified=True, agent_id=LEI) is ProofingState.WAITING
    assert await executor.read(identity_level, CASE) is Level.NONE
    assert world.forgotten == []

    assert [one.id for one in await executor.read(waiting_for_second, ["dsi"], FONG)] == [P]
    assert await executor.read(waiting_for_second, ["dsi"], LEI) == []
    assert await executor.read(waiting_for_second, ["fss"], FONG) == []
    for officer in (LEI, WANG):
        with pytest.raises(NotSecond):
            await proofings.second(P, agree=True, officer_id=officer)
    assert await executor.read(identity_level, CASE) is Level.NONE

    await proofings.second(P, agree=True, officer_id=FONG)
    await proofings.second(P, agree=True, officer_id=FONG)
    assert await executor.read(identity_level, CASE) is Level.WITNESSED
    (sealed,) = await facts_of(executor, "identity.decided")
    assert sealed["level"] == "L3"
    record = await executor.read(record_of, P)
    assert record is not None and json.loads(record)["second"] == FONG
    told = await executor.read(
        lambda conn: (
            conn.execute(
                select(session_log.c.kind).where(session_log.c.audience == "department:dsi")
            )
            .scalars()
            .all()
        )
    )
    assert told == ["identity.second_asked", "identity.second_given"]


async def test_who_led_a_part_of_it_is_no_second_officer(
    proofings: SqlProofings, world: World
) -> None:
    await begin(proofings)
    for step in steps_of(Level.DOCUMENT):
        await say(
            proofings,
            step.id,
            Verdict.DOUBT if step.id == "face" else Verdict.OK,
            by=FONG if step.id == "presence" else LEI,
        )
    assert await proofings.decide(P, CASE, identified=True, agent_id=LEI) is ProofingState.WAITING
    with pytest.raises(NotSecond):
        await proofings.second(P, agree=True, officer_id=FONG)


async def test_who_said_something_that_another_corrected_is_no_second_officer(
    proofings: SqlProofings, executor: Executor
) -> None:
    await begin(proofings)
    for step in steps_of(Level.DOCUMENT):
        await say(proofings, step.id, by=FONG)
    await say(proofings, "face", Verdict.DOUBT)
    for step in steps_of(Level.DOCUMENT):
        await say(proofings, step.id, Verdict.DOUBT)
    await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    with pytest.raises(NotSecond):
        await proofings.second(P, agree=True, officer_id=FONG)
    assert await executor.read(waiting_for_second, ["dsi"], FONG) == []
    await proofings.abort(P, CASE, reason="other", by=f"agent:{LEI}")
    record = await executor.read(record_of, P)
    assert record is not None
    by_step = {one["step"]: one for one in json.loads(record)["steps"]}
    assert by_step["face"]["evidence"]["earlier"] == [f"agent:{FONG}"]


async def test_who_decided_is_no_second_officer(
    proofings: SqlProofings, executor: Executor
) -> None:
    await begin(proofings)
    await walk(proofings, Level.DOCUMENT, face=Verdict.DOUBT)
    await proofings.decide(P, CASE, identified=True, agent_id=FONG)  # it was transferred
    with pytest.raises(NotSecond):
        await proofings.second(P, agree=True, officer_id=FONG)
    assert await executor.read(waiting_for_second, ["dsi"], FONG) == []
    await proofings.second(P, agree=True, officer_id=CHAN)
    record = await executor.read(record_of, P)
    assert record is not None and json.loads(record)["decided_by"] == f"agent:{FONG}"


async def test_a_second_officer_may_say_no(
    proofings: SqlProofings, world: World, executor: Executor
) -> None:
    await begin(proofings)
    await walk(proofings, Level.DOCUMENT, face=Verdict.DOUBT)
    await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    await proofings.second(P, agree=False, officer_id=FONG)
    assert await executor.read(identity_level, CASE) is Level.NONE
    with pytest.raises(ProofingOver):
        await proofings.second(P, agree=True, officer_id=FONG)


async def test_a_second_officer_agrees_only_to_what_was_seen_in_this_call(
    proofings: SqlProofings, world: World, executor: Executor
) -> None:
    world.needed = Level.WITNESSED
    await begin(proofings)
    await walk(proofings, Level.WITNESSED)
    await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    world.call_id = "c-2"
    with pytest.raises(StepsMissing):
        await proofings.second(P, agree=True, officer_id=FONG)
    assert await executor.read(identity_level, CASE) is Level.NONE
    await proofings.second(P, agree=False, officer_id=FONG)


async def test_nobody_is_a_second_officer_before_one_is_asked(proofings: SqlProofings) -> None:
    await begin(proofings)
    with pytest.raises(ProofingOver):
        await proofings.second(P, agree=True, officer_id=FONG)


async def test_an_open_or_failed_step_cannot_be_confirmed(
    proofings: SqlProofings, executor: Executor
) -> None:
    await begin(proofings)
    with pytest.raises(StepsMissing):
        await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    await walk(proofings, Level.DOCUMENT, feature2=Verdict.FAILED)
    with pytest.raises(StepsMissing):
        await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    assert await proofings.decide(P, CASE, identified=False, agent_id=LEI) is ProofingState.REFUSED
    assert await executor.read(identity_level, CASE) is Level.NONE


async def test_a_broken_call_has_to_be_walked_through_again(
    proofings: SqlProofings, world: World
) -> None:
    await begin(proofings)
    await walk(proofings, Level.DOCUMENT)
    world.call_id = "c-2"
    with pytest.raises(StepsMissing):
        await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    with pytest.raises(StepNotNow):
        await say(proofings, "face")
    for step in steps_of(Level.DOCUMENT):
        if step.continuous:
            await say(proofings, step.id)
    state = await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    assert state is ProofingState.IDENTIFIED


async def test_without_an_accepted_page_the_document_is_not_passed(
    proofings: SqlProofings, world: World
) -> None:
    world.pages, world.appointment_id = (), None
    await begin(proofings)
    await say(proofings, "consent")
    with pytest.raises(StepNotNow):
        await say(proofings, "account")
    await say(proofings, "presence")
    with pytest.raises(StepNotNow):
        await say(proofings, "document")


async def test_who_walked_in_is_not_asked_about_an_appointment(
    proofings: SqlProofings, world: World, executor: Executor
) -> None:
    world.appointment_id = None
    await begin(proofings)
    view = await executor.read(newest_proofing, CASE)
    assert view is not None
    assert {step: said.verdict for step, said in view.given.items()} == {"account": Verdict.SKIPPED}
    await say(proofings, "consent")
    await say(proofings, "presence")


async def test_the_citizen_alone_consents(proofings: SqlProofings) -> None:
    await begin(proofings)
    with pytest.raises(StepNotNow):
        await proofings.give(
            P, CASE, step_id="consent", verdict=Verdict.OK, by=f"agent:{LEI}", role="agent"
        )


async def test_it_can_always_be_ended_and_begun_again(
    proofings: SqlProofings, executor: Executor, world: World
) -> None:
    await begin(proofings)
    with pytest.raises(NotAllowedNow):
        await begin(proofings, "p-2")
    await proofings.abort(P, CASE, reason="not_alone", by=f"agent:{LEI}")
    await proofings.abort(P, CASE, reason="not_alone", by=f"agent:{LEI}")
    assert world.forgotten == [CASE]
    with pytest.raises(ProofingOver):
        await say(proofings, "consent")
    await begin(proofings, "p-2")
    view = await executor.read(newest_proofing, CASE)
    assert view is not None and (view.id, view.live) == ("p-2", True)
    (aborted,) = await facts_of(executor, "identity.decided")
    assert (aborted["state"], aborted["reason"], aborted["level"]) == ("aborted", "not_alone", "L0")


async def test_one_that_waits_can_be_ended(proofings: SqlProofings) -> None:
    await begin(proofings)
    await walk(proofings, Level.DOCUMENT, match=Verdict.DOUBT)
    await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    await proofings.abort(P, CASE, reason="technical", by=f"agent:{LEI}")
    with pytest.raises(ProofingOver):
        await proofings.second(P, agree=True, officer_id=FONG)


async def test_another_case_has_no_part_in_it(proofings: SqlProofings) -> None:
    await begin(proofings)
    with pytest.raises(NotFound):
        await say(proofings, "consent", case_id=OTHER_CASE)
    with pytest.raises(NotFound):
        await proofings.decide(P, OTHER_CASE, identified=False, agent_id=LEI)
    with pytest.raises(NotFound):
        await proofings.abort(P, OTHER_CASE, reason="other", by=f"agent:{WANG}")
    with pytest.raises(NotFound):
        await proofings.second("nobody", agree=True, officer_id=FONG)


async def test_the_end_of_the_visit_ends_it_and_lets_go(
    proofings: SqlProofings, executor: Executor, world: World, now: datetime
) -> None:
    await begin(proofings)
    around = world.around()
    await executor.write(end_visit, around, CASE, by="terminal:t-1", now=now)
    view = await executor.read(newest_proofing, CASE)
    assert view is not None and (view.state, view.reason) == (ProofingState.ABORTED, "visit_ended")
    await executor.write(end_visit, around, OTHER_CASE, by="terminal:t-1", now=now)
    assert world.forgotten[-1] == OTHER_CASE


@pytest.mark.parametrize(
    ("needed", "target"),
    [
        (Level.NONE, Level.DOCUMENT),
        (Level.ACCOUNT, Level.ACCOUNT),
        (Level.DOCUMENT, Level.DOCUMENT),
        (Level.WITNESSED, Level.WITNESSED),
    ],
)
async def test_it_goes_as_far_as_the_service_asks(
    proofings: SqlProofings, executor: Executor, world: World, needed: Level, target: Level
) -> None:
    world.needed = needed
    await begin(proofings)
    view = await executor.read(newest_proofing, CASE)
    assert view is not None and view.target is target


async def test_the_newest_decision_of_a_case_counts(
    proofings: SqlProofings, executor: Executor, world: World
) -> None:
    await begin(proofings)
    await walk(proofings, Level.DOCUMENT)
    await proofings.decide(P, CASE, identified=True, agent_id=LEI)
    await begin(proofings, "p-2")
    await proofings.abort("p-2", CASE, reason="technical", by=f"agent:{LEI}")
    assert await executor.read(identity_level, CASE) is Level.DOCUMENT
    await begin(proofings, "p-3")
    await proofings.decide("p-3", CASE, identified=False, agent_id=LEI)
    assert await executor.read(identity_level, CASE) is Level.NONE
