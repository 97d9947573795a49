"""Takes one guard away in a copy of the tree, and runs the tests that must notice.

The checkout itself is never touched.  What is asked of each mutant is that a test fails: pytest
ends with 1.  Anything else (it ran through, nothing was collected, it hung) is not proof.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

from tests.mutate.guards import ROOT, Guard

COPIED = ("booking", "counter", "web", "tests", "tools")
FILES = ("pyproject.toml", "Makefile")
WITHIN_S = 300
"For the tests of one guard; who measures beside us may have the machine."
FAILED = 1
"What pytest ends with when a test failed."


class Outcome(StrEnum):
    """What the tests said to a mutant."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    "All tests are green without the guard."
    UNCLEAR = "UNCLEAR"
    "They did not run, or did not end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One guard, taken away."""

    guard: Guard
    outcome: Outcome
    seconds: float
    by: str
    "The first test that failed; of what is unclear, the last that pytest said."


class Tree:
    """A copy of the sources, in which one guard at a time is missing."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        away = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
        for name in COPIED:
            shutil.copytree(ROOT / name, directory / name, ignore=away)
        for name in FILES:
            shutil.copyfile(ROOT / name, directory / name)

    def sound(self, guards: Sequence[Guard]) -> str:
        """Empty when every test of the table passes as long as nothing is missing."""
        for engine in sorted({guard.engine for guard in guards}):
            tests = {test for guard in guards if guard.engine == engine for test in guard.tests}
            status, said = self._run(sorted(tests), engine, WITHIN_S * 4)
            if status != 0:
                return (
                    f"on {engine} the tests fail, or do not run, with every guard in place: {said}"
                )
        return ""

    def without(self, guard: Guard) -> Tried:
        """What its tests say when it is missing."""
        path = self.directory / guard.file
        source = path.read_text()
        began = monotonic()
        path.write_text(guard.mutated(source))
        try:
            status, said = self._run(guard.tests, guard.engine, WITHIN_S)
        finally:
            path.write_text(source)
        outcomes = {0: Outcome.SURVIVED, FAILED: Outcome.CAUGHT}
        return Tried(
            guard=guard,
            outcome=outcomes.get(status, Outcome.UNCLEAR),
            seconds=round(monotonic() - began, 1),
            by=said,
        )

    def _run(self, tests: Sequence[str], engine: str, within_s: int) -> tuple[int, str]:
        """The status of pytest, and the name of what failed first."""
        other = "postgres" if engine == "sqlite" else "sqlite"
        quiet = ("-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider")
        command = [sys.executable, "-B", "-m", "pytest", *quiet, "-k", f"not {other}"]
        try:
            done = subprocess.run(
                [*command, *(f"tests/{test}" for test in tests)],
                cwd=self.directory,
                capture_output=True,
                text=True,
                timeout=within_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return -1, f"did not end within {within_s} s"
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        failed = (line for line in lines if line.startswith(("FAILED ", "ERROR ")))
        return done.returncode, next(failed, lines[-1] if lines else "it said nothing")
