"""Settings: everything that is wrong is said at once, and production does not start half made."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from counter.commands import node
from counter.settings.fitting import doubts
from counter.settings.reading import BadSettings, read_settings, shown

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = 'profile = "production"\n'
ENOUGH = """
profile = "production"
postgres = "counter:hush-hush@db.example.org:5432/counter"
media_ip = "192.0.2.7"
origin = "https://counter.example.org"
signing = "/etc/counter/signing.toml"
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
            *("postgres", "origin", "signing"),  # what production needs besides
        ]
    )
    assert "midea_workers: there is no such setting" in said
    assert "COUNTER_POSTGRESS: there is no such setting" in said
    assert "media_ip: is not an IPv4 address" in said


@pytest.mark.parametrize("address", ["192.0.2.7", "fe80::1", "counter.example.org"])
def test_browsers_are_told_no_ipv6_address_that_they_cannot_use(toml: Path, address: str) -> None:
    toml.write_text(f'media_ip6 = "{address}"\n')
    assert [line.split(":")[0] for line in mistakes()] == ["media_ip6"]


def test_an_ipv6_address_is_taken_in_any_spelling(toml: Path) -> None:
    toml.write_text('media_ip6 = "2001:DB8:0::7"\n')
    assert read_settings().media_ip6 == "2001:db8::7"


def test_proxies_are_networks(toml: Path) -> None:
    toml.write_text('proxies = ["192.0.2.7", "2001:db8::/48"]\n')
    assert read_settings().proxies == ("192.0.2.7/32", "2001:db8::/48")
    toml.write_text('proxies = ["everybody"]\n')
    assert [line.split(":")[0] for line in mistakes()] == ["proxies.0"]


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
    ["postgres", "media_ip", "origin", "signing"],
)
def test_production_says_what_it_needs(toml: Path, left_out: str) -> None:
    toml.write_text("\n".join(one for one in ENOUGH.splitlines() if left_out not in one))
    assert [line.split(":")[0] for line in mistakes()] == [left_out]


def test_production_does_not_run_on_development_keys_or_certificates(toml: Path) -> None:
    toml.write_text(ENOUGH.replace("signing", "# signing"))
    [said] = mistakes()
    assert said.startswith("signing: production signs with keys of the departments")
    toml.write_text(ENOUGH)
    assert [line.split(":")[0] for line in mistakes(lan=True)] == ["lan"]
    assert read_settings(serving=True).profile == "production"
    # The journal of a production store can be verified all the same.
    assert read_settings().profile == "production"


RELAYED = """
turn_urls = ["turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"]
turn_secret = "open-sesame"
turn_ips = ["198.51.100.5"]
"""


def test_with_relays_production_takes_no_other_way_unless_told_so(toml: Path) -> None:
    toml.write_text(RELAYED)
    assert not read_settings(serving=True).only_relayed
    toml.write_text(RELAYED + "relay_only = true\n")
    assert read_settings(serving=True).only_relayed
    toml.write_text(ENOUGH + RELAYED)
    assert read_settings(serving=True).only_relayed
    toml.write_text(ENOUGH + RELAYED + "relay_only = false\n")
    assert not read_settings().only_relayed


def test_settings_of_relays_belong_together(toml: Path) -> None:
    toml.write_text("relay_only = true\n")
    assert [line.split(":")[0] for line in mistakes()] == ["turn_urls", "turn_ips"]
    toml.write_text("\n".join(one for one in RELAYED.splitlines() if "secret" not in one))
    assert [line.split(":")[0] for line in mistakes()] == ["turn_secret"]
    toml.write_text('turn_urls = ["stun:stun.example.org"]\nturn_ips = ["relay.example.org"]\n')
    said = mistakes()
    assert [line.split(":")[0] for line in said] == ["turn_urls.0", "turn_ips.0"]


def test_several_relays_are_words_in_the_environment(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "COUNTER_TURN_URLS", "turn:a.example:1?transport=udp turn:b.example:2?transport=tcp"
    )
    monkeypatch.setenv("COUNTER_TURN_SECRET", "open-sesame")
    settings = read_settings(serving=True)
    assert settings.turn_urls == (
        "turn:a.example:1?transport=udp",
        "turn:b.example:2?transport=tcp",
    )


NODES = 'media_nodes = ["https://media-1.example:40000", "https://media-1.example:40001"]\n'
PROOF = """
media_tls_cert = "/etc/counter/counter.pem"
media_tls_key = "/etc/counter/counter.key"
media_tls_ca = "/etc/counter/authority.pem"
"""


