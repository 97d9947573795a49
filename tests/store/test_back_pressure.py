"""More than can wait is sent away with a time to come back, on both engines."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection, text

from counter.errors import Crowded
from counter.store.back_pressure import LONGEST_S, Gate
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane


def one(conn: Connection) -> int:
    return int(conn.execute(text("SELECT 1")).scalar_one())


async def test_who_comes_when_too_many_wait_is_told_when_to_come_back(executor: Executor) -> None:
    go = threading.Event()

    def held_up(conn: Connection) -> int:
        if isinstance(executor, SqliteLane):  # whose commands have a thread of their own
            go.wait(30)
        return one(conn)

    gate = Gate(executor, most_waiting=5)
    asked = [asyncio.create_task(gate.write(held_up)) for _ in range(60)]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_EXCEPTION)
    refused = [task.exception() for task in done if task.exception()]
    assert refused and all(isinstance(why, Crowded) for why in refused)
    assert {why.retry_after_s for why in refused if isinstance(why, Crowded)} == {1}
    assert await gate.read(one) == 1, "who only looks is not sent away"
    go.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {1} == {outcome for outcome in outcomes if isinstance(outcome, int)}
    assert await gate.write(one) == 1
    assert gate.waiting == 0


@pytest.mark.parametrize("waiting, again_s", [(2000, 6), (100_000, LONGEST_S)])
async def test_the_more_wait_the_later_one_shall_come_back(waiting: int, again_s: int) -> None:
    class Full:
        def __init__(self) -> None:
            self.waiting = waiting

        async def write(self, *args, **more):  # type: ignore[no-untyped-def]
            raise AssertionError("it was asked to wait")

        read = write

        async def close(self) -> None:
            return None

    with pytest.raises(Crowded) as refused:
        await Gate(Full()).write(one)
    assert (refused.value.retry_after_s, refused.value.status) == (again_s, 429)
    assert refused.value.code == "busy"
