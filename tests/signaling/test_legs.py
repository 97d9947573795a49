"""Warm legs: where they are made, who follows whom, what happens when a worker dies."""

import asyncio
import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from counter.errors import NotAllowedNow, Refusal, UsedElsewhere
from counter.protocol import terminal
from counter.signaling.legs_service import NoMedia, OtherSideSilent
from counter.signaling.ports import CallShape, GatewayPrincipal
from counter.signaling.ring import RING
from counter.signaling.tables import call
from counter.store.executor import Executor
from tests.signaling.visits import Dead, Visit


@pytest.fixture
async def visit(executor: Executor, now: datetime) -> Visit:
    """In a call in which nobody has a leg yet."""
    return await Visit(executor, now).in_call()


@pytest.fixture
async def morning(executor: Executor, now: datetime) -> Visit:
    """Nobody is ready, nobody waits."""
    return await Visit(executor, now).begun()


# -- who has a leg --------------------------------------------------------------------------------


async def test_a_leg_comes_with_waiting_and_with_duty_and_goes_with_them(morning: Visit) -> None:
    assert await morning.leg(morning.agent) is None
    assert await morning.leg(morning.terminal) is None
    await morning.ready()
    mine = await morning.leg(morning.agent)
    assert mine is not None and not mine.sending
    await morning.take_ticket()
    # It rings at once: the agent is seen by nobody yet, the citizen sends nothing.
    mine, theirs = await morning.leg(morning.agent), await morning.leg(morning.terminal)
    assert mine is not None and mine.sending
    assert theirs is not None and not theirs.sending
    await morning.accept()
    theirs = await morning.leg(morning.terminal)
    assert theirs is not None and theirs.sending
    await morning.close()
    assert await morning.leg(morning.terminal) is None
    mine = await morning.leg(morning.agent)
    assert mine is not None and not mine.sending


async def test_who_shall_have_no_leg_joins_none(morning: Visit) -> None:
    with pytest.raises(NotAllowedNow):
        await morning.service.legs.join(morning.terminal)
    stranger = GatewayPrincipal(audience="/terminal", subject="t-2")
    epoch = await morning.service.attach(stranger)
    with pytest.raises(NotAllowedNow):
        await morning.service.legs.join(dataclasses.replace(stranger, epoch=epoch))


async def test_an_older_page_joins_nothing(visit: Visit) -> None:
    older = visit.agent
    await visit.attach()
    with pytest.raises(UsedElsewhere):
        await visit.service.legs.join(older)
    assert (await visit.service.legs.join(visit.agent)).leg_id


async def test_something_is_expected_of_those_who_have_a_leg_and_may_be_heard(
    visit: Visit,
) -> None:
    await visit.join(visit.terminal)
    theirs = await visit.leg(visit.terminal)
    assert theirs is not None and not theirs.expects
    await visit.join(visit.agent)
    assert (await visit.kinds("terminal:t-1"))[-1] == "leg.made"
    theirs = await visit.leg(visit.terminal)
    assert theirs is not None and theirs.expects
    # The terminal found neither camera nor microphone: that nothing comes of it is no fault.
    report = terminal.DeviceReport(key=visit.key(), camera="missing", microphone="refused")
    await visit.service.carry_out(visit.terminal, report)
    mine = await visit.leg(visit.agent)
    assert mine is not None and not mine.expects


# -- where it is made -----------------------------------------------------------------------------


async def test_a_leg_is_placed_by_department_before_any_call(morning: Visit) -> None:
    await morning.ready()
    offer = await morning.join(morning.agent)
    assert offer.sdp == "offer of w-1"
    assert morning.media.keys == ["d-1"]
    assert (await morning.join(morning.agent)).tag == offer.tag


async def test_to_answer_is_only_to_arrange(morning: Visit) -> None:
    await morning.ready()
    await morning.join(morning.agent)
    await morning.take_ticket()
    await morning.join(morning.terminal)
    made, asked = morning.media.made, len(morning.media.keys)
    await morning.accept()
    call_id, worker = await morning.call_row()
    assert worker == "w-1"
    assert [party.owner for party in morning.media.shapes["w-1", call_id].parties] == [
        "terminal:t-1",
        "agent:a-1",
    ]
    assert (morning.media.made, len(morning.media.keys)) == (made, asked)


