"""The kiosk's policy: every name is one that the installed Chromium knows, and none is missing."""

import json
import mmap
from pathlib import Path
from typing import Any

import pytest

from tests.servers import NotInstalled

POLICY = Path(__file__).resolve().parents[2] / "deploy" / "kiosk" / "chromium-policy.json"
PROGRAMS = ("/usr/lib/chromium/chromium", "/usr/lib/chromium-browser/chromium-browser")
ORIGIN = "https://counter.example"


@pytest.fixture(scope="module")
def policy() -> dict[str, Any]:
    """Return the policy as it is shipped."""
    read: dict[str, Any] = json.loads(POLICY.read_text())
    return read


def knows(program: Path, name: str) -> bool:
    """Whether `name` is among the names that are compiled into the browser."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
        return code.find(b"\0" + name.encode() + b"\0") >= 0


def test_the_browser_knows_every_name(policy: dict[str, Any]) -> None:
    program = next((Path(one) for one in PROGRAMS if Path(one).exists()), None)
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    assert not knows(program, "VideoCaptureAlowedUrls"), "a misspelt name would be noticed"
    assert [name for name in policy if not knows(program, name)] == []


def test_camera_and_sound_are_for_the_counter_alone(policy: dict[str, Any]) -> None:
    assert policy["VideoCaptureAllowed"] is False and policy["AudioCaptureAllowed"] is False
    for name in ("VideoCaptureAllowedUrls", "AudioCaptureAllowedUrls", "AutoplayAllowlist"):
        assert policy[name] == [ORIGIN]


def test_every_other_address_is_closed_also_the_browsers_own(policy: dict[str, Any]) -> None:
    assert policy["URLAllowlist"] == [ORIGIN]
    assert {"*", "chrome://*", "devtools://*", "view-source:*", "javascript://*"} <= set(
        policy["URLBlocklist"]
    )


def test_nothing_is_kept_or_carried_away(policy: dict[str, Any]) -> None:
    off = ("PasswordManagerEnabled", "AutofillAddressEnabled", "PrintingEnabled")
    assert [policy[name] for name in (*off, "AllowFileSelectionDialogs")] == [False] * 4
    assert policy["DownloadRestrictions"] == 3  # all downloads
    assert policy["IncognitoModeAvailability"] == 1  # none
