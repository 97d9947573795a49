"""Warm legs when a line or a media process dies, on one machine and on several."""

import pytest

from counter.errors import Refusal
from counter.signaling.legs_service import NoMedia, OtherSideSilent
from counter.signaling.media_ports import CallShape
from counter.signaling.ring import RING
from tests.signaling.visits import Dead, Visit


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
