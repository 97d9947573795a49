"""Commands of desk and terminal together, on both engines: one scene per test."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow, NotFound, UsedElsewhere
from counter.ids import AgentId, TerminalId
from counter.protocol import desk, terminal
from counter.signaling.ports import Overdue
from counter.signaling.ring import AGENT_LEASE, MISSES, RING, TERMINAL_LEASE, WRAPUP
from counter.signaling.store_desk import leave_desk
from counter.signaling.store_dispatch import OfferOver
from counter.signaling.store_step import in_step
from counter.signaling.store_sweep import settle
from counter.signaling.tables import agent, call, pairing, ticket
from counter.store.cases import case_on_terminal, case_table
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import tail
from tests.signaling.floor import Commands, Floor, ringing, seed, state_of, violations

T1 = TerminalId("t-1")
Scene = Callable[[Connection, Commands, datetime], Any]


async def play(executor: Executor, now: datetime, scene: Scene, **agents: str) -> Any:
    """Run a scene in one transaction and look for contradictions at its end."""
    commands = Commands(Floor())
    by_id = {name.replace("_", "-"): department for name, department in agents.items()}

    def run(conn: Connection) -> Any:
        seed(conn, now, by_id or None)
        result = scene(conn, commands, now)
        assert violations(conn) == []
        return result

    return await executor.write(run)


async def test_a_walk_in_is_rung_answered_and_closed(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        assert state_of(conn, ticket, case_id) == "offered"
        assert state_of(conn, agent, "a-1") == "offered"
        commands.accept(conn, "a-1", now + timedelta(seconds=3))
        case = case_on_terminal(conn, T1)
        assert case is not None and case.id == case_id and case.agent_id == "a-1"
        assert case.number == "A001"
        assert state_of(conn, call, case_id) == "active"
        commands.close(conn, "a-1", now + timedelta(minutes=5))
        assert state_of(conn, ticket, case_id) == "done"
        assert state_of(conn, call, case_id) == "ended"
        assert state_of(conn, agent, "a-1") == "wrapup"
        closed = case_on_terminal(conn, T1)
        assert closed is not None and closed.outcome == "completed"
        assert [case.id for case in commands.floor.closed] == [case_id]
        rate = terminal.VisitRate(key=commands.floor.key(), stars=5)
        commands.ask(conn, "t-1", rate, now + timedelta(minutes=6))
        leave = terminal.VisitLeave(key=commands.floor.key())
        commands.ask(conn, "t-1", leave, now + timedelta(minutes=6))
        assert case_on_terminal(conn, T1) is None
        row = conn.execute(select(case_table)).one()
        assert (row.stars, row.outcome) == (5, "completed")

    await play(executor, now, scene)


async def test_the_whole_visit_is_told_and_in_the_journal(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        commands.close(conn, "a-1", now)
        kinds = [told.kind for told in tail(conn, ["agent:a-1"], {})]
        assert kinds == [
            *("presence.changed", "presence.changed", "offer.rung"),
            *("call.started", "call.ended", "case.closed"),
        ]
        kinds = [told.kind for told in tail(conn, ["terminal:t-1"], {})]
        assert kinds == [
            *("terminal.changed", "terminal.changed", "ticket.taken"),
            *("call.started", "call.ended", "case.closed"),
        ]
        assert "queue.changed" in {told.kind for told in tail(conn, ["department:d-1"], {})}
        actions = [entry.body.split('"action":"')[1].split('"')[0] for entry in read_all(conn)]
        assert actions == [
            *("desk.opened", "presence.changed", "terminal.opened", "ticket.taken"),
            *("call.started", "call.ended", "case.closed"),
        ]
        assert check(conn) == (7, [])

    await play(executor, now, scene)


async def test_who_becomes_ready_is_rung_for_whoever_waits(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        first = commands.walk_in(conn, "t-1", now)
        commands.walk_in(conn, "t-2", now + timedelta(seconds=1))
        commands.ready(conn, "a-1", now + timedelta(seconds=2))
        assert state_of(conn, ticket, first) == "offered"

    await play(executor, now, scene)


async def test_an_agent_is_not_rung_before_being_ready(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.attach(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        assert state_of(conn, ticket, case_id) == "waiting"
        assert state_of(conn, agent, "a-1") == "paused"

    await play(executor, now, scene)


async def test_an_agent_of_another_department_is_not_rung(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-2", now)
        case_id = commands.walk_in(conn, "t-1", now)
        assert state_of(conn, ticket, case_id) == "waiting"

    await play(executor, now, scene, a_2="d-2")


async def test_the_longest_idle_agent_is_rung(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-2", now)
        commands.ready(conn, "a-1", now + timedelta(seconds=5))
        commands.walk_in(conn, "t-1", now + timedelta(seconds=6))
        assert ringing(conn, "a-2") and not ringing(conn, "a-1")

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_an_appointment_overtakes_by_its_boost_and_no_more(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        slot = now + timedelta(minutes=30)
        commands.floor.appointments["APPT"] = slot
        early = commands.walk_in(conn, "t-1", slot - timedelta(minutes=11))
        late = commands.walk_in(conn, "t-2", slot - timedelta(minutes=9))
        commands.attach(conn, "t-3", slot)
        find = terminal.AppointmentFind(key=commands.floor.key(), reference="APPT")
        commands.ask(conn, "t-3", find, slot)
        confirm = terminal.ArrivalConfirm(key=commands.floor.key())
        booked = commands.ask(conn, "t-3", confirm, slot)["case_id"]
        order = conn.execute(select(ticket.c.case_id).order_by(ticket.c.due)).scalars().all()
        assert order == [early, booked, late]

    await play(executor, now, scene)


async def test_a_missed_ring_goes_back_to_its_place_and_to_the_next_agent(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        commands.ready(conn, "a-2", now + timedelta(seconds=1))
        assert commands.sweep(conn, now + RING - timedelta(milliseconds=1)) == []
        assert commands.sweep(conn, now + RING) == ["ring"]
        assert state_of(conn, agent, "a-1") == "wrapup"
        assert ringing(conn, "a-2")
        assert state_of(conn, ticket, case_id) == "offered"
        assert conn.execute(select(ticket.c.due)).scalar_one() == now

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_three_misses_pause_an_agent(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        at = now
        for _ in range(MISSES):
            for _ in range(2):
                at += RING
                beat = desk.DeskBeat(key=commands.floor.key())
                commands.ask(conn, "a-1", beat, at)
                alive = terminal.TerminalBeat(key=commands.floor.key())
                commands.ask(conn, "t-1", alive, at)
                commands.sweep(conn, at)
        assert state_of(conn, agent, "a-1") == "paused"
        assert ringing(conn, "a-1") is None

    await play(executor, now, scene)


async def test_a_declined_offer_is_not_answered_any_more(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        pairing_id = ringing(conn, "a-1")
        assert pairing_id
        for _ in range(2):
            decline = desk.OfferDecline(key=commands.floor.key(), pairing_id=pairing_id)
            commands.ask(conn, "a-1", decline, now)
        accept = desk.OfferAccept(key=commands.floor.key(), pairing_id=pairing_id)
        with pytest.raises(OfferOver):
            commands.ask(conn, "a-1", accept, now)
        assert conn.execute(select(agent.c.misses)).scalar_one() == 1
        assert commands.sweep(conn, now + WRAPUP) == ["wrapup"]
        assert ringing(conn, "a-1")

    await play(executor, now, scene)


async def test_an_answer_after_the_deadline_is_refused(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        with pytest.raises(OfferOver):
            commands.accept(conn, "a-1", now + RING)

    await play(executor, now, scene)


async def test_nobody_answers_or_declines_somebody_elses_offer(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.attach(conn, "a-2", now)
        commands.walk_in(conn, "t-1", now)
        pairing_id = ringing(conn, "a-1")
        assert pairing_id
        for ask in (desk.OfferAccept, desk.OfferDecline):
            with pytest.raises(NotFound):
                commands.ask(conn, "a-2", ask(key=commands.floor.key(), pairing_id=pairing_id), now)
        assert ringing(conn, "a-1") == pairing_id

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_a_second_tab_fences_the_first_and_the_call_goes_on(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        old = commands.epochs["a-1"]
        assert commands.attach(conn, "a-1", now) == old + 1
        assert state_of(conn, agent, "a-1") == "busy"
        commands.epochs["a-1"] = old
        for ask in (
            desk.DeskBeat(key=commands.floor.key()),
            desk.PresenceChoose(key=commands.floor.key(), presence="paused"),
            desk.CaseClose(key=commands.floor.key(), outcome="completed"),
        ):
            with pytest.raises(UsedElsewhere):
                commands.ask(conn, "a-1", ask, now)
        commands.epochs["a-1"] = old + 1
        commands.close(conn, "a-1", now)
        assert state_of(conn, ticket, case_id) == "done"

    await play(executor, now, scene)


async def test_a_reload_while_it_rings_rings_again(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        before = ringing(conn, "a-1")
        commands.attach(conn, "a-1", now + timedelta(seconds=5))
        again = ringing(conn, "a-1")
        assert again and again != before
        assert conn.execute(select(agent.c.misses)).scalar_one() == 0

    await play(executor, now, scene)


async def test_a_lost_agent_puts_the_citizen_first_in_line(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        other = commands.walk_in(conn, "t-2", now + timedelta(seconds=1))
        after = now + AGENT_LEASE
        assert commands.sweep(conn, after) == ["agent"]
        assert state_of(conn, agent, "a-1") == "offline"
        row = conn.execute(select(ticket).where(ticket.c.case_id == case_id)).one()
        assert (row.state, row.requeued) == ("waiting", True)
        case = case_on_terminal(conn, T1)
        assert case is not None and case.open and case.agent_id is None
        assert state_of(conn, call, case_id) == "ended"
        commands.ready(conn, "a-2", after)
        assert state_of(conn, ticket, case_id) == "offered"
        assert state_of(conn, ticket, other) == "waiting"

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_who_signs_out_is_rung_no_more(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        rung = commands.walk_in(conn, "t-1", now)
        assert state_of(conn, ticket, rung) == "offered"
        leave_desk(conn, AgentId("a-1"), now)
        commands.ready(conn, "a-2", now)
        assert commands.sweep(conn, now) == ["agent"]
        assert state_of(conn, agent, "a-1") == "offline"
        assert ringing(conn, "a-2") is not None and state_of(conn, ticket, rung) == "offered"
        commands.accept(conn, "a-2", now)
        assert state_of(conn, ticket, commands.walk_in(conn, "t-2", now)) == "waiting"

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_who_signs_out_in_a_call_may_come_back(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        leave_desk(conn, AgentId("a-1"), now)
        assert commands.sweep(conn, now) == []
        commands.attach(conn, "a-1", now)
        assert (state_of(conn, agent, "a-1"), state_of(conn, ticket, case_id)) == ("busy", "active")

    await play(executor, now, scene, a_1="d-1")


async def test_a_lost_terminal_frees_the_agent(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        case_id = commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        for seconds in (20, 40):
            beat = desk.DeskBeat(key=commands.floor.key())
            commands.ask(conn, "a-1", beat, now + timedelta(seconds=seconds))
        assert commands.sweep(conn, now + TERMINAL_LEASE)[0] == "ticket"
        assert state_of(conn, ticket, case_id) == "abandoned"
        assert state_of(conn, pairing, conn.execute(select(pairing.c.id)).scalar_one()) == "lost"
        assert state_of(conn, agent, "a-1") == "wrapup"
        assert case_on_terminal(conn, T1) is None
        assert [case.outcome for case in commands.floor.left] == ["abandoned"]

    await play(executor, now, scene)


async def test_who_leaves_while_it_rings_frees_the_agent_for_the_next(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        first = commands.walk_in(conn, "t-1", now)
        second = commands.walk_in(conn, "t-2", now)
        commands.ask(conn, "t-1", terminal.TicketLeave(key=commands.floor.key()), now)
        assert state_of(conn, ticket, first) == "abandoned"
        assert state_of(conn, ticket, second) == "offered"

    await play(executor, now, scene)


async def test_a_repeated_key_takes_one_ticket(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.attach(conn, "t-1", now)
        ask = terminal.TicketTake(key="the-same-key", service="d-1:id")
        answers = [commands.ask(conn, "t-1", ask, now) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert len(conn.execute(select(ticket)).all()) == 1
        another = terminal.TicketTake(key="another-key", service="d-1:id")
        with pytest.raises(NotAllowedNow):
            commands.ask(conn, "t-1", another, now)

    await play(executor, now, scene)


async def test_numbers_count_per_department_and_day(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        for subject, service, at in (
            ("t-1", "d-1:id", now),
            ("t-2", "d-1:id", now),
            ("t-3", "d-2:tax", now),
            ("t-4", "d-1:id", now + timedelta(days=1)),
        ):
            commands.walk_in(conn, subject, at, service)
        numbers = conn.execute(select(ticket.c.number).order_by(ticket.c.terminal_id)).scalars()
        assert list(numbers) == ["A001", "A002", "B001", "A001"]

    await play(executor, now, scene)


async def test_presence_is_not_chosen_while_it_rings(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        with pytest.raises(NotAllowedNow):
            commands.ask(conn, "a-1", commands.presence("paused"), now)

    await play(executor, now, scene)


async def test_the_citizen_of_a_lost_agent_is_rung_at_another_at_once(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, "t-1", now)
        commands.accept(conn, "a-1", now)
        commands.ready(conn, "a-2", now + timedelta(seconds=10))
        assert commands.sweep(conn, now + AGENT_LEASE) == ["agent"]
        assert ringing(conn, "a-2")

    await play(executor, now, scene, a_1="d-1", a_2="d-1")


async def test_a_terminal_that_comes_back_in_time_is_matched_by_the_sweeper(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        case_id = commands.walk_in(conn, "t-1", now)
        late = now + TERMINAL_LEASE
        commands.ready(conn, "a-1", late)
        assert state_of(conn, ticket, case_id) == "waiting", "nobody is rung for a silent terminal"
        commands.ask(conn, "t-1", terminal.TerminalBeat(key=commands.floor.key()), late)
        assert commands.sweep(conn, late) == ["match"]
        assert state_of(conn, ticket, case_id) == "offered"

    await play(executor, now, scene)


@pytest.mark.parametrize("state", ["offered", "busy", "wrapup", "paused", "offline"])
async def test_only_an_idle_agent_is_rung(executor: Executor, now: datetime, state: str) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        if state in {"offered", "busy", "wrapup"}:
            commands.walk_in(conn, "t-1", now)
        if state in {"busy", "wrapup"}:
            commands.accept(conn, "a-1", now)
        if state == "wrapup":
            commands.close(conn, "a-1", now)
        if state == "paused":
            commands.ask(conn, "a-1", commands.presence("paused"), now)
        if state == "offline":
            commands.sweep(conn, now + AGENT_LEASE)
        waiting = commands.walk_in(conn, "t-2", now)
        assert state_of(conn, agent, "a-1") == state
        match = Overdue(kind="match", id="a-1")
        in_step(conn, commands.hooks, now, settle, match)
        assert state_of(conn, ticket, waiting) == "waiting"
        assert state_of(conn, agent, "a-1") == state

    await play(executor, now, scene)
