"""Who hears and sees whom, for every role and mode."""

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.arrangement import (
    MAX_PARTIES,
    SLOTS,
    Arrangement,
    Mode,
    Party,
    Role,
    links,
    reaches,
    seats,
)

CITIZEN = Party(owner="citizen", role="citizen")
AGENT = Party(owner="agent", role="agent")
ROLES: tuple[Role, ...] = ("citizen", "agent", "colleague", "supervisor")
MODES: tuple[Mode, ...] = ("full", "whisper", "listen")


def other(role: Role, mode: Mode = "full", *, muted: bool = False, hidden: bool = False) -> Party:
    return Party(owner="other", role=role, mode=mode, muted=muted, hidden=hidden)


def pairs(*parties: Party, held: bool = False) -> set[tuple[str, str]]:
    found = links(Arrangement(parties=parties, held=held))
    return {(link.source, link.sink) for link in found}


def both_ways(*names: str) -> set[tuple[str, str]]:
    return set(permutations(names, 2))


@st.composite
def arrangements(draw: st.DrawFn) -> Arrangement:
    """Any that is allowed."""
    roles: list[Role] = [
        "citizen",
        "agent",
        *draw(st.lists(st.sampled_from(ROLES[2:]), max_size=2)),
    ]
    roles = [role for role in draw(st.permutations(roles)) if draw(st.booleans())]
    parties = tuple(
        Party(
            owner=f"{role}-{number}",
            role=role,
            mode="full" if role in ("citizen", "agent") else draw(st.sampled_from(MODES)),
            muted=draw(st.booleans()),
            hidden=draw(st.booleans()),
        )
        for number, role in enumerate(roles)
    )
    return Arrangement(parties=parties, held=draw(st.booleans()))


def test_citizen_and_agent_hear_and_see_each_other_and_steer_each_others_bitrate() -> None:
    assert {
        (link.source, link.sink, link.slot, link.sound, link.picture, link.feedback)
        for link in links(Arrangement(parties=(CITIZEN, AGENT)))
    } == {
        ("citizen", "agent", 0, True, True, True),
        ("agent", "citizen", 0, True, True, True),
    }


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("role", ROLES[2:])
def test_a_third_one_reaches_whom_the_mode_says(role: Role, mode: Mode, held: bool) -> None:
    expected = {("agent", "other")} if held else both_ways("citizen", "agent")
    if not held:
        expected |= {("citizen", "other"), ("agent", "other")}
    expected |= {"full": {("other", "agent")}, "whisper": {("other", "agent")}, "listen": set()}[
        mode
    ]
    if mode == "full" and not held:
        expected |= {("other", "citizen")}
    assert pairs(CITIZEN, AGENT, other(role, mode), held=held) == expected


def test_nobody_hears_who_is_muted_and_nobody_sees_who_is_hidden() -> None:
    def of_other(*, muted: bool = False, hidden: bool = False) -> list[tuple[bool, bool]]:
        parties = (CITIZEN, AGENT, other("colleague", muted=muted, hidden=hidden))
        found = links(Arrangement(parties=parties))
        return [(link.sound, link.picture) for link in found if link.source == "other"]

    assert of_other() == [(True, True)] * 2
    assert of_other(muted=True) == [(False, True)] * 2
    assert of_other(hidden=True) == [(True, False)] * 2
    assert of_other(muted=True, hidden=True) == []


def test_on_hold_agent_and_colleague_steer_each_others_bitrate() -> None:
    parties = (CITIZEN, AGENT, other("colleague"))

    def fed_back(held: bool) -> set[tuple[str, str]]:
        found = links(Arrangement(parties=parties, held=held))
        return {(link.source, link.sink) for link in found if link.feedback}

    assert fed_back(held=False) == both_ways("citizen", "agent")
    assert fed_back(held=True) == both_ways("agent", "other")


def test_pages_are_told_who_is_in_which_slot_also_who_is_silent() -> None:
    whole = Arrangement(parties=(CITIZEN, AGENT, other("colleague", muted=True)), held=True)
    assert seats(whole, "citizen") == {0: "agent", 1: "other"}
    assert seats(whole, "agent") == {0: "citizen", 1: "other"}
    assert seats(whole, "other") == {0: "citizen", 1: "agent"}
    assert seats(whole, "nobody") == {}


@given(arrangements())
def test_no_slot_is_given_twice_and_nobody_hears_themselves(whole: Arrangement) -> None:
    found = links(whole)
    assert all(0 <= link.slot < SLOTS and link.source != link.sink for link in found)
    assert len({(link.sink, link.slot) for link in found}) == len(found)
    assert all(link.sound or link.picture for link in found)


@given(arrangements())
def test_a_leg_has_room_for_everybody_who_may_reach_it(whole: Arrangement) -> None:
    wanted = {
        (source.owner, sink.owner)
        for source in whole.parties
        for sink in whole.parties
        if reaches(source, sink, held=whole.held) and not (source.muted and source.hidden)
    }
    assert {(link.source, link.sink) for link in links(whole)} == wanted
    assert MAX_PARTIES - 1 <= SLOTS


@given(arrangements())
def test_feedback_pairs_share_nobody_and_leave_nobody_out_without_need(
    whole: Arrangement,
) -> None:
    fed = [link for link in links(whole) if link.feedback]
    for one, two in combinations(fed, 2):
        assert one.source != two.source and one.sink != two.sink
    modes = {party.owner: party.mode for party in whole.parties}
    assert all(modes[link.sink] == "full" for link in fed), "a listener steers nobody"


@given(arrangements())
def test_a_citizen_on_hold_and_a_listener_reach_nobody(whole: Arrangement) -> None:
    silent = {party.owner for party in whole.parties if party.mode == "listen"}
    if whole.held:
        silent |= {party.owner for party in whole.parties if party.role == "citizen"}
    assert not silent & {link.source for link in links(whole)}


@given(arrangements(), st.permutations(range(MAX_PARTIES)))
def test_the_main_slot_does_not_depend_on_the_order_of_the_parties(
    whole: Arrangement, order: list[int]
) -> None:
    parties = tuple(whole.parties[place] for place in order if place < len(whole.parties))
    again = Arrangement(parties=parties, held=whole.held)
    for party in whole.parties:
        assert seats(whole, party.owner).get(0) == seats(again, party.owner).get(0)
