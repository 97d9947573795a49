"""The keys of programs that book for people: what one may do, and how it is written.

A key is a bearer secret: `rvc_`, the id it is kept under, and 256 bits of chance.  Of those only
the SHA-256 is kept, so whoever reads the store can use no key.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from counter.errors import BadInput
from counter.identity.session import digest

PREFIX = "rvc"
USUAL_PER_S = 50
MOST_PER_S = 10_000
LONGEST_NAME = 60


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    "See what can be booked, and when."
    BOOK = "book"
    "Book for people, and see, change and cancel what was booked with this key."
    WEBHOOKS = "webhooks"
    "Say which addresses are told of what becomes of appointments."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program that may ask.  Its secret is told once, when it is made or renewed."""

    id: str
    name: str
    "Of the program or who runs it; no person's."
    scopes: tuple[Scope, ...]
    department: str | None
    "Whose services it may see and book; none: all."
    per_s: int
    "Requests a second that it may make of one node, on average."
    made_by: str
    made_at: datetime
    revoked_at: datetime | None = None


def written(key_id: str, secret: str) -> str:
    """The key as its program sends it."""
    return f"{PREFIX}_{key_id}_{secret}"


def taken_apart(key: str) -> tuple[str, str] | None:
    """Id and secret of what may be a key of ours; None when it can be none."""
    found = re.fullmatch(rf"{PREFIX}_([A-Za-z0-9-]{{1,40}})_([A-Za-z0-9_-]{{20,80}})", key)
    return (found[1], found[2]) if found else None


def is_secret_of(secret: str, secret_sha256: str) -> bool:
    """Whether this is the secret that was kept; takes as long for every wrong one."""
    return hmac.compare_digest(digest(secret), secret_sha256)


def checked_name(name: str) -> str:
    """Raises `BadInput`."""
    one_line = " ".join(name.split())
    if not 1 <= len(one_line) <= LONGEST_NAME or not one_line.isprintable():
        raise BadInput(f"a key needs a name of 1 to {LONGEST_NAME} letters")
    return one_line


def checked_scopes(scopes: Sequence[str]) -> tuple[Scope, ...]:
    """The scopes, each once.  Raises `BadInput` for none, or for others than there are."""
    if not scopes or not set(scopes) <= set(Scope):
        raise BadInput(f"a key needs scopes; there are {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in scopes)


def checked_per_s(per_s: int) -> int:
    """Raises `BadInput`."""
    if not 1 <= per_s <= MOST_PER_S:
        raise BadInput(f"a key may make from 1 to {MOST_PER_S} requests a second")
    return per_s
