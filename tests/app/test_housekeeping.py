"""What runs beside the doors goes on whatever happens in one round."""

import asyncio

import pytest

from counter.app import node


@pytest.mark.parametrize("problem", [OSError("full"), asyncio.CancelledError()])
async def test_a_round_that_fails_is_not_the_last(problem: BaseException) -> None:
    rounds: list[int] = []
    third = asyncio.Event()

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            third.set()
        raise problem

    kept = asyncio.create_task(node._every(0.0, work))
    ended = asyncio.create_task(third.wait())
    await asyncio.wait({kept, ended}, return_when=asyncio.FIRST_COMPLETED)
    assert third.is_set()
    kept.cancel()
    with pytest.raises(asyncio.CancelledError):
        await kept


async def test_it_ends_when_the_node_closes_in_the_middle_of_a_round() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    kept = asyncio.create_task(node._every(0.0, work))
    await begun.wait()
    kept.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await kept
