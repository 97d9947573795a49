"""What runs beside the doors goes on whatever happens in one round."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from counter.app import node, services
from counter.app.services import Parts


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


async def test_a_step_that_fails_holds_up_no_other_step(monkeypatch: pytest.MonkeyPatch) -> None:
    for told in ("tell_booking", "tell_departments"):
        monkeypatch.setattr(services, told, AsyncMock(side_effect=OSError))
    refuses: Any = {
        name: MagicMock(name=name)
        for name in Parts.__dataclass_fields__
        if name not in ("snapshot", "store")
    }
    store = MagicMock()
    store.executor.write = AsyncMock(side_effect=OSError)
    for name, method in (
        ("booking", "sweep"),
        ("booking", "catalogue"),
        ("advance", "sweep"),
        ("zones", "tidy"),
        ("later", "sweep"),
        ("captures", "sweep"),
        ("esign", "resume"),
        ("lasting", "tell_clock"),
        ("packs", "make_due"),
        ("collector", "round"),
    ):
        setattr(refuses[name], method, AsyncMock(side_effect=OSError))
    round_of_all = Parts(store=store, snapshot=MagicMock(), **refuses)
    await round_of_all.once_a_minute()
    refuses["esign"].resume.assert_awaited_once()
    refuses["packs"].make_due.assert_awaited_once()
    refuses["collector"].round.assert_awaited_once()
    refuses["media_proof"].look.assert_called_once()
