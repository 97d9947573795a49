"""Recordings on both engines: who agreed, what a media process is told, what is kept and erased."""

from datetime import timedelta

import pytest

from counter.errors import NotAllowed, NotAllowedNow, NotFound
from counter.ids import CaseId
from counter.media.recording import (
    State,
)
from counter.media.store_recordings import OnCall, RecordingView, recording_view
from counter.media.store_recordings_reading import consents
from counter.store.session_log import tail
from tests.media.recordings_world import (
    AGENT,
    BOSS,
    CITIZEN,
    DAYS,
    NOON,
    Speaker,
    World,
)


async def test_nothing_is_taped_before_both_agreed(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    await world.service.follow()
    assert (world.told, world.dumps) == ([], set())
    assert (await world.row()).wrapped_key is None, "there is not even a key"
    await world.service.agree(CITIZEN, "key-0002", "r-1")
    assert world.taped == {"r-1"}
    assert await world.state() == State.RECORDING
    assert await world.executor.read(consents, "r-1") == {
        "agent": ("agent:lei", True),
        "citizen": ("terminal:t-1", True),
    }
    assert (await world.journal()) == ["recording.proposed", "recording.agreed", "recording.began"]


async def test_who_declines_is_not_recorded_and_may_be_asked_again(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    await world.service.decline(CITIZEN, "key-0002", "r-1")
    await world.service.follow()
    assert world.told == []
    assert (await world.executor.read(consents, "r-1"))["citizen"] == ("terminal:t-1", False)
    with pytest.raises(NotAllowedNow):
        await world.service.agree(CITIZEN, "key-0003", "r-1")
    await world.service.propose(AGENT, "key-0004", "r-2")
    assert await world.state("r-2") == State.PROPOSED


async def test_only_who_leads_the_case_may_ask_and_only_the_citizen_may_agree(
    world: World,
) -> None:
    for other in (BOSS, CITIZEN):
        with pytest.raises(NotAllowed):
            await world.service.propose(other, "key-0001", "r-1")
    await world.service.propose(AGENT, "key-0002", "r-1")
    for other, refused in ((AGENT, NotAllowedNow), (BOSS, NotAllowed)):
        with pytest.raises(refused):
            await world.service.agree(other, "key-0003", "r-1")
    assert world.told == []


async def test_a_call_has_one_recording_at_a_time(world: World) -> None:
    await world.agreed()
    with pytest.raises(NotAllowedNow):
        await world.service.propose(AGENT, "key-0009", "r-2")
    await world.service.steer(CITIZEN, "key-0010", "r-1", "stop")
    await world.service.propose(AGENT, "key-0011", "r-2")


async def test_a_repeated_ask_is_carried_out_once(world: World) -> None:
    for _ in range(2):
        await world.service.propose(AGENT, "key-0001", "r-1")
    for _ in range(2):
        await world.service.agree(CITIZEN, "key-0002", "r-1")
    for _ in range(2):
        await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    assert await world.state() == State.PAUSED
    assert len(await world.journal()) == 4
    assert len(world.keys) == 1


async def test_a_pause_and_its_end_reach_the_process_before_they_are_answered(
    world: World,
) -> None:
    await world.agreed()
    await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    assert world.told[-1] == ("r-1", "paused")
    with pytest.raises(NotAllowedNow):
        await world.service.steer(CITIZEN, "key-0004", "r-1", "resume")
    await world.service.steer(AGENT, "key-0005", "r-1", "resume")
    assert world.told[-1] == ("r-1", "on")


async def test_the_file_is_made_without_the_pauses_and_what_came_after_the_end(
    world: World,
) -> None:
    """Whatever a media process taped that heard of them late."""
    await world.agreed()
    minutes = [world.now + timedelta(minutes=number) for number in range(6)]
    for number, word in enumerate(("pause", "resume", "pause", "resume", "stop"), 1):
        world.now = minutes[number]
        await world.service.steer(AGENT, f"key-{number:04}b", "r-1", word)  # type: ignore[arg-type]
    await world.keeper.finish()
    assert world.left_out == [
        *((minutes[1], minutes[2]), (minutes[3], minutes[4]), (minutes[5], None)),
    ]


async def test_a_pause_that_was_not_ended_lasts_to_the_end(world: World) -> None:
    await world.agreed()
    world.now += timedelta(minutes=1)
    await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    paused_at = world.now
    world.now += timedelta(minutes=1)
    world.on = None
    await world.service.follow()
    await world.keeper.finish()
    assert world.left_out == [(paused_at, None)]


@pytest.mark.parametrize("side", [CITIZEN, AGENT], ids=lambda side: side.own)
async def test_either_side_withdraws_and_the_process_stops_at_once(
    world: World, side: Speaker
) -> None:
    await world.agreed()
    await world.service.steer(side, "key-0003", "r-1", "stop")
    assert world.taped == set()
    row = await world.row()
    assert (row.state, row.keep_until) == (State.STOPPED, NOON + timedelta(days=DAYS))
    await world.service.follow()
    assert world.told[-1] == ("r-1", "off"), "an older word came later"


async def test_a_withdrawal_while_the_process_is_being_told_wins(world: World) -> None:
    await world.agreed()

    async def elsewhere() -> None:  # another node carries the withdrawal out
        await world.store.steer(CITIZEN, "key-0009", "r-1", "stop", DAYS, world.now)

    world.meanwhile = elsewhere
    await world.service.follow()
    assert world.taped == set()
    assert world.told[-1] == ("r-1", "off")


async def test_what_another_node_has_stopped_is_stopped_here_too(world: World) -> None:
    await world.agreed()
    await world.store.steer(CITIZEN, "key-0009", "r-1", "stop", DAYS, world.now)
    assert world.taped == {"r-1"}, "that node does not reach our media process"
    await world.service.follow()
    assert world.taped == set()
    told = len(world.told)
    await world.service.follow()
    assert len(world.told) == told


async def test_a_process_that_was_away_is_told_when_it_is_back(world: World) -> None:
    world.gone = True
    await world.agreed()
    assert await world.state() == State.AGREED, "nobody says that it is recorded"
    world.gone = False
    await world.service.follow()
    assert (await world.state(), world.taped) == (State.RECORDING, {"r-1"})


async def test_the_end_of_the_call_ends_it(world: World) -> None:
    await world.agreed()
    world.on = None
    await world.service.follow()
    row = await world.row()
    assert (row.state, row.reason) == (State.STOPPED, "call_ended")


async def test_a_question_that_nobody_answered_ends_with_the_call(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    world.on = None
    await world.service.follow()
    assert await world.state() == State.DECLINED


async def test_a_full_disk_ends_it_and_what_there_is_is_kept(world: World) -> None:
    await world.agreed()
    world.trouble = "disk"
    await world.service.follow()
    row = await world.row()
    assert (row.state, row.reason) == (State.STOPPED, "disk")
    assert world.taped == set()
    await world.keeper.finish()
    assert await world.state() == State.MUXED


async def test_a_recording_of_another_call_is_not_found(world: World) -> None:
    await world.agreed()
    world.on = OnCall(call_id="c-2", case_id=CaseId("case-1"), worker="media-0")
    with pytest.raises(NotFound):
        await world.service.steer(CITIZEN, "key-0009", "r-1", "stop")


async def test_both_screens_are_told_and_show_the_newest(world: World) -> None:
    await world.agreed()
    for who in (CITIZEN, AGENT):
        kinds = [row.kind for row in await world.executor.read(tail, [who.own], {})]
        assert kinds == ["recording.proposed", "recording.agreed", "recording.began"]
    view = await world.executor.read(recording_view, "c-1")
    assert view == RecordingView(recording_id="r-1", state=State.RECORDING, since=NOON)
    assert await world.executor.read(recording_view, "c-9") is None
