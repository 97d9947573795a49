"""Ceremonies while the node is killed at random instants: nothing lost, nothing signed twice.

    python -m tests.esign.soak [--kills 1000] [--seed 1] [--minutes 0] [--counters 1]

Real processes, real `SIGKILL` for node and worker, real rows, files, keys, and timestamps over
loopback HTTP.  Nodes are forked from one that has loaded its libraries: what is killed then is
work, not an import.  Ends with what was lost and what was doubled, which must be nothing.
"""

import argparse
import asyncio
import io
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import Connection, create_engine, func, select

from counter.esign.pki_development import ensure
from counter.esign.sign_pool import SignPool
from counter.esign.store_tables import ceremony, esign_ticket
from counter.esign.ticket import FIELDS, ORIGIN
from counter.ids import CaseId
from counter.store.journal_sql import check
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.dying_node import service_on
from tests.esign.signing_node import live
from tests.forked import NODES, reader

AT_ONCE = 8
"Ceremonies between two looks at how many kills there were."
STEPS = 14
"A node is killed before its worker began more jobs; a whole ceremony has 27."
SILENCE_S = 900
"A step takes a tenth of a second; what says nothing for this long hangs, however busy we are."
TOLD = 20
"So many kills, and it says how far it is."
FAILURES = 3
"Nodes that may fail one after the other before the run is given up."
WRONG = ("lost", "doubled", "unsound", "left", "failed")


@dataclass(kw_only=True)
class Outcome:
    """What a soak found."""

    kills: int = 0
    ceremonies: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    "By stage, how many answers a person got; `again`: what a slow machine made a person repeat."
    between: Counter[str] = field(default_factory=Counter)
    "After which answer, and in which job, the node was killed."
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    "Documents with holes that lie about afterwards."
    failed: list[str] = field(default_factory=list)
    "Nodes that ended by themselves before they were through."
    seconds: float = 0.0

    def add(self, other: "Outcome") -> None:
        """What another counter's soak found, at the same time."""
        self.kills += other.kills
        self.ceremonies += other.ceremonies
        self.seconds = max(self.seconds, other.seconds)
        self.answered += other.answered
        self.between += other.between
        for name in WRONG:
            getattr(self, name).extend(getattr(other, name))

    @property
    def fine(self) -> bool:
        return not any(getattr(self, name) for name in WRONG)


