"""The simulated citizen and agent do the next sensible thing at every screen."""

from typing import Any

import pytest

from counter.protocol.codec import decode
from counter.terminal.script import LayPaper, Say, Wish, agent_step, citizen_step, ink

WALK_IN = Wish(department="dsi", service="dsi-1", reference=None)
BOOKED = Wish(department="dsi", service="dsi-1", reference="ABCDE-FGHJK-MNPQR-STVWX")


def screen(stage: str, **more: Any) -> dict[str, Any]:
    return {
        "stage": stage,
        "language": "pt",
        "scan": None,
        "ceremony": None,
        "receipt": None,
        **more,
    }


def ceremony(state: str, *seen: bool, shown: int = 0) -> dict[str, Any]:
    return {
        "ceremony_id": "c-1",
        "state": state,
        "sha256": "ab" * 32,
        "agreement": {"sentence": "I agree", "sha256": "cd" * 32},
        "sheets": [
            {"number": number, "seen": was, "shown": number == shown}
            for number, was in enumerate(seen, 1)
        ],
    }


@pytest.mark.parametrize(
    ("shown", "wish", "event"),
    [
        (screen("attract"), WALK_IN, "screen.open"),
        (screen("start"), WALK_IN, "screen.open"),
        (screen("start"), BOOKED, "appointment.find"),
        (screen("departments"), WALK_IN, "screen.open"),
        (screen("services"), WALK_IN, "ticket.take"),
        (screen("confirm"), BOOKED, "arrival.confirm"),
        (screen("call", ceremony=ceremony("presented", True, False)), WALK_IN, "page.shown"),
        (
            screen("call", ceremony=ceremony("presented", True, False, shown=1)),
            WALK_IN,
            "page.shown",
        ),
        (
            screen("call", ceremony=ceremony("presented", True, False, shown=2)),
            WALK_IN,
            "page.seen",
        ),
        (screen("call", ceremony=ceremony("presented", True)), WALK_IN, "ceremony.consent"),
        (screen("call", ceremony=ceremony("consented", True)), WALK_IN, "ceremony.sign"),
        (screen("receipt", receipt={"rated": False}), WALK_IN, "visit.rate"),
        (screen("receipt", receipt={"rated": True}), WALK_IN, "visit.leave"),
    ],
)
def test_the_citizen_takes_one_step_that_the_protocol_knows(
    shown: dict[str, Any], wish: Wish, event: str
) -> None:
    step = citizen_step(shown, wish, {})
    assert isinstance(step, Say)
    assert step.event == event
    assert decode("/terminal", step.event, {**step.body, "key": "key-000001"})


def test_the_citizen_waits_while_there_is_nothing_to_do() -> None:
    assert citizen_step(screen("waiting"), WALK_IN, {}) is None
    assert citizen_step(screen("call"), WALK_IN, {}) is None
    assert citizen_step(screen("call", ceremony=ceremony("sealed", True)), WALK_IN, {}) is None


def test_each_of_the_two_writes_the_own_fields_only() -> None:
    both = filling(
        field("phone", "citizen", MISSING, kind="phone"),
        field("purpose", "agent", MISSING, choices=[{"id": "work", "name": "Work"}]),
    )
    theirs = citizen_step(screen("call", filling=both), WALK_IN, {})
    assert isinstance(theirs, Say)
    assert (theirs.body["field"], theirs.body["text"]) == ("phone", "66123456")
    ours = agent_step(desk(on_desk(filling=both)), {})
    assert isinstance(ours, Say)
    assert (ours.body["field"], ours.body["text"]) == ("purpose", "work")
    done = filling(field("phone", "citizen", MISSING))
    assert agent_step(desk(on_desk(filling=done)), {}) is None, "it waits for the citizen"


def test_a_refused_paper_is_laid_again() -> None:
    asked = screen("call", scan={"request_id": "r-1"})
    assert citizen_step(asked, WALK_IN, {"r-1": 2}) == LayPaper(request_id="r-1", attempt=2)


def desk(case: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"offer": None, "presence": "busy", "case": case, **more}


def on_desk(**more: Any) -> dict[str, Any]:
    return {
        "call": {"call_id": "k-1"},
        "scan": None,
        "pages": [],
        "checklist": [],
        "forms": [],
        "ceremonies": [],
        **more,
    }


FORM = {"form": "application", "refusal": None}
IN_PERSON = {"form": "power_of_attorney", "refusal": "physical_presence"}


def field(name: str, owner: str, problem: str | None, **more: Any) -> dict[str, Any]:
    facts = {"name": name, "owner": owner, "problem": problem, "kind": "text", "version": 0}
    return {**facts, "choices": [], **more}


def filling(*fields: dict[str, Any], complete: bool = False) -> dict[str, Any]:
    about = {"form": "application", "draft_id": "d-1", "digest": "ab" * 32}
    return {**about, "fields": list(fields), "complete": complete}


MISSING = "field_missing"


@pytest.mark.parametrize(
    ("shown", "event"),
    [
        (desk(offer={"pairing_id": "p-1"}), "offer.accept"),
        (desk(presence="paused"), "presence.choose"),
        (desk(on_desk(pages=[{"page_id": "g-1", "state": "stored"}])), "page.decide"),
        (desk(on_desk(checklist=[{"item": "bir", "state": "missing"}])), "scan.request"),
        (desk(on_desk(forms=[IN_PERSON, FORM])), "form.begin"),
        (desk(on_desk(filling=filling(field("applicant", "agent", MISSING)))), "form.fill"),
        (desk(on_desk(filling=filling(complete=True))), "form.present"),
        (desk(on_desk(forms=[IN_PERSON])), "case.close"),
        (desk(on_desk(ceremonies=[{"state": "sealed"}])), "case.close"),
    ],
)
def test_the_agent_takes_one_step_that_the_protocol_knows(
    shown: dict[str, Any], event: str
) -> None:
    step = agent_step(shown, {"applicant": "陳大文"})
    assert isinstance(step, Say)
    assert step.event == event
    assert decode("/agent", step.event, {**step.body, "key": "key-000001"})


def test_the_agent_waits_for_the_citizen() -> None:
    assert agent_step(desk(presence="ready"), {}) is None
    assert agent_step(desk(on_desk(call=None)), {}) is None
    assert agent_step(desk(on_desk(scan={"request_id": "r-1"})), {}) is None
    assert agent_step(desk(on_desk(ceremonies=[{"state": "consented"}])), {}) is None


def test_the_ink_stays_on_the_pad() -> None:
    for stroke in ink():
        assert all(0 <= point["x"] <= 700 and 0 <= point["y"] <= 300 for point in stroke)
