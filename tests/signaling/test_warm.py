"""Who sends, what is expected, and whose trouble it is: rules, looked at whole."""

from dataclasses import dataclass

import pytest

from counter.signaling.dispatch import AgentState, TicketState
from counter.signaling.media_ports import CallParty, CallShape
from counter.signaling.warm import HEARD_MS, OF_AGENT, OF_TICKET, expects, of_party, whose_trouble

CITIZEN = CallParty(owner="terminal:t-1", role="citizen")
AGENT = CallParty(owner="agent:a-1", role="agent")
BOTH = CallShape(parties=(CITIZEN, AGENT))
ALL = {"terminal:t-1", "agent:a-1", "agent:a-2"}


def test_every_state_says_whether_there_is_a_leg() -> None:
    assert set(OF_TICKET) == set(TicketState)
    assert set(OF_AGENT) == set(AgentState)


def test_a_citizen_who_waits_sends_nothing() -> None:
    assert [state for state, sends in OF_TICKET.items() if sends] == [TicketState.ACTIVE]


def test_who_only_listens_sends_nothing() -> None:
    for mode, sends in (("full", True), ("whisper", True), ("listen", False)):
        assert of_party(CallParty(owner="agent:s", role="supervisor", mode=mode)) is sends  # type: ignore[arg-type]


@pytest.mark.parametrize("own", ["terminal:t-1", "agent:a-1"])
def test_the_two_of_a_call_expect_each_other(own: str) -> None:
    assert expects(BOTH, own, ALL)
    assert not expects(BOTH, own, {own}), "the other has no leg"


def test_nobody_expects_anything_in_a_call_of_others() -> None:
    assert not expects(BOTH, "agent:a-2", ALL)


def test_on_hold_the_citizen_and_the_agent_expect_nothing_of_each_other() -> None:
    held = CallShape(parties=BOTH.parties, held=True)
    assert not expects(held, "terminal:t-1", ALL)
    assert not expects(held, "agent:a-1", ALL)
    colleague = CallParty(owner="agent:a-2", role="colleague")
    consulting = CallShape(parties=(*BOTH.parties, colleague), held=True)
    assert expects(consulting, "agent:a-1", ALL)


def test_of_one_who_is_muted_and_hidden_nothing_is_expected() -> None:
    silent = CallParty(owner="agent:a-1", role="agent", muted=True, hidden=True)
    assert not expects(CallShape(parties=(CITIZEN, silent)), "terminal:t-1", ALL)
    muted = CallParty(owner="agent:a-1", role="agent", muted=True)
    assert expects(CallShape(parties=(CITIZEN, muted)), "terminal:t-1", ALL)


@pytest.mark.parametrize(("mode", "citizen", "agent"), [
    ("full", True, True),
    ("whisper", False, True),
    ("listen", False, False),
])  # fmt: skip
def test_a_supervisor_is_expected_by_those_who_hear_her(
    mode: str, citizen: bool, agent: bool
) -> None:
    boss = CallParty(owner="agent:a-2", role="supervisor", mode=mode)  # type: ignore[arg-type]
    shape = CallShape(parties=(*BOTH.parties, boss))
    assert expects(shape, "terminal:t-1", {"terminal:t-1", "agent:a-2"}) is citizen
    assert expects(shape, "agent:a-1", {"agent:a-1", "agent:a-2"}) is agent


@dataclass
class Leg:
    owner: str
    silent_ms: int | None
    connected: bool = True


MINE, THEIRS = "terminal:t-1", "agent:a-1"
LONG = HEARD_MS + 400


@pytest.mark.parametrize(("mine", "theirs", "whose"), [
    # What the counter hears of the other it has sent on: it was lost on the way to me.
    (Leg(MINE, 20), Leg(THEIRS, 20), "own"),
    (Leg(MINE, LONG), Leg(THEIRS, 20), "own"),
    # It hears me and not the other.
    (Leg(MINE, 20), Leg(THEIRS, LONG), "other"),
    (Leg(MINE, 20), Leg(THEIRS, None), "other"),
    (Leg(MINE, 20), Leg(THEIRS, 20, connected=False), "other"),
    (Leg(MINE, 20), None, "other"),
    # It hears nobody: each looks after its own line.
    (Leg(MINE, LONG), Leg(THEIRS, LONG), "own"),
    (Leg(MINE, 20, connected=False), Leg(THEIRS, LONG), "own"),
    (None, Leg(THEIRS, LONG), "own"),
    # I have nothing to send, so that I was never heard says nothing.
    (Leg(MINE, None), Leg(THEIRS, LONG), "other"),
])  # fmt: skip
def test_whose_trouble_it_is(mine: Leg | None, theirs: Leg | None, whose: str) -> None:
    assert whose_trouble(MINE, [leg for leg in (mine, theirs) if leg is not None]) == whose


def test_one_of_several_others_is_enough_to_know_that_something_was_sent() -> None:
    legs = [Leg(MINE, LONG), Leg(THEIRS, LONG), Leg("agent:a-2", 20)]
    assert whose_trouble(MINE, legs) == "own"