class Soak:
    """One run in a directory of its own."""

    def __init__(self, directory: Path, seed: int, minutes: float = 0) -> None:
        """minutes: none is killed after so long; 0: until there were enough."""
        self._directory = directory
        self._seed = seed
        self._chance = random.Random(seed)
        self._end = time.monotonic() + minutes * 60 if minutes else math.inf
        self._answers: dict[str, str] = {}
        "The digest that was answered, by case."
        self._heard: set[tuple[str, str]] = set()
        self._pace_s = 0.1
        "Between two lines of a node, of late: a busy machine is killed as evenly as a quiet one."
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
            while self._goes_on(kills):
                first = self._found.ceremonies + 1
                self._found.ceremonies += AT_ONCE
                away = asyncio.create_task(self._away(tsa))
                await self._batch(tsa.url, first, self._found.ceremonies, kills)
                await away
            await self._judge(tsa.url)
        finally:
            await tsa.stop()
        self._found.seconds = time.monotonic() - began
        return self._found

    async def _away(self, tsa: Tsa) -> None:
        """Once while some ceremonies go on, no time-stamping service answers."""
        await asyncio.sleep(self._chance.uniform(0, 100) * self._pace_s)
        await tsa.stop()
        await asyncio.sleep(self._chance.uniform(0, 20) * self._pace_s)
        await tsa.start()

    def _goes_on(self, kills: int) -> bool:
        return self._found.kills < kills and time.monotonic() < self._end

    async def _batch(self, tsa_url: str, first: int, last: int, kills: int) -> None:
        """Nodes one after the other, until one of them ends by itself."""
        failures = 0
        while True:
            hears, says = NODES.Pipe(duplex=False)
            node = NODES.Process(target=live, args=(says, self._directory, tsa_url, first, last))
            node.start()
            says.close()
            lines, close = await reader(hears)
            try:
                killed = await self._listen(node, lines, self._goes_on(kills))
            finally:
                close()
                if node.exitcode is None:
                    node.kill()
                # Not in a thread: `start` of another node looks after this one too.
                node.join()
            if killed:
                continue
            if node.exitcode == 0:
                return
            failures += 1
            self._found.failed.append(f"cases {first} to {last}: status {node.exitcode}")
            if failures == FAILURES:
                raise RuntimeError(f"{failures} nodes failed one after the other")

    async def _listen(self, node: BaseProcess, lines: asyncio.StreamReader, kill: bool) -> bool:
        """Note what it answers, until it ends; whether it was killed."""
        jobs, last, waits = 0, "start", 1 + self._chance.randrange(STEPS)
        while not kill or jobs < waits:
            began = time.monotonic()
            async with asyncio.timeout(SILENCE_S):
                line = (await lines.readline()).decode().split()
            if not line:
                node.join()  # it and its worker have let go of the pipe
                return False
            self._pace_s += (time.monotonic() - began - self._pace_s) / 20
            last = self._note(line, last)
            jobs += line[0] == "job"
        # Somewhere between two lines, or between two writes of one of them.
        await asyncio.sleep(self._chance.uniform(0, 2 * self._pace_s))
        try:
            os.killpg(_pid(node), signal.SIGKILL)  # its worker too: it is in the group
        except ProcessLookupError:
            node.kill()  # it has no group yet, and no worker
        # Ends when the worker has ended too: it holds the same pipe.
        async with asyncio.timeout(SILENCE_S):
            rest = await lines.read()
        for line_ in rest.decode().splitlines():
            last = self._note(line_.split(), last)
        node.join()
        if node.exitcode != -signal.SIGKILL:
            return False
        self._found.kills += 1
        self._found.between[last] += 1
        if self._found.kills % TOLD == 0:
            cases = self._found.answered["sealed"]
            print(f"seed {self._seed}: {self._found.kills} kills, {cases} sealed", flush=True)
        return True

    def _note(self, line: list[str], last: str) -> str:
        """What it says; where it is now."""
        what, *more = line
        if what == "up":
            return what
        if what == "job":
            return f"{last.partition(':')[0]}: {more[0]}"
        if what == "again":
            self._found.answered[f"again {more[0]}"] += 1
            return last
        stage, *digest = more
        self._found.answered[stage] += (what, stage) not in self._heard
        self._heard.add((what, stage))
        if digest:
            known = self._answers.setdefault(what, digest[0])
            if known != digest[0]:
                self._found.doubled.append(f"{what}: two documents were answered")
        return stage

    async def _judge(self, tsa_url: str) -> None:
        studio = SignPool(ensure(self._directory / "keys", NOW).signing)
        lane = SqliteLane(self._directory / "counter.sqlite")
        service = service_on(self._directory, lane, studio, tsa_url, lambda: NOW)
        try:
            for number in range(1, self._found.ceremonies + 1):
                case_id = CaseId(f"case-{number}")
                # Of a form that could not be certified its card stays; nobody has signed it.
                states = [
                    one for one in await service.ceremonies(case_id) if one.state != "withdrawn"
                ]
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
            for (state, field_), holes in (await lane.read(_tickets)).items():
                if state == "sealed" and holes != self._found.ceremonies:
                    self._found.doubled.append(f"{field_}: {holes} holes")
                elif (state, field_) != ("withdrawn", ORIGIN) and state != "sealed":
                    self._found.doubled.append(f"{field_}: {holes} holes of {state} ones")
            self._found.left = [one for one in await lane.read(_holes) if self._blob(one).exists()]
            self._found.unsound += [fault.what for fault in (await lane.read(check))[1]]
        finally:
            await studio.close()
            await lane.close()

    def _blob(self, sha256: str) -> Path:
        return self._directory / "blobs" / sha256[:2] / sha256


def _tickets(conn: Connection) -> dict[tuple[str, str], int]:
    """By state of the ceremony and field."""
    by = (ceremony.c.state, esign_ticket.c.field)
    rows = conn.execute(
        select(*by, func.count())
        .join(ceremony, ceremony.c.id == esign_ticket.c.ceremony_id)
        .group_by(*by)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _holes(conn: Connection) -> list[str]:
    return [row.hole_sha256 for row in conn.execute(select(esign_ticket.c.hole_sha256))]


def _pid(node: BaseProcess) -> int:
    assert node.pid is not None  # it was started
    return node.pid


async def soak(kills: int, seed: int, minutes: float = 0) -> Outcome:
    """Run one in a temporary directory."""
    directory = Path(tempfile.mkdtemp(prefix="rvc-sign-", dir="/tmp"))
    try:
        return await Soak(directory, seed, minutes).run(kills)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    """Say what was found; 1 when it should not be."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--kills", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=0, help="no kill after so long; 0: no end")
    asked.add_argument("--counters", type=int, default=1, help="so many at once, each its own")
    options = asked.parse_args()
    found = asyncio.run(_together(options))
    print(f"{found.kills} kills in {found.ceremonies} ceremonies, {found.seconds:.0f} s")
    print(f"answered {dict(found.answered)}")
    print("killed after", *(f"{n} {place}" for place, n in found.between.most_common()), sep="\n  ")
    for name in WRONG:
        wrong = getattr(found, name)
        print(f"{name}: {len(wrong)}", *wrong[:10], sep="\n  ")
    return 0 if found.fine else 1


async def _together(options: argparse.Namespace) -> Outcome:
    """Each counter in a directory of its own takes its share of the kills."""
    counters: int = options.counters
    shares = [(options.kills + number) // counters for number in range(counters)]
    found = await asyncio.gather(
        *(
            soak(kills, options.seed + number, options.minutes)
            for number, kills in enumerate(shares)
        )
    )
    for other in found[1:]:
        found[0].add(other)
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
