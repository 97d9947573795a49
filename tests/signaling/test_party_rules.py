"""The whole truth about parties: what the table says, and nothing else."""

import itertools
from typing import get_args

import pytest

from counter.errors import NotAllowed, NotAllowedNow
from counter.signaling.dispatch import AgentState
from counter.signaling.party import (
    LIVE_PARTY,
    TRANSITIONS,
    By,
    CallIsFull,
    Event,
    InviteOver,
    PartyState,
    Purpose,
    after,
    freed,
    require_restrainable,
    require_room,
    require_supervisor,
)
from counter.signaling.ring import MISSES


@pytest.mark.parametrize("state", PartyState)
@pytest.mark.parametrize("by", get_args(By))
@pytest.mark.parametrize("event", get_args(Event))
def test_what_the_table_does_not_say_is_refused(state: PartyState, by: By, event: Event) -> None:
    if (state, by, event) in TRANSITIONS:
        assert after(state, by, event) is not state
    elif state is PartyState.PRESENT:
        with pytest.raises(NotAllowedNow):
            after(state, by, event)
    else:
        with pytest.raises(InviteOver):
            after(state, by, event)


def test_nothing_leads_out_of_an_ended_part() -> None:
    assert {state for state, _, _ in TRANSITIONS} == set(LIVE_PARTY)


def test_only_the_party_itself_answers() -> None:
    answers = {"accept", "decline", "take_over"}
    found = {by for state, by, event in TRANSITIONS if state == "asked" and event in answers}
    assert found == {"self"}


def test_every_live_part_ends_with_the_call_and_with_the_page() -> None:
    for state, by in itertools.product(LIVE_PARTY, ("end", "time")):
        ends = [to for (start, who, _), to in TRANSITIONS.items() if (start, who) == (state, by)]
        assert ends and not set(ends) & set(LIVE_PARTY)


@pytest.mark.parametrize("ended", sorted(set(PartyState) - set(LIVE_PARTY) - {PartyState.MISSED}))
def test_after_his_part_an_agent_is_what_he_was(ended: PartyState) -> None:
    assert freed(ended, AgentState.PAUSED, 0) is AgentState.PAUSED
    for before in (AgentState.IDLE, AgentState.WRAPUP):
        assert freed(ended, before, MISSES) is AgentState.IDLE


def test_who_did_not_answer_rests_as_after_any_missed_ring() -> None:
    assert freed(PartyState.MISSED, AgentState.IDLE, 0) is AgentState.WRAPUP
    assert freed(PartyState.MISSED, AgentState.IDLE, MISSES - 1) is AgentState.PAUSED


def test_two_others_find_room_and_a_third_does_not() -> None:
    two = [(Purpose.COLLEAGUE, False), (Purpose.SUPERVISE, False)]
    require_room(two)
    with pytest.raises(CallIsFull):
        require_room([*two, (Purpose.INTERPRETER, False)])


def test_a_transfer_needs_room_only_when_the_first_agent_stays() -> None:
    two = [(Purpose.COLLEAGUE, False), (Purpose.CONSULT, False)]
    require_room([*two, (Purpose.TRANSFER, False)])
    with pytest.raises(CallIsFull):
        require_room([*two, (Purpose.TRANSFER, True)])


@pytest.mark.parametrize(
    ("supervisor", "overseen"), [(False, ["d-1"]), (True, ["d-2"]), (False, []), (True, [])]
)
def test_nobody_listens_who_is_not_a_supervisor_of_the_department(
    supervisor: bool, overseen: list[str]
) -> None:
    with pytest.raises(NotAllowed):
        require_supervisor(supervisor=supervisor, department="d-1", overseen=overseen)


def test_a_supervisor_of_the_department_may_listen() -> None:
    require_supervisor(supervisor=True, department="d-1", overseen=["d-2", "d-1"])


def test_an_agent_silences_the_citizen_and_whom_he_asked() -> None:
    others = [("terminal:t-1", None), ("agent:a-2", Purpose.INTERPRETER)]
    for owner, _ in others:
        require_restrainable(owner, others)


@pytest.mark.parametrize("owner", ["agent:a-1", "agent:a-3", "agent:boss"])
def test_an_agent_does_not_silence_himself_strangers_or_a_supervisor(owner: str) -> None:
    with pytest.raises(NotAllowed):
        require_restrainable(owner, [("terminal:t-1", None), ("agent:boss", Purpose.SUPERVISE)])
