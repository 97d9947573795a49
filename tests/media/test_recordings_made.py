"""A stopped recording becomes one file, whatever dies or turns up late meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from counter.media.recording import (
    NOBODY_HAS_IT,
    State,
)
from counter.media.recording_keeping_service import (
    CannotMake,
    NotNow,
)
from counter.media.store_recordings_keeping import CLAIM
from counter.media.store_recordings_tables import recording
from counter.store.alerts import open_alerts
from counter.store.journal_sql import read_all
from tests.media.recordings_world import DAYS, NOON, Died, World


async def test_a_stopped_recording_becomes_a_file_and_its_dumps_go(world: World) -> None:
    await world.stored()
    assert (await world.state(), world.dumps) == (State.MUXED, set())
    assert list(world.files.values()) == ["r-1"]
    assert len(world.keys) == 1, "the same key from the first packet to the file"
    assert (await world.journal())[-1] == "recording.stored"
    await world.keeper.finish()
    assert len(world.files) == 1


async def test_two_nodes_make_one_file(world: World) -> None:
    await world.stopped()
    assert await world.store.claim("r-1", world.now)
    await world.keeper.finish()
    assert world.files == {}
    world.now += timedelta(hours=1)  # that node died
    await world.keeper.finish()
    assert len(world.files) == 1


async def test_what_cannot_be_made_is_an_alert_and_its_dumps_stay(world: World) -> None:
    await world.stopped()
    world.cannot = CannotMake("nothing_recorded", "for the test")
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason) == (State.FAILED, "nothing_recorded")
    assert [(one.kind, one.subject) for one in await world.executor.read(open_alerts)] == [
        ("recording.failed", "recording:r-1")
    ]
    await world.keeper.expire()
    assert world.dumps == {"r-1"}


async def test_a_file_that_lacks_somebody_is_kept_and_is_an_alert(world: World) -> None:
    world.unopened = 1
    await world.stored()
    assert await world.state() == State.MUXED
    (alert,) = await world.executor.read(open_alerts)
    assert (alert.kind, alert.facts) == ("recording.incomplete", {"unopened_dumps": 1})
    assert "unopened_dumps" in (await world.executor.read(read_all))[-1].body
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert await world.executor.read(open_alerts) == []


async def test_what_does_not_work_now_is_tried_again(world: World) -> None:
    await world.stopped()
    world.cannot = NotNow("disk full")
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.cannot = None
    world.now += timedelta(hours=1)
    await world.keeper.finish()
    assert await world.state() == State.MUXED


async def test_dumps_that_no_machine_has_are_missed_after_a_while(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    assert (await world.row()).reason == "no_dumps"
    assert len(await world.executor.read(open_alerts)) == 1


async def test_what_another_node_is_making_is_not_given_up(world: World) -> None:
    await world.stopped()
    world.now += NOBODY_HAS_IT - timedelta(minutes=1)
    assert await world.store.claim("r-1", world.now)
    world.dumps.clear()  # they are where that node is
    world.now += timedelta(minutes=20)
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.now += CLAIM + NOBODY_HAS_IT  # that node died, and nobody has taken it over
    await world.keeper.finish()
    assert (await world.row()).reason == "no_dumps"


async def test_dumps_that_turn_up_late_become_a_file_all_the_same(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    assert await world.state() == State.FAILED
    world.dumps.add("r-1")  # its machine is back
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason, world.dumps) == (State.MUXED, None, set())
    assert list(world.files.values()) == ["r-1"]
    assert await world.executor.read(open_alerts) == []


async def test_dumps_that_turn_up_late_and_do_not_play_are_tried_once(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    world.dumps.add("r-1")
    world.cannot = CannotMake("damaged", "for the test")
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason, world.dumps) == (State.FAILED, "damaged", {"r-1"})
    world.cannot = None
    world.now += timedelta(days=1)
    await world.keeper.finish()
    assert (await world.state(), world.files) == (State.FAILED, {})


async def test_a_file_that_came_too_late_goes_and_its_dumps_stay(world: World) -> None:
    await world.stopped()

    async def elsewhere() -> None:
        await world.store.failed("r-1", "damaged", world.now, was=State.STOPPED)

    world.meanwhile = elsewhere
    await world.keeper.finish()
    assert await world.state() == State.FAILED
    assert (world.files, world.dumps) == ({}, {"r-1"})


async def test_a_file_whose_answer_was_lost_stays(world: World) -> None:
    """The same file is said to be in the store a second time: the first answer did not come."""
    await world.stopped()
    (one,) = await world.store.unfinished(["r-1"])
    assert await world.store.claim("r-1", world.now)
    file = await world.make("r-1", b"")
    assert await world.store.made("r-1", file, world.now)
    assert await world.store.finished("r-1", file, world.now)
    assert await world.store.finished("r-1", file, world.now)
    assert not await world.store.finished("r-1", replace(file, sha256="f" * 64), world.now)
    assert one.state is State.STOPPED


async def test_a_counter_that_dies_with_a_file_in_the_store_leaves_it_to_nobody(
    world: World,
) -> None:
    await world.stopped()
    world.dies = "keep"
    with pytest.raises(Died):
        await world.keeper.finish()
    assert (await world.state(), len(world.files)) == (State.STOPPED, 1)
    world.dies = ""
    world.now += CLAIM
    await world.keeper.finish()
    assert (await world.state(), len(world.files), world.dumps) == (State.MUXED, 1, set())
    await world.keeper.reconcile()
    assert await world.executor.read(open_alerts) == []


async def test_a_file_that_was_never_promised_is_erased_too(world: World) -> None:
    await world.stopped()
    world.dies = "keep"
    with pytest.raises(Died):
        await world.keeper.finish()
    world.dies = ""
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert (await world.state(), world.files, world.dumps) == (State.ERASED, {}, set())


async def test_recordings_of_other_machines_do_not_hold_up_ours(world: World) -> None:
    await world.stopped()

    def many(conn: Connection) -> None:
        row = dict(conn.execute(select(recording)).one()._mapping)
        for number in range(30):
            changed = {"id": f"r-of-others-{number}", "stopped_at": NOON - timedelta(minutes=1)}
            conn.execute(recording.insert().values(row | changed))

    await world.executor.write(many)
    await world.keeper.finish()
    assert await world.state("r-1") == State.MUXED
