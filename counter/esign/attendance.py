"""How a citizen attends to a document: what counts as read, and when nobody is there any more.

All times are the counter's own, taken when a page's ask arrives: what a browser says of time is not
believed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from counter.esign.refusals import PageTooShort

MOMENT: Final = timedelta(seconds=1)
"""How long a page must have been on the screen to count.

A second is what it takes to see that a page is there: a page that flies past while somebody scrolls
or presses "next" twice does not count.  It is no speed of reading, which differs tenfold between
people and is nobody's to prescribe; how long each page really was there is kept, and shown to the
agent, who sees the citizen and asks.
"""

STINT: Final = timedelta(seconds=20)
"""The longest time that is counted between two asks of a page: it says every 10 s that it is still
there, so a browser that died is not counted as reading."""

WARNED: Final = timedelta(seconds=60)
"Without a touch, until the screen asks whether somebody is there."
IDLE: Final = timedelta(seconds=120)
"Without a touch, until the document is taken off the screen."
KEPT: Final = timedelta(minutes=15)
"How long a document waits after the call was interrupted."

EVIDENCE_KEPT: Final = timedelta(days=90)
"""How long what a citizen signed stays that was taken back before the seal: as long as recordings
do.  See docs/decisions/2026-11-30-signed-and-never-sealed.md."""

DeclineReason = Literal["think", "data_wrong", "not_understood", "cannot_write", "other"]
"Why a citizen does not sign: to be chosen, so that nobody's words about himself are kept."

VoidReason = Literal["data_wrong", "wrong_person", "citizen_asked", "signed_twice", "other"]
"Why what was signed does not count."

GivenUp = Literal["seal_unfit", "not_certified"]
"""Why a form that was drawn is taken back before anybody saw it: the department's seal cannot be
used as it is, or something that may work later failed."""

Fate = Literal["abandoned", "expired"]
Turner = Literal["agent", "citizen"]
TURNERS: Final[tuple[Turner, ...]] = get_args(Turner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """The page of a document that somebody turned to last."""

    ceremony_id: str
    page: int
    by: Turner


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Who attends to a document that is being read or signed."""

    touched_at: datetime
    "When the citizen last did something, or the document appeared."
    call_id: str | None
    "The conversation in which it is read; None: nobody watches over it."
    call_ended_at: datetime | None
    "When that conversation ended; None: it goes on."

    @property
    def paused(self) -> bool:
        """The call was interrupted; nothing is signed before somebody resumes it."""
        return self.call_ended_at is not None

    @property
    def warning_at(self) -> datetime | None:
        """When the screen asks whether somebody is there."""
        if self.call_id is None or self.paused:
            return None
        return self.touched_at + WARNED

    @property
    def deadline(self) -> datetime | None:
        """When it is over by itself, if nothing happens."""
        if self.call_id is None:
            return None
        if self.call_ended_at is not None:
            return self.call_ended_at + KEPT
        return self.touched_at + IDLE

    def expire(self, now: datetime) -> Fate | None:
        """What has become of it; None while there is time.  Harmless early and again."""
        if self.deadline is None or now < self.deadline:
            return None
        return "expired" if self.paused else "abandoned"


def counted_ms(since: datetime, now: datetime) -> int:
    """What is counted of the time between two asks about one page, in milliseconds."""
    return max(0, round(min(now - since, STINT) / timedelta(milliseconds=1)))


def require_moment(opened_at: datetime | None, now: datetime) -> None:
    """Raise `PageTooShort` unless the page has been on the screen for `MOMENT`."""
    if opened_at is None:
        raise PageTooShort("this page is not on the screen")
    if now - opened_at < MOMENT:
        raise PageTooShort("this page has been on the screen for less than a moment")
