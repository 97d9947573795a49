"""Sees to the programs the tests use: installs their Debian packages when it may, else names them.

A program is looked for where the tests look for it.  Services are installed but not started: the
tests start their own, on ports of their own.

    python -m tools.services
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
"Debian asks this program, when it exists, whether an installed service may be started."


def found(program: str) -> str | None:
    """Return where `program` is, also when it is one of root's; None when it is not here."""
    return shutil.which(program, path=_search_path())


def on_path(*programs: str) -> Callable[[], bool]:
    """Return a check that one of `programs` is on the PATH."""
    return lambda: any(found(program) for program in programs)


def file_like(directory: str, pattern: str) -> Callable[[], bool]:
    """Return a check that `directory` holds, at any depth, a file like `pattern`."""
    return lambda: next(Path(directory).glob(f"**/{pattern}"), None) is not None


def _search_path() -> str:
    # Daemons live in sbin, which is not on everybody's PATH.
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


NEEDED: dict[str, Callable[[], bool]] = {
    "postgresql": file_like("/usr/lib/postgresql", "bin/postgres"),
    "redis-server": on_path("redis-server", "valkey-server"),
    "coturn": on_path("turnserver"),
    "haproxy": on_path("haproxy"),
    "systemd": on_path("systemd-analyze"),
    "chromium": on_path("chromium", "chromium-browser"),
    "firefox-esr": on_path("firefox-esr"),
    "iproute2": on_path("ip"),
    "tshark": on_path("tshark"),
    "poppler-utils": on_path("pdfsig"),
    "fonts-noto-cjk": file_like("/usr/share/fonts", "NotoSansCJK*"),
    "libnss3-tools": on_path("certutil"),
    "qpdf": on_path("qpdf"),
    "tesseract-ocr": on_path("tesseract"),
    "tesseract-ocr-chi-tra": file_like("/usr/share/tesseract-ocr", "chi_tra.traineddata"),
    "tesseract-ocr-por": file_like("/usr/share/tesseract-ocr", "por.traineddata"),
    "tesseract-ocr-eng": file_like("/usr/share/tesseract-ocr", "eng.traineddata"),
    "softhsm2": on_path("softhsm2-util"),
    "ffmpeg": on_path("ffmpeg"),
    "sane-utils": on_path("scanimage"),
    "cups": on_path("cupsd"),
    "clamav-daemon": on_path("clamd"),
    "gcc": on_path("gcc"),
    "libc6-dev": file_like("/usr/include", "stdlib.h"),
}


def missing() -> list[str]:
    """Return the Debian packages whose programs are not here."""
    return [package for package, is_here in NEEDED.items() if not is_here()]


def privilege() -> list[str] | None:
    """Return what to put before a command to run it as root; None when we may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is not None:
        asked = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return [sudo, "-n"]
    return None


def install(packages: list[str], as_root: list[str]) -> bool:
    """Install Debian packages without starting their services; says whether it worked."""
    quiet = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    forbid = not POLICY.exists()
    if forbid:
        script = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"
        subprocess.run([*as_root, "sh", "-c", script], check=True)
    try:
        subprocess.run([*quiet, "update"], check=False, stdout=subprocess.DEVNULL)
        wanted = [*quiet, "install", "--no-install-recommends", *packages]
        return subprocess.run(wanted, check=False, stdout=subprocess.DEVNULL).returncode == 0
    finally:
        if forbid:
            subprocess.run([*as_root, "rm", "-f", str(POLICY)], check=True)


def main() -> int:
    """Return 0 when everything is here at the end."""
    packages = missing()
    if not packages:
        return 0
    as_root = privilege()
    if as_root is not None:
        print(f"installing {', '.join(packages)}", flush=True)
        install(packages, as_root)
        packages = missing()
    if packages:
        print(
            f"The tests need the Debian packages {', '.join(packages)}; "
            f"install them (apt-get install {' '.join(packages)}) and run make test again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
