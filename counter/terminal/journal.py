"""The journal of captures: what a terminal has photographed and the counter may not have yet.

Promise: a photograph is durable here before anything is said of it, and stays until the counter
says that it is stored, refused or wanted no more, or until it is a day old.  It is encrypted with a
key of its sitting; with the key goes whatever is left of it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from counter.ids import Digest, RequestId

KEPT_FOR: Final = timedelta(hours=24)
"The counter forgets one that did not arrive at the same age."
SITTING: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
"What the counter calls who is here; becomes the name of a directory."
_NAME: Final = re.compile(r"(\d{8})-(\d{13})-([0-9a-f]{32})\.page")


class EntryDamaged(Exception):
    """A kept photograph does not open: another key, or other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What the name of an entry's file says without opening it."""

    seq: int
    taken_at: datetime
    entry_id: str
    "32 hexadecimal digits."

    def __str__(self) -> str:
        ms = round(self.taken_at.timestamp() * 1000)
        return f"{self.seq:08d}-{ms:013d}-{self.entry_id}.page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A photograph that was just taken."""

    request_id: RequestId
    photograph: bytes
    thumbnail: bytes
    "A small JPEG of it."
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A photograph that is kept."""

    name: Name
    sitting: str
    request_id: RequestId
    sha256: Digest
    length: int


def name_of(file: str) -> Name | None:
    """What the file's name says; None for a file that is no entry."""
    found = _NAME.fullmatch(file)
    if found is None:
        return None
    taken_at = datetime.fromtimestamp(int(found[2]) / 1000, UTC)
    return Name(seq=int(found[1]), taken_at=taken_at, entry_id=found[3])


def too_old(name: Name, now: datetime) -> bool:
    """Nobody will take it any more."""
    return now >= name.taken_at + KEPT_FOR
