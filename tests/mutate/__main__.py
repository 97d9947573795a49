"""Each guard is taken away once, and a test must fail.

    python -m tests.mutate booking                  all of them, some ten minutes
    python -m tests.mutate booking hold confirm     those with one of these words in their name

Prints a table, and writes what was found to build/mutate/<table>.json.  The exit status is 1 when a
mutant survived or is unclear, 2 when the table does not describe the code.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.mutate.booking_guards import BOOKING
from tests.mutate.guards import ROOT, Guard, stale
from tests.mutate.runner import Outcome, Tree, Tried

TABLES: Final = {"booking": BOOKING}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("words", nargs="*", help="only guards with one of them in their name")
    options = parser.parse_args()
    guards = TABLES[options.table]
    wrong = stale(guards)
    if wrong:
        print("\n".join(wrong))
        return 2
    words = options.words
    wanted = [one for one in guards if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="counter-mutate-") as directory:
        tree = Tree(Path(directory))
        unsound = tree.sound(wanted)
        if unsound:
            print(unsound)
            return 2
        tried = [_told(tree.without(guard)) for guard in wanted]
    _write(options.table, tried, whole=not words)
    missed = [one for one in tried if one.outcome is not Outcome.CAUGHT]
    print(f"{len(tried) - len(missed)} of {len(tried)} caught")
    return 1 if missed else 0


def _told(tried: Tried) -> Tried:
    guard: Guard = tried.guard
    print(f"{tried.outcome:9} {tried.seconds:6.1f} s  {guard.name}: {guard.holds}", flush=True)
    if tried.outcome is not Outcome.CAUGHT:
        print(f"{'':20}{guard.file}: {guard.text!r} -> {guard.instead!r}\n{'':20}{tried.by}")
    return tried


def _write(table: str, tried: list[Tried], *, whole: bool) -> None:
    path = ROOT / "build" / "mutate" / f"{table}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"whole": whole, "tried": [asdict(one) for one in tried]}, indent=1) + "\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
