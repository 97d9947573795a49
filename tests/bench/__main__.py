"""The benchmark of the media plane: ours and its peers, in the same run, on this machine.

    make bench-media                            about twenty minutes, on a quiet machine
    make bench-media CELLS="ours:50 janus:50"   some cells (names as in the table, * and ? allowed)
    make bench-media ROUNDS=1 SECONDS=2         a quick look
    make bench-media REALTIME=1                 before everybody else on the machine (root);
                                                Linux still lets others run 50 ms of a second,
                                                which is then the p99, and packets are lost
    make bench-media WAIT=60 PATIENCE=4         on a machine where others work: before each run
                                                wait up to a minute for quiet, and more tries

One core serves and another plays the far ends, whose cost does not count; so it needs two cores
that do nothing else.  A call is two legs that send each other a 720p30 VP8 picture of 1.5 Mbit/s
and a voice in Opus; encryption is AEAD_AES_256_GCM, as both browsers agree on with us.  What is
measured, and how, is in measure.py; what is claimed is in figures.py.  Everything found is written
to build/bench/media.json, the tables to build/bench/media.md.

It needs the Debian packages gcc, libc6-dev, libsrtp2-dev, janus and coturn.  The exit status is 1
when a claim that was measured does not hold.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.cells import Cell, selected
from tests.bench.churn import Churned
from tests.bench.figures import Round, claims, figures, other_ratios
from tests.bench.machine import QUIET_PERCENT, described, wait_until_quiet
from tests.bench.measure import Found
from tests.bench.programs import BUILDS, BUILT, NotInstalled, build, missing
from tests.bench.report import markdown

NEEDS: Final = {"janus": ("janus",), "coturn": ("turnserver",)}
CHURN: Final = "churn"


class Failed(RuntimeError):
    """A cell could not be measured."""


def main() -> int:
    options = _parser().parse_args()
    patterns = [pattern for pattern in options.cells if pattern != CHURN]
    try:
        cells = selected(patterns) if patterns or not options.cells else []
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with_churn = not options.cells or CHURN in options.cells
    lacking = _lacking(cells)
    if lacking or (os.cpu_count() or 1) < 2:
        print("\n".join(lacking or ["two cores are needed"]), file=sys.stderr)
        return 2
    if options.realtime:  # others are not waited for: they wait
        options.wait, options.patience = 0.0, 1
    machine = described()
    machine["date"] = datetime.now(UTC).isoformat(timespec="seconds")
    machine["runs"] = f"{options.rounds} of {options.seconds:g} s, medians"
    machine["scheduling"] = "SCHED_FIFO 20" if options.realtime else "normal"
    rounds: list[Round] = []
    try:
        for number in range(options.rounds):
            _say(f"round {number + 1} of {options.rounds}")
            rounds.append({cell.name: _measured(cell, options) for cell in cells})
        churned = _churned(options.churn) if with_churn else None
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    return _conclude(machine, rounds, churned)


def _lacking(cells: Sequence[Cell]) -> list[str]:
    """What is not installed, in sentences; the C programs are built on the way."""
    names = [name for cell in cells for name in NEEDS.get(cell.server, ())]
    lacking = missing(dict.fromkeys(["gcc", *names]))
    if lacking:
        return lacking
    try:
        for name in BUILDS:
            build(name)
    except NotInstalled as error:
        return [str(error)]
    return []


def _measured(cell: Cell, options: argparse.Namespace) -> Found:
    """The run that others disturbed least, of as many as patience allows."""
    tries: list[Found] = []
    while len(tries) < options.patience:
        tries.append(_one_run(cell, options))
        if tries[-1].others_percent <= QUIET_PERCENT:
            break
    return min(tries, key=lambda found: found.others_percent)


def _one_run(cell: Cell, options: argparse.Namespace) -> Found:
    wait_until_quiet(options.wait)
    command = ["measure", cell.server, str(cell.calls), "--seconds", str(options.seconds)]
    command += ["--workers", str(cell.workers)]
    command += ["--feedback"] if cell.feedback else []
    command += ["--recorded"] if cell.recorded else []
    command += ["--realtime"] if options.realtime else []
    found = Found(**json.loads(_run(command)))
    _say(
        f"  {found.cell:<20} {found.cpu_us_per_packet:8.1f} us  p50 {found.p50_us or 0:7.0f}"
        f"  p99 {found.p99_us or 0:8.0f} us  lost {found.lost} of {found.sent}"
        f"  others {found.others_percent:.0f} %"
    )
    return found


def _churned(calls: int) -> Churned:
    _say(f"churn of {calls} calls")
    return Churned(**json.loads(_run(["churn", str(calls)])))


def _run(command: Sequence[str]) -> str:
    module, *arguments = command
    outcome = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise Failed(f"{' '.join(command)} failed; what it said is above")
    return outcome.stdout.splitlines()[-1]


def _conclude(machine: dict[str, str], rounds: Sequence[Round], churned: Churned | None) -> int:
    found = figures(rounds)
    judged = claims(rounds, churned)
    ratios = other_ratios(rounds)
    text = markdown(machine, found, judged, ratios, churned)
    everything = {
        "machine": machine,
        "cells": {name: asdict(figure) for name, figure in found.items()},
        "claims": [{**asdict(claim), "holds": claim.holds} for claim in judged],
        "ratios": ratios,
        "churn": None if churned is None else asdict(churned),
        "rounds": [{name: asdict(run) for name, run in one.items()} for one in rounds],
    }
    BUILT.mkdir(parents=True, exist_ok=True)
    Path(BUILT / "media.json").write_text(json.dumps(everything, indent=1) + "\n")
    Path(BUILT / "media.md").write_text(text)
    print(f"\n{text}\nwritten to {BUILT}/media.json and media.md")
    return 1 if any(claim.holds is False for claim in judged) else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests.bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("cells", nargs="*", help=f"names like ours:50, or {CHURN}; all when none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--churn", type=int, default=2000, help="calls of churn")
    parser.add_argument(
        "--patience", type=int, default=2, help="tries of a run that other programs disturb"
    )
    parser.add_argument(
        "--wait", type=float, default=5.0, help="seconds to wait for quiet before each run"
    )
    parser.add_argument("--realtime", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
