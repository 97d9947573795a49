"""Files of recordings are looked for, read again, and erased when their time is over."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow
from counter.media.recording import (
    LOOKED_AT_EVERY,
    LOOKED_FOR_EVERY,
    MISSING_FOR,
    State,
)
from counter.media.recording_keeping_service import (
    KEEP_EVERY_S,
    CannotMake,
)
from counter.media.store_recordings_reading import AT_ONCE, LOOKED_FOR_AT_ONCE
from counter.media.store_recordings_tables import recording, recording_file
from counter.media.vault_cryptography import Vault
from counter.store.alerts import open_alerts
from counter.store.journal_sql import check, read_all
from tests.media.recordings_world import (
    AGENT,
    CITIZEN,
    DAYS,
    NOON,
    Died,
    World,
)


async def reconciled(world: World, *, during: timedelta) -> None:
    """As often as in life."""
    for _ in range(int(during.total_seconds() / KEEP_EVERY_S) + 1):
        await world.keeper.reconcile()
        world.now += timedelta(seconds=KEEP_EVERY_S)


async def test_a_promised_file_that_is_gone_is_an_alert(world: World) -> None:
    await world.stored()
    await world.keeper.reconcile()
    assert await world.state() == State.MUXED
    world.files.clear()
    await reconciled(world, during=LOOKED_FOR_EVERY + MISSING_FOR)
    (alert,) = await world.executor.read(open_alerts)
    assert (alert.kind, alert.subject) == ("recording.missing", "recording:r-1")
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert await world.executor.read(open_alerts) == []


async def test_a_store_that_is_away_for_a_moment_fails_no_recording(world: World) -> None:
    await world.stored()
    away, world.files = world.files, {}
    await reconciled(world, during=timedelta(minutes=1))
    assert (await world.state(), await world.executor.read(open_alerts)) == (State.MUXED, [])
    world.files = away
    await reconciled(world, during=LOOKED_FOR_EVERY + MISSING_FOR)
    assert (await world.state(), await world.executor.read(open_alerts)) == (State.MUXED, [])


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_file_that_is_back_ends_its_alert_and_can_be_taken_out(
    world: World, restarted: bool
) -> None:
    await world.stored()
    away, world.files = world.files, {}
    await reconciled(world, during=MISSING_FOR)
    assert len(await world.executor.read(open_alerts)) == 1
    if restarted:
        world = World(world.executor, now=world.now)
    world.files = away
    await world.keeper.reconcile()
    assert await world.executor.read(open_alerts) == []
    sha256, _ = await world.service.opened("r-1", "operator:socket")
    assert sha256 in world.files


async def test_a_file_that_is_missing_when_it_is_read_is_missed_as_well(world: World) -> None:
    await world.stored()
    await world.keeper.reconcile()
    world.now += LOOKED_AT_EVERY
    away, world.files = world.files, {}
    world.unread = dict.fromkeys(away, "missing")
    await reconciled(world, during=MISSING_FOR)
    assert await world.state() == State.MUXED
    (alert,) = await world.executor.read(open_alerts)
    assert alert.kind == "recording.missing"
    world.files, world.unread = away, {}
    await reconciled(world, during=timedelta(minutes=1))
    assert await world.executor.read(open_alerts) == []


async def many_stored(world: World, count: int) -> None:
    await world.stored()
    vault = Vault(world.site_key, random.Random(2).randbytes)

    def copies(conn: Connection) -> None:
        row = dict(conn.execute(select(recording)).one()._mapping)
        file = dict(conn.execute(select(recording_file)).one()._mapping)
        for number in range(1, count):
            name, sha256 = f"s-{number:04}", f"{1000 + number:064x}"
            wrapped = vault.new_key(name)
            conn.execute(recording.insert().values(row | {"id": name, "wrapped_key": wrapped}))
            conn.execute(
                recording_file.insert().values(file | {"recording_id": name, "sha256": sha256})
            )
            world.files[sha256] = name

    await world.executor.write(copies)


async def test_files_are_looked_for_some_at_once_and_each_about_hourly(world: World) -> None:
    count = LOOKED_FOR_AT_ONCE + 70
    await many_stored(world, count)
    looks = []
    for _ in range(4):
        world.looked_for.clear()
        await world.keeper.reconcile()
        looks.append(len(world.looked_for))
        world.now += timedelta(seconds=KEEP_EVERY_S)
    assert looks == [LOOKED_FOR_AT_ONCE, 70, 0, 0]
    world.looked_for.clear()
    await reconciled(world, during=LOOKED_FOR_EVERY)
    assert sorted(world.looked_for) == sorted(world.files), "each once"


async def test_files_are_read_again_now_and_then_and_a_damaged_one_is_an_alert(
    world: World,
) -> None:
    await world.stored()
    world.now += LOOKED_AT_EVERY
    await world.keeper.reconcile()

    def looked(conn: Connection) -> datetime:
        found: datetime = conn.execute(select(recording_file.c.looked_at)).scalar_one()
        return found

    assert await world.executor.read(looked) == world.now
    world.now += LOOKED_AT_EVERY
    world.unread = dict.fromkeys(world.files, "damaged")
    await world.keeper.reconcile()
    assert (await world.row()).reason == "damaged"


OTHER_KEY = bytes([1]) * 32


async def test_a_recording_of_an_older_key_holds_up_no_other_reading(world: World) -> None:
    await many_stored(world, 3 * AT_ONCE)
    after = World(world.executor, now=NOON + LOOKED_AT_EVERY, site_key=OTHER_KEY)
    after.files = world.files
    await after.service.propose(AGENT, "key-0011", "t-1")
    await after.service.agree(CITIZEN, "key-0012", "t-1")
    await after.service.steer(AGENT, "key-0013", "t-1", "stop")
    await after.keeper.finish()
    assert await after.state("t-1") == State.MUXED
    after.now += LOOKED_AT_EVERY
    for _ in range(4):
        await after.keeper.reconcile()

    def read(conn: Connection) -> list[str]:
        rows = conn.execute(
            select(recording_file.c.recording_id).where(recording_file.c.looked_at == after.now)
        )
        return list(rows.scalars())

    assert await after.executor.read(read) == ["t-1"]
    alerts = await after.executor.read(open_alerts)
    assert [one.kind for one in alerts] == ["recording.locked"] * 3 * AT_ONCE
    assert await after.state("r-1") == State.MUXED, "with its key it is read again"
    with pytest.raises(NotAllowedNow, match=r"recordings\.key"):
        await after.service.opened("r-1", "operator:socket")
    back = World(world.executor, now=after.now, files=world.files)
    await back.keeper.reconcile()
    assert len(await back.executor.read(open_alerts)) == 2 * AT_ONCE, "some at once"


async def test_a_recording_of_an_older_key_holds_up_no_other_making(world: World) -> None:
    await world.stopped()
    after = World(world.executor, site_key=OTHER_KEY, dumps={"r-1", "t-1"})
    await after.service.propose(AGENT, "key-0011", "t-1")
    await after.service.agree(CITIZEN, "key-0012", "t-1")
    await after.service.steer(AGENT, "key-0013", "t-1", "stop")
    for _ in range(2):
        await after.keeper.finish()
    assert (await after.state("r-1"), await after.state("t-1")) == (State.STOPPED, State.MUXED)
    (alert,) = await after.executor.read(open_alerts)
    assert (alert.kind, alert.subject) == ("recording.locked", "recording:r-1")
    back = World(world.executor, dumps={"r-1"})
    await back.keeper.finish()
    assert await back.state("r-1") == State.MUXED
    assert await back.executor.read(open_alerts) == []


async def test_a_call_whose_key_does_not_open_here_holds_up_no_other_call(world: World) -> None:
    await world.agreed()
    after = World(world.executor, site_key=OTHER_KEY)
    world.told.clear()
    for _ in range(2):
        await after.service.follow()
    assert (after.told, await after.state()) == ([], State.RECORDING)
    assert len(await after.executor.read(open_alerts)) == 1
    after.on = None
    await after.service.follow()
    assert await after.state() == State.STOPPED


async def test_when_its_time_is_over_the_key_is_destroyed_and_the_file_goes(world: World) -> None:
    await world.stored()
    sha256 = next(iter(world.files))
    world.now += timedelta(days=DAYS) - timedelta(seconds=1)
    await world.keeper.expire()
    assert await world.state() == State.MUXED
    world.now += timedelta(seconds=1)
    await world.keeper.expire()
    row = await world.row()
    assert (row.state, row.wrapped_key, world.files) == (State.ERASED, None, {})
    last = (await world.executor.read(read_all))[-1].body
    assert "recording.erased" in last and sha256 in last
    assert (await world.executor.read(check))[1] == []


async def test_a_counter_that_dies_while_it_erases_leaves_no_file(world: World) -> None:
    await world.stored()
    world.now += timedelta(days=DAYS)
    world.dies = "remove_file"
    with pytest.raises(Died):
        await world.keeper.expire()
    assert (await world.row()).wrapped_key is None, "the key goes first"
    assert len(world.files) == 1
    world.dies = ""
    for _ in range(3):
        await world.keeper.expire()
    assert (world.files, len(world.removed)) == ({}, 1)


async def test_a_file_that_cannot_be_removed_now_does_not_hold_up_the_rest(world: World) -> None:
    await world.stored()
    world.dumps.add("r-of-nobody")
    world.now += timedelta(days=DAYS)
    world.stuck = True
    await world.keeper.expire()
    assert (await world.state(), world.dumps) == (State.ERASED, set())
    world.stuck = False
    await world.keeper.expire()
    assert world.files == {}


async def test_what_failed_is_erased_too(world: World) -> None:
    await world.stopped()
    world.cannot = CannotMake("damaged", "for the test")
    await world.keeper.finish()
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert (await world.state(), world.dumps) == (State.ERASED, set())
    assert await world.executor.read(open_alerts) == []


async def test_dumps_of_nobody_are_removed(world: World) -> None:
    await world.agreed()
    world.dumps.add("r-of-before")
    await world.keeper.expire()
    assert world.dumps == {"r-1"}
