"""Peers of the benchmarks that are not among our packages: each in an environment of its own.

They are installed from where packages come from on this machine into build/peers at the first run.
Where that cannot be, the goal beside them is missed, and the table says why.
"""

import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

PEERS: Final = Path("build/peers")
INSTALL_S: Final = 300


class NotThere(Exception):
    """The peer cannot be had here."""


def installed(
    name: str, packages: Sequence[str], mend: Callable[[Path], None] | None = None
) -> Path:
    """Its Python.  mend: repairs the fresh environment.  Raises `NotThere`."""
    home = PEERS / name
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        venv.create(home, with_pip=True, clear=True)
        run([str(python), "-m", "pip", "install", "-q", *packages], INSTALL_S)
        if mend is not None:
            mend(home)
        ready.touch()
    return python


def run(words: Sequence[str], limit_s: int) -> str:
    """What a program says.  Raises `NotThere` when it fails or takes too long."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotThere(type(error).__name__) from error
    if done.returncode:
        raise NotThere((done.stderr.strip().splitlines() or ["it failed"])[-1][:200])
    return done.stdout
