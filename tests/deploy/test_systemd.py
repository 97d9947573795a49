"""The units: systemd understands them, and they give no more than is needed."""

import asyncio
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counter.media.control import WorkerGone
from counter.media.control_client import ControlClient
from counter.media.mutual_tls import tls_of_counter
from counter.media.tls_development import counter_files, media_files
from tests.servers import NotInstalled, free_port

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
UNIT = UNITS / "counter.service"
MEDIA_UNIT = UNITS / "counter-media@.service"
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


@pytest.fixture(params=[UNIT, MEDIA_UNIT], ids=lambda path: path.name)
def unit(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return a unit with a program that is here, under a path without spaces."""
    shipped: Path = request.param
    path = tmp_path / shipped.name.replace("@", "@40000")
    program = tmp_path / "python"
    program.symlink_to(sys.executable)
    path.write_text(shipped.read_text().replace("/opt/counter/.venv/bin/python", str(program)))
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    done = analyze("verify", str(unit))
    own = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, own) == (0, [])


def test_a_misspelt_line_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("KillMode=", "KillMode=proces-"))
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


async def test_the_command_of_a_media_node_serves_counters_and_drains(tmp_path: Path) -> None:
    port, tls = free_port(), tmp_path / "tls"
    now = datetime.now(UTC)
    files = media_files(tls, "127.0.0.1", now)
    text = MEDIA_UNIT.read_text().replace("\\\n", " ")
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.M)
    for shipped, here in {
        "/opt/counter/.venv/bin/python": sys.executable,
        "/run/counter-media-%i": str(tmp_path),
        "/srv/counter/recordings": str(tmp_path / "recordings"),
        "/etc/counter/media.pem": str(files.certificate),
        "/etc/counter/media.key": str(files.key),
        "/etc/counter/authority.pem": str(files.authority),
        "${MEDIA_IP}": "127.0.0.1",
        "${MEDIA_BIND_IP}": "127.0.0.1",
        "${CONTROL_IP}": "127.0.0.1",
        "$MEDIA_OPTIONS": "",
        "%i": str(port),
    }.items():
        assert shipped in command
        command = command.replace(shipped, shlex.quote(here) if here else "")
    process = await asyncio.create_subprocess_exec(*shlex.split(command))
    url = f"https://127.0.0.1:{port}"
    client = ControlClient.over_tls(url, tls_of_counter(counter_files(tls, now)))
    try:
        async with asyncio.timeout(60):
            while True:
                assert process.returncode is None
                with suppress(WorkerGone):
                    health = await client.health()
                    break
                await asyncio.sleep(0.05)
        assert health.udp_port == port
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    finally:
        await client.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_a_media_node_has_longer_to_stop_than_its_calls_to_end() -> None:
    text = MEDIA_UNIT.read_text()
    [calls_s] = re.findall(r"--drain-s (\d+)", text)
    [stop_s] = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.M)
    assert int(stop_s) > int(calls_s)
