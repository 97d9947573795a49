"""The unit of a terminal: systemd understands it, its command is one that the program takes."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from counter.__main__ import _parser
from tests.deploy.test_systemd import UNITS, analyze

UNIT = UNITS / "counter-terminal.service"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with programs that are here, under a path without spaces."""
    path = tmp_path / UNIT.name
    program = tmp_path / "python"
    program.symlink_to(sys.executable)
    text = UNIT.read_text().replace("/opt/counter/.venv/bin/python", str(program))
    path.write_text(text.replace("/usr/bin/cage", str(program)))
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    done = analyze("verify", str(unit))
    own = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, own) == (0, [])


def test_a_misspelt_line_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("KillMode=", "KillMode=proces-"))
    assert "kill mode" in analyze("verify", str(unit)).stderr


def test_its_command_is_one_that_the_program_takes() -> None:
    text = UNIT.read_text().replace("\\\n", " ")
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.M)
    words = shlex.split(command.partition("-m counter ")[2].replace("$TERMINAL_OPTIONS", ""))
    examples = "--camera /dev/video2 --scanner airscan:e0:Kiosk --printer kiosk --sound"
    taken = _parser().parse_args([*words, *shlex.split(examples)])
    assert str(taken.profiles).startswith("/run/"), "profiles lie on a tmpfs"
    assert str(taken.state) == "/var/lib/counter-terminal"


def test_no_browser_outlives_the_program() -> None:
    lines = UNIT.read_text().splitlines()
    assert "KillMode=control-group" in lines and "Restart=always" in lines
