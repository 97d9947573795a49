"""How an agent makes sure who sits at the terminal: steps as a table, levels, and the decision.

Levels: L0 nobody; L1 the appointment's code from the app; L2 an identity document, looked at by the
agent beside the live face; L3 as L2, with challenges drawn by chance, control questions and a
second officer.  A step is an act of a person: nothing here recognises a face.
Order and content: ETSI TS 119 461 and the BaFin circular 3/2017, as the design (6.6) has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from counter.identity.refusals import NotSecond, StepNotNow, StepsMissing


class Level(StrEnum):
    """How surely it is known who sits there."""

    NONE = "L0"
    ACCOUNT = "L1"
    DOCUMENT = "L2"
    WITNESSED = "L3"


class ProofingState(StrEnum):
    """One identification of one case."""

    OPEN = "open"
    WAITING = "waiting"
    "For the second officer."
    IDENTIFIED = "identified"
    REFUSED = "refused"
    "Looked at, and not identified."
    ABORTED = "aborted"


LIVE: Final = (ProofingState.OPEN, ProofingState.WAITING)
STATE_STEPS: Final = frozenset(
    {
        (ProofingState.OPEN, ProofingState.WAITING),
        (ProofingState.OPEN, ProofingState.IDENTIFIED),
        (ProofingState.OPEN, ProofingState.REFUSED),
        (ProofingState.OPEN, ProofingState.ABORTED),
        (ProofingState.WAITING, ProofingState.IDENTIFIED),
        (ProofingState.WAITING, ProofingState.REFUSED),
        (ProofingState.WAITING, ProofingState.ABORTED),
    }
)


class Verdict(StrEnum):
    """What came of a step."""

    OK = "ok"
    DOUBT = "doubt"
    "Goes on; a second officer decides."
    FAILED = "failed"
    SKIPPED = "skipped"
    "Only where the step is optional."


VISIT_ENDED: Final = "visit_ended"
"Why the counter ended it; an agent's reasons are those of `IdentityAbort`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the checklist."""

    id: str
    number: int
    "Of the design's list, 6.6."
    levels: frozenset[Level]
    by: Literal["agent", "citizen"] = "agent"
    optional: frozenset[Level] = frozenset()
    continuous: bool = False
    "Holds only for the call in which it was seen; a broken call asks for it again."
    needs: Literal["", "appointment", "document"] = ""
    "What must be there before it can be well."
    evidence: tuple[str, ...] = ()
    "What is kept of it; never a picture."


_L1, _L2, _L3 = Level.ACCOUNT, Level.DOCUMENT, Level.WITNESSED
_SEEN, _CHALLENGED = frozenset({_L2, _L3}), frozenset({_L3})

