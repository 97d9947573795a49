"""The bridge and its recordings: who is taped follows from the arrangement, as routing does."""

import pytest

from counter.errors import NotFound
from counter.media.taping import Taping
from tests.media.test_service import House, two

KEY = bytes(32)


def taping(*, paused: bool = False, recording_id: str = "r-1") -> Taping:
    return Taping(recording_id=recording_id, key=KEY, paused=paused)


async def recorded() -> House:
    house = House()
    await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    house.asked.clear()
    return house


async def test_both_sides_are_taped_and_asked_for_a_whole_picture() -> None:
    house = await recorded()
    report = house.bridge.record("c-1", taping())
    assert report.legs == 2
    assert set(house.recorder.taped["r-1"]) == {"terminal", "agent"}
    assert len(house.asked) == 2
    house.bridge.record("c-1", taping())
    assert len(house.asked) == 2, "a repeated ask is no new beginning"


async def test_a_pause_and_its_end() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    house.asked.clear()
    house.bridge.record("c-1", taping(paused=True))
    assert not any(leg.on for leg in house.recorder.taped["r-1"].values())
    assert house.asked == []
    house.bridge.record("c-1", taping())
    assert all(leg.on for leg in house.recorder.taped["r-1"].values())
    assert len(house.asked) == 2


async def test_who_joins_later_is_taped_from_then_on_and_who_leaves_is_not() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    await house.bridge.arrange("c-1", two(mei="colleague"))
    assert set(house.recorder.taped["r-1"]) == {"terminal", "agent"}
    await house.connected("mei")
    assert set(house.recorder.taped["r-1"]) == {"terminal", "agent", "mei"}
    await house.bridge.close("agent")
    assert set(house.recorder.taped["r-1"]) == {"terminal", "mei"}


async def test_a_new_leg_of_the_same_owner_takes_the_place_of_the_old_one() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    before = house.recorder.taped["r-1"]["agent"].leg_id
    await house.connected("agent")
    assert house.recorder.taped["r-1"]["agent"].leg_id != before


async def test_on_hold_nobody_is_taped() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    await house.bridge.arrange("c-1", two(held=True))
    assert not any(leg.on for leg in house.recorder.taped["r-1"].values())
    await house.bridge.arrange("c-1", two())
    assert all(leg.on for leg in house.recorder.taped["r-1"].values())


async def test_the_end_of_the_call_is_the_end_of_its_recording() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    await house.bridge.end("c-1")
    assert house.recorder.ended == ["r-1"]
    await house.bridge.untape("r-1")
    assert house.recorder.ended == ["r-1"], "harmless"


async def test_stopping_leaves_the_call_alone() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    report = await house.bridge.untape("r-1")
    assert report.legs == 2
    assert house.bridge.calls() == ["c-1"]
    await house.bridge.arrange("c-1", two(mei="colleague"))
    assert house.recorder.taped == {}


async def test_a_second_recording_ends_the_first() -> None:
    house = await recorded()
    house.bridge.record("c-1", taping())
    house.bridge.record("c-1", taping(recording_id="r-2"))
    assert house.recorder.ended == ["r-1"]
    assert set(house.recorder.taped) == {"r-2"}


async def test_a_call_that_is_not_known_yet_is_not_recorded() -> None:
    with pytest.raises(NotFound):
        House().bridge.record("c-1", taping())


async def test_taping_ends_when_nobody_asks_for_it_any_more() -> None:
    """The counter that was told to stop may not reach this process, and ours may have died."""
    house = await recorded()
    house.bridge.record("c-1", taping())
    house.now += 59
    house.bridge.sweep()
    house.bridge.record("c-1", taping())
    house.now += 59
    house.bridge.sweep()
    assert house.recorder.ended == []
    house.now += 2
    house.bridge.sweep()
    assert house.recorder.ended == ["r-1"]
    assert house.bridge.calls() == ["c-1"]