def test_with_media_nodes_a_counter_starts_no_media_unless_told_so(toml: Path) -> None:
    toml.write_text(NODES)
    settings = read_settings(serving=True)
    assert settings.workers == 0
    assert settings.media_nodes[1] == "https://media-1.example:40001"
    assert settings.recordings == settings.media / "recordings"
    # Media of another machine writes where every counter finds it.
    toml.write_text(NODES + 'shared = "/srv/counter"\n')
    assert read_settings().recordings == Path("/srv/counter/recordings")
    toml.write_text(NODES + "media_workers = 2\n")
    assert read_settings(serving=True).workers == 2
    toml.write_text("media_workers = 0\n")
    assert [line.split(":")[0] for line in mistakes()] == ["media_workers"]
    toml.write_text("")
    assert read_settings(serving=True).workers >= 1


def test_media_nodes_have_addresses_and_proofs(toml: Path) -> None:
    toml.write_text('media_nodes = ["http://media-1.example:40000", "https://media-2.example"]\n')
    assert [line.split(":")[0] for line in mistakes()] == ["media_nodes.0", "media_nodes.1"]
    toml.write_text(NODES + "\n".join(PROOF.splitlines()[:-1]))
    assert [line.split(":")[0] for line in mistakes()] == ["media_tls_cert"]
    toml.write_text(ENOUGH + NODES)
    assert [line.split(":")[0] for line in mistakes()] == ["media_nodes"]
    toml.write_text(ENOUGH + NODES + PROOF)
    assert read_settings(serving=True).workers == 0


def test_letters_are_sent_by_somebody_and_not_in_the_clear(toml: Path) -> None:
    toml.write_text('smtp_host = "mail.example"\nsmtp_tls = "none"\nsmtp_user = "counter"\n')
    assert sorted(line.split(":")[0] for line in mistakes()) == [
        *("smtp_from", "smtp_password", "smtp_tls"),
    ]
    toml.write_text('smtp_from = "counter"\nsmtp_tls = "ssl"\nsmtp_password = "hush"\n')
    assert sorted(line.split(":")[0] for line in mistakes()) == [
        *("smtp_from", "smtp_password", "smtp_tls"),
    ]
    toml.write_text('smtp_host = "localhost"\nsmtp_tls = "none"\nsmtp_from = "a@b.example"\n')
    assert read_settings(serving=True).smtp_port == 0


def test_networks_of_webhooks_are_networks(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTER_WEBHOOK_NETWORKS", "10.20.0.0/16 fd00:20::/32")
    assert read_settings().webhook_networks == ("10.20.0.0/16", "fd00:20::/32")
    monkeypatch.setenv("COUNTER_WEBHOOK_NETWORKS", "10.20.0.1/16 everywhere")
    assert [line.split(":")[0] for line in mistakes()] == [
        *("webhook_networks.0", "webhook_networks.1"),
    ]


def test_the_counter_is_called_what_browsers_call_it(toml: Path) -> None:
    assert read_settings().domain == "counter.invalid"
    toml.write_text('origin = "https://counter.example:8443"\n')
    assert read_settings().domain == "counter.example"


def test_passwords_are_not_shown(toml: Path) -> None:
    toml.write_text(ENOUGH + RELAYED + 'redis = "redis://:swordfish@cache:6379/0"\n')
    said = "\n".join(shown(read_settings()))
    assert not any(secret in said for secret in ("hush-hush", "swordfish", "open-sesame"))
    assert "postgres = counter:…@db.example.org:5432/counter" in said
    assert "redis = redis://:…@cache:6379/0" in said


def test_an_origin_without_proxies_is_doubted(toml: Path) -> None:
    toml.write_text(ENOUGH)
    [said] = doubts(read_settings())
    assert said.startswith("proxies: ") and "/signed" in said
    toml.write_text(ENOUGH + 'proxies = ["192.0.2.7"]\n')
    assert doubts(read_settings()) == []
    toml.write_text("")
    assert doubts(read_settings()) == []


def test_a_counter_of_development_that_people_reach_is_doubted(toml: Path) -> None:
    toml.write_text('origin = "https://counter.example"\nproxies = ["192.0.2.7"]\n')
    [said] = doubts(read_settings())
    assert said.startswith("profile: ") and "https://counter.example" in said
    assert doubts(read_settings(lan=True)) == [], "said by who tries it from a second machine"


def test_doubts_are_said_by_check_settings_and_logged_when_it_serves(
    toml: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    toml.write_text('origin = "https://counter.example"\n')
    options = argparse.Namespace()
    monkeypatch.setattr(node, "settings_of", lambda options, serving: read_settings())
    assert node._check(options) == 0
    assert "proxies: " in capsys.readouterr().err

    monkeypatch.setattr("uvloop.run", lambda serving: serving.close())
    assert node._serve(options) == 0
    assert "proxies: " in caplog.text


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
    assert named == ["port", "postgres", "media_ip", "origin", "signing"]
    assert not data.exists()
