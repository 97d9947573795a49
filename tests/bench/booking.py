"""The benchmark of booking: ours and its peers in the same run, on this machine, on both engines.

    make bench-booking                      some twenty minutes on a quiet machine
    make bench-booking CELLS="ours sold"    some parts: killed web ours sold floor aiosqlite django
    make bench-booking PEOPLE=200 ROUNDS=1 SEEDS=2    a quick look

A crowd that books at one instant, all at the same department, in the week that has just opened.
Rounds are repeated in turn, so that what disturbs one disturbs all, and medians are told.  Each
part runs in a process of its own.  What is claimed stands in booking_report.py.  Everything found
is written to build/bench/booking.json, the table to build/bench/booking.md.

The peers are installed below build/bench with the machine's pip: aiosqlite, and django-appointment
3.12 in an environment of its own; what cannot be installed is said in the table.  The exit status
is 1 when something was sold twice or lost.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.booking_floor import postgres_per_s, sqlite_per_s
from tests.bench.booking_killed import Killed, killed, moment
from tests.bench.booking_place import ENGINES
from tests.bench.booking_report import markdown, must_hold
from tests.bench.booking_waiting import killed_while_waiting
from tests.bench.machine import described
from tests.bench.programs import BUILT
from tests.servers import PostgresServer

PARTS: Final = ("ours", "sold", "floor", "aiosqlite", "django", "web", "killed")
AIOSQLITE: Final = "aiosqlite==0.22.1"
DJANGO: Final = ("django-appointment==3.12.0", "psycopg[binary]==3.3.9")
KILLS: Final = ("killed ", "waiting ")
WAITING_PEOPLE: Final = 60
FLOOR_BATCH: Final = 64
FLOOR_CONNECTIONS: Final = 16

Json = dict[str, Any]


class Bench:
    """One run: where stores are made, and what was found so far."""

    def __init__(self, options: argparse.Namespace, directory: Path) -> None:
        self.options = options
        self.found: dict[str, list[Json]] = {}
        self.missing: dict[str, str] = {}
        self._directory = directory
        self._server: PostgresServer | None = None
        self._stores = 0

    @property
    def server(self) -> PostgresServer:
        if self._server is None:
            self._server = PostgresServer(durable=True)
        return self._server

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    @contextmanager
    def store(self, engine: str) -> Iterator[str]:
        """A place for a store, fresh."""
        self._stores += 1
        if engine == "sqlite":
            yield str(self._directory / f"{self._stores}.sqlite")
        else:
            name = self.server.create_database()
            yield self.server.address(name)
            self.server.drop_database(name)

    def add(self, name: str, found: Json) -> None:
        self.found.setdefault(name, []).append(found)
        shown = {key: value for key, value in found.items() if not isinstance(value, dict)}
        print(f"  {name:20} {shown}", flush=True)

    def ours(self, seed: int) -> None:
        for engine in ENGINES:
            self._cell("ours", engine, seed)

    def sold(self, seed: int) -> None:
        for engine in ENGINES:
            self._cell("sold", engine, seed)

    def aiosqlite(self, seed: int) -> None:
        target = BUILT / "peers"
        if not (target / "aiosqlite").exists():
            pip = ["pip", "install", "--quiet", "--no-deps", "--target", str(target), AIOSQLITE]
            if not self._installed("aiosqlite", [sys.executable, "-m", *pip]):
                return
        self._cell("aiosqlite", "sqlite", seed, {"PYTHONPATH": str(target)})

    def floor(self, seed: int) -> None:
        with self.store("sqlite") as where:
            path = Path(where)
            one = sqlite_per_s(path.with_suffix(".one"), 500, batch=1)
            many = sqlite_per_s(path, 64_000, batch=FLOOR_BATCH)
        self.add("floor sqlite", {"per_s": round(many), "one_per_commit_per_s": round(one)})
        with self.store("postgres") as where:
            many = asyncio.run(postgres_per_s(where, 8_000, connections=FLOOR_CONNECTIONS))
        self.add("floor postgres", {"per_s": round(many)})

    def django(self, seed: int) -> None:
        home = BUILT / "django"
        python = home / "bin" / "python"
        if not (home / "ready").exists():
            made = self._installed("django", [sys.executable, "-m", "venv", str(home)])
            pip = [str(python), "-m", "pip", "install", "--quiet", *DJANGO]
            if not made or not self._installed("django", pip):
                return
            (home / "ready").touch()
        name = self.server.create_database()
        script = Path(__file__).with_name("booking_django.py")
        people = str(self.options.django_people)
        place = ["127.0.0.1", str(self.server.port), name, people, str(seed)]
        self._run("django postgres", [str(python), str(script), *place])
        self.server.drop_database(name)

    def web(self, seed: int) -> None:
        people = str(self.options.people)
        self._run(
            "web sqlite", [sys.executable, "-m", "tests.bench.booking_web", people, str(seed)]
        )

    def killed(self, seed: int) -> None:
        """All seeds at once: it is not a measurement of time."""
        for engine in ENGINES:
            for number in range(self.options.seeds):
                people = self.options.people
                with self.store(engine) as where:
                    one: Killed = killed(engine, where, people, number, moment(number, people))
                self.add(f"killed {engine}", asdict(one))
                with self.store(engine) as where:
                    after = moment(number, 3 * WAITING_PEOPLE)
                    two = killed_while_waiting(engine, where, WAITING_PEOPLE, number, after)
                self.add(f"waiting {engine}", asdict(two))

    def _cell(self, kind: str, engine: str, seed: int, more: dict[str, str] | None = None) -> None:
        with self.store(engine) as where:
            command = [kind, engine, where, str(self.options.people), str(seed)]
            module = [sys.executable, "-m", "tests.bench.booking_cell"]
            self._run(f"{kind} {engine}", [*module, *command], more)

    def _run(self, name: str, command: list[str], more: dict[str, str] | None = None) -> None:
        outcome = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, **(more or {})},
        )
        if outcome.returncode:
            self.missing[name] = f"ended with {outcome.returncode}; what it said is above"
        else:
            self.add(name, json.loads(outcome.stdout.splitlines()[-1]))

    def _installed(self, name: str, command: list[str]) -> bool:
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.returncode:
            self.missing[name] = f"cannot be installed: {outcome.stderr.strip()[-200:]}"
        return outcome.returncode == 0


def medians(runs: list[Json]) -> Json:
    """Of numbers the median of the rounds; of counts of faults the sum."""
    merged: Json = {}
    for key, first in runs[0].items():
        if isinstance(first, dict):
            names = {name for run in runs for name in run[key]}
            merged[key] = {name: sum(run[key].get(name, 0) for run in runs) for name in names}
        elif isinstance(first, bool) or not isinstance(first, int | float):
            merged[key] = first
        else:
            merged[key] = median(run[key] for run in runs)
    return merged


def main() -> int:
    options = _parser().parse_args()
    parts = options.cells or list(PARTS)
    machine = described()
    machine["date"] = datetime.now(UTC).isoformat(timespec="seconds")
    machine["runs"] = f"{options.rounds} rounds of {options.people} people, medians"
    with tempfile.TemporaryDirectory(prefix="counter-bench-") as directory:
        bench = Bench(options, Path(directory))
        try:
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", flush=True)
                for part in (one for one in parts if one != "killed"):
                    work: Callable[[int], None] = getattr(bench, part)
                    work(number + 1)
            if "killed" in parts:
                bench.killed(0)
        finally:
            bench.close()
    cells = {
        name: medians(runs) for name, runs in bench.found.items() if not name.startswith(KILLS)
    }
    kills = {name: runs for name, runs in bench.found.items() if name.startswith(KILLS)}
    text = markdown(machine, cells, kills, bench.missing)
    BUILT.mkdir(parents=True, exist_ok=True)
    everything = {
        "machine": machine,
        "cells": cells,
        "missing": bench.missing,
        "rounds": bench.found,
    }
    (BUILT / "booking.json").write_text(json.dumps(everything, indent=1) + "\n")
    (BUILT / "booking.md").write_text(text)
    print(f"\n{text}\nwritten to {BUILT}/booking.json and booking.md")
    return 0 if must_hold(cells, kills) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests.bench.booking",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("cells", nargs="*", choices=PARTS, metavar="PART")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--django-people", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=20, help="kills on each engine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
