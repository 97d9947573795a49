"""Webhooks: what other programs are told, signed, and how often it is tried.

The form is that of Standard Webhooks 1.0: three headers, and an HMAC-SHA256 over id, time and body.
A message says what happened to which appointment or case, and nothing of who.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from counter.errors import BadInput

KINDS = (
    "appointment.booked",
    "appointment.cancelled",
    "appointment.noshow",
    "appointment.reminder",
    "case.document_voided",
    "case.handed_over",
    "waitlist.offered",
)
PASSING = frozenset({"appointment.reminder"})
"Kinds that nobody is told of when they are not true any more; the others did happen."
TOLD = (
    *("department", "service", "site", "start", "version", "ahead_minutes", "expires_at"),
    *("folder", "manifest_sha256", "part", "first_manifest_sha256", "ceremony_id"),
)
"What is told of an appointment, an offer or a hand-over, as far as it has it."
LONGEST_URL = 500
SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
)
"After each attempt that came to nothing, the first longer than an attempt; then it is given up."

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_UNICAST = ipaddress.IPv6Network("2000::/3")
_OF_PROTOCOLS = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))
"Assigned to protocols, whatever this Python's table says (RFC 6890, RFC 7526)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Another program that is told.  Its secret is told once, when it is made."""

    id: str
    url: str
    kinds: tuple[str, ...]
    department: str | None
    "Of whose appointments it is told; none: of all."
    active: bool
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one program was told, or is still to be told."""

    id: int
    message: str
    kind: str
    body: dict[str, Any]
    status: int | None
    "What was answered last; none: nothing yet."
    attempts: int
    due_at: datetime
    done_at: datetime | None
    "When it arrived or was given up, as `status` says; none: it is still tried."


class Verdict(Enum):
    """What an answer means."""

    DONE = "done"
    GONE = "gone"
    AGAIN = "again"


def verdict(status: int | None) -> Verdict:
    """2xx: it got there; 410: never send anything again; all else, redirects too: try again."""
    if status is not None and 200 <= status < 300:
        return Verdict.DONE
    return Verdict.GONE if status == 410 else Verdict.AGAIN


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts, from 1; none: give up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def wants(webhook: Webhook, kind: str, body: Mapping[str, Any]) -> bool:
    """Whether it is told of this."""
    return (
        webhook.active
        and kind in webhook.kinds
        and webhook.department in (None, body.get("department"))
    )


def message_body(kind: str, ref: str, body: Mapping[str, Any], owed_at: datetime) -> dict[str, Any]:
    """What is told: which appointment, case or entry of the waiting list, and how it stands."""
    state = {"appointment.reminder": "booked"}.get(kind, kind.partition(".")[2])
    known = {name: body[name] for name in TOLD if name in body}
    return {
        "type": kind,
        "timestamp": owed_at.isoformat(),
        "data": {"id": ref, "state": state, **known},
    }


def payload(body: Mapping[str, Any]) -> bytes:
    """The bytes that are sent and signed; equal for equal bodies."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def new_secret(random: bytes) -> str:
    """The secret as it is given out, of random bytes nobody can guess."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def signed(secret: str, message: str, sent: bytes, now: datetime) -> dict[str, str]:
    """The headers that go with `sent`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    at = str(int(now.timestamp()))
    digest = hmac.new(key, f"{message}.{at}.".encode() + sent, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def checked_url(url: str, *, plain_http: bool) -> str:
    """The address, if it can be one of a receiver.  Raises `BadInput`."""
    schemes = ("https", "http") if plain_http else ("https",)
    try:
        parts = urlsplit(url)
        well = (
            len(url) <= LONGEST_URL
            and url.isascii()
            and url.isprintable()
            and not set(url) & set(' "<>\\^`{|}')
            and parts.scheme in schemes
            and bool(parts.hostname)
            and parts.username is None
            and parts.password is None
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:
        well = False
    if not well:
        raise BadInput(f"a webhook needs an address {' or '.join(schemes)}://host/…, at most 500")
    return url


def checked_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds, none for all of them.  Raises `BadInput`."""
    if unknown := set(kinds) - set(KINDS):
        raise BadInput(f"{len(unknown)} of the kinds do not exist; there are {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in kinds) or KINDS


def reachable(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a receiver may be at this IP address: a public one, or one in `allowed` networks.

    Addresses of this machine and of networks around it are where a foreign request does harm.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in allowed):
        return True
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return all(found not in network for network in _OF_PROTOCOLS)
    # Tunnels (6to4, Teredo) carry an IPv4 address inside, which may be any.
    return found in _UNICAST and found.sixtofour is None and found.teredo is None