async def test_the_agents_leg_follows_the_terminals_while_it_rings(morning: Visit) -> None:
    await morning.ready()
    first = await morning.join(morning.agent)
    morning.media.order.reverse()
    # The terminal was put elsewhere before this agent became free.
    await morning.agent_asks(morning.presence("paused"))
    await morning.take_ticket()
    waiting = await morning.join(morning.terminal)
    assert (first.sdp, waiting.sdp) == ("offer of w-1", "offer of w-2")
    await morning.ready()
    assert "leg.moved" in await morning.kinds("agent:a-1")
    told = await morning.leg(morning.agent)
    assert told is not None and told.tag > first.tag
    again = await morning.join(morning.agent)
    assert again.sdp == "offer of w-2"
    assert again.tag >= told.tag
    assert (await morning.leg(morning.terminal)) is not None
    assert "leg.moved" not in await morning.kinds("terminal:t-1")
    await morning.accept()
    assert (await morning.call_row())[1] == "w-2"


async def test_a_leg_that_is_moved_while_it_is_made_is_made_again(morning: Visit) -> None:
    await morning.ready()
    media_open = morning.media.open

    async def slow(worker: str, owner: str) -> object:
        offer = await media_open(worker, owner)
        if morning.media.made == 1:
            await morning.executor.write(morning.moved_to, "agent:a-1", "w-2")
        return offer

    morning.media.open = slow  # type: ignore[method-assign,assignment]
    offer = await morning.service.legs.join(morning.agent)
    assert offer.sdp == "offer of w-2"
    told = await morning.leg(morning.agent)
    assert told is not None and told.tag == offer.tag


async def test_both_sides_join_the_same_worker_and_answer(visit: Visit) -> None:
    first = await visit.service.legs.join(visit.terminal)
    visit.media.order.reverse()
    second = await visit.service.legs.join(visit.agent)
    assert first.sdp == second.sdp == "offer of w-1"
    await visit.service.legs.answer(visit.terminal, first.leg_id, "mine")
    await visit.service.legs.answer(visit.agent, second.leg_id, "and mine")
    assert visit.media.answered == [
        ("w-1", "terminal:t-1", "mine"),
        ("w-1", "agent:a-1", "and mine"),
    ]


async def test_two_sides_that_join_at_once_end_on_one_worker(visit: Visit) -> None:
    answers = iter(["w-1", "w-2"] * 3)

    async def place(key: str) -> str:
        return next(answers)

    visit.media.place = place  # type: ignore[method-assign]
    offers = await asyncio.gather(
        visit.service.legs.join(visit.terminal), visit.service.legs.join(visit.agent)
    )
    assert len({offer.sdp for offer in offers}) == 1
    assert (await visit.call_row())[1] == offers[0].sdp.split()[-1]


async def test_every_join_is_told_of_the_relays_anew(visit: Visit) -> None:
    first = await visit.service.legs.join(visit.terminal)
    visit.now += timedelta(minutes=9)
    second = await visit.service.legs.join(visit.terminal)
    assert first.relay_only and second.relay_only
    [before], [after] = first.ice_servers, second.ice_servers
    assert before.urls == after.urls == ["turn:relay.example:3478?transport=udp"]
    assert datetime.fromisoformat(after.username) - datetime.fromisoformat(
        before.username
    ) == timedelta(minutes=9)


async def test_the_answer_to_a_leg_that_was_replaced_is_refused(visit: Visit) -> None:
    older = await visit.service.legs.join(visit.agent)
    await visit.service.legs.join(visit.agent)
    with pytest.raises(NoMedia):
        await visit.service.legs.answer(visit.agent, older.leg_id, "late")
    assert visit.media.answered == []


# -- what workers are told ------------------------------------------------------------------------


