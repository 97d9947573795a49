"""How well and how fast pages are found, beside the recipes that others use.

    python -m tests.bench.scan                       12 megapixels, some minutes
    python -m tests.bench.scan --size 1200 --frames 60
    python -m tests.bench.scan --photos FOLDER       real photographs with corners.json as well

Everything comes from seeds that no threshold was fitted to.  CPU time of one thread, medians,
finders in turn on the same frame.  Written to build/bench/scan.json; the exit status is 1 when a
goal is missed.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

# Read when numpy is loaded: a second thread would spin, and count as CPU time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2

from tests.bench import scan_finding, scan_gates, scan_live, scan_reading, scan_refused
from tests.bench.machine import described
from tests.documents.scenes import WIDE

RESULT: Final = Path("build/bench/scan.json")
SETS: Final = ("mat", "a4", "id-1", "photographs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One number that was promised, and what came out."""

    what: str
    at_least: float | None = None
    at_most: float | None = None
    measured: float

    @property
    def met(self) -> bool:
        low = self.at_least is None or self.measured >= self.at_least
        return low and (self.at_most is None or self.measured <= self.at_most)

    def line(self) -> str:
        bound = f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"
        return f"  {'ok  ' if self.met else 'MISS'}  {self.what:52} {self.measured:>9}  {bound}"


def finding_goals(tallies: dict[str, Any], cost: dict[str, float]) -> Iterator[Goal]:
    """What the brief promises of finding."""
    ours = {name: row["ours"].figures() for name, row in tallies.items()}
    yield Goal(what="mat: mean overlap", at_least=0.995, measured=ours["mat"]["mean"])
    yield Goal(what="mat: lowest overlap", at_least=0.95, measured=ours["mat"]["lowest"])
    yield Goal(what="A4 on desks: mean overlap", at_least=0.99, measured=ours["a4"]["mean"])
    yield Goal(what="ID-1 on desks: mean overlap", at_least=0.97, measured=ours["id-1"]["mean"])
    if real := ours.get("photographs"):
        yield Goal(what="photographs: mean overlap", at_least=0.97, measured=real["mean"])
        yield Goal(what="photographs: share below 0.9", at_most=0.03, measured=real["below_0.9"])
    yield Goal(what="find and refine, ms CPU", at_most=60, measured=cost["find_refine_ms"])
    yield Goal(what="... as multiple of one resize", at_most=1.5, measured=cost["ratio"])
    desks = cost["desk_ratio"]
    yield Goal(what="... the same on patterned desks", at_most=1.5, measured=desks)
    yield Goal(
        what="jscanify's CPU as multiple of ours", at_least=4, measured=cost["jscanify_ratio"]
    )
    failed = _beside_jscanify(tallies)
    yield Goal(what="failures as share of jscanify's", at_most=0.2, measured=failed)


def _beside_jscanify(tallies: dict[str, Any]) -> float:
    """Our failures over theirs, on all sets together."""
    lost = {"ours": 0, "jscanify": 0}
    for row in tallies.values():
        for name in lost:
            lost[name] += sum(overlap < scan_finding.FAILED for overlap in row[name].overlaps)
    return round(lost["ours"] / max(1, lost["jscanify"]), 3)


def table(tallies: dict[str, Any]) -> Iterator[str]:
    """The figures of every set and finder."""
    yield f"  {'':12} {'':9} {'n':>4} {'mean':>7} {'median':>7} {'<0.95':>6} {'<0.9':>6} {'ms':>7}"
    for name in SETS:
        for finder, tally in tallies.get(name, {}).items():
            f = tally.figures()
            yield (
                f"  {name:12} {finder:9} {f['n']:>4} {f['mean']:>7.4f} {f['median']:>7.4f} "
                f"{f['below_0.95']:>6.1%} {f['below_0.9']:>6.1%} {f['cpu_ms']:>7.1f}"
            )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scan", description=__doc__)
    parser.add_argument("--size", type=int, default=WIDE[0])
    parser.add_argument("--frames", type=int, default=40, help="of each set")
    parser.add_argument("--photos", type=Path, help="folder of photographs with corners.json")
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    size = (chosen.size, chosen.size * 3 // 4)
    tallies = scan_finding.compared(scan_finding.drawn(size, chosen.frames))
    if chosen.photos:
        tallies |= scan_finding.compared(scan_finding.photographs(chosen.photos))
    else:
        print("  no real photographs were given: PHOTOS=folder, with corners.json in it")
    cost = scan_finding.cost()
    seen = (
        *scan_reading.measured(),
        *scan_gates.measured(chosen.frames),
        *scan_refused.measured(chosen.frames),
        *scan_live.measured(),
    )
    goals = [*finding_goals(tallies, cost), *(Goal(**goal) for goal in seen)]
    print(*table(tallies), *(goal.line() for goal in goals), sep="\n")
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(
        json.dumps(
            {
                "machine": described(),
                "size_px": size,
                "sets": {
                    name: {finder: tally.figures() for finder, tally in row.items()}
                    for name, row in tallies.items()
                },
                "goals": [asdict(goal) | {"met": goal.met} for goal in goals],
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )
    return 0 if all(goal.met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
