"""Takes bytes away that were put long ago, so that a put of the same bytes never loses them.

There is no "remove it if it is still old" on a disk.  So what shall go is moved aside first, and
looked at there.  Whoever puts the same bytes makes them young and then looks whether they are still
in their place (`DirectoryBlobs`).  If they were, the move came later and sees them young; if not,
they are written anew, and what lies aside is nobody's.  Cut off in the middle, what lies aside goes
back to its place at the next round, and is read from there until then.
"""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

ASIDE: Final = "leaving"
ARRIVING: Final = "arriving"


class OldBlobs:
    """Below the root of a `DirectoryBlobs`.  Two at once do no harm: each has its own place aside.

    Old is what nobody put again since `horizon`, by the clock of the disk.  Blocks.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._aside = root / ASIDE

    def horizon(self, grace: timedelta) -> float:
        """What was put before this moment is old.  Take it before asking which bytes are named."""
        self._aside.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._root) as fresh:
            return os.stat(fresh.name).st_mtime - grace.total_seconds()

    def mend(self, horizon: float) -> None:
        """Put back what a round that was cut off left aside; drop arrivals that never ended."""
        for folder in _entries(self._aside):
            for left in _entries(folder):
                _back(left, self._place(left.name))
            with suppress(OSError):
                folder.rmdir()
        for half in _entries(self._root / ARRIVING):
            with suppress(FileNotFoundError):
                if half.stat().st_mtime < horizon:
                    half.unlink()

    def listed(self, part: str, since: float, horizon: float) -> list[str]:
        """Digests of what is old among those that begin with `part`, two hexadecimal digits.

        since: what was put before is left alone.
        """
        found = []
        for file in _entries(self._root / part):
            with suppress(FileNotFoundError):
                if since <= file.stat().st_mtime < horizon:
                    found.append(file.name)
        return found

    def drop(self, digests: Iterable[str], horizon: float) -> int:
        """Take away those that are still old; how many went."""
        aside = Path(tempfile.mkdtemp(dir=self._aside))
        try:
            return sum(_drop(self._place(one), aside / one, horizon) for one in digests)
        finally:
            with suppress(OSError):
                aside.rmdir()

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def _drop(place: Path, aside: Path, horizon: float) -> bool:
    try:
        os.rename(place, aside)
        if os.stat(aside).st_mtime >= horizon:
            _back(aside, place)
            return False
        os.unlink(aside)
    except FileNotFoundError:  # another node's round was here
        return False
    return True


def _back(aside: Path, place: Path) -> None:
    with suppress(FileNotFoundError):
        with suppress(FileExistsError):  # it was put meanwhile
            os.link(aside, place)
        os.unlink(aside)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
