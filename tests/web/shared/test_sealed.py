"""What travels in a sealed cookie comes back unread and unchanged, or not at all."""

from datetime import datetime, timedelta

import pytest

from tests.web.fakes import SECRET, chance
from web.shared.sealed import Sealer


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(secret=SECRET, random_bytes=chance())


def test_what_was_sealed_comes_back(sealer: Sealer, now: datetime) -> None:
    text = sealer.seal("draft", {"name": "陳大文"}, now + timedelta(minutes=5))
    assert sealer.unseal("draft", text, now) == {"name": "陳大文"}
    assert "陳" not in text


def test_too_old_is_nothing(sealer: Sealer, now: datetime) -> None:
    text = sealer.seal("draft", {}, now + timedelta(minutes=5))
    assert sealer.unseal("draft", text, now + timedelta(minutes=5)) is None


def test_another_purpose_is_nothing(sealer: Sealer, now: datetime) -> None:
    text = sealer.seal("draft", {}, now + timedelta(minutes=5))
    assert sealer.unseal("appointment", text, now) is None


def test_any_changed_character_is_nothing(sealer: Sealer, now: datetime) -> None:
    text = sealer.seal("draft", {"a": 1}, now + timedelta(minutes=5))
    for at in range(len(text) - 1):  # the last one may hold unused bits
        other = "A" if text[at] != "A" else "B"
        assert sealer.unseal("draft", text[:at] + other + text[at + 1 :], now) is None


@pytest.mark.parametrize("text", ["", "x", "%%%", "é" * 40, "A" * 5000])
def test_rubbish_is_nothing(sealer: Sealer, now: datetime, text: str) -> None:
    assert sealer.unseal("draft", text, now) is None


def test_what_does_not_fit_into_a_cookie_is_refused(sealer: Sealer, now: datetime) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        sealer.seal("draft", {"name": "x" * 5000}, now)
