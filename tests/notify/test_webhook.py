"""What webhooks say, how they are signed, where they may go."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from counter.errors import BadInput
from counter.notify.webhook import (
    KINDS,
    PAUSES,
    Verdict,
    Webhook,
    checked_kinds,
    checked_url,
    message_body,
    new_secret,
    pause_after,
    payload,
    reachable,
    signed,
    verdict,
    wants,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WEBHOOK = Webhook(
    id="w-1",
    url="https://program.example/hook",
    kinds=KINDS,
    department=None,
    active=True,
    made_at=NOW,
)
BODY = {
    "department": "dsi",
    "service": "dsi-criminal-record",
    "site": "hengqin-centre",
    "start": "2026-11-27T02:00:00+00:00",
    "version": 2,
    "language": "pt",
    "acting": "relative",
}


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # From the reference implementation's tests (standard-webhooks, libraries/python).
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_is_a_key_that_others_can_use() -> None:
    secret = new_secret(bytes(range(32)))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert key == bytes(range(32))
    expected = hmac.new(key, b"m.1795399200.x", hashlib.sha256).digest()
    said = signed(secret, "m", b"x", NOW)["webhook-signature"]
    assert said == "v1," + base64.b64encode(expected).decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_says_what_happened_and_nothing_of_who(kind: str) -> None:
    told = json.loads(payload(message_body(kind, "a-1", {**BODY, "name": "Ana"}, NOW)))
    assert (told["type"], told["timestamp"]) == (kind, NOW.isoformat())
    assert (
        told["data"].pop("state")
        == {
            "appointment.booked": "booked",
            "appointment.cancelled": "cancelled",
            "appointment.noshow": "noshow",
            "appointment.reminder": "booked",
            "case.document_voided": "document_voided",
            "case.handed_over": "handed_over",
            "waitlist.offered": "offered",
        }[kind]
    )
    assert told["data"] == {
        "id": "a-1",
        **{name: BODY[name] for name in ("department", "service", "site", "start", "version")},
    }


@pytest.mark.parametrize(
    "change, kind, expected",
    [
        ({}, "appointment.booked", True),
        ({"department": "dsi"}, "appointment.booked", True),
        ({"department": "dsf"}, "appointment.booked", False),
        ({"kinds": ("waitlist.offered",)}, "appointment.booked", False),
        ({"kinds": ("waitlist.offered",)}, "waitlist.offered", True),
        ({"active": False}, "appointment.booked", False),
        ({}, "case.papers_missing", False),
    ],
)
def test_who_is_told_of_what(change: dict[str, Any], kind: str, expected: bool) -> None:
    assert wants(replace(WEBHOOK, **change), kind, BODY) is expected


@pytest.mark.parametrize(
    "status, expected",
    [
        *((status, Verdict.DONE) for status in (200, 202, 204, 299)),
        (410, Verdict.GONE),
        *((status, Verdict.AGAIN) for status in (None, 100, 301, 302, 307, 400, 404, 429, 500)),
    ],
)
def test_what_an_answer_means(status: int | None, expected: Verdict) -> None:
    assert verdict(status) is expected


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, len(PAUSES) + 1)]
    assert pauses == sorted(pauses, key=lambda one: one or timedelta())
    assert pauses[0] and pauses[0] >= timedelta(seconds=30), "longer than an attempt"
    assert pause_after(len(PAUSES) + 1) is None


@pytest.mark.parametrize("url", ["https://a.example/", "https://a.example:8443/x?y=1&z=%20"])
def test_a_good_address_is_taken(url: str) -> None:
    assert checked_url(url, plain_http=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "a.example",
        "",
        "https://user:word@a.example/",
        "https://user@a.example/",
        "https://a.example/#x",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://[::1/",
        "https://a.example/ x",
        "https://a.example/\r\nHost: b",
        "https://例子.example/",
        "https://a.example\\@b.example/",
        "https://a.example/" + "x" * 500,
    ],
)
def test_a_bad_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        checked_url(url, plain_http=False)


def test_without_tls_only_where_that_is_allowed() -> None:
    assert checked_url("http://127.0.0.1:9/", plain_http=True) == "http://127.0.0.1:9/"
    with pytest.raises(BadInput):
        checked_url("ftp://127.0.0.1/", plain_http=True)


def test_kinds_are_known_ones_and_none_means_all() -> None:
    assert checked_kinds([]) == KINDS
    assert checked_kinds(["waitlist.offered", "appointment.booked"]) == (
        "appointment.booked",
        "waitlist.offered",
    )
    with pytest.raises(BadInput):
        checked_kinds(["appointment.booked", "case.papers_missing"])


@pytest.mark.parametrize("address", ["8.8.8.8", "203.80.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    assert reachable(address, [])


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::", "2001:0:1::1"),
    ],
)
def test_this_machine_and_what_is_around_it_is_not_reached(address: str) -> None:
    assert not reachable(address, [])


def test_a_network_that_the_operator_named_is_reached_and_no_other() -> None:
    allowed = [ip_network("10.20.0.0/16"), ip_network("fd00:20::/32")]
    assert reachable("10.20.3.4", allowed) and reachable("::ffff:10.20.3.4", allowed)
    assert reachable("fd00:20::1", allowed)
    assert not reachable("10.21.0.1", allowed) and not reachable("::1", allowed)