async def test_a_worker_is_told_once_who_takes_part(visit: Visit) -> None:
    told = []
    arrange = visit.media.arrange

    async def count(worker: str, call_id: str, shape: CallShape) -> None:
        told.append((worker, [(party.owner, party.role) for party in shape.parties]))
        await arrange(worker, call_id, shape)

    visit.media.arrange = count  # type: ignore[method-assign]
    await visit.join(visit.terminal)
    await visit.join(visit.agent)
    await visit.service.sweep()
    assert told == [("w-1", [("terminal:t-1", "citizen"), ("agent:a-1", "agent")])]


async def test_a_worker_that_could_not_be_told_is_told_by_the_sweeper(visit: Visit) -> None:
    arrange = visit.media.arrange

    async def refuse(worker: str, call_id: str, shape: CallShape) -> None:
        raise NotAllowedNow("later")

    visit.media.arrange = refuse  # type: ignore[method-assign]
    assert (await visit.service.legs.join(visit.terminal)).leg_id
    assert not visit.media.shapes
    visit.media.arrange = arrange  # type: ignore[method-assign]
    await visit.service.sweep()
    assert list(visit.media.shapes) == [("w-1", (await visit.call_row())[0])]


async def test_what_changes_while_it_is_told_is_told_again(visit: Visit) -> None:
    """Two nodes may tell in the wrong order: who finds that told is old tells the newest."""
    seen: list[int] = []
    arrange = visit.media.arrange

    async def slow(worker: str, call_id: str, shape: CallShape) -> None:
        seen.append(await visit.executor.read(lambda conn: conn.scalars(select(call.c.rev)).one()))
        if len(seen) == 1:
            await visit.executor.write(visit.rearranged, call_id)
        await arrange(worker, call_id, shape)

    visit.media.arrange = slow  # type: ignore[method-assign]
    await visit.join(visit.terminal)
    assert seen[1:] == [seen[0] + 1]
    assert await visit.store.unarranged() == []


async def test_a_call_that_ends_while_it_is_told_is_let_go_of(visit: Visit) -> None:
    arrange = visit.media.arrange

    async def slow(worker: str, call_id: str, shape: CallShape) -> None:
        await visit.close()
        visit.media.ended.clear()
        await arrange(worker, call_id, shape)

    visit.media.arrange = slow  # type: ignore[method-assign]
    call_id, _ = await visit.call_row()
    await visit.service.legs.join(visit.terminal)
    assert visit.media.ended == [("w-1", call_id)]


# -- what is over ---------------------------------------------------------------------------------


async def test_a_closed_case_lets_go_of_the_call_and_of_the_terminals_leg(visit: Visit) -> None:
    await visit.join(visit.agent)
    await visit.join(visit.terminal)
    call_id, _ = await visit.call_row()
    await visit.close()
    assert visit.media.ended == [("w-1", call_id)]
    assert (await visit.call_row())[1] is None
    assert list(visit.media.held) == [("w-1", "agent:a-1")], "the agent's stays warm"
    await visit.service.legs.let_go()
    assert len(visit.media.ended) == 1


async def test_a_ticket_given_back_lets_go_of_the_leg(morning: Visit) -> None:
    await morning.take_ticket()
    first = await morning.join(morning.terminal)
    await morning.service.carry_out(morning.terminal, terminal.TicketLeave(key=morning.key()))
    assert morning.media.held == {}
    await morning.take_ticket()
    told = await morning.leg(morning.terminal)
    assert told is not None and told.tag > first.tag, "who missed the end makes a new one"


async def test_a_dead_worker_has_let_go_already(visit: Visit) -> None:
    await visit.join(visit.agent)
    visit.media.die("w-1")
    await visit.close()
    assert (await visit.call_row())[1] is None


