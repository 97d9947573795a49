"""Pages from a terminal to a counter while line, counter and program are killed at random bytes.

    python -m tests.terminal.soak [--pages 1000] [--seed 1]

Real processes, real `SIGKILL`, the real journal, routes, rows and files; only what looks at a
photograph is played.  Ends with what was lost and what was doubled, which must be nothing.
"""

import argparse
import asyncio
import hashlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import Connection, select

from counter.documents.store_documents import capture, page
from counter.ids import CaseId, TerminalId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.documents import capture_house
from tests.documents.capture_house import ask_for, photograph, seat
from tests.forked import NODES, ended
from tests.servers import free_port
from tests.terminal import relay_program
from tests.terminal.cut_line import CutLine
from tests.terminal.relay_program import size_of

KINDS = ("line", "line", "line", "counter", "program")
"What breaks next, by chance; a line breaks more often than a machine."
MEAN_BYTES = 250_000
"Between two of them, on average."
PATIENCE_S = 300


@dataclass(kw_only=True)
class Outcome:
    """What a soak found."""

    taken: int
    "Photographs that the terminal said to keep."
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    "What lies about afterwards and should not."
    broke: Counter[str] = field(default_factory=Counter)
    passed_bytes: int = 0
    photograph_bytes: int = 0
    seconds: float = 0.0


class Soak:
    """One run in a directory of its own."""

    def __init__(self, directory: Path, *, pages: int, seed: int) -> None:
        self._directory = directory
        self._state = directory / "terminal"
        self._state.mkdir()
        self._pages = pages
        self._seed = seed
        self._chance = random.Random(seed)
        self._port = free_port()
        self._counter: BaseProcess | None = None
        self._program: BaseProcess | None = None
        self._broke: Counter[str] = Counter()
        self._wanted = asyncio.Event()
        self._revive: set[str] = set()
        self._line = CutLine(self._port)

    async def run(self) -> Outcome:
        """Until everything is sent; raises `TimeoutError` when nothing moves any more."""
        began = time.monotonic()
        await self._prepare()
        async with self._line:
            await self._start_counter()
            await self._start_program()
            self._plan()
            await self._see_through()
        self._kill("counter")
        found = await self._look()
        found.seconds = time.monotonic() - began
        return found

    def close(self) -> None:
        """End what still runs."""
        for name in ("counter", "program"):
            self._kill(name)

    def _plan(self) -> None:
        count = 1 + int(self._chance.expovariate(1 / MEAN_BYTES))
        kind = self._chance.choice(KINDS)
        self._line.after(count, lambda: self._break(kind))

    async def _break(self, kind: str) -> None:
        self._broke[kind] += 1
        if kind == "line":
            self._line.cut()
        else:
            self._kill(kind)
            self._revive.add(kind)
            self._wanted.set()
        self._plan()

    async def _see_through(self) -> None:
        """Start again whatever was killed, until the program ends by itself."""
        while True:
            self._wanted.clear()
            for kind in sorted(self._revive):
                self._revive.discard(kind)
                await (self._start_counter() if kind == "counter" else self._start_program())
            assert self._program is not None
            sent = asyncio.create_task(ended(self._program))
            killed = asyncio.create_task(self._wanted.wait())
            moved = self._line.passed
            done, waiting = await asyncio.wait(
                {sent, killed}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
            for task in waiting:
                task.cancel()
            if not done and self._line.passed == moved:
                raise TimeoutError("nothing moves any more")
            if self._revive:
                continue
            if sent in done and self._program.exitcode == 0:
                return
            if sent in done:
                raise RuntimeError(f"the program ended with {self._program.exitcode}")

    async def _prepare(self) -> None:
        lane = SqliteLane(self._directory / "counter.sqlite")
        await asyncio.to_thread(upgrade_engine, lane.engine)
        await lane.write(self._ask_for_all)
        await lane.close()

    def _ask_for_all(self, conn: Connection) -> None:
        for number in range(self._pages):
            case_id = CaseId(f"case-{number}")
            seat(conn, case_id, TerminalId("hq-1"), left=True)
            ask_for(conn, number, case_id)

    async def _start_counter(self) -> None:
        hears, says = NODES.Pipe(duplex=False)
        self._counter = NODES.Process(
            target=capture_house.live, args=(says, self._directory, self._port)
        )
        self._counter.start()
        says.close()
        assert await asyncio.to_thread(hears.poll, PATIENCE_S), "the counter does not open"
        hears.recv()  # "open"; raises `EOFError` where it ended instead

    async def _start_program(self) -> None:
        address = f"http://127.0.0.1:{self._line.port}"
        self._program = NODES.Process(
            target=relay_program.live, args=(self._state, address, self._pages, self._seed)
        )
        self._program.start()

    def _kill(self, name: str) -> None:
        process = self._counter if name == "counter" else self._program
        if process is not None and process.exitcode is None:
            process.kill()
            process.join()

    async def _look(self) -> Outcome:
        lane = SqliteLane(self._directory / "counter.sqlite")
        rows = await lane.read(lambda conn: conn.execute(select(page)).all())
        states = await lane.read(lambda conn: conn.execute(select(capture.c.state)).all())
        await lane.close()
        taken = [int(line) for line in (self._state / "taken").read_text().split()]
        by_request = Counter(row.request_id for row in rows)
        found = Outcome(taken=len(set(taken)), broke=self._broke, passed_bytes=self._line.passed)
        blobs = DirectoryBlobs(self._directory / "blobs")
        digests = {row.request_id: row.original_sha256 for row in rows}
        for number in sorted(set(taken)):
            content = photograph(number, size_of(self._seed, number))
            found.photograph_bytes += len(content)
            sha256 = hashlib.sha256(content).hexdigest()
            if digests.get(f"r-{number}") != sha256 or await blobs.get(sha256) != content:
                found.lost.append(number)
            if by_request[f"r-{number}"] > 1:
                found.doubled.append(number)
        found.left += [path.name for path in (self._directory / "captures").glob("*")]
        found.left += [path.name for path in (self._state / "journal").glob("*")]
        found.left += sorted({row.state for row in states} - {"stored"})
        return found


async def soak(*, pages: int, seed: int) -> Outcome:
    """Run one in a fresh directory, and take it away."""
    directory = Path(tempfile.mkdtemp(prefix="rvc-soak-"))
    run = Soak(directory, pages=pages, seed=seed)
    try:
        return await run.run()
    finally:
        run.close()
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    """0 when nothing was lost, doubled or left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = asyncio.run(soak(pages=options.pages, seed=options.seed))
    print(
        f"{found.taken} taken of {options.pages}, {len(found.lost)} lost {found.lost}, "
        f"{len(found.doubled)} doubled {found.doubled}, left {found.left}\n"
        f"broke: {dict(found.broke)}; {found.passed_bytes} bytes passed for "
        f"{found.photograph_bytes} bytes of photographs, in {found.seconds:.0f} s"
    )
    wrong = found.lost or found.doubled or found.left or found.taken != options.pages
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
