"""More than two in a call: hold, silence, invitations, transfer, supervision, on both engines."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import NotAllowed, NotAllowedNow, NotFound, Refusal, UsedElsewhere
from counter.ids import CallId
from counter.protocol import parties as asks
from counter.protocol import terminal
from counter.signaling.party import AgentNotFree, CallIsFull, CannotTakeOver, InviteOver
from counter.signaling.ports import CallParty, CallShape
from counter.signaling.ring import AGENT_LEASE, INVITE, MISSES, WRAPUP
from counter.signaling.store_desk import put_skill
from counter.signaling.store_party_rows import shape_of
from counter.signaling.tables import agent, call, pairing, party, ticket
from counter.store.cases import case_table
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import tail
from tests.signaling.floor import Commands, Floor, ringing, seed, state_of, violations

AGENTS = {"a-1": "d-1", "a-2": "d-1", "a-3": "d-2", "a-4": "d-2", "a-boss": "d-1"}
CITIZEN = CallParty(owner="terminal:t-1", role="citizen")
LEADING = CallParty(owner="agent:a-1", role="agent")
SECOND = CallParty(owner="agent:a-2", role="colleague")


class Talk:
    """A call of the citizen at `t-1` with agent `a-1`, while the others are idle."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self.commands = Commands(Floor())
        self.commands.supervisors = {"a-boss"}
        seed(conn, now, AGENTS)
        self.commands.ready(conn, "a-1", now)
        self.case_id = self.commands.walk_in(conn, "t-1", now)
        self.commands.accept(conn, "a-1", now)
        for one in ("a-2", "a-3", "a-4"):
            self.commands.ready(conn, one, now)
        self.commands.attach(conn, "a-boss", now)
        self.call_id = CallId(conn.execute(select(call.c.id)).scalar_one())

    def ask(self, subject: str, kind: Callable[..., Any], **body: Any) -> Any:
        """Ask with a key of its own; contradictions fail at once."""
        ask = kind(key=self.commands.floor.key(), **body)
        facts = self.commands.ask(self.conn, subject, ask, self.now)
        assert violations(self.conn) == []
        return facts

    def invite(self, whom: str, purpose: str = "colleague", **more: Any) -> str:
        facts = self.ask("a-1", asks.PartyInvite, agent=whom, purpose=purpose, **more)
        return str(facts["party_id"])

    def join(self, whom: str, purpose: str = "colleague", **more: Any) -> str:
        party_id = self.invite(whom, purpose, **more)
        self.ask(whom, asks.PartyAccept, party_id=party_id)
        return party_id

    def later(self, span: timedelta, *alive: str) -> list[str]:
        """Time passes; these beat.  Returns what the sweeper settled."""
        self.now += span
        for one in alive:
            kind = terminal.TerminalBeat if one.startswith("t-") else None
            if kind:
                self.commands.ask(self.conn, one, kind(key=self.commands.floor.key()), self.now)
            else:
                self.commands.attach(self.conn, one, self.now)
        kinds = self.commands.sweep(self.conn, self.now)
        assert violations(self.conn) == []
        return kinds

    def shape(self) -> CallShape:
        return shape_of(self.conn, self.call_id)

    def state(self, subject: str) -> str:
        return state_of(self.conn, agent, subject)

    def party_state(self, party_id: str) -> str:
        return state_of(self.conn, party, party_id)

    def rev(self) -> int:
        rev: int = self.conn.execute(select(call.c.rev)).scalar_one()
        return rev

    def told(self, audience: str) -> list[str]:
        return [row.kind for row in tail(self.conn, [audience], {})]


Scene = Callable[[Talk], None]


@pytest.fixture
def play(executor: Executor, now: datetime) -> Callable[[Scene], Any]:
    """Return what runs a scene in one transaction."""

    async def run(scene: Scene) -> None:
        await executor.write(lambda conn: scene(Talk(conn, now)))

    return run


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