async def test_media_that_cannot_let_go_now_is_asked_again(visit: Visit) -> None:
    class Slow(Refusal):
        code = "busy"

    end = visit.media.end

    async def refuse(worker: str, call_id: str) -> None:
        raise Slow("later")

    await visit.join(visit.agent)
    visit.media.end = refuse  # type: ignore[method-assign]
    await visit.close()
    assert (await visit.call_row())[1] == "w-1"
    visit.media.end = end  # type: ignore[method-assign]
    await visit.service.sweep()
    assert (await visit.call_row())[1] is None


# -- healing --------------------------------------------------------------------------------------


async def test_a_leg_finds_a_new_way_when_what_it_misses_was_sent(visit: Visit) -> None:
    await visit.join(visit.agent)
    offer = await visit.join(visit.terminal)
    again = await visit.service.legs.restart(visit.terminal, offer.leg_id, silent=True)
    assert (again.leg_id, again.tag) == (offer.leg_id, offer.tag)
    assert again.sdp == "offer of w-1, again"


async def test_who_misses_what_never_came_is_told_that_it_is_the_other_side(visit: Visit) -> None:
    await visit.join(visit.agent)
    offer = await visit.join(visit.terminal)
    visit.media.silent["agent:a-1"] = 1500
    with pytest.raises(OtherSideSilent):
        await visit.service.legs.restart(visit.terminal, offer.leg_id, silent=True)
    # The browser knows that its own way is broken: no question whose fault it is.
    assert await visit.service.legs.restart(visit.terminal, offer.leg_id, silent=False)


async def test_a_leg_that_was_replaced_finds_no_new_way(visit: Visit) -> None:
    older = await visit.join(visit.agent)
    await visit.join(visit.agent)
    with pytest.raises(NoMedia):
        await visit.service.legs.restart(visit.agent, older.leg_id, silent=False)


async def test_when_a_worker_dies_its_calls_go_on_elsewhere(visit: Visit) -> None:
    first = [await visit.join(visit.terminal), await visit.join(visit.agent)]
    call_id, _ = await visit.call_row()
    visit.media.die("w-1")
    await visit.service.legs.worker_gone("w-1")
    assert (await visit.call_row()) == (call_id, None)
    for who, before in zip((visit.terminal, visit.agent), first, strict=True):
        assert "leg.moved" in await visit.kinds(who.own)
        told = await visit.leg(who)
        assert told is not None and told.tag > before.tag
        assert (await visit.join(who)).sdp == "offer of w-2"
    assert [party.owner for party in visit.media.shapes["w-2", call_id].parties] == [
        "terminal:t-1",
        "agent:a-1",
    ]


async def test_legs_that_are_merely_warm_are_made_anew_as_well(morning: Visit) -> None:
    await morning.ready()
    first = await morning.join(morning.agent)
    morning.media.die("w-1")
    await morning.service.legs.worker_gone("w-1")
    told = await morning.leg(morning.agent)
    assert told is not None and told.tag > first.tag
    assert (await morning.join(morning.agent)).sdp == "offer of w-2"


async def test_a_side_that_finds_the_worker_dead_takes_the_other_along(visit: Visit) -> None:
    await visit.join(visit.terminal)
    await visit.join(visit.agent)
    visit.media.die("w-1")
    offer = await visit.join(visit.agent)
    assert offer.sdp == "offer of w-2"
    assert "leg.moved" in await visit.kinds("terminal:t-1")
    assert (await visit.join(visit.terminal)).sdp == "offer of w-2"
    told = await visit.leg(visit.agent)
    assert told is not None and told.tag == offer.tag, "and is not sent away itself"


async def test_while_it_rings_both_leave_a_worker_that_takes_nobody_new(morning: Visit) -> None:
    await morning.take_ticket()
    waiting = await morning.join(morning.terminal)
    media_open = morning.media.open

    async def drains(worker: str, owner: str) -> object:
        if worker == "w-1":
            raise Dead("it ends with its last call")
        return await media_open(worker, owner)

    morning.media.open = drains  # type: ignore[method-assign,assignment]
    morning.media.order.reverse()
    await morning.ready()
    assert (await morning.join(morning.agent)).sdp == "offer of w-2"
    told = await morning.leg(morning.terminal)
    assert told is not None and told.tag > waiting.tag
    assert (await morning.join(morning.terminal)).sdp == "offer of w-2"
    await morning.accept()
    assert (await morning.call_row())[1] == "w-2"


