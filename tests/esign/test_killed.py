"""The power is cut somewhere between the form and its seal: kill -9, start again, one document."""

import asyncio
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from counter.esign.pki_development import ensure
from counter.esign.sign_pool import SignPool
from counter.esign.store_tables import esign_ticket
from counter.esign.ticket import AGENT, CITIZEN, FIELDS, ORIGIN, SEAL
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.dying_node import CASE, service_on

ROOT = Path(__file__).parents[2]


STEPS = ("begin", "key", "finish", "photograph")


@pytest.mark.parametrize("step", STEPS)
async def test_a_form_that_was_drawn_before_kill_9_is_presented_by_the_next_start(
    tmp_path: Path, sqlite_template: Path, step: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    pki = ensure(tmp_path / "keys", NOW)
    tsa = Tsa(pki)
    await tsa.start()
    studio = SignPool(pki.signing)
    lane: SqliteLane | None = None
    try:
        await killed_at(tmp_path, tsa.url, f"{step} {ORIGIN}")
        lane = SqliteLane(tmp_path / "counter.sqlite")
        service = service_on(tmp_path, lane, studio, tsa.url, lambda: tsa.time)
        assert await service.ceremonies(CASE) == ()
        held = await holes(lane)
        assert set(held) == (set() if step == "begin" else {ORIGIN})

        tsa.time = NOW + timedelta(hours=2)
        assert await service.resume() == 1
        assert await service.resume() == 0
        assert held.items() <= (await holes(lane)).items(), "never a second hole"
        (shown,) = await service.ceremonies(CASE)
        assert shown.state == "presented" and len(shown.sheets) == 2
        (origin,) = await service.verify(CASE, shown.sha256, tsa.time)
        assert origin.sound and origin.covers_file
        assert (await lane.read(check))[1] == []
    finally:
        await studio.close()
        await tsa.stop()
        if lane is not None:
            await lane.close()


@pytest.mark.parametrize(
    "place",
    [
        *(f"{step} {field}" for field in (CITIZEN, AGENT, SEAL) for step in STEPS[:3]),
        f"photograph {SEAL}",
    ],
)
async def test_ink_that_was_kept_before_kill_9_is_sealed_by_the_next_start(
    tmp_path: Path, sqlite_template: Path, place: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    pki = ensure(tmp_path / "keys", NOW)
    tsa = Tsa(pki)
    await tsa.start()
    studio = SignPool(pki.signing)
    lane: SqliteLane | None = None
    try:
        await killed_at(tmp_path, tsa.url, place)

        lane = SqliteLane(tmp_path / "counter.sqlite")
        service = service_on(tmp_path, lane, studio, tsa.url, lambda: tsa.time)
        (before,) = await service.ceremonies(CASE)
        assert (before.state, before.sealed_sha256) == ("signing", None)

        held = await holes(lane)
        step, _, field = place.partition(" ")
        reached = FIELDS[: FIELDS.index(field) + (step != "begin")]
        assert set(held) == set(reached)

        tsa.time = NOW + timedelta(hours=2)
        assert await service.resume() == 1
        assert await service.resume() == 0
        after_all = await holes(lane)
        assert held.items() <= after_all.items(), "never a second hole"
        assert not any((tmp_path / "blobs" / h[:2] / h).exists() for h in after_all.values())
        (after,) = await service.ceremonies(CASE)
        assert after.state == "sealed" and after.sealed_sha256 is not None
        verdicts = await service.verify(CASE, after.sealed_sha256, tsa.time)
        assert [one.field for one in verdicts] == list(FIELDS)
        assert all(one.sound for one in verdicts) and verdicts[-1].covers_file
        assert (await lane.read(check))[1] == []

        file = tmp_path / "signed.pdf"
        file.write_bytes(await service.pdf(CASE, after.sealed_sha256))
        told = subprocess.run(
            ["pdfsig", "-nocert", file], capture_output=True, timeout=60, check=False
        )
        assert told.stdout.count(b"Signature is Valid") == 4
        assert b"Nov 23 2026 02:00:00" in told.stdout, "the ink keeps its own time"
    finally:
        await studio.close()
        await tsa.stop()
        if lane is not None:
            await lane.close()


async def holes(lane: SqliteLane) -> dict[str, str]:
    """Return the digest of the document with the hole, by field."""

    def read(conn: Connection) -> dict[str, str]:
        return {row.field: row.hole_sha256 for row in conn.execute(select(esign_ticket))}

    return await lane.read(read)


async def killed_at(directory: Path, tsa_url: str, place: str) -> None:
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.esign.dying_node",
        str(directory),
        tsa_url,
        place,
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
