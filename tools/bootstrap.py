"""Makes `.venv` and puts the locked packages into it: what `make run` and `make test` need first.

Every package is checked against the hashes of the lock file.  Where packages come from is this
machine's business: what pip is configured with is handed to uv, which is only the faster
installer; without it pip does the same.  Runs on the system's Python with nothing installed.

    python3 tools/bootstrap.py requirements.lock
"""

import os
import subprocess
import sys
import venv
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_LOCK = ROOT / "requirements-uv.lock"


class Refused(Exception):
    """What is missing and what would help, in one sentence for the person at the keyboard."""


def main(lock: str) -> int:
    """Install `lock`; returns the exit code."""
    try:
        make_environment()
        install(ROOT / lock)
    except Refused as refused:
        print(f"\n{refused}", file=sys.stderr)
        return 1
    return 0


def make_environment() -> None:
    """Make `.venv`, again when its Python is gone or too old."""
    works = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(works, capture_output=True, check=False).returncode == 0:
        return
    print("making the environment in .venv", flush=True)
    try:
        import ensurepip  # noqa: F401  # Debian ships venv without it
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Refused(
            "This Python cannot make environments; install the package python3-venv "
            f"(apt-get install python3-venv, or python{version}-venv) and run make again."
        ) from None
    venv.create(VENV, with_pip=True, clear=True, symlinks=True)


def install(lock: Path) -> None:
    """Install what `lock` names, exactly; raises `Refused` when it cannot be had."""
    print(f"installing {lock.name}", flush=True)
    if uv_is_there():
        command = [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON)]
        command += ["--require-hashes", "--link-mode=copy", "--quiet", "-r", str(lock)]
        done = subprocess.run(command, cwd=ROOT, env=uv_environment(), check=False)
        if done.returncode == 0:
            return
        print("uv could not install them; trying with pip", file=sys.stderr, flush=True)
    if not pip("--require-hashes", "-r", str(lock)):
        raise Refused(
            f"The packages of {lock.name} could not be installed (see above). They come from the "
            "Python Package Index, or from the mirror that pip is configured with on this machine "
            "(pip config set global.index-url ADDRESS). Nothing is broken: run make again."
        )


def uv_is_there() -> bool:
    """Whether uv runs in `.venv`, after installing it if need be."""
    asks = [str(PYTHON), "-m", "uv", "--version"]
    if subprocess.run(asks, capture_output=True, check=False).returncode == 0:
        return True
    return pip("--require-hashes", "-r", str(UV_LOCK), quiet=True)


def pip(*arguments: str, quiet: bool = False) -> bool:
    """Run `pip install`, which honours this machine's configuration; says whether it worked."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["install", "--quiet", "--retries=2", "--no-warn-script-location", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=quiet).returncode == 0


def uv_environment() -> "dict[str, str]":
    """Return the environment for uv: this machine's pip configuration in uv's words."""
    environment = dict(os.environ)
    known = pip_configuration()
    wanted = {
        "UV_DEFAULT_INDEX": known.get("index-url", ""),
        "UV_INDEX": " ".join(reachable(known.get("extra-index-url", "").split())),
        "UV_FIND_LINKS": " ".join(reachable(known.get("find-links", "").split())),
        # pip looks into all of its indexes; the hashes of the lock make that safe.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_HTTP_TIMEOUT": known.get("default-timeout", known.get("timeout", "")),
        "SSL_CERT_FILE": known.get("cert", ""),
        "ALL_PROXY": known.get("proxy", ""),
    }
    for name, value in wanted.items():
        if value:
            environment.setdefault(name, value)
    return environment


def pip_configuration() -> "dict[str, str]":
    """Return pip's settings by name; those of the environment win over those of files."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    known: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        scope, _, name = key.rpartition(".")
        rank = {"global": 1, "install": 2, ":env:": 3}.get(scope, 0)
        if rank >= ranks.get(name, 1):
            ranks[name] = rank
            known[name] = value.strip("'\"").replace("\\n", " ")
    return known


def reachable(places: "list[str]") -> "list[str]":
    """Leave out directories that do not exist, which pip passes over and uv does not."""
    kept = []
    for place in places:
        parts = urlsplit(place)
        if parts.scheme == "file" and not Path(url2pathname(parts.path)).is_dir():
            continue
        if not parts.scheme and not Path(place).is_dir():
            continue
        kept.append(place)
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
