"""Signed documents that somebody takes home, over a link of the case.

The link is a capability: who has it may take the finished documents of one case, and sees nothing
else.  Its token is made from the link's id and a key of the site, so the store holds only its
digest, and a screen or a letter that may show the link can make it again.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from counter.ids import CaseId, Digest

DAYS = 30
"How long after the visit documents can be taken over the link."


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """Where the documents of a case can be taken."""

    link_id: str
    case_id: CaseId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedDocument:
    """A finished document: sealed, and not taken back."""

    sha256: Digest
    "Of the whole file, as it is given out: the archive's newest, once there is one."
    form: str
    size_bytes: int
    before: tuple[Digest, ...] = ()
    "What was given out before the archive added to it: who opened the page then may take it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What who has the link sees."""

    link: DocumentLink
    documents: tuple[IssuedDocument, ...]
    "In the order in which they were signed."
    being_sealed: int
    "Signed by the citizen, with a signature still to come: nothing leaves before the last."


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """That a document was taken, for the department."""

    sha256: Digest
    channel: str
    "`link`."
    first_at: datetime
    times: int


def deadline(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the last day where the counter is."""
    day = now.astimezone(zone).date() + timedelta(days=DAYS + 1)
    return datetime.combine(day, time(), zone).astimezone(now.tzinfo)


def token_of(secret: bytes, link_id: str) -> str:
    """The link's token: 256 bits, 43 characters for an address."""
    made = hmac.new(secret, b"document link|" + link_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(token: str) -> Digest:
    """What the store knows of a token."""
    return Digest(hashlib.sha256(token.encode()).hexdigest())
