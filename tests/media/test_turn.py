"""Names that a relay takes: who made them, how long, and what they may say."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import count

import pytest

from counter.media.turn import LIFE, Relays, credential, is_turn_url

URLS = (
    "turn:relay.example:3478?transport=udp",
    "turn:relay.example:3478?transport=tcp",
    "turns:relay.example:443?transport=tcp",
)


def relays(**over: object) -> Relays:
    numbers = count(1)
    given = {"urls": URLS, "secret": "hush", "new_name": lambda: f"name-{next(numbers)}", **over}
    return Relays(**given)  # type: ignore[arg-type]


def test_a_name_says_when_it_ends_and_its_password_is_proof_of_the_secret(now: datetime) -> None:
    user, password = credential("hush", "opaque", now)
    assert user == f"{int(now.timestamp())}:opaque"
    proof = hmac.new(b"hush", user.encode(), hashlib.sha1).digest()
    assert base64.b64decode(password) == proof


def test_a_page_gets_every_relay_under_a_name_for_ten_minutes(now: datetime) -> None:
    [server] = relays().servers(now)
    assert server.urls == list(URLS)
    until, name = server.username.split(":")
    assert int(until) == int((now + timedelta(minutes=10)).timestamp())
    assert timedelta(minutes=10) == LIFE
    assert (server.username, server.credential) == credential("hush", name, now + LIFE)


def test_no_two_legs_share_a_name(now: datetime) -> None:
    made = relays()
    names = {made.servers(now)[0].username for _ in range(5)}
    assert len(names) == 5


def test_without_relays_a_page_is_given_none(now: datetime) -> None:
    assert relays(urls=()).servers(now) == []


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(relays())


@pytest.mark.parametrize("url", [*URLS, "turn:[2001:db8::1]:3478?transport=udp"])
def test_an_address_that_says_everything_is_taken(url: str) -> None:
    assert is_turn_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "stun:stun.example:3478",
        "turn:relay.example",
        "turn:relay.example:3478",
        "turns:relay.example:443?transport=udp",
        "turn://relay.example:3478?transport=udp",
        "turn:relay.example:3478?transport=udp turn:other.example:3478?transport=udp",
        "turn:relay.example:3478?transport=udp\n",
    ],
)
def test_any_other_address_is_not(url: str) -> None:
    assert not is_turn_url(url)
