"""How long a signed document will hold: its level, and when what is to be done about it.

After the seal a document is B-T.  One further revision puts the certificates, OCSP responses and
CRLs of all its signatures into it and a timestamp over all of that: B-LTA.  It is timestamped again
long before the first certificate in the chain of the newest timestamp expires.
Source: ETSI EN 319 142-1 (levels); EN 319 102-1 5.6.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from counter.ids import Digest, DocumentId


class Level(StrEnum):
    """Of PAdES, from short to long."""

    B_B = "B_B"
    "Signed; the time is only claimed."
    B_T = "B_T"
    "A timestamp proves when."
    B_LT = "B_LT"
    "All that is needed to verify it lies in the file."
    B_LTA = "B_LTA"
    "And that is under a timestamp, which can be renewed for ever."


Work = Literal["archive", "renew"]
"`archive`: the first revision behind the seal; `renew`: a further timestamp."

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
LEASE: Final = timedelta(minutes=5)
"For so long nobody else takes a job that a node has taken; longer than any job takes."
RENEWED_EVERY: Final = timedelta(days=365)
RENEWED_BEFORE: Final = timedelta(days=90)
"Before the chain of the newest timestamp expires: time to notice that it fails."


def next_try(attempts: int, now: datetime) -> datetime:
    """When to try again after so many failures (from 1): twice as long each time, to a limit."""
    doublings = min(max(attempts, 1) - 1, 10)
    pause = FIRST_PAUSE * (1 << doublings)
    return now + min(pause, LONGEST_PAUSE)


def renew_at(stamped_at: datetime, expires: datetime) -> datetime:
    """When to put the next timestamp over one of `stamped_at` whose chain `expires`.

    Of a chain that is too short for that: at three quarters of what is left of it.
    """
    due = min(stamped_at + RENEWED_EVERY, expires - RENEWED_BEFORE)
    return due if due > stamped_at else stamped_at + (expires - stamped_at) * 3 / 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StampLife:
    """Of a timestamp over a whole document."""

    stamped_at: datetime
    expires: datetime
    "When the first certificate of its chain ends, its root's included."
    roots: tuple[str, ...] = ()
    "SHA-256 of all that the chains in the document lead to, in hex and in order."


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A revision that is to get a child."""

    document_id: DocumentId
    case_id: str
    revision_sha256: Digest
    work: Work
    attempts: int
    "Counting the one that begins."
    owed_at: datetime
    "Since when there was something to do."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A document with room for its archive timestamp."""

    pdf: bytes
    work: Work
    fields: tuple[str, ...]
    "Signed by people and departments, first to last."
    digest: bytes
    "SHA-256 of all bytes around the hole: what the timestamp is over."
    start: int
    end: int
    token_room_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A finished revision."""

    pdf: bytes
    stamped_at: datetime
    stamp_expires: datetime
    "As in `StampLife`."
    roots: tuple[str, ...] = ()
    "As in `StampLife`."
    revoked_later: Mapping[str, datetime] = field(default_factory=dict)
    "Fields whose certificates were revoked after they had signed, in their order, and when."
    ended: tuple[str, ...] = ()
    "Fields whose certificates ended after they had signed, and before the archive."
