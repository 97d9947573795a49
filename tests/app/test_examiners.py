"""What strangers send keeps no audit pack waiting."""

import asyncio
import os
import time
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from counter.app.examiners import BEHIND, open_examiners
from counter.esign import check_pool, check_worker
from counter.esign.check_pool import WAITING_MAX, CheckPool
from counter.esign.pdf_refusals import CheckBusy, DocumentDamaged

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
        assert await looked(made.strangers) == min(19, before + BEHIND)


def asleep(pdf: bytes, now: datetime, cpu_s: int) -> NoReturn:
    """In place of looking at a file: what a machine without time for it looks like."""
    check_worker.allow(cpu_s)
    while True:
        time.sleep(3600)


def burn(pdf: bytes, now: datetime, cpu_s: int) -> NoReturn:
    """In place of looking at a file: one that never comes to an end."""
    check_worker.allow(cpu_s)
    while True:
        pass


async def test_a_machine_without_time_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = CheckPool(lambda: (), patience_s=0.05)
    with monkeypatch.context() as patched:
        patched.setattr(check_pool, "_check", asleep)
        with pytest.raises(CheckBusy):
            await pool.check(NO_PDF, NOW)
    # The next file has a new process.
    pool.patience_s = 600
    with pytest.raises(DocumentDamaged):
        await pool.check(NO_PDF, NOW)
    await pool.close()


async def test_a_file_that_uses_up_its_time_of_the_processor_is_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = CheckPool(lambda: (), patience_s=600, cpu_s=1)
    with monkeypatch.context() as patched:
        patched.setattr(check_pool, "_check", burn)
        with pytest.raises(DocumentDamaged, match="BrokenProcessPool"):
            await pool.check(NO_PDF, NOW)
    # What came before is not counted against the next one.
    for _ in range(2):
        with pytest.raises(DocumentDamaged, match=r"^(?!.*BrokenProcessPool)"):
            await pool.check(NO_PDF, NOW)
    await pool.close()
