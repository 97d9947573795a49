"""A guard: a line of the code that forbids something, and what the code would be without it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard, and the tests that must fail when it is gone."""

    name: str
    holds: str
    "What is true because of it."
    file: str
    text: str
    "As it stands in `file`, exactly once."
    instead: str
    tests: tuple[str, ...]
    "Below tests/: a file, or `file::name` of one test with all of its parameters."
    engine: str = "sqlite"
    "On which the tests run, where they run on both."

    def mutated(self, source: str) -> str:
        """The source without the guard.  Raises `Stale` when the table is not true any more."""
        found = source.count(self.text)
        if found != 1:
            raise Stale(f"{self.name}: its text is {found} times in {self.file}, not once")
        changed = source.replace(self.text, self.instead)
        try:
            compile(changed, self.file, "exec")
        except SyntaxError as wrong:
            raise Stale(f"{self.name}: what is put instead cannot be read: {wrong}") from None
        return changed


class Stale(Exception):
    """The table does not describe the code any more: mend the table."""


def stale(guards: Sequence[Guard], root: Path = ROOT) -> list[str]:
    """What is not true of a table: texts that are not there once, tests that are not there."""
    wrong = []
    for guard in guards:
        try:
            guard.mutated((root / guard.file).read_text())
        except (OSError, Stale) as found:
            wrong.append(str(found))
        for test in guard.tests:
            file, _, name = test.partition("::")
            path = root / "tests" / file
            if not path.is_file() or (name and f"def {name}(" not in path.read_text()):
                wrong.append(f"{guard.name}: no such test: {test}")
    names = Counter(guard.name for guard in guards)
    return wrong + [f"{name}: it is in the table twice" for name, n in names.items() if n > 1]
