"""What the machine says of itself and of a process: cores, versions, CPU time, memory."""

import os
import platform
import subprocess
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("aiortc", "aioice", "pylibsrtp", "cryptography", "cffi")
QUIET_PERCENT = 10.0
"While others use more than this of a core, a run says little."
LOOK_S = 1.0
DEBIAN = ("janus", "coturn", "libsrtp2-1")


def cpu_ns(processes: Iterable[int]) -> int:
    """CPU time of all threads of the processes, kernel's work for them included."""
    total = 0
    for process in processes:
        for task in Path(f"/proc/{process}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:  # the thread has just ended
                continue
    return total


def first_thread_ns(processes: Iterable[int]) -> int:
    """CPU time of the first thread of each process: of our media process, its packet loop."""
    return sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in processes)


def everybody_s() -> float:
    """CPU time of all processes there are and were, and of the host's other guests (steal)."""
    total = _stolen_ticks()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        total += sum(map(int, fields[11:15]))  # its own and its reaped children's
    return total / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(within_s: float) -> None:
    """Wait, but not for ever, until the others use little of the machine."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        before = everybody_s()
        time.sleep(LOOK_S)
        if 100 * (everybody_s() - before) / LOOK_S <= QUIET_PERCENT:
            return


def _stolen_ticks() -> int:
    return int(Path("/proc/stat").read_text().split(maxsplit=9)[8])


def resident_bytes(processes: Iterable[int]) -> int:
    """Memory that the processes hold and share with nobody (anonymous pages)."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1]) * 1024
    return total


def described() -> dict[str, str]:
    """The machine, for the report."""
    cores = os.sysconf("SC_NPROCESSORS_ONLN")
    return {
        "processor": f"{_processor()}, {cores} cores",
        "source": _commit(),
        "system": f"{_system()}, Linux {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.2f} over the minute before",
        **{name: version(name) for name in PACKAGES},
        **{name: found for name in DEBIAN if (found := _debian(name))},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"


def _commit() -> str:
    """The commit that is measured, and whether anything was changed since."""
    try:
        asked = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude", "*"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "unknown"
    return asked.stdout.strip() if asked.returncode == 0 else "unknown"


def _debian(package: str) -> str:
    """The version of an installed Debian package; empty when there is none."""
    try:
        asked = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return asked.stdout if asked.returncode == 0 else ""
