"""The power is cut between the pen and the seal: kill -9, start again, one sealed document."""

import asyncio
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from counter.esign.pki_development import ensure
from counter.esign.sign_pool import SignPool
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.dying_node import CASE, service_on

ROOT = Path(__file__).parents[2]


async def test_ink_that_was_kept_before_kill_9_is_sealed_by_the_next_start(
    tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    pki = ensure(tmp_path / "keys", NOW)
    tsa = Tsa(pki)
    await tsa.start()
    studio = SignPool(pki.signing, tsa_url=tsa.url)
    lane: SqliteLane | None = None
    try:
        await kill_after_the_ink(tmp_path, tsa.url)

        lane = SqliteLane(tmp_path / "counter.sqlite")
        service = service_on(tmp_path, lane, studio)
        (before,) = await service.ceremonies(CASE)
        assert (before.state, before.sealed_sha256) == ("signing", None)

        tsa.time = NOW + timedelta(hours=2)
        assert await service.resume(tsa.time) == 1
        assert await service.resume(tsa.time) == 0
        (after,) = await service.ceremonies(CASE)
        assert after.state == "sealed" and after.sealed_sha256 is not None
        citizen, seal = await service.verify(CASE, after.sealed_sha256, tsa.time)
        assert citizen.sound and seal.sound and seal.covers_file
        assert (await lane.read(check))[1] == []

        file = tmp_path / "signed.pdf"
        file.write_bytes(await service.pdf(CASE, after.sealed_sha256))
        told = subprocess.run(
            ["pdfsig", "-nocert", file], capture_output=True, timeout=60, check=False
        )
        assert told.stdout.count(b"Signature is Valid") == 2
        assert b"Nov 23 2026 02:00:00" in told.stdout, "the ink keeps its own time"
    finally:
        await studio.close()
        await tsa.stop()
        if lane is not None:
            await lane.close()


async def kill_after_the_ink(directory: Path, tsa_url: str) -> None:
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.esign.dying_node",
        str(directory),
        tsa_url,
        cwd=ROOT,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert node.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert await node.stdout.readline() == b"sealing\n"
    finally:
        node.kill()
        await node.wait()
    # The worker holds the same standard output: it ends when the worker has ended too.
    async with asyncio.timeout(30):
        assert await node.stdout.read() == b""
