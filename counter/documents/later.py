"""A paper that is handed in after the visit, over a link that works once and for this paper only.

The link is a capability: who has it may send the paper, and sees nothing else.  Its token is made
from the link's id and a key of the site, so the store holds only its digest, and a screen that may
show the link again can.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from counter.documents.advance import Look, SealedSheet
from counter.ids import CaseId, Digest, PageId

DAYS = (3, 7, 14, 30, 90)
"Deadlines to choose from."
USUAL_DAYS = 14
REACH = timedelta(days=2)
"How long after its end a link may still be made for a case."
UPLOADS_MAX = 20
"Over one link, also what was taken away again."
SHEETS_MAX = 10
"Pages of one paper."
KEPT_AFTER = timedelta(days=1)
"After its deadline, what was uploaded over a link and never sent."


class LinkState(StrEnum):
    """Where a link is.  `expired` is what an open one becomes at its deadline."""

    OPEN = "open"
    SENT = "sent"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A paper that may be sent later."""

    link_id: str
    case_id: CaseId
    item: str
    state: LinkState
    made_at: datetime
    expires_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page that was uploaded and is not sent yet; only who has the link sees it."""

    sheet_id: PageId
    advice: str | None
    "Code of what would make it better; `None`: it is good."
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What who has the link sees."""

    link: Link
    sheets: tuple[Sheet, ...]
    "In the order in which they came."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSheet:
    """A page whose sealed bytes are durable already, on its way to become a row."""

    sheet_id: PageId
    original_sha256: Digest
    "Of the file as it came up, whose bytes are not kept; the pages of a PDF share it."
    sealed: SealedSheet
    wrapped_key: bytes
    look: Look


def token_of(secret: bytes, link_id: str) -> str:
    """The link's token: 256 bits, 43 characters for an address."""
    made = hmac.new(secret, b"paper link|" + link_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(token: str) -> Digest:
    """What the store knows of a token."""
    return Digest(hashlib.sha256(token.encode()).hexdigest())


def deadline(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of that day where the counter is."""
    day = now.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), zone).astimezone(now.tzinfo)


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """For people: a deadline is the first moment of the next day."""
    return (expires_at - expires_at.resolution).astimezone(zone).date()


def state_at(state: str, expires_at: datetime, now: datetime) -> LinkState:
    """The state as of now."""
    kept = LinkState(state)
    return LinkState.EXPIRED if kept is LinkState.OPEN and expires_at <= now else kept
