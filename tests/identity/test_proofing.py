"""The steps of an identification as rules: order, what may be left out, where a decision leads."""

import random
from itertools import product
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.identity.challenge import (
    CATEGORIES,
    FEATURES,
    DocumentKind,
    challenge_of,
    draw,
)
from counter.identity.proofing import (
    LIVE,
    STATE_STEPS,
    STEPS,
    Given,
    Level,
    ProofingState,
    Step,
    Verdict,
    current,
    may_decide,
    reached,
    require_second,
    require_step,
    steps_of,
    valid,
)
from counter.identity.refusals import NotSecond, StepNotNow, StepsMissing

TARGETS = (Level.ACCOUNT, Level.DOCUMENT, Level.WITNESSED)
ALL = frozenset({"appointment", "document"})


def said(verdict: Verdict = Verdict.OK, call: str = "c-1") -> Given:
    return Given(verdict=verdict, by="agent:a-1", call_id=call)


def through(target: Level, **verdicts: Verdict) -> dict[str, Given]:
    return {step.id: said(verdicts.get(step.id, Verdict.OK)) for step in steps_of(target)}


def test_a_higher_level_asks_for_all_that_a_lower_one_asks_for() -> None:
    lower, middle, higher = (set(steps_of(target)) for target in TARGETS)
    assert lower < middle < higher
    assert steps_of(Level.NONE) == ()
    assert len({step.id for step in STEPS}) == len(STEPS)
    assert [step.id for step in STEPS if step.by == "citizen"] == ["consent"]


@pytest.mark.parametrize("target", TARGETS)
def test_steps_are_answered_in_their_order(target: Level) -> None:
    counted: dict[str, Given] = {}
    steps = steps_of(target)
    for at, step in enumerate(steps):
        assert current(target, counted) is step
        for later in steps[at + 1 :]:
            with pytest.raises(StepNotNow):
                require_step(target, counted, later.id, Verdict.OK, by=later.by, have=ALL)
        with pytest.raises(StepsMissing):
            may_decide(target, counted)
        assert require_step(target, counted, step.id, Verdict.OK, by=step.by, have=ALL) is step
        counted[step.id] = said()
    assert current(target, counted) is None
    for step in steps:  # whatever was said can be corrected
        assert require_step(target, counted, step.id, Verdict.FAILED, by=step.by, have=ALL) is step


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("step", STEPS)
def test_nobody_answers_the_others_step_or_one_of_another_level(target: Level, step: Step) -> None:
    counted = through(target)
    other: Literal["agent", "citizen"] = "agent" if step.by == "citizen" else "citizen"
    with pytest.raises(StepNotNow):
        require_step(target, counted, step.id, Verdict.OK, by=other, have=ALL)
    if target not in step.levels:
        with pytest.raises(StepNotNow):
            require_step(target, counted, step.id, Verdict.OK, by=step.by, have=ALL)


def test_only_an_optional_step_is_left_out() -> None:
    for target, step in product(TARGETS, STEPS):
        if target not in step.levels:
            continue
        counted = through(target)
        if target in step.optional:
            require_step(target, counted, step.id, Verdict.SKIPPED, by=step.by, have=ALL)
        else:
            with pytest.raises(StepNotNow):
                require_step(target, counted, step.id, Verdict.SKIPPED, by=step.by, have=ALL)


@pytest.mark.parametrize("step_id", ["account", "document"])
def test_what_is_not_there_is_not_well(step_id: str) -> None:
    counted = through(Level.DOCUMENT)
    for verdict in (Verdict.OK, Verdict.DOUBT):
        with pytest.raises(StepNotNow):
            require_step(Level.DOCUMENT, counted, step_id, verdict, by="agent", have=frozenset())
    require_step(Level.DOCUMENT, counted, step_id, Verdict.FAILED, by="agent", have=frozenset())


def test_a_broken_call_asks_again_for_all_that_was_seen_in_it() -> None:
    given_before = through(Level.WITNESSED)
    counted = valid(Level.WITNESSED, given_before, "c-2")
    assert set(counted) == {"consent", "account"}
    due = current(Level.WITNESSED, counted)
    assert due is not None and due.id == "presence"
    assert valid(Level.WITNESSED, given_before, "c-1") == given_before


def test_a_decision_is_alone_only_without_doubt_and_below_l3() -> None:
    assert may_decide(Level.ACCOUNT, through(Level.ACCOUNT)) is ProofingState.IDENTIFIED
    assert may_decide(Level.DOCUMENT, through(Level.DOCUMENT)) is ProofingState.IDENTIFIED
    assert may_decide(Level.WITNESSED, through(Level.WITNESSED)) is ProofingState.WAITING
    for step in steps_of(Level.DOCUMENT):
        doubted = through(Level.DOCUMENT, **{step.id: Verdict.DOUBT})
        assert may_decide(Level.DOCUMENT, doubted) is ProofingState.WAITING
        with pytest.raises(StepsMissing):
            may_decide(Level.DOCUMENT, through(Level.DOCUMENT, **{step.id: Verdict.FAILED}))


def test_the_second_officer_is_another_one_of_the_department() -> None:
    require_second(officer="b", took_part=["a"], serves=True)
    with pytest.raises(NotSecond):
        require_second(officer="a", took_part=["a", "c"], serves=True)
    with pytest.raises(NotSecond):
        require_second(officer="b", took_part=["a"], serves=False)


@pytest.mark.parametrize("state", ProofingState)
def test_only_who_was_identified_reaches_a_level(state: ProofingState) -> None:
    for target in TARGETS:
        level = target if state is ProofingState.IDENTIFIED else Level.NONE
        assert reached(target, state) is level
    assert any(before is state for before, _ in STATE_STEPS) == (state in LIVE)


@settings(max_examples=200)
@given(st.sampled_from(get_args(DocumentKind)), st.integers())
def test_what_is_drawn_is_of_the_document_and_of_two_kinds(kind: DocumentKind, seed: int) -> None:
    drawn = draw(kind, random.Random(seed).randrange)
    assert len(set(drawn.features)) == 3
    assert set(drawn.features) <= set(FEATURES[kind])
    assert len({CATEGORIES[one] for one in drawn.features}) >= 2
    assert len(drawn.number) == 3 and drawn.number[0] != "0"
    assert challenge_of(drawn.body()) == drawn


def test_chance_reaches_every_feature_and_both_turns() -> None:
    below = random.Random(1).randrange
    for kind in get_args(DocumentKind):
        drawn = [draw(kind, below) for _ in range(300)]
        assert {one for each in drawn for one in each.features} == set(FEATURES[kind])
        assert {each.turn for each in drawn} == {"left", "right"}
        assert len({each.number for each in drawn}) > 200
