"""The programs that the benchmark needs: its own in C, built here, and the peers' packages."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent / "c"
BUILT: Final = Path(__file__).parents[2] / "build" / "bench"
COMPILE: Final = ("-O2", "-Wall", "-Wextra", "-Werror")
BUILDS: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "engine.so": ("engine.c", ("-shared", "-fPIC"), ()),
    "forward": ("forward.c", (), ()),
    "forward-srtp": ("forward.c", ("-DSRTP",), ("-lsrtp2",)),
    "forward.so": ("forward.c", ("-DHOSTED", "-shared", "-fPIC"), ()),
}
"What is built -> its source, flags, libraries."
PACKAGES: Final = {
    "gcc": "gcc libc6-dev",
    "janus": "janus",
    "turnserver": "coturn",
    "taskset": "util-linux",
}
"Program -> the Debian packages that bring it."
HEADERS: Final = {"forward-srtp": (Path("/usr/include/srtp2/srtp.h"), "libsrtp2-dev")}


class NotInstalled(RuntimeError):
    """A program that a cell needs is missing; the message names it and its package."""


def program(name: str) -> str:
    """Path of an installed program.  Raises `NotInstalled`."""
    found = shutil.which(name)
    if found is None:
        package = PACKAGES[name]
        raise NotInstalled(f"{name} is not installed: apt-get install {package}")
    return found


def build(name: str, directory: Path = BUILT) -> Path:
    """Compile one of `BUILDS` unless it is newer than its source.  Raises `NotInstalled`."""
    source, flags, libraries = BUILDS[name]
    made, path = directory / name, SOURCES / source
    if made.exists() and made.stat().st_mtime > path.stat().st_mtime:
        return made
    header, package = HEADERS.get(name, (path, ""))
    if not header.exists():
        raise NotInstalled(f"{header} is missing: apt-get install {package}")
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = made.with_suffix(".tmp")
    command = [program("gcc"), *COMPILE, *flags, "-o", str(unfinished), str(path), *libraries]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode:
        hint = "; is libc6-dev installed?" if "stdio.h" in outcome.stderr else ""
        raise NotInstalled(f"{source} does not compile{hint}\n{outcome.stderr}")
    unfinished.rename(made)
    return made


def missing(names: Iterable[str]) -> list[str]:
    """One sentence for each of `names` that is not installed."""
    sentences = []
    for name in names:
        try:
            program(name)
        except NotInstalled as error:
            sentences.append(str(error))
    return sentences
