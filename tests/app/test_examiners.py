"""What strangers send keeps no audit pack waiting."""

import asyncio
import os
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

import pytest

from counter.app.examiners import BEHIND_ALL, open_examiners
from counter.esign.check_pool import WAITING_MAX, CheckPool
from counter.esign.refusals import CheckBusy, DocumentDamaged

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NO_PDF = b"%PDF-1.7 and nothing else"


async def looked(pool: CheckPool) -> int:
    """Have it look at a file; return how far its process stands back."""
    with suppress(DocumentDamaged):
        await pool.check(NO_PDF, NOW)
    (process,) = pool._pool._processes  # type: ignore[union-attr]
    return os.getpriority(os.PRIO_PROCESS, process)


async def test_strangers_fill_their_own_queue_only_and_stand_behind() -> None:
    async with AsyncExitStack() as closing:
        made = open_examiners(lambda: (), closing)
        before = os.getpriority(os.PRIO_PROCESS, 0)
        async with made.strangers._turn:  # a file that keeps the process busy
            waiting = [
                asyncio.create_task(made.strangers.check(NO_PDF, NOW)) for _ in range(WAITING_MAX)
            ]
            while made.strangers._waiting < WAITING_MAX:
                await asyncio.sleep(0)
            with pytest.raises(CheckBusy):
                await made.strangers.check(NO_PDF, NOW)
            assert await looked(made.ours) == before
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await looked(made.strangers) == min(19, before + BEHIND_ALL)
