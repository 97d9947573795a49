"""The unit of a node: systemd understands it, and it gives the counter no more than it needs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import NotInstalled

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "counter.service"
EXPOSURE_TENTHS = 20
"Of 100; systemd calls below 20 safe."


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `systemd-analyze`, which needs no running systemd for this."""
    program = shutil.which("systemd-analyze")
    if program is None:
        raise NotInstalled("systemd-analyze is not installed: apt-get install systemd")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with a program that is here, under a path without spaces."""
    path = tmp_path / UNIT.name
    program = tmp_path / "python"
    program.symlink_to(sys.executable)
    path.write_text(UNIT.read_text().replace("/opt/counter/.venv/bin/python", str(program)))
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    done = analyze("verify", str(unit))
    own = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, own) == (0, [])


def test_a_misspelt_line_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("KillMode=process", "KillMode=proces"))
    assert "kill mode" in analyze("verify", str(unit)).stderr


def test_the_sandbox_is_tight(unit: Path) -> None:
    limit = f"--threshold={EXPOSURE_TENTHS}"
    done = analyze("security", "--offline=true", limit, str(unit))
    assert done.returncode == 0, done.stdout[-300:]


def test_only_the_main_process_is_ended_so_that_calls_go_on() -> None:
    lines = UNIT.read_text().splitlines()
    assert "KillMode=process" in lines
    # The scan workers limit themselves; a filter on that would let untrusted files in unlimited.
    assert not any("@resources" in line for line in lines)