STEPS: Final = (
    Step(
        id="consent",
        number=2,
        levels=frozenset({_L1, _L2, _L3}),
        by="citizen",
        evidence=("text version", "language", "time"),
    ),
    Step(
        id="account",
        number=3,
        levels=frozenset({_L1, _L2, _L3}),
        optional=_SEEN,
        needs="appointment",
        evidence=("appointment id",),
    ),
    Step(id="presence", number=4, levels=frozenset({_L1, _L2, _L3}), continuous=True),
    Step(
        id="document",
        number=5,
        levels=_SEEN,
        continuous=True,
        needs="document",
        evidence=("page digests", "keyed hash of the number", "check digits hold"),
    ),
    Step(id="feature1", number=6, levels=_SEEN, continuous=True, evidence=("feature",)),
    Step(id="feature2", number=6, levels=_SEEN, continuous=True, evidence=("feature",)),
    Step(id="feature3", number=6, levels=_SEEN, continuous=True, evidence=("feature",)),
    Step(id="finger_portrait", number=7, levels=_CHALLENGED, continuous=True),
    Step(id="finger_zone", number=7, levels=_CHALLENGED, continuous=True),
    Step(id="match", number=8, levels=_SEEN, continuous=True, evidence=("words that differ",)),
    Step(id="face", number=9, levels=_SEEN, continuous=True),
    Step(id="turn", number=9, levels=_CHALLENGED, continuous=True, evidence=("direction",)),
    Step(id="number", number=9, levels=_CHALLENGED, continuous=True, evidence=("number",)),
    Step(id="questions", number=10, levels=_CHALLENGED, continuous=True),
)
"In the order in which they are walked through."


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was said of one step."""

    verdict: Verdict
    by: str
    "As `agent:id` or `terminal:id`."
    call_id: str
    "The conversation in which it was seen."


def steps_of(target: Level) -> tuple[Step, ...]:
    """What has to be walked through to reach `target`."""
    return tuple(step for step in STEPS if target in step.levels)


def without_appointment(target: Level) -> tuple[Step, ...]:
    """What is left out for somebody who has none."""
    return tuple(
        step for step in steps_of(target) if step.needs == "appointment" and target in step.optional
    )


def valid(target: Level, given: Mapping[str, Given], call_id: str) -> dict[str, Given]:
    """What counts of `given` in this call.

    From presence on everything is seen in one conversation: what was seen in another one counts no
    more.  The citizen's own consent stays.
    """
    return {
        step.id: given[step.id]
        for step in steps_of(target)
        if step.id in given and (not step.continuous or given[step.id].call_id == call_id)
    }


def current(target: Level, counted: Mapping[str, Given]) -> Step | None:
    """The first step that nothing was said of; `None`: it can be decided."""
    return next((step for step in steps_of(target) if step.id not in counted), None)


def require_step(
    target: Level,
    counted: Mapping[str, Given],
    step_id: str,
    verdict: Verdict,
    *,
    by: Literal["agent", "citizen"],
    have: frozenset[str],
) -> Step:
    """The step, if this may be said of it now.

    Its turn has come, or it was said before and is corrected.  have: of `Step.needs`, what there
    is.  Raises `StepNotNow`.
    """
    steps = steps_of(target)
    step = next((one for one in steps if one.id == step_id), None)
    due = current(target, counted)
    if step is None or step.by != by:
        raise StepNotNow(f"{step_id} is no step of the {by} for {target}")
    if due is not None and steps.index(step) > steps.index(due):
        raise StepNotNow(f"{step_id} comes after {due.id}, which is open")
    if verdict is Verdict.SKIPPED and target not in step.optional:
        raise StepNotNow(f"{step_id} cannot be left out for {target}")
    if verdict in (Verdict.OK, Verdict.DOUBT) and step.needs and step.needs not in have:
        raise StepNotNow(f"{step_id} needs the {step.needs}, which is not there yet")
    return step


def may_decide(target: Level, counted: Mapping[str, Given]) -> ProofingState:
    """Where a decision that the citizen is the holder leads.

    Raises `StepsMissing` while a step is open, and when one of them failed.
    """
    if (due := current(target, counted)) is not None:
        raise StepsMissing(f"{due.id} is open")
    verdicts = {step.id: counted[step.id].verdict for step in steps_of(target)}
    if failed := [one for one, verdict in verdicts.items() if verdict is Verdict.FAILED]:
        raise StepsMissing(f"{failed[0]} failed: it can only be refused or aborted")
    if target is Level.WITNESSED or Verdict.DOUBT in verdicts.values():
        return ProofingState.WAITING
    return ProofingState.IDENTIFIED


def require_second(*, officer: str, took_part: Sequence[str], serves: bool) -> None:
    """The second officer is another one, of the department.  Raises `NotSecond`."""
    if officer in took_part:
        raise NotSecond(f"{officer} took part in it: another officer has to look")
    if not serves:
        raise NotSecond(f"{officer} is not on duty for this department")


def reached(target: Level, state: ProofingState) -> Level:
    """The level that an identification gives."""
    return target if state is ProofingState.IDENTIFIED else Level.NONE
