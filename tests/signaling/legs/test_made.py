"""Warm legs: who has one, where it is made, who follows whom."""

import asyncio
import dataclasses
from datetime import datetime, timedelta

import pytest

from counter.errors import NotAllowedNow, UsedElsewhere
from counter.protocol import terminal
from counter.signaling.legs_service import NoMedia
from counter.signaling.ports import GatewayPrincipal
from tests.signaling.visits import Visit


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
