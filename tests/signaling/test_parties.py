"""More than two in a call: hold, silence, invitations, transfer, supervision, on both engines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from counter.errors import NotAllowed, NotAllowedNow, NotFound, UsedElsewhere
from counter.protocol import parties as asks
from counter.protocol import terminal
from counter.signaling.media_ports import CallParty, CallShape
from counter.signaling.party import AgentNotFree, CallIsFull, InviteOver
from counter.signaling.ring import AGENT_LEASE, INVITE, MISSES, WRAPUP
from counter.signaling.tables import agent, call, ticket
from tests.signaling.floor import ringing, state_of, violations
from tests.signaling.talk import CITIZEN, LEADING, SECOND, Talk

# Hold and silence


async def test_a_held_citizen_takes_part_and_hears_nobody(play: Any) -> None:
    def scene(talk: Talk) -> None:
        rev = talk.rev()
        talk.ask("a-1", asks.CallHold, on=True)
        assert talk.shape() == CallShape(parties=(CITIZEN, LEADING), held=True)
        assert talk.rev() > rev
        assert talk.told("terminal:t-1")[-1] == "call.held"
        talk.now += timedelta(seconds=90)
        talk.ask("a-1", asks.CallHold, on=True)
        since = talk.conn.execute(select(call.c.held_since)).scalar_one()
        assert talk.now - since == timedelta(seconds=90), "holding twice is holding once"
        talk.ask("a-1", asks.CallHold, on=False)
        assert not talk.shape().held
        assert talk.told("terminal:t-1")[-1] == "call.resumed"

    await play(scene)


async def test_only_the_agent_of_a_call_holds_it(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2")
        for other in ("a-2", "a-3"):
            with pytest.raises(NotAllowedNow):
                talk.ask(other, asks.CallHold, on=True)

    await play(scene)


async def test_whom_the_agent_silences_is_silent_and_told(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "interpreter")
        talk.ask("a-1", asks.CallMute, owner="agent:a-2", muted=True)
        talk.ask("a-1", asks.CallHide, owner="terminal:t-1", hidden=True)
        assert talk.shape().parties == (
            replace(CITIZEN, hidden=True),
            LEADING,
            replace(SECOND, muted=True),
        )
        assert "party.restrained" in talk.told("agent:a-2")
        rev = talk.rev()
        talk.ask("a-1", asks.CallMute, owner="agent:a-2", muted=True)
        assert talk.rev() == rev, "nothing changed"
        talk.ask("a-1", asks.CallMute, owner="agent:a-2", muted=False)
        assert talk.shape().parties[2] == SECOND

    await play(scene)


@pytest.mark.parametrize("owner", ["agent:a-1", "agent:a-3", "terminal:t-2", "agent:a-boss"])
async def test_nobody_else_can_be_silenced(play: Any, owner: str) -> None:
    def scene(talk: Talk) -> None:
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="full")
        with pytest.raises(NotAllowed):
            talk.ask("a-1", asks.CallMute, owner=owner, muted=True)

    await play(scene)


# Invitations


async def test_who_is_asked_rings_joins_and_leaves(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.invite("a-3", "interpreter")
        assert talk.state("a-3") == "offered"
        assert "party.rung" in talk.told("agent:a-3")
        assert talk.shape().parties == (CITIZEN, LEADING), "who rings is not there yet"
        talk.ask("a-3", asks.PartyAccept, party_id=party_id)
        third = CallParty(owner="agent:a-3", role="colleague")
        assert talk.shape().parties == (CITIZEN, LEADING, third)
        assert not talk.shape().held
        assert talk.state("a-3") == "busy"
        assert "party.joined" in talk.told("terminal:t-1")
        talk.ask("a-3", asks.PartyAccept, party_id=party_id)  # a repeat
        talk.ask("a-3", asks.PartyLeave)
        talk.ask("a-3", asks.PartyLeave)
        assert talk.shape().parties == (CITIZEN, LEADING)
        assert (talk.state("a-3"), talk.party_state(party_id)) == ("idle", "left")
        assert "party.left" in talk.told("agent:a-1")

    await play(scene)


async def test_who_is_asked_is_rung_for_no_ticket(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2")
        talk.invite("a-3")
        talk.commands.walk_in(talk.conn, "t-2", talk.now)
        case_id = talk.commands.walk_in(talk.conn, "t-3", talk.now, "d-2:id")
        assert ringing(talk.conn, "a-2") is None
        assert ringing(talk.conn, "a-3") is None
        assert state_of(talk.conn, ticket, case_id) == "offered", "a-4 serves d-2 as well"
        talk.ask("a-2", asks.PartyLeave)
        assert ringing(talk.conn, "a-2") is not None, "free again, the next one rings"

    await play(scene)


async def test_who_declines_is_ready_at_once_and_not_blamed(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.invite("a-2")
        for _ in range(2):
            talk.ask("a-2", asks.PartyDecline, party_id=party_id)
        assert (talk.state("a-2"), talk.party_state(party_id)) == ("idle", "declined")
        misses = select(agent.c.misses).where(agent.c.id == "a-2")
        assert talk.conn.execute(misses).scalar_one() == 0
        assert "party.declined" in talk.told("agent:a-1")
        with pytest.raises(InviteOver):
            talk.ask("a-2", asks.PartyAccept, party_id=party_id)

    await play(scene)


async def test_who_does_not_answer_is_given_up(play: Any) -> None:
    def scene(talk: Talk) -> None:
        for miss in range(1, MISSES + 1):
            party_id = talk.invite("a-2")
            alive = ("a-1", "a-2", "t-1")
            talk.later(AGENT_LEASE - timedelta(seconds=1), *alive)
            assert talk.party_state(party_id) == "asked", "a reload leaves it ringing"
            assert talk.state("a-2") == "offered"
            assert "invite" in talk.later(INVITE - AGENT_LEASE + timedelta(seconds=1), *alive)
            assert talk.party_state(party_id) == "missed"
            with pytest.raises(InviteOver):
                talk.ask("a-2", asks.PartyAccept, party_id=party_id)
            wanted = "paused" if miss == MISSES else "wrapup"
            assert talk.state("a-2") == wanted
            talk.later(WRAPUP, *alive)
        assert "party.missed" in talk.told("agent:a-1")

    await play(scene)


async def test_what_is_taken_back_rings_no_more(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.invite("a-2")
        for _ in range(2):
            talk.ask("a-1", asks.PartyTakeBack, party_id=party_id)
        assert (talk.state("a-2"), talk.party_state(party_id)) == ("idle", "taken_back")
        with pytest.raises(InviteOver):
            talk.ask("a-2", asks.PartyAccept, party_id=party_id)

    await play(scene)


@pytest.mark.parametrize("busy", ["ringing", "paused", "speaking", "asked", "away", "himself"])
async def test_only_who_is_free_is_asked(play: Any, busy: str) -> None:
    def scene(talk: Talk) -> None:
        whom = "a-2"
        match busy:
            case "ringing" | "speaking":
                talk.commands.walk_in(talk.conn, "t-2", talk.now)
                if busy == "speaking":
                    talk.commands.accept(talk.conn, "a-2", talk.now)
            case "paused":
                talk.commands.ask(talk.conn, "a-2", talk.commands.presence("paused"), talk.now)
            case "asked":
                talk.invite("a-2")
            case "away":
                talk.now += AGENT_LEASE
            case "himself":
                whom = "a-1"
        with pytest.raises(AgentNotFree):
            talk.invite(whom)

    await play(scene)


async def test_an_answer_of_somebody_else_or_of_an_older_page_is_refused(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.invite("a-2")
        for other in (asks.PartyAccept, asks.PartyDecline):
            with pytest.raises(NotFound):
                talk.ask("a-3", other, party_id=party_id)
        for kind in (asks.PartyTakeBack, asks.PartyRemove, asks.PartyBringIn):
            with pytest.raises((NotFound, NotAllowedNow)):
                talk.ask("a-3", kind, party_id=party_id)
        older = talk.commands.epochs["a-2"]
        talk.commands.attach(talk.conn, "a-2", talk.now)
        newer, talk.commands.epochs["a-2"] = talk.commands.epochs["a-2"], older
        with pytest.raises(UsedElsewhere):
            talk.ask("a-2", asks.PartyAccept, party_id=party_id)
        talk.commands.epochs["a-2"] = newer
        talk.ask("a-2", asks.PartyAccept, party_id=party_id)
        assert talk.state("a-2") == "busy"

    await play(scene)


async def test_two_join_and_there_is_no_room_for_a_third(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2")
        talk.invite("a-3", "interpreter")
        with pytest.raises(CallIsFull):
            talk.invite("a-4")
        with pytest.raises(CallIsFull):
            talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="listen")
        assert talk.state("a-4") == "idle"

    await play(scene)


async def test_whom_the_agent_sends_away_is_free(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.join("a-2")
        for _ in range(2):
            talk.ask("a-1", asks.PartyRemove, party_id=party_id)
        assert (talk.state("a-2"), talk.party_state(party_id)) == ("idle", "removed")
        assert talk.shape().parties == (CITIZEN, LEADING)
        with pytest.raises(NotAllowedNow):
            talk.ask("a-1", asks.PartyHandOver, party_id=party_id)

    await play(scene)


async def test_who_is_consulted_speaks_aside_until_brought_in(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.join("a-2", "consult")
        assert talk.shape() == CallShape(parties=(CITIZEN, LEADING, SECOND), held=True)
        talk.ask("a-1", asks.PartyBringIn, party_id=party_id)
        assert talk.shape() == CallShape(parties=(CITIZEN, LEADING, SECOND), held=False)
        rev = talk.rev()
        talk.ask("a-1", asks.PartyBringIn, party_id=party_id)
        assert talk.rev() == rev

    await play(scene)


async def test_a_citizen_goes_on_waiting_when_the_one_consulted_leaves(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "consult")
        talk.ask("a-2", asks.PartyLeave)
        assert talk.shape() == CallShape(parties=(CITIZEN, LEADING), held=True)
        talk.ask("a-1", asks.CallHold, on=False)
        assert not talk.shape().held

    await play(scene)


async def test_going_on_brings_everybody_in(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "consult")
        talk.ask("a-1", asks.CallHold, on=False)
        assert talk.shape() == CallShape(parties=(CITIZEN, LEADING, SECOND), held=False)

    await play(scene)


async def test_whose_page_is_gone_has_left(play: Any) -> None:
    def scene(talk: Talk) -> None:
        there, asked = talk.join("a-2"), talk.invite("a-3")
        talk.later(AGENT_LEASE, "a-1", "t-1")
        assert talk.shape().parties == (CITIZEN, LEADING)
        assert (talk.party_state(there), talk.party_state(asked)) == ("left", "missed")
        assert (talk.state("a-2"), talk.state("a-3")) == ("offline", "offline")
        assert talk.state("a-1") == "busy", "the others go on"

    await play(scene)


@pytest.mark.parametrize("end", ["closed", "left", "agent_lost"])
async def test_the_end_of_a_call_frees_everybody(play: Any, end: str) -> None:
    def scene(talk: Talk) -> None:
        there, asked = talk.join("a-2", "consult"), talk.invite("a-3")
        match end:
            case "closed":
                talk.commands.close(talk.conn, "a-1", talk.now)
            case "left":
                talk.ask("t-1", terminal.VisitLeave)
            case "agent_lost":
                talk.later(AGENT_LEASE, "a-2", "a-3", "t-1")
        assert violations(talk.conn) == []
        assert talk.party_state(there) == "left"
        # An invitation that ran out in the same sweep was missed.
        assert talk.party_state(asked) in ("taken_back", "missed")
        assert talk.state("a-2") in ("idle", "offered")
        assert talk.state("a-3") in ("idle", "wrapup")
        assert state_of(talk.conn, call, talk.case_id) == "ended"

    await play(scene)
