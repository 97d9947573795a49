"""Opens and closes calls one after another on one worker, and watches its memory and CPU time.

    python -m tests.bench.churn [CALLS]

Every call has both its legs connected with new names, and every twentieth carries media for a
tenth of a second.  Memory is what the process holds by itself (anonymous pages); growth counts
from call `FIRST`, when what is loaded late has been loaded.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.bench.engine import Engine
from tests.bench.machine import cpu_ns, resident_bytes
from tests.bench.measure import GENERATOR_CORE, SERVER_CORE, take_over
from tests.bench.peer_ours import Ours
from tests.bench.programs import BUILT

FIRST: Final = 200
EVERY: Final = 20
MEDIA_S: Final = 0.1
SETTLE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Churned:
    """What came of it."""

    calls: int
    first: int
    "Growth is counted from this call."
    cpu_ms_per_leg: float
    "To set up and to tear down, of the calls after `first`; the media of some is in it."
    growth_bytes_per_call: float
    resident_mb: list[float]
    "At the start, at `first`, at each quarter of what follows."


async def churn(calls: int, *, first: int, directory: Path, load: Engine | None = None) -> Churned:
    """Open and close `calls` calls."""
    engine = load or Engine(BUILT)
    peer = Ours(directory, cores=(SERVER_CORE,))
    try:
        await peer.start(1)
        sizes = [resident_bytes(peer.processes)]
        await _some(peer, engine, range(first))
        sizes.append(resident_bytes(peer.processes))
        cpu = cpu_ns(peer.processes)
        bounds = [first + (calls - first) * quarter // 4 for quarter in range(5)]
        for start, stop in pairwise(bounds):
            await _some(peer, engine, range(start, stop))
            sizes.append(resident_bytes(peer.processes))
        used_ns = cpu_ns(peer.processes) - cpu
    finally:
        await peer.close()
    return Churned(
        calls=calls,
        first=first,
        cpu_ms_per_leg=round(used_ns / 1e6 / (2 * (calls - first)), 3),
        growth_bytes_per_call=round((sizes[-1] - sizes[1]) / (calls - first), 1),
        resident_mb=[round(size / 1e6, 2) for size in sizes],
    )


async def _some(peer: Ours, engine: Engine, numbers: range) -> None:
    for number in numbers:
        wires = await peer.call(number)
        if number % EVERY == 0:
            take_over(engine, wires, 0, 1)
            engine.resume()
            engine.run(MEDIA_S)
            engine.drop_all()
        await peer.end(number)
    await asyncio.sleep(SETTLE_S)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.churn")
    parser.add_argument("calls", type=int, nargs="?", default=2000)
    calls = parser.parse_args().calls
    os.sched_setaffinity(0, {GENERATOR_CORE})
    with tempfile.TemporaryDirectory(prefix="counter-bench-") as directory:
        found = asyncio.run(churn(calls, first=min(FIRST, calls // 2), directory=Path(directory)))
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
