"""Run tests, and those few that failed beside the others once more by themselves.

    python -m tools.second_look ARGUMENTS OF PYTEST...

A machine that does the work of six at a time shows what only now and then goes wrong.  A test that
fails twice has failed.  One that passes by itself is told, after everything else, with its name:
its first failure stands above, is a bug of the test or of the counter, and wants to be mended.
More than `FEW` that fail together are no accident, and get no second look.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

FEW = 2
SOME_FAILED = 1  # pytest's; 2 and more: it was stopped, or is wrong itself


def main(arguments: Sequence[str], cwd: Path | None = None) -> int:
    """Return what the process has to end with: 0, or what pytest said."""
    with tempfile.TemporaryDirectory(prefix="rvc-second-look-") as kept:
        said = _pytest([*arguments, "-o", f"cache_dir={kept}"], cwd)
        if said != SOME_FAILED:
            return said
        failed = _failed(Path(kept))
    if not 0 < len(failed) <= FEW:
        return said
    print("\nOnce more, by themselves:", *failed, sep="\n  ", flush=True)
    again = _pytest(["-q", "-p", "no:cacheprovider", *failed], cwd)
    if again == 0:
        print(
            "\nFAILED BESIDE THE OTHERS, passed by themselves (the failure stands above; mend it):",
            *failed,
            sep="\n  ",
            flush=True,
        )
    return again


def _pytest(arguments: Sequence[str], cwd: Path | None) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=cwd).returncode


def _failed(kept: Path) -> list[str]:
    """The tests that pytest remembers to have failed, or to have found no footing."""
    remembered = kept / "v" / "cache" / "lastfailed"
    return sorted(json.loads(remembered.read_text())) if remembered.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