async def test_no_worker_at_all_is_a_refusal(visit: Visit) -> None:
    visit.media.dead |= {"w-1", "w-2"}
    with pytest.raises(Refusal) as refused:
        await visit.service.legs.join(visit.agent)
    assert refused.value.code == "media_gone"


async def test_a_worker_that_dies_while_it_is_told_is_forsaken(visit: Visit) -> None:
    await visit.join(visit.terminal)
    await visit.executor.write(visit.rearranged, (await visit.call_row())[0])

    async def refuse(worker: str, call_id: str, shape: CallShape) -> None:
        raise Dead(worker)

    visit.media.arrange = refuse  # type: ignore[method-assign]
    await visit.service.sweep()
    assert (await visit.call_row())[1] is None
    assert (await visit.kinds("terminal:t-1"))[-1] == "leg.moved"


async def test_what_died_while_no_node_was_up_is_found_at_the_start(visit: Visit) -> None:
    await visit.join(visit.terminal)
    await visit.join(visit.agent)
    call_id, _ = await visit.call_row()
    visit.media.die("w-1")
    visit.media.dead.clear()  # it was started again, under the same name
    await visit.service.legs.take_stock()
    assert (await visit.kinds("terminal:t-1"))[-1] == "leg.moved"
    await visit.service.sweep()
    assert ("w-1", call_id) in visit.media.shapes, "its worker lives, so it goes on there"
    assert (await visit.join(visit.terminal)).sdp == "offer of w-1"


async def test_what_outlived_the_nodes_is_left_alone(visit: Visit) -> None:
    await visit.join(visit.terminal)
    await visit.join(visit.agent)
    before = [await visit.leg(who) for who in (visit.terminal, visit.agent)]
    await visit.service.legs.take_stock()
    assert [await visit.leg(who) for who in (visit.terminal, visit.agent)] == before
    assert await visit.store.unarranged() == []


async def test_one_leg_that_is_gone_does_not_take_the_call_along(visit: Visit) -> None:
    kept = await visit.join(visit.terminal)
    await visit.join(visit.agent)
    await visit.media.hang_up("w-1", "agent:a-1")
    await visit.service.legs.take_stock()
    assert (await visit.call_row())[1] == "w-1"
    assert "leg.moved" not in await visit.kinds("terminal:t-1")
    told = await visit.leg(visit.terminal)
    assert told is not None and told.tag == kept.tag
    assert (await visit.kinds("agent:a-1"))[-1] == "leg.moved"


# -- several machines -----------------------------------------------------------------------------


async def test_a_call_that_lives_on_another_machine_is_not_moved_and_is_let_go_of_there(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    await visit.join(visit.terminal)
    visit.media.elsewhere.add("w-1")
    with pytest.raises(Refusal) as refused:
        await visit.service.legs.join(visit.agent)
    assert refused.value.code == "media_elsewhere"
    assert (await visit.call_row())[1] == "w-1"
    await visit.close()
    await visit.service.sweep()
    # Left to a node of that machine, and not worth a warning every second.
    assert (await visit.call_row())[1] == "w-1"
    assert caplog.records == []


async def test_a_leg_that_nobody_waits_for_is_made_where_this_node_reaches(morning: Visit) -> None:
    await morning.ready()
    await morning.join(morning.agent)
    morning.media.elsewhere.add("w-1")
    assert (await morning.join(morning.agent)).sdp == "offer of w-2"


async def test_a_ring_that_is_over_leaves_both_legs_where_they_are(morning: Visit) -> None:
    await morning.ready()
    await morning.take_ticket()
    await morning.join(morning.terminal)
    offer = await morning.join(morning.agent)
    morning.now += RING
    await morning.service.sweep()
    told = await morning.leg(morning.agent)
    assert told is not None and (told.tag, told.sending) == (offer.tag, False)
    assert len(morning.media.held) == 2
