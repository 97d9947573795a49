"""What `make run` and `make test` tell a person whose machine lacks something."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap, services

ROOT = Path(__file__).resolve().parent.parent.parent


def configured(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    """Let pip say it is configured with `listed`."""

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, stdout=listed)

    monkeypatch.setattr("tools.bootstrap.subprocess.run", run)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_uv_looks_where_pip_is_told_to_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured(
        monkeypatch,
        "global.index-url='https://mirror.example/simple'\n"
        f"global.extra-index-url='https://more.example/simple\\nfile://{tmp_path}/gone'\n"
        f"global.find-links='{tmp_path} {tmp_path}/gone'\n"
        ":env:.cert='/etc/ca.crt'\n",
    )
    environment = bootstrap.uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"] == "https://more.example/simple"
    assert environment["UV_FIND_LINKS"] == str(tmp_path)
    assert environment["SSL_CERT_FILE"] == "/etc/ca.crt"


def test_the_environment_wins_over_pips_files(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(
        monkeypatch,
        ":env:.index-url='https://chosen.example'\nglobal.index-url='https://other.example'\n",
    )
    assert bootstrap.uv_environment()["UV_DEFAULT_INDEX"] == "https://chosen.example"


def test_a_machine_without_configuration_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(monkeypatch, "")
    environment = bootstrap.uv_environment()
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS"} & environment.keys()


def test_a_python_that_is_too_old_is_told_in_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for needed in ("requirements.lock", "requirements-uv.lock", "tools/bootstrap.py"):
        (tmp_path / needed).parent.mkdir(exist_ok=True)
        (tmp_path / needed).touch()
    said = subprocess.run(
        ["make", "run", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode != 0
    assert "Python 3.11 or newer is needed" in said.stderr
    assert not (tmp_path / ".venv").exists()


def test_what_the_tests_miss_is_named_when_it_may_not_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = {"python3": lambda: True, "qpdf": lambda: False, "coturn": lambda: False}
    monkeypatch.setattr(services, "NEEDED", needed)
    monkeypatch.setattr(services, "privilege", lambda: None)
    assert services.main() == 1
    said = capsys.readouterr().err
    assert "apt-get install qpdf coturn" in said
    assert "python3" not in said


def test_nothing_is_installed_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def install(*_: object) -> bool:
        raise AssertionError("asked to install")

    monkeypatch.setattr(
        services, "NEEDED", {"python3": services.on_path(Path(sys.executable).name)}
    )
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setattr(services, "install", install)
    assert services.main() == 0
