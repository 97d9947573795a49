"""What strangers send keeps no audit pack waiting."""

import asyncio
import hashlib
import os
import re
import time
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from counter.app.examiners import BEHIND, Lanes, open_examiners
from counter.esign import check_pool, check_worker
from counter.esign.check_pool import PATIENCE_S, TURN_S, WAITING_MAX, CheckPool
from counter.esign.pdf_refusals import CheckBusy, DocumentDamaged, DocumentHeavy

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


async def test_what_the_record_knows_waits_for_no_stranger() -> None:
    async with AsyncExitStack() as closing:
        made = open_examiners(lambda: (), closing)
        ours = hashlib.sha256(NO_PDF).hexdigest()

        async def recorded(sha256: str) -> object | None:
            return object() if sha256 == ours else None

        lanes = Lanes(examiners=made, recorded=recorded)
        async with made.strangers._turn:  # a file that keeps the process busy
            other = asyncio.create_task(lanes.check(NO_PDF + b"!", NOW))
            with pytest.raises(DocumentDamaged):
                await lanes.check(NO_PDF, NOW)
            while not made.strangers._waiting:
                await asyncio.sleep(0)
            assert not other.done()
        with pytest.raises(DocumentDamaged):
            await other


async def test_who_waits_behind_others_for_long_is_told_to_come_again() -> None:
    pool = CheckPool(lambda: (), turn_s=0.01)
    async with pool._turn:
        with pytest.raises(CheckBusy):
            await pool.check(NO_PDF, NOW)
    assert pool._waiting == 0
    assert pool._pool is None, "nobody's process was ended over it"


def test_the_proxy_is_more_patient_than_whoever_looks_at_documents() -> None:
    shipped = Path(__file__).resolve().parents[2] / "deploy" / "haproxy" / "haproxy.cfg"
    (proxy_s,) = re.findall(r"^ *timeout server (\d+)s$", shipped.read_text(), re.MULTILINE)
    assert int(proxy_s) >= TURN_S + PATIENCE_S + 5


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
        with pytest.raises(DocumentHeavy, match="BrokenProcessPool"):
            await pool.check(NO_PDF, NOW)
    # What came before is not counted against the next one.
    for _ in range(2):
        with pytest.raises(DocumentDamaged, match=r"^(?!.*BrokenProcessPool)"):
            await pool.check(NO_PDF, NOW)
    await pool.close()
