"""Which nodes serve, and where their media processes are."""

from datetime import datetime, timedelta

from counter.store.executor import Executor
from counter.store.nodes import SILENT_FOR, beat, depart, place_lives


async def test_a_place_lives_as_long_as_one_of_its_nodes_says_so(
    executor: Executor, now: datetime
) -> None:
    assert not await executor.read(place_lives, "cellar", now)
    await executor.write(beat, "n-1", "cellar", now)
    await executor.write(beat, "n-2", "cellar", now + timedelta(seconds=20))
    assert await executor.read(place_lives, "cellar", now + timedelta(seconds=20))
    assert not await executor.read(place_lives, "attic", now)
    # The one departs, the other falls silent.
    await executor.write(depart, "n-1")
    last = now + timedelta(seconds=20)
    assert await executor.read(place_lives, "cellar", last + SILENT_FOR * 0.9)
    assert not await executor.read(place_lives, "cellar", last + SILENT_FOR)


async def test_a_node_whose_media_begins_anew_gives_its_old_place_up(
    executor: Executor, now: datetime
) -> None:
    await executor.write(beat, "n-1", "before", now)
    await executor.write(beat, "n-1", "after", now + timedelta(seconds=1))
    soon = now + timedelta(seconds=2)
    assert not await executor.read(place_lives, "before", soon)
    assert await executor.read(place_lives, "after", soon)
