"""The scan worker: what a photograph does to it, it does to that photograph alone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from counter.documents.page import Limits, ScanRefused, ScanResult
from counter.documents.sample_page import sample_photograph
from counter.documents.scan_pool import MEMORY_BYTES, Scan, ScanPool
from tests.documents import jobs

LIMITS = Limits()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def photograph() -> bytes:
    return sample_photograph(1)


@pytest.fixture
async def pool() -> AsyncIterator[ScanPool]:
    made = ScanPool()
    yield made
    await made.close()


async def test_a_sample_photograph_becomes_a_page(pool: ScanPool, photograph: bytes) -> None:
    await pool.warm_up()
    result = await pool.scan(photograph, LIMITS)
    assert isinstance(result, ScanResult)
    assert result.page_jpeg.startswith(b"\xff\xd8\xff")
    assert len(result.thumb_jpeg) < len(result.page_jpeg) < 350 * 1024
    assert result.findings.format == "a-series"


@pytest.mark.parametrize("job", [jobs.die_over_x, jobs.raise_over_x, jobs.hang_over_x])
async def test_a_photograph_that_breaks_the_worker_is_refused_and_the_next_is_served(
    photograph: bytes, job: Scan
) -> None:
    patience = 2.0 if job is jobs.hang_over_x else 60.0
    pool = ScanPool(job=job, patience_seconds=patience)
    try:
        await pool.warm_up()
        assert await pool.scan(b"x", LIMITS) == ScanRefused(code="scan_failed", findings=None)
        pool.patience_seconds = 60.0
        assert isinstance(await pool.scan(photograph, LIMITS), ScanResult)
    finally:
        await pool.close()


async def test_one_breaking_photograph_does_not_take_its_neighbour_along(
    photograph: bytes,
) -> None:
    pool = ScanPool(2, job=jobs.die_over_x)
    try:
        await pool.warm_up()
        broken, served = await asyncio.gather(
            pool.scan(b"x", LIMITS), pool.scan(photograph, LIMITS)
        )
        assert isinstance(broken, ScanRefused) and broken.code == "scan_failed"
        assert isinstance(served, ScanResult)
    finally:
        await pool.close()


async def test_the_worker_is_confined() -> None:
    pool = ScanPool(job=jobs.tell_confinement)
    try:
        told = await pool.scan(b"", LIMITS)
        assert isinstance(told, ScanRefused)
        assert told.code.split() == [str(MEMORY_BYTES), "0", str(64 * 1024**2)]
    finally:
        await pool.close()


async def test_more_memory_than_allowed_is_refused() -> None:
    pool = ScanPool(job=jobs.eat_memory)
    try:
        told = await pool.scan(b"", LIMITS)
        assert isinstance(told, ScanRefused) and told.code == "scan_failed"
    finally:
        await pool.close()


PARENT = """
import asyncio
from counter.documents.page import Limits
from counter.documents.scan_pool import ScanPool

async def main():
    pool = ScanPool()
    await pool.warm_up()
    import multiprocessing
    print(multiprocessing.active_children()[0].pid, flush=True)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_the_worker_goes_when_the_counter_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    worker = int(await parent.stdout.readline())
    os.kill(worker, 0)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(20):
        while _runs(worker):
            await asyncio.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
