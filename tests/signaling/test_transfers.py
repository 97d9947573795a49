"""A call is handed over, supervised, and written down."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from counter.errors import NotAllowed, NotAllowedNow, Refusal
from counter.protocol import parties as asks
from counter.signaling.media_ports import CallParty, CallShape
from counter.signaling.party import AgentNotFree, CallIsFull, CannotTakeOver, InviteOver
from counter.signaling.ring import AGENT_LEASE
from counter.signaling.store_desk import put_skill
from counter.signaling.tables import call, pairing, party, ticket
from counter.store.cases import case_table
from counter.store.journal_sql import check, read_all
from tests.signaling.floor import state_of
from tests.signaling.talk import CITIZEN, LEADING, Talk

# Transfer


async def test_a_transfer_moves_case_pairing_and_call_at_once(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.invite("a-2", "transfer")
        assert talk.shape().parties == (CITIZEN, LEADING)
        talk.ask("a-2", asks.PartyAccept, party_id=party_id)
        talk.ask("a-2", asks.PartyAccept, party_id=party_id)
        assert talk.shape().parties == (CITIZEN, CallParty(owner="agent:a-2", role="agent"))
        assert (talk.state("a-1"), talk.state("a-2")) == ("wrapup", "busy")
        assert talk.conn.execute(select(case_table.c.agent_id)).scalar_one() == "a-2"
        states = select(pairing.c.agent_id, pairing.c.state).order_by(pairing.c.agent_id)
        assert talk.conn.execute(states).all() == [("a-1", "moved"), ("a-2", "active")]
        for audience in ("terminal:t-1", "agent:a-1", "agent:a-2"):
            assert "call.transferred" in talk.told(audience)
        with pytest.raises(NotAllowedNow):
            talk.commands.close(talk.conn, "a-1", talk.now)
        talk.commands.close(talk.conn, "a-2", talk.now)
        assert state_of(talk.conn, ticket, talk.case_id) == "done"

    await play(scene)


async def test_after_a_warm_transfer_the_first_agent_stays_as_a_colleague(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "transfer", stay=True)
        assert talk.shape().parties == (
            CITIZEN,
            CallParty(owner="agent:a-2", role="agent"),
            CallParty(owner="agent:a-1", role="colleague"),
        )
        assert talk.state("a-1") == "busy"
        talk.ask("a-1", asks.PartyLeave)
        assert talk.state("a-1") == "idle"

    await play(scene)


async def test_who_was_consulted_takes_over_and_the_citizen_is_held_no_more(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.join("a-2", "consult")
        talk.ask("a-1", asks.CallMute, owner="agent:a-2", muted=True)
        talk.ask("a-1", asks.PartyHandOver, party_id=party_id)
        assert talk.shape() == CallShape(
            parties=(CITIZEN, CallParty(owner="agent:a-2", role="agent")), held=False
        )
        assert talk.state("a-1") == "wrapup"
        assert talk.party_state(party_id) == "took_over"

    await play(scene)


async def test_a_repeated_hand_over_is_answered_alike(play: Any) -> None:
    def scene(talk: Talk) -> None:
        party_id = talk.join("a-2")
        for _ in range(2):
            talk.ask("a-1", asks.PartyHandOver, party_id=party_id, stay=True)
        assert [one.owner for one in talk.shape().parties[1:]] == ["agent:a-2", "agent:a-1"]

    await play(scene)


async def test_who_does_not_serve_the_department_takes_nothing_over(play: Any) -> None:
    def scene(talk: Talk) -> None:
        with pytest.raises(CannotTakeOver):
            talk.invite("a-3", "transfer")
        party_id = talk.join("a-3", "consult")
        with pytest.raises(CannotTakeOver):
            talk.ask("a-1", asks.PartyHandOver, party_id=party_id)
        put_skill(talk.conn, "a-3", "d-1", "pt", 1)
        talk.ask("a-1", asks.PartyHandOver, party_id=party_id)
        assert talk.shape().parties[1].owner == "agent:a-3"

    await play(scene)


async def test_of_two_who_are_asked_the_first_takes_over(play: Any) -> None:
    def scene(talk: Talk) -> None:
        put_skill(talk.conn, "a-3", "d-1", "pt", 1)
        first, second = talk.invite("a-2", "transfer"), talk.invite("a-3", "transfer")
        talk.ask("a-3", asks.PartyAccept, party_id=second)
        with pytest.raises(InviteOver):
            talk.ask("a-2", asks.PartyAccept, party_id=first)
        assert (talk.state("a-2"), talk.party_state(first)) == ("idle", "taken_back")

    await play(scene)


async def test_a_call_that_was_transferred_ends_like_any_other(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "transfer")
        talk.later(AGENT_LEASE, "t-1", "a-1")
        assert state_of(talk.conn, call, talk.case_id) == "ended"
        assert state_of(talk.conn, ticket, talk.case_id) in ("waiting", "offered")

    await play(scene)


# Supervision


@pytest.mark.parametrize("mode", ["listen", "whisper", "full"])
async def test_a_supervisor_takes_part_unasked_and_is_seen_by_the_agent(
    play: Any, mode: str
) -> None:
    def scene(talk: Talk) -> None:
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode=mode)
        boss = CallParty(owner="agent:a-boss", role="supervisor", mode=mode)  # type: ignore[arg-type]
        assert talk.shape().parties == (CITIZEN, LEADING, boss)
        assert talk.state("a-boss") == "busy"
        assert "supervision.begun" in talk.told("agent:a-1")
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode=mode)
        assert len(talk.shape().parties) == 3
        for _ in range(2):
            talk.ask("a-boss", asks.SuperviseStop)
        assert talk.shape().parties == (CITIZEN, LEADING)
        assert talk.state("a-boss") == "paused", "she was not ready before"

    await play(scene)


async def test_a_supervisor_changes_how_she_is_heard(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="listen")
        for mode in ("whisper", "full", "listen"):
            talk.ask("a-boss", asks.SuperviseMode, mode=mode)
            assert talk.shape().parties[2].mode == mode
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="full")
        assert talk.shape().parties[2].mode == "full"

    await play(scene)


async def test_nobody_else_listens(play: Any) -> None:
    def scene(talk: Talk) -> None:
        for other in ("a-2", "a-3"):
            for call_id in (talk.call_id, "no-such-call"):
                with pytest.raises(NotAllowed):
                    talk.ask(other, asks.SuperviseStart, call_id=call_id, mode="listen")
            with pytest.raises(NotAllowedNow):
                talk.ask(other, asks.SuperviseMode, mode="full")
        talk.commands.supervisors.add("a-3")
        with pytest.raises(NotAllowed):
            talk.ask("a-3", asks.SuperviseStart, call_id=talk.call_id, mode="listen")
        assert talk.shape().parties == (CITIZEN, LEADING)

    await play(scene)


async def test_a_colleague_does_not_become_a_supervisor(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2")
        with pytest.raises(NotAllowedNow):
            talk.ask("a-2", asks.SuperviseMode, mode="whisper")
        talk.ask("a-2", asks.SuperviseStop)
        assert talk.state("a-2") == "busy"

    await play(scene)


async def test_a_supervisor_in_another_call_supervises_none(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="listen")
        talk.commands.walk_in(talk.conn, "t-2", talk.now)
        talk.commands.accept(talk.conn, "a-2", talk.now)
        other = talk.conn.execute(select(call.c.id).where(call.c.agent_id == "a-2")).scalar_one()
        with pytest.raises(NotAllowedNow):
            talk.ask("a-boss", asks.SuperviseStart, call_id=other, mode="listen")

    await play(scene)


async def test_an_agent_cannot_send_a_supervisor_away_or_hand_her_the_case(play: Any) -> None:
    def scene(talk: Talk) -> None:
        facts = talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="full")
        for kind in (asks.PartyRemove, asks.PartyHandOver):
            with pytest.raises(NotAllowed):
                talk.ask("a-1", kind, party_id=facts["party_id"])

    await play(scene)


# What is written down


async def test_everything_is_in_the_journal(play: Any) -> None:
    def scene(talk: Talk) -> None:
        talk.join("a-2", "consult")
        talk.ask("a-1", asks.CallHold, on=False)
        talk.ask("a-1", asks.CallMute, owner="agent:a-2", muted=True)
        talk.ask("a-2", asks.PartyLeave)
        talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode="listen")
        talk.ask("a-boss", asks.SuperviseMode, mode="whisper")
        talk.ask("a-boss", asks.SuperviseStop)
        talk.join("a-2", "transfer")
        lines = [json.loads(entry.body) for entry in read_all(talk.conn)]
        actions = [(line["actor"], line["action"]) for line in lines]
        start = actions.index(("agent:a-1", "party.asked"))
        about = ("call.", "party.", "supervision.")
        found = [line for line in actions[start:] if line[1].startswith(about)]
        assert found == [
            ("agent:a-1", "party.asked"),
            ("agent:a-1", "call.held"),
            ("agent:a-2", "party.joined"),
            ("agent:a-1", "call.resumed"),
            ("agent:a-1", "party.restrained"),
            ("agent:a-2", "party.left"),
            ("supervisor:a-boss", "supervision.begun"),
            ("supervisor:a-boss", "supervision.changed"),
            ("supervisor:a-boss", "supervision.ended"),
            ("agent:a-1", "party.asked"),
            ("agent:a-1", "call.transferred"),
        ]
        assert check(talk.conn)[1] == []

    await play(scene)


async def test_a_repeated_key_is_carried_out_once(play: Any) -> None:
    def scene(talk: Talk) -> None:
        ask = asks.PartyInvite(key=talk.commands.floor.key(), agent="a-2", purpose="consult")
        facts = [talk.commands.ask(talk.conn, "a-1", ask, talk.now) for _ in range(3)]
        assert len({str(one) for one in facts}) == 1
        assert len(talk.conn.execute(select(party.c.id)).all()) == 1

    await play(scene)


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds: list[type[Refusal]] = [AgentNotFree, CallIsFull, CannotTakeOver, InviteOver]
    assert len({kind.code for kind in kinds} | {NotAllowedNow.code}) == len(kinds) + 1
