"""Ceremonies while the node is killed at random instants: nothing lost, nothing signed twice.

    python -m tests.esign.soak [--kills 1000] [--seed 1]

Real processes, real `SIGKILL` for node and worker, real rows, files, keys, and timestamps over
loopback HTTP.  Ends with what was lost and what was doubled, which must be nothing.
"""

import argparse
import asyncio
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import Connection, create_engine, func, select

from counter.esign.pki_development import ensure
from counter.esign.sign_pool import SignPool
from counter.esign.store_tables import ceremony, esign_ticket
from counter.esign.ticket import FIELDS
from counter.ids import CaseId
from counter.store.journal_sql import check
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.dying_node import service_on

ROOT = Path(__file__).parents[2]
AT_ONCE = 8
"Ceremonies between two looks at how many kills there were."
PATIENCE_S = 120
"A ceremony takes a second or two; what takes this long hangs."


@dataclass(kw_only=True)
class Outcome:
    """What a soak found."""

    kills: int = 0
    ceremonies: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    "By stage, how many answers a person got."
    between: Counter[str] = field(default_factory=Counter)
    "After which answer the node was killed."
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    "Documents with holes that lie about afterwards."
    seconds: float = 0.0


class Soak:
    """One run in a directory of its own."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._chance = random.Random(seed)
        self._answers: dict[str, str] = {}
        "The digest that was answered, by case."
        self._heard: set[tuple[str, str]] = set()
        self._found = Outcome()

    async def run(self, kills: int) -> Outcome:
        """Until so many kills; raises `TimeoutError` when nothing moves any more."""
        began = time.monotonic()
        pki = ensure(self._directory / "keys", NOW)
        engine = create_engine(f"sqlite:///{self._directory / 'counter.sqlite'}")
        upgrade_engine(engine)
        engine.dispose()
        tsa = Tsa(pki)
        await tsa.start()
        try:
            first = 1
            while self._found.kills < kills:
                await self._batch(tsa.url, first, first + AT_ONCE - 1, kills)
                first += AT_ONCE
            self._found.ceremonies = first - 1
            await self._judge(tsa.url)
        finally:
            await tsa.stop()
        self._found.seconds = time.monotonic() - began
        return self._found

    async def _batch(self, tsa_url: str, first: int, last: int, kills: int) -> None:
        """Nodes one after the other, until one of them ends by itself."""
        while True:
            node = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.esign.signing_node",
                *(str(self._directory), tsa_url, str(first), str(last)),
                cwd=ROOT,
                env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
            if await self._listen(node, self._found.kills < kills):
                return

    async def _listen(self, node: asyncio.subprocess.Process, kill: bool) -> bool:
        """Note what it answers; whether it ended by itself."""
        assert node.stdout is not None
        heard, last, waits = 0, "start", self._chance.randrange(4)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if kill and heard >= waits:
                    # Somewhere between two answers, or between two writes of one of them.
                    await asyncio.sleep(self._chance.expovariate(1 / 0.2))
                    return await self._kill(node, last)
                line = (await node.stdout.readline()).decode().split()
                if not line:
                    if await node.wait():
                        raise RuntimeError(f"the node failed after {last}")
                    return True
                last, news = self._note(line)
                heard += news

    async def _kill(self, node: asyncio.subprocess.Process, last: str) -> bool:
        assert node.stdout is not None
        if node.returncode is None:
            os.killpg(node.pid, signal.SIGKILL)  # its worker too: it is in the group
        for line in (await node.stdout.read()).decode().splitlines():
            last, _ = self._note(line.split())
        ended = await node.wait() == 0
        if not ended:
            self._found.kills += 1
            self._found.between[last] += 1
        return ended

    def _note(self, line: list[str]) -> tuple[str, bool]:
        """The stage, and whether a person hears of it for the first time."""
        if line == ["up"]:
            return "up", True
        case, stage, *digest = line
        news = (case, stage) not in self._heard
        self._heard.add((case, stage))
        self._found.answered[stage] += news
        if digest:
            known = self._answers.setdefault(case, digest[0])
            if known != digest[0]:
                self._found.doubled.append(f"{case}: two documents were answered")
        return stage, news

    async def _judge(self, tsa_url: str) -> None:
        studio = SignPool(ensure(self._directory / "keys", NOW).signing)
        lane = SqliteLane(self._directory / "counter.sqlite")
        service = service_on(self._directory, lane, studio, tsa_url, lambda: NOW)
        try:
            for number in range(1, self._found.ceremonies + 1):
                case_id = CaseId(f"case-{number}")
                states = await service.ceremonies(case_id)
                if len(states) != 1 or states[0].sealed_sha256 is None:
                    self._found.lost.append(f"{case_id}: {[one.state for one in states]}")
                    continue
                if self._answers.get(case_id) != states[0].sealed_sha256:
                    self._found.lost.append(f"{case_id}: another document than was answered")
                pdf = await service.pdf(case_id, states[0].sealed_sha256)
                names = [
                    one.field_name for one in PdfFileReader(io.BytesIO(pdf)).embedded_signatures
                ]
                if sorted(names) != sorted(FIELDS):
                    self._found.doubled.append(f"{case_id}: signed {names}")
                verdicts = await service.verify(case_id, states[0].sealed_sha256, NOW)
                if not all(one.sound for one in verdicts):
                    self._found.unsound.append(case_id)
            for field_, holes in (await lane.read(_tickets)).items():
                if holes != self._found.ceremonies:
                    self._found.doubled.append(f"{field_}: {holes} holes")
            self._found.left = [one for one in await lane.read(_holes) if self._blob(one).exists()]
            self._found.unsound += [fault.what for fault in (await lane.read(check))[1]]
        finally:
            await studio.close()
            await lane.close()

    def _blob(self, sha256: str) -> Path:
        return self._directory / "blobs" / sha256[:2] / sha256


def _tickets(conn: Connection) -> dict[str, int]:
    rows = conn.execute(
        select(esign_ticket.c.field, func.count())
        .join(ceremony, ceremony.c.id == esign_ticket.c.ceremony_id)
        .group_by(esign_ticket.c.field)
    )
    return {row[0]: row[1] for row in rows}


def _holes(conn: Connection) -> list[str]:
    return [row.hole_sha256 for row in conn.execute(select(esign_ticket.c.hole_sha256))]


async def soak(kills: int, seed: int) -> Outcome:
    """Run one in a temporary directory."""
    directory = Path(tempfile.mkdtemp(prefix="rvc-sign-", dir="/tmp"))
    try:
        return await Soak(directory, seed).run(kills)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    """Say what was found; 1 when it should not be."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--kills", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    found = asyncio.run(soak(options.kills, options.seed))
    print(f"{found.kills} kills in {found.ceremonies} ceremonies, {found.seconds:.0f} s")
    print(f"answered {dict(found.answered)}; killed after {dict(found.between)}")
    for name in ("lost", "doubled", "unsound", "left"):
        wrong = getattr(found, name)
        print(f"{name}: {len(wrong)}", *wrong[:10], sep="\n  ")
    return 1 if found.lost or found.doubled or found.unsound or found.left else 0


if __name__ == "__main__":
    sys.exit(main())
