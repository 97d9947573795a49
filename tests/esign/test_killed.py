"""The power is cut somewhere between the form and its seal: kill -9, start again, one document."""

import asyncio
import os
import shutil
import signal
import subprocess
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_pool import SignPool
from counter.esign.store_tables import esign_ticket
from counter.esign.ticket import AGENT, CITIZEN, FIELDS, ORIGIN, SEAL
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.dying_node import CASE, live, service_on
from tests.forked import NODES, reader

STEPS = ("begin", "key", "finish", "photograph")


@pytest.fixture
def node(tmp_path: Path, sqlite_template: Path, pki: DevelopmentPki) -> Path:
    """Return a directory with an empty store and the keys that `pool` has."""
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    shutil.copytree(pki.seal.key.parent, tmp_path / "keys")
    return tmp_path


@pytest.mark.parametrize("step", STEPS)
async def test_a_form_that_was_drawn_before_kill_9_is_presented_by_the_next_start(
    node: Path, tsa: Tsa, pool: SignPool, step: str
) -> None:
    await killed_at(node, tsa.url, f"{step} {ORIGIN}")
    lane = SqliteLane(node / "counter.sqlite")
    try:
        service = service_on(node, lane, pool, tsa.url, lambda: tsa.time)
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
        await lane.close()


PLACES = (f"{step} {field}" for field in (CITIZEN, AGENT, SEAL) for step in STEPS[:3])
SHOWN = (f"begin {CITIZEN}", f"finish {CITIZEN}", f"key {AGENT}", f"finish {SEAL}")
"Each step and each field once; `make deep` kills at all of them."


@pytest.mark.parametrize(
    "place",
    [
        *(one if one in SHOWN else pytest.param(one, marks=pytest.mark.deep) for one in PLACES),
        f"photograph {SEAL}",
    ],
)
async def test_ink_that_was_kept_before_kill_9_is_sealed_by_the_next_start(
    node: Path, tsa: Tsa, pool: SignPool, place: str
) -> None:
    await killed_at(node, tsa.url, place)
    lane = SqliteLane(node / "counter.sqlite")
    try:
        service = service_on(node, lane, pool, tsa.url, lambda: tsa.time)
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
        assert not any((node / "blobs" / h[:2] / h).exists() for h in after_all.values())
        (after,) = await service.ceremonies(CASE)
        assert after.state == "sealed" and after.sealed_sha256 is not None
        verdicts = await service.verify(CASE, after.sealed_sha256, tsa.time)
        assert [one.field for one in verdicts] == list(FIELDS)
        assert all(one.sound for one in verdicts) and verdicts[-1].covers_file
        assert (await lane.read(check))[1] == []

        file = node / "signed.pdf"
        file.write_bytes(await service.pdf(CASE, after.sealed_sha256))
        told = subprocess.run(
            ["pdfsig", "-nocert", file], capture_output=True, timeout=60, check=False
        )
        assert told.stdout.count(b"Signature is Valid") == 4
        assert b"Nov 23 2026 02:00:00" in told.stdout, "the ink keeps its own time"
    finally:
        await lane.close()


async def holes(lane: SqliteLane) -> dict[str, str]:
    """Return the digest of the document with the hole, by field."""

    def read(conn: Connection) -> dict[str, str]:
        return {row.field: row.hole_sha256 for row in conn.execute(select(esign_ticket))}

    return await lane.read(read)


async def killed_at(directory: Path, tsa_url: str, place: str) -> None:
    """A node begins there, and is killed with its worker."""
    hears, says = NODES.Pipe(duplex=False)
    node = NODES.Process(target=live, args=(says, directory, tsa_url, place))
    node.start()
    says.close()
    lines, close = await reader(hears)
    try:
        async with asyncio.timeout(100):
            assert await lines.readline() == b"sealing\n"
        await cut_the_power(node, lines)
    finally:
        close()
        node.kill()


async def cut_the_power(node: BaseProcess, lines: asyncio.StreamReader) -> None:
    """The node and its worker end here and now; it has said nothing more."""
    assert node.pid is not None
    os.killpg(node.pid, signal.SIGKILL)
    # The worker holds the same pipe: it ends when the worker has ended too.
    async with asyncio.timeout(60):
        assert await lines.read() == b""
    node.join()
    assert node.exitcode == -signal.SIGKILL
