"""Settings: everything that is wrong is said at once, and production does not start half made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from counter.settings import BadSettings, read_settings, shown

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = 'profile = "production"\n'
ENOUGH = """
profile = "production"
postgres = "counter:hush-hush@db.example.org:5432/counter"
media_ip = "192.0.2.7"
origin = "https://counter.example.org"
"""


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a settings file to be written; nothing else is set."""
    for name in os.environ:
        if name.startswith("COUNTER_"):
            monkeypatch.delenv(name)
    path = tmp_path / "counter.toml"
    path.touch()
    monkeypatch.setenv("COUNTER_SETTINGS", str(path))
    return path


def mistakes(**over: object) -> list[str]:
    """What is wrong for a node that shall serve, one line each."""
    with pytest.raises(BadSettings) as refused:
        read_settings(serving=True, **over)
    title, *lines = str(refused.value).splitlines()
    assert title == "these settings cannot be used:"
    return [line.strip() for line in lines]


def test_without_any_setting_one_machine_is_served_in_development(toml: Path) -> None:
    settings = read_settings(serving=True)
    assert (settings.profile, settings.postgres, settings.redis) == ("development", None, None)
    assert settings.keys == settings.data / "keys"
    assert settings.blobs == settings.data / "blobs"
    assert settings.media == settings.data / "media"


def test_what_nodes_share_is_named_once(toml: Path) -> None:
    toml.write_text('shared = "/srv/counter"\nmedia_directory = "/run/counter"\n')
    settings = read_settings()
    assert (settings.keys, settings.blobs) == (
        Path("/srv/counter/keys"),
        Path("/srv/counter/blobs"),
    )
    assert settings.media == Path("/run/counter")


def test_all_mistakes_are_said_at_once(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml.write_text(
        PRODUCTION
        + """
        port = 70000
        redis = "localhost:6379"
        media_ip = "counter.example.org"
        midea_workers = 2
        [store]
        size = 3
        """
    )
    monkeypatch.setenv("COUNTER_MEDIA_WORKERS", "none")
    monkeypatch.setenv("COUNTER_POSTGRESS", "x")
    said = mistakes()
    assert sorted(line.split(":")[0] for line in said) == sorted(
        [
            *("port", "redis", "media_ip", "media_workers"),  # wrong values
            *("midea_workers", "store", "COUNTER_POSTGRESS"),  # names that are no setting
            *("postgres", "origin", "keys"),  # what production needs besides
        ]
    )
    assert "midea_workers: there is no such setting" in said
    assert "COUNTER_POSTGRESS: there is no such setting" in said
    assert "media_ip: is not an IPv4 address" in said


def test_a_file_that_is_not_toml_is_named_with_the_line(toml: Path) -> None:
    toml.write_text("port = \n")
    with pytest.raises(BadSettings, match=r"counter\.toml cannot be read: .*line 1"):
        read_settings()


def test_a_settings_file_that_was_named_must_be_there(toml: Path) -> None:
    toml.unlink()
    with pytest.raises(BadSettings, match=r"counter\.toml cannot be read: there is no such file"):
        read_settings()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml.write_text("port = 1\nhost = '127.0.0.2'\nmedia_udp_port = 4\n")
    monkeypatch.setenv("COUNTER_PORT", "2")
    monkeypatch.setenv("COUNTER_HOST", "127.0.0.3")
    settings = read_settings(port=3, host=None)
    assert (settings.port, settings.host, settings.media_udp_port) == (3, "127.0.0.3", 4)


@pytest.mark.parametrize(
    "left_out",
    ["postgres", "media_ip", "origin"],
)
def test_production_says_what_it_needs(toml: Path, left_out: str) -> None:
    toml.write_text("\n".join(one for one in ENOUGH.splitlines() if left_out not in one))
    assert [line.split(":")[0] for line in mistakes()] == [left_out, "keys"]


def test_production_does_not_run_on_development_keys_or_certificates(toml: Path) -> None:
    toml.write_text(ENOUGH)
    [said] = mistakes()
    assert said.startswith("keys: this version has no key provider for production")
    assert [line.split(":")[0] for line in mistakes(lan=True)] == ["lan", "keys"]
    # The journal of a production store can be verified all the same.
    assert read_settings().profile == "production"


def test_passwords_are_not_shown(toml: Path) -> None:
    toml.write_text(ENOUGH + 'redis = "redis://:swordfish@cache:6379/0"\n')
    said = "\n".join(shown(read_settings()))
    assert "hush-hush" not in said and "swordfish" not in said
    assert "postgres = counter:…@db.example.org:5432/counter" in said
    assert "redis = redis://:…@cache:6379/0" in said


@pytest.mark.parametrize("command", ["check-settings", "serve"])
def test_the_commands_refuse_with_every_mistake_and_start_nothing(
    toml: Path, tmp_path: Path, command: str
) -> None:
    toml.write_text(PRODUCTION + "port = 'http'\n")
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-m", "counter", command, "--data", str(data)],
        cwd=ROOT,
        env={**os.environ, "COUNTER_SETTINGS": str(toml)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    named = [line.strip().split(":")[0] for line in done.stderr.splitlines()[1:]]
    assert named == ["port", "postgres", "media_ip", "origin", "keys"]
    assert not data.exists()
